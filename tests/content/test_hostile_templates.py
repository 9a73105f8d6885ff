"""Hostile templates and hostile data: what others try, and what comes of it here.

The samples are files beside the checkout, with a table of what is expected of each. Where a limit or a
spelling of ours differs from a sample's, the attack is kept.
"""

from __future__ import annotations

import html as html_text
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from xml.etree.ElementTree import Element

import html5lib
import pytest
from jinja2 import Environment, TemplateError
from jinja2.defaults import DEFAULT_FILTERS, DEFAULT_NAMESPACE
from jinja2.exceptions import SecurityError

from dearly import DearlyError
from dearly.content.budget import Budget
from dearly.content.guards import FALLBACK_URL, MAX_SUBJECT_BYTES
from dearly.content.rendering import CompiledPart, CompiledTemplate, Rendered, compile_template
from dearly.content.sandbox import DataSandbox
from dearly.language.templates.check import check_template
from dearly.language.templates.source import UnreadableTemplate
from tests.provided import PROVIDED

ATTACKS = Path(__file__).parents[3] / "shared" / "attacks"
SAMPLES = sorted(path for path in (ATTACKS / "templates").glob("*") if path.suffix != ".tsv")
VALUES_FILE = ATTACKS / "profiles" / "profile_values.jsonl"

needs_samples = pytest.mark.skipif(not SAMPLES, reason=f"no attack samples in {ATTACKS}/templates")
needs_values = pytest.mark.skipif(not VALUES_FILE.exists(), reason=f"no attack values at {VALUES_FILE}")

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


@needs_samples
@pytest.mark.parametrize("sample", _named("e", "d", "s", "x03", "x05", "x09"), ids=_ids)
def test_a_hostile_template_is_refused_at_load_with_its_line(sample: Path) -> None:
    began = time.process_time()
    found = check_template(_source(sample), "templates/hostile.html", "html", PROVIDED).diagnostics

    errors = [one for one in found if one.severity == "error"]
    assert errors
    assert all(one.span.file == "templates/hostile.html" and one.span.line >= 1 for one in errors)
    assert time.process_time() - began < 1


@needs_samples
def test_fifty_thousand_outputs_are_refused_by_their_size_before_compiling() -> None:
    (sample,) = _named("d31")

    with pytest.raises(UnreadableTemplate, match="65,536"):
        compile_template(_source(sample))


@needs_samples
def test_an_unsubscribe_link_beyond_what_mail_programs_show_is_warned_of() -> None:
    (sample,) = _named("x11")
    found = check_template(_source(sample), "templates/hostile.html", "html", PROVIDED).diagnostics

    assert "template-unsubscribe-clipped" in {one.code for one in found}


CONTEXTS_REFUSED = [
    "<td class={{ stage }}>x</td>",
    "<td onclick='x({{ stage }})'>x</td>",
    "<td style='color:{{ stage }}'>x</td>",
    "<style>.x { color: {{ stage }} }</style>",
    "<script>var x = '{{ stage }}';</script>",
    '<script type=\'application/ld+json\'>{"name": "{{ stage }}"}</script>',
    "<!-- {{ stage }} -->",
    "<!--[if mso]>{{ stage }}<![endif]-->",
    "<a href=\"javascript:go('{{ stage | urlencode }}')\">x</a>",
    '<a href="//{{ stage | urlencode }}/x">x</a>',
]


@pytest.mark.parametrize("source", CONTEXTS_REFUSED)
def test_a_value_where_escaping_does_not_help_is_refused_at_load(source: str) -> None:
    found = check_template(source, "templates/hostile.html", "html", PROVIDED).diagnostics

    assert {one.code for one in found} <= {"template-html-context", "template-url"}
    assert found


# -------------------------------------------------------------------------- were the check to let it through


def _attempt(template: CompiledTemplate) -> str:
    """What comes out; nothing when it is stopped, which it must be by an error that names what happened."""
    try:
        return template.render(CONTEXT, Budget()).html
    except (TemplateError, DearlyError, TypeError):
        return ""


@needs_samples
@pytest.mark.parametrize(
    "sample", _named("e", "d0", "d1", "d21", "d22", "d23", "d24", "d25", "d26"), ids=_ids
)
def test_without_the_check_the_sandbox_still_gives_nothing_away(sample: Path) -> None:
    began = time.process_time()
    try:
        output = _attempt(compile_template(_source(sample), ""))
    except (TemplateError, UnreadableTemplate):
        return

    assert not [leak for leak in LEAKS if leak in output]
    assert len(output) < 256 * 1024
    assert time.process_time() - began < 1


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
@pytest.mark.parametrize("number", ["e01", "e02", "e08", "e09", "e10", "e11", "e15", "e16"])
def test_the_same_samples_do_give_something_away_without_a_sandbox(number: str) -> None:
    (sample,) = _named(number)
    plain = Environment(autoescape=True)
    plain.filters["call_it"] = lambda called, *given: called(*given)

    output = plain.from_string(_source(sample)).render(CONTEXT)

    assert "class" in output or "module" in output or "dict" in output


def test_data_cannot_be_changed_by_a_template() -> None:
    source = "{% set _ = customer.update({'email': 'x@evil.test'}) %}{% set _ = recommendations.clear() %}"
    before = json.dumps(CONTEXT)

    with pytest.raises(SecurityError):
        compile_template(source + "{{ customer.email }}", "").render(CONTEXT, Budget())

    assert json.dumps(CONTEXT) == before
    assert compile_template("{{ customer.email }}", "").render(CONTEXT, Budget()).html == "ada@shop.example"


def test_no_part_of_a_template_is_named_in_the_code_that_it_is_compiled_to() -> None:
    # The name of CVE-2024-56201 runs where a template's name is written into code.
    source = compile_template("<p>{{ customer.name }}</p>", "").html.template

    assert source.name is None
    assert source.filename in (None, "<template>")


# ------------------------------------------------------------------------------------------- hostile values


def _values() -> Iterator[tuple[str, str]]:
    if VALUES_FILE.exists():
        for line in VALUES_FILE.read_text().splitlines():
            if line.startswith('{"case":"deep100k"'):
                continue
            case = json.loads(line)
            if isinstance(case["value"], str):
                yield case["case"], case["value"]
    yield from {
        "svg": "<svg onload=alert(1)>",
        "attr_break_dq": '" onmouseover="alert(1)',
        "proto_rel": "//evil.test/x",
        "bad_ipv6": "https://[::1",
        "cr_only": "Ann\rBcc: all@evil.test",
        "nel": "Ann\x85Bcc: x",
        "ssti_sum": "{{ 7 * 7 }}",
        "ssti_block": "{% for x in (1, 2) %}49{% endfor %}",
        "mailmerge": "*|FNAME|* %%name%% {{{name}}}",
        "entity": "&lt;script&gt;&#60;b&#62;",
        "half_tag": "</p",
        "empty": "",
    }.items()


VALUES = dict(_values())

PAGE = """{% if customer.first_name is present and customer.homepage is present %}
<table><tr><td title="{{ customer.first_name }}" class='{{ customer.first_name }} b'>
<title>{{ customer.first_name }}</title>
<p>Hello {{ customer.first_name }}, {{ customer.first_name | upper }}</p>
<p>{{ customer.first_name | truncate(9) }}{{ customer.first_name | title }}</p>
<a href="{{ customer.homepage }}" title="{{ customer.homepage }}">{{ customer.homepage | capitalize }}</a>
<a href='{{ customer.homepage }}?utm=1'><img src="{{ customer.homepage }}" alt="{{ customer.homepage }}"></a>
<a href="https://shop.example/{{ customer.homepage | urlencode }}?q={{ customer.homepage | urlencode }}">x</a>
<a href="mailto:help@shop.example?subject={{ customer.first_name | urlencode }}">x</a>
{% for one in customer.interests %}<b title="{{ one }}">{{ one }}</b>{% endfor %}
{{ customer.interests | join("-") | default("") }}
{% if customer.first_name == "x" %}{{ customer.first_name }}{% endif %}</td></tr></table>{% endif %}
"""
TEXT = "Hello {{ customer.first_name }}\n{{ customer.homepage }}"
SUBJECT = "For {{ customer.first_name }}: {{ customer.homepage }}"


def _page(value: str) -> Rendered:
    customer = {"first_name": value, "homepage": value, "interests": (value, value)}
    return _COMPILED.render({"customer": customer}, Budget(max_s=5))


_COMPILED = compile_template(PAGE, TEXT, SUBJECT)


def _tree(element: Element) -> object:
    return (element.tag, sorted(element.attrib), [_tree(child) for child in element])


def _parsed(html: str) -> Element:
    return html5lib.HTMLParser(strict=False, namespaceHTMLElements=False).parseFragment(html)


def test_the_page_that_values_are_tried_in_passes_the_check() -> None:
    assert check_template(PAGE, "templates/page.html", "html", PROVIDED).diagnostics == ()


@needs_values
def test_there_are_values_to_try() -> None:
    assert len(VALUES) > 40
    assert {"xss_script", "attr_break_sq", "js_url", "crlf_header", "ssti_dunder"} <= set(VALUES)


@pytest.mark.parametrize("case", VALUES)
def test_no_value_changes_the_elements_and_attributes_of_a_page(case: str) -> None:
    rendered = _page(VALUES[case])

    assert _tree(_parsed(rendered.html)) == _tree(_parsed(_page("SAFE").html))


@pytest.mark.parametrize("case", VALUES)
def test_a_value_reads_the_same_in_text_as_it_was_stored(case: str) -> None:
    value = VALUES[case].replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(c for c in value if c in "\n\u200b\u200d\u2028\u2066" or c.isprintable())
    greeting = next(_parsed(_page(VALUES[case]).html).iter("p")).text or ""

    assert greeting.startswith(f"Hello {kept}, ")


URL_CASES = [
    case
    for case, value in VALUES.items()
    if not value.lower().startswith(("https://shop.example/", "http://")) or "@" in value
]


@pytest.mark.parametrize("case", URL_CASES)
def test_a_value_that_is_no_whole_url_leads_nowhere(case: str) -> None:
    page = _parsed(_page(VALUES[case]).html)

    whole, with_query = [a.get("href") for a in page.iter("a")][:2]
    assert whole == FALLBACK_URL
    assert with_query == f"{FALLBACK_URL}?utm=1"
    assert [image.get("src") for image in page.iter("img")] == [FALLBACK_URL]


@pytest.mark.parametrize("case", VALUES)
def test_a_value_inside_a_url_stays_inside_its_part(case: str) -> None:
    page = _parsed(_page(VALUES[case]).html)

    inside = [a.get("href") for a in page.iter("a")][2:]
    assert inside[0].startswith("https://shop.example/")
    assert inside[0].count("?") == 1
    assert inside[0].count("/") == 3
    assert inside[1].startswith("mailto:help@shop.example?subject=")
    assert not any(c in part for part in inside for c in " \\\r\n<>\"'&\x00")


@pytest.mark.parametrize("case", VALUES)
def test_a_value_cannot_add_a_header_to_a_mail(case: str) -> None:
    rendered = _page(VALUES[case])
    message = EmailMessage(policy=policy.SMTP)
    message["Subject"] = rendered.subject
    message.set_content(rendered.text)
    message.add_alternative(rendered.html, subtype="html")

    read = message_from_bytes(message.as_bytes(), policy=policy.SMTP)

    assert read.keys() == message.keys()
    assert len(rendered.subject.encode()) <= MAX_SUBJECT_BYTES
    assert "=?" not in rendered.subject
    assert not set(rendered.subject) & {chr(code) for code in (*range(32), *range(127, 160), 0x2028, 0x2029)}


@pytest.mark.parametrize(
    "case", [case for case in VALUES if case.startswith(("ssti", "liquid", "mailmerge"))]
)
def test_a_value_that_looks_like_a_template_is_printed_literally(case: str) -> None:
    rendered = _page(VALUES[case])

    assert VALUES[case] in rendered.text
    assert VALUES[case] in html_text.unescape(rendered.html)
    assert rendered.text.count("49") == VALUES[case].count("49") * 2


@pytest.mark.parametrize("case", VALUES)
def test_a_text_part_holds_no_control_characters(case: str) -> None:
    text = _page(VALUES[case]).text

    assert not [c for c in text if (ord(c) < 32 and c not in "\t\n\r") or 127 <= ord(c) < 160]
    text.encode()


FLOOD = """
import resource
from dearly.content.budget import Budget, RenderBudgetExceeded
from dearly.content.rendering import compile_template

loops = "{% for a in items %}{% for b in items %}<td>&nbsp;</td>{% endfor %}{% endfor %}"
flood = compile_template(loops, "")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    flood.render({"items": [{"id": "a"}] * 100_000}, Budget())
except RenderBudgetExceeded:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_a_flood_of_output_takes_little_memory_before_it_is_stopped() -> None:
    # In a process of its own, whose high-water mark is that of these templates alone.
    done = subprocess.run([sys.executable, "-c", FLOOD], capture_output=True, text=True, check=True)

    assert int(done.stdout) < 64 * 1024
