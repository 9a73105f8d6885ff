"""Hostile templates: what others try, and what comes of it here.

The samples are files beside the checkout, with a table of what is expected of each. Where a limit or a
spelling of ours differs from a sample's, the attack is kept.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from jinja2 import Environment, TemplateError
from jinja2.defaults import DEFAULT_FILTERS, DEFAULT_NAMESPACE
from jinja2.exceptions import SecurityError

from dearly import DearlyError
from dearly.content.budget import Budget
from dearly.content.rendering import CompiledPart, CompiledTemplate, compile_template
from dearly.content.sandbox import DataSandbox
from dearly.language import Package, check_package
from dearly.language.templates.check import check_template
from dearly.language.templates.source import UnreadableTemplate
from tests.content.manners import ENGLISH
from tests.provided import PROVIDED

ATTACKS = Path(__file__).parents[3] / "shared" / "attacks" / "templates"
SAMPLES = sorted(path for path in ATTACKS.glob("*") if path.suffix != ".tsv")

needs_samples = pytest.mark.skipif(not SAMPLES, reason=f"no attack samples in {ATTACKS}")

CONTEXT: Mapping[str, object] = {
    "customer": {"name": "Ada", "email": "ada@shop.example", "color": "red", "css": "", "events": ("a", "b")},
    "recommendations": ({"id": "p1"},),
    "order": {"id": "o1"},
}
LEAKS = (
    "<class",
    "&lt;class",
    "<built-in",
    "<function",
    "<module",
    "subclasses",
    "CANARY",
    "root:",
    "evil.test",
)


def _source(sample: Path) -> str:
    if sample.suffix != ".sh":
        return sample.read_text()
    command = ["sh", str(sample)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _named(*beginnings: str) -> list[Path]:
    return [sample for sample in SAMPLES if sample.name.startswith(beginnings)]


def _ids(sample: Path) -> str:
    return sample.stem


# ---------------------------------------------------------------------------------------------- at load

# Working out what a sample asks for would take minutes, or all memory: refusing it takes a moment.
hang_guard = pytest.mark.timeout(60)

SOURCES = {_ids(sample): _source(sample) for sample in _named("e", "d", "s", "x03", "x05", "x09")} | {
    "d06 ljust": "{{ 'a'.ljust(1000000000) }}",
    "d09 width of a text": "{{ '%1000000000s' | format('a') }}",
    "d14 range": "{% for one in range(10 ** 12) %}{% endfor %}",
    "d17 doubling by set": "{% set a = 'aaaaaaaaaa' %}" + "{% set a = a ~ a %}" * 40 + "{{ a }}",
    "d20 recursion by call": "{% macro m() %}{% call m() %}{% endcall %}{% endmacro %}{{ m() }}",
    "d28 recursion by block": "{% block a %}{{ self.a() }}{% endblock %}",
    "d29 parentheses": "{{" + "(" * 30_000,
    "d30 import of itself": "{% from 'hostile.html' import m %}{{ m() }}",
    "e12 CVE-2025-27516 by map": "{{ (['{0.__class__}'] | map('attr', 'format') | first)(customer) }}",
    "e28 autoescape off": "{% autoescape false %}{{ customer.name }}{% endautoescape %}",
}
"""The samples, and what the table beside them names without one."""


@hang_guard
@pytest.mark.parametrize("sample", SOURCES)
def test_a_hostile_template_is_refused_at_load_with_its_line(sample: str) -> None:
    found = check_template(SOURCES[sample], "templates/hostile.html", "html", PROVIDED).diagnostics

    errors = [one for one in found if one.severity == "error"]
    assert errors
    assert all(one.span.file == "templates/hostile.html" and one.span.line >= 1 for one in errors)


@needs_samples
@pytest.mark.parametrize("sample", _named("d31"), ids=_ids)
def test_fifty_thousand_outputs_are_refused_by_their_size_before_compiling(sample: Path) -> None:
    with pytest.raises(UnreadableTemplate, match="65,536"):
        compile_template(_source(sample))


CLIPPED = {_ids(sample): _source(sample) for sample in _named("x11")} | {
    "x10 link of a person's": "<p>" + "x" * 103_000 + "</p><a href='{{ customer.homepage }}'>Unsubscribe</a>",
}


@pytest.mark.parametrize("sample", CLIPPED)
def test_an_unsubscribe_link_beyond_what_mail_programs_show_is_warned_of(sample: str) -> None:
    found = check_template(CLIPPED[sample], "templates/hostile.html", "html", PROVIDED).diagnostics

    assert "template-unsubscribe-clipped" in {one.code for one in found}


def test_a_file_whose_name_is_code_is_refused_and_the_code_does_not_run(
    capsys: pytest.CaptureFixture[str],
) -> None:
    name = "{__import__('builtins').print('CANARY-RAN-FROM-NAME')}"
    files = {"a.rules": b'block b { otherwise show "x.html" }', "templates/x.html": b"x"}

    report = check_package(Package(files | {f"templates/{name}.html": b"x"}))

    assert [one.code for one in report.diagnostics] == ["template-name"]
    assert "CANARY" not in capsys.readouterr().out


CONTEXTS_REFUSED = {
    "x01 attribute without quotes": "<td class={{ stage }}>x</td>",
    "x01 handler": "<td onclick='x({{ stage }})'>x</td>",
    "x03 style attribute": "<td style='color:{{ stage }}'>x</td>",
    "x03 style element": "<style>.x { color: {{ stage }} }</style>",
    "x04 script": "<script>var x = '{{ stage }}';</script>",
    "x04 data in a script": '<script type=\'application/ld+json\'>{"name": "{{ stage }}"}</script>',
    "x05 comment": "<!-- {{ stage }} -->",
    "x05 conditional comment": "<!--[if mso]>{{ stage }}<![endif]-->",
    "x06 script in a link": "<a href=\"javascript:go('{{ stage | urlencode }}')\">x</a>",
    "x06 host of a link": '<a href="//{{ stage | urlencode }}/x">x</a>',
}


@pytest.mark.parametrize("context", CONTEXTS_REFUSED)
def test_a_value_where_escaping_does_not_help_is_refused_at_load(context: str) -> None:
    found = check_template(CONTEXTS_REFUSED[context], "templates/hostile.html", "html", PROVIDED).diagnostics

    assert {one.code for one in found} <= {"template-html-context", "template-url"}
    assert found


# -------------------------------------------------------------------------- were the check to let it through


def _attempt(template: CompiledTemplate) -> str:
    """What comes out; nothing when it is stopped, which it must be by an error that names what happened."""
    try:
        return template.render(CONTEXT, Budget(), ENGLISH).html
    except (TemplateError, DearlyError, TypeError):
        return ""


@hang_guard
@needs_samples
@pytest.mark.parametrize(
    "sample", _named("e", "d0", "d1", "d21", "d22", "d23", "d24", "d25", "d26"), ids=_ids
)
def test_without_the_check_the_sandbox_still_gives_nothing_away(sample: Path) -> None:
    try:
        output = _attempt(compile_template(_source(sample), ""))
    except (TemplateError, UnreadableTemplate):
        return

    assert not [leak for leak in LEAKS if leak in output]
    assert len(output) < 256 * 1024


def _with_all_of_jinja(source: str) -> CompiledTemplate:
    sandbox = DataSandbox(escapes=True)
    sandbox.filters = {**DEFAULT_FILTERS, **sandbox.filters, "call_it": lambda called, *given: called(*given)}
    sandbox.globals.update(DEFAULT_NAMESPACE)
    return CompiledTemplate(CompiledPart(sandbox.from_string(source), frozenset(CONTEXT)), None, None)


@needs_samples
@pytest.mark.parametrize("sample", _named("e0", "e1", "e20", "e21", "e22"), ids=_ids)
def test_with_all_filters_and_globals_of_jinja_the_sandbox_still_gives_nothing_away(sample: Path) -> None:
    output = _attempt(_with_all_of_jinja(_source(sample)))

    assert not [leak for leak in LEAKS if leak in output]


@needs_samples
@pytest.mark.parametrize("sample", _named("e01", "e02", "e08", "e09", "e10", "e11", "e15", "e16"), ids=_ids)
def test_the_same_samples_do_give_something_away_without_a_sandbox(sample: Path) -> None:
    plain = Environment(autoescape=True)
    plain.filters["call_it"] = lambda called, *given: called(*given)

    output = plain.from_string(_source(sample)).render(CONTEXT)

    assert "class" in output or "module" in output or "dict" in output


def test_data_cannot_be_changed_by_a_template() -> None:
    source = "{% set _ = customer.update({'email': 'x@evil.test'}) %}{% set _ = recommendations.clear() %}"
    before = json.dumps(CONTEXT)

    with pytest.raises(SecurityError):
        compile_template(source + "{{ customer.email }}", "").render(CONTEXT, Budget(), ENGLISH)

    assert json.dumps(CONTEXT) == before
    harmless = compile_template("{{ customer.email }}", "")
    assert harmless.render(CONTEXT, Budget(), ENGLISH).html == "ada@shop.example"


def test_no_part_of_a_template_is_named_in_the_code_that_it_is_compiled_to() -> None:
    # The name of CVE-2024-56201 runs where a template's name is written into code.
    source = compile_template("<p>{{ customer.name }}</p>", "").html.template

    assert source.name is None
    assert source.filename in (None, "<template>")


FLOOD = """
import resource
from dearly.content.budget import Budget, RenderBudgetExceeded
from dearly.content.local_words import manner_of
from dearly.content.rendering import compile_template

loops = "{% for a in items %}{% for b in items %}<td>&nbsp;</td>{% endfor %}{% endfor %}"
flood = compile_template(loops, "")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    flood.render({"items": [{"id": "a"}] * 100_000}, Budget(), manner_of("en", "UTC"))
except RenderBudgetExceeded:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_a_flood_of_output_takes_little_memory_before_it_is_stopped() -> None:
    # In a process of its own, whose high-water mark is that of these templates alone.
    done = subprocess.run([sys.executable, "-c", FLOOD], capture_output=True, text=True, check=True)

    assert int(done.stdout) < 64 * 1024
