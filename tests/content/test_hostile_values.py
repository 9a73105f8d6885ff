"""Hostile data in harmless templates: no value changes a page's elements, leaves its URL or adds a header."""

from __future__ import annotations

import html as html_text
import json
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from xml.etree.ElementTree import Element

import html5lib
import pytest

from dearly.content.budget import Budget
from dearly.content.guards import FALLBACK_URL, MAX_SUBJECT_BYTES
from dearly.content.rendering import Rendered, compile_template
from dearly.language.templates.check import check_template
from tests.content.manners import ENGLISH
from tests.provided import PROVIDED

ATTACKS = Path(__file__).parents[3] / "shared" / "attacks"
VALUES_FILE = ATTACKS / "profiles" / "profile_values.jsonl"
SUBJECTS = sorted((ATTACKS / "templates").glob("x07*"))

needs_values = pytest.mark.skipif(not VALUES_FILE.exists(), reason=f"no attack values at {VALUES_FILE}")


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
        "style_close": "}</style><b>",
        "proto_pollute": "__proto__",
        "turkish": "İSTANBUL ıi",
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
    return _COMPILED.render({"customer": customer}, Budget(max_s=5), ENGLISH)


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


URL_PLACES = {
    "x02 link": '<a href="{{ customer.homepage }}">x</a>',
    "x02 link with a query": '<a href="{{ customer.homepage }}?utm=1">x</a>',
    "x06 image": '<img src="{{ customer.homepage }}" alt="">',
    "x06 background": '<td background="{{ customer.homepage }}">x</td>',
}


@pytest.mark.parametrize("place", URL_PLACES)
def test_where_a_url_stands_only_whole_ones_of_the_web_pass(place: str) -> None:
    source = "{% if customer.homepage is present %}" + URL_PLACES[place] + "{% endif %}"
    template = compile_template(source, "")

    def shown(url: str) -> str:
        return template.render({"customer": {"homepage": url}}, Budget(), ENGLISH).html

    assert check_template(source, "templates/page.html", "html", PROVIDED).diagnostics == ()
    good = "https://shop.example/a"
    assert shown(good) == URL_PLACES[place].replace("{{ customer.homepage }}", good)
    for case in ("js_url", "js_url_nl", "js_url_ctrl", "data_url", "vbscript", "proto_rel", "userinfo"):
        if case in VALUES:
            assert shown(VALUES[case]) == shown(FALLBACK_URL)


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


@pytest.mark.skipif(not SUBJECTS, reason=f"no attack samples in {ATTACKS}/templates")
@pytest.mark.parametrize("sample", SUBJECTS, ids=lambda sample: sample.stem)
def test_no_value_makes_two_lines_of_a_subject(sample: Path) -> None:
    template = compile_template("", None, sample.read_text())
    for value in VALUES.values():
        context = {"customer": {"name": value}, "order": {"id": value}}
        subject = template.render(context, Budget(), ENGLISH).subject
        assert len(subject.splitlines()) == 1
        assert "=?" not in subject


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
