"""Templates as trees: exact positions, and limits that hold before anything is compiled."""

from __future__ import annotations

import pytest
from jinja2 import nodes

from dearly.language.templates.source import (
    MAX_DEPTH,
    MAX_NODES,
    MAX_SOURCE_BYTES,
    Position,
    UnreadableTemplate,
    diagnostic,
    parse_template,
)
from tests.steps import steps_of

SOURCE = """<p>{{ customer.first_name|default("x") }} {{ customer.country }}</p>
{% if vip %}
   {%- for item in items -%}\x20\x20
 {{ item.title }}<b>{{ item . url }}</b>
{% raw %}{{ no }}{% endraw %}{# a {{ comment #}{{ stage }}
{% endfor %}{% endif %} {{ engagement }}"""


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_every_name_stands_where_its_position_says(line_end: str) -> None:
    tree = parse_template(SOURCE.replace("\n", line_end))
    lines = SOURCE.split("\n")

    names = list(tree.find_all((nodes.Name,)))
    assert len(names) == 9
    for name in names:
        assert isinstance(name.lineno, Position)
        assert lines[name.lineno - 1].startswith(name.name, name.lineno.column - 1)


def _reading(source: str) -> UnreadableTemplate:
    with pytest.raises(UnreadableTemplate) as caught:
        parse_template(source)
    return caught.value


HOSTILE = {
    "opened outputs": "{{" * 32_000,
    "opened comments": "{#" * 32_000,
    "opened blocks": "{%" * 32_000,
    "nested raw": "{% raw %}" * 7_000,
    "braces": "{" * 65_000 + "{{",
    "parentheses": "{{" + "(" * 60_000,
    "minus signs": "{{" + "-" * 60_000 + "1 }}",
    "a long chain": "{{ a" + ".a" * 30_000 + " }}",
    "a long sum": "{{ 1" + "+1" * 30_000 + " }}",
    "many outputs": "{{ a }}" * 9_000,
    "deep ifs": "{% if a %}" * 6_000,
    "an open text": "{{ '" + "\\" * 60_000,
    "a number of 5,000 digits": "{{ " + "9" * 5_000 + " }}",
}


@pytest.mark.timeout(60)  # against what hangs in a regular expression, which takes no steps
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_source_is_refused_in_steps_that_grow_with_its_size_alone(name: str) -> None:
    assert _reading(HOSTILE[name]).finding.code.startswith("template-")
    assert steps_of(lambda: _reading(HOSTILE[name])) < 300 * MAX_SOURCE_BYTES


def test_the_size_is_counted_in_bytes() -> None:
    assert parse_template("x" * MAX_SOURCE_BYTES)
    assert _reading("x" * (MAX_SOURCE_BYTES + 1)).finding.code == "template-too-large"
    assert _reading("é" * (MAX_SOURCE_BYTES // 2 + 1)).finding.code == "template-too-large"


def test_the_number_of_nodes_is_bounded() -> None:
    # The template, its output, and two nodes for each number.
    assert parse_template("{{ 1 }}" * (MAX_NODES - 2))
    assert _reading("{{ 1 }}" * (MAX_NODES - 1)).finding.code == "template-too-complex"


def test_the_depth_is_bounded() -> None:
    def nested(depth: int) -> str:
        return "{% if a %}" * depth + "{% endif %}" * depth

    assert parse_template(nested(MAX_DEPTH - 1))
    assert _reading(nested(MAX_DEPTH + 1)).finding.code == "template-nesting"


def test_a_syntax_error_is_shown_where_it_is() -> None:
    source = "<p>\n  {{ customer. }}"
    found = diagnostic(_reading(source).finding, source, "templates/a.html")

    assert (found.code, found.span.line, found.span.column) == ("template-syntax", 2, 16)
    assert str(found.span) == "templates/a.html:2"
