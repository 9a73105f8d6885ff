"""Hostile rules: each is read or refused with typed errors, at a place, soon, in little memory.

Ported to this grammar from a collection of attacks, with the attack kept; where that collection lies beside
the checkout, its files are thrown at the checker as they are, too.
"""

from __future__ import annotations

import subprocess
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from dearly.evaluation import compile_program
from dearly.evaluation.facts import build_facts
from dearly.evaluation.reference import value_of
from dearly.language import CheckReport, Package, check_package
from dearly.language.codes import CODES
from dearly.language.program import Compare, In, Literal, Program
from dearly.language.types import TEXT
from tests.steps import steps_of

ATTACKS = Path(__file__).parents[3] / "shared" / "attacks" / "rules"
SAMPLES = sorted(ATTACKS.glob("r*"))

SCHEMA = """
profile {
  name         text?
  email        text?
  total_spend  number?
  spend        number = 0
  orders       number = 0
  tags         set of text
  last_seen    time?
}
catalog product { title text }
event ordered { total number, product_id product }
"""


def check(rules: str | bytes, schema: str = SCHEMA) -> CheckReport:
    data = rules if isinstance(rules, bytes) else rules.encode("utf-8", "surrogatepass")
    files = {"attack.rules": data, "schema.rules": schema.encode()}
    if b"x.html" in data:
        files["templates/x.html"] = b"<p>x</p>"
    return check_package(Package(files))


def errors(report: CheckReport) -> set[str]:
    return {found.code for found in report.diagnostics if found.severity == "error"}


def program(rules: str | bytes) -> Program:
    report = check(rules)
    assert report.program is not None, report.diagnostics
    return report.program


# ----------------------------------------------------------------------------------------------------- small

REFUSED: dict[str, tuple[str | bytes, set[str]]] = {
    "r03 UTF-16": (bytes.fromhex("fffe730065006700"), {"bad-encoding"}),
    "r07 unclosed brace": ("segment vip { total_spend > 100", {"unclosed-bracket"}),
    "r08 duplicate names": ("segment vip { spend > 1 }\nsegment vip { spend > 2 }", {"duplicate-name"}),
    "r09 cycle": ("segment a { b }\nsegment b { a }", {"cycle"}),
    "r10 self cycle": ("segment a { not a }", {"cycle"}),
    "r14 path in a call": (
        'segment x { attr("$.a[*]..b\\") UNION SELECT secret FROM keys--") == 1 }',
        {"syntax-error"},
    ),
    "r15 pattern that repeats a repetition": ('segment x { email matches "^(a+)+$" }', {"syntax-error"}),
    "r16 nested quantifiers": ('segment x { email matches "(.*a){25}" }', {"syntax-error"}),
    "r17 pattern that refers back": ('segment x { email matches "(a*)\\\\1{1000}" }', {"syntax-error"}),
    "r18 integer overflow": (
        "segment x { count of ordered > 9223372036854775808 }",
        {"number-out-of-range"},
    ),
    "r18 count overflow": (
        "segment x { at least 9223372036854775808 ordered }",
        {"number-out-of-range"},
    ),
    "r19 infinity by exponent": ("segment x { spend > 1e400 }", {"number-out-of-range"}),
    "r19 nan": ("segment x { spend > nan }", {"unknown-name"}),
    "r19 minus infinity": ("segment x { spend > -inf }", {"unknown-name"}),
    "r20 duration overflow": (
        "segment x { any ordered within 999999999999 days }",
        {"duration-out-of-range"},
    ),
    "r21 negative window": ("segment x { any ordered within -1 days }", {"syntax-error"}),
    "r21 empty window": (
        "segment x { count of ordered within 0 seconds > 0 }",
        {"duration-out-of-range"},
    ),
    "r25 local time that does not exist": (
        'segment x { local_time(now, "America/New_York") == time("02:30") }',
        {"syntax-error"},
    ),
    "r25 time without its offset": ("segment x { last_seen > 2026-03-08T02:30:00 }", {"bad-time"}),
    "r26 attribute": ('segment x { customer.__class__ == "dict" }', {"unknown-name"}),
    "r26 call": ('segment x { __import__("os") == 1 }', {"syntax-error"}),
    "r28 bidi control": ("segment x { spend > \u202e1 }", {"hidden-character"}),
    "r28 bidi control in a comment": (
        "segment x { spend > 1 } # \u2066 } { spend > 2 \u2069",
        {"hidden-character"},
    ),
    "r28 line separator in a comment": ("# so\u2028segment x { spend > 1 }", {"hidden-character"}),
    "r28 zero width in a name": ("segment x { sp\u200bend > 1 }", {"hidden-character"}),
    "r29 mixed script": ("segment x { sp\u0435nd > 1 }", {"foreign-letter"}),
    "r29 another script": ("segment \u0441\u0435\u0433 { spend > 1 }", {"foreign-letter"}),
    "r29 foreign digits": ("segment x { spend > \u0661 }", {"foreign-letter"}),
    "r30 consent named": (
        "block hero { for everyone including opted_out consent ignore }",
        {"syntax-error"},
    ),
    "r30 consent asked": (
        'block hero { when consent is ignored show "x.html" otherwise show "x.html" }',
        {"unknown-name"},
    ),
    "r30 consent read": ('segment x { customer.consent == "all" }', {"unknown-name"}),
    "r31 text against number": ("segment x { email > 5 }", {"type-mismatch"}),
    "r31 number against text": ('segment x { spend == "abc" }', {"type-mismatch"}),
    "r31 arithmetic on a set": ("segment x { tags + 1 > 0 }", {"type-mismatch"}),
    "r32 unknown field": ("segment x { totl_spend > 5 }", {"unknown-name"}),
    "a NUL": ("segment x { spend > 1 }\x00", {"hidden-character"}),
    "a lone surrogate": ('segment x { name == "\ud800" }', {"bad-encoding"}),
    "combining marks without end": (
        'segment x { name == "a' + "\u0300\u0316" * 8_000 + '" }',
        {"bad-text"},
    ),
}


@pytest.mark.parametrize("attack", REFUSED)
def test_an_attack_is_refused_with_its_code(attack: str) -> None:
    rules, expected = REFUSED[attack]
    report = check(rules)
    assert report.program is None
    assert report.diagnostics
    for found in report.diagnostics:
        assert found.code in CODES
        assert found.span.file == "attack.rules"
        assert found.span.line >= 1
        assert found.span.column >= 1
    assert errors(report) == expected


def test_every_broken_part_of_one_condition_is_told() -> None:
    report = check('segment x { email > 5 and spend == "abc" and tags + 1 > 0 }')
    assert [found.code for found in report.diagnostics] == ["type-mismatch"] * 3


def test_the_offset_of_the_byte_is_told_of_a_wrong_encoding() -> None:
    (found,) = check(b"segment x { spend > 1 }\xff").diagnostics
    assert "yte 23 " in found.message


def test_an_unknown_field_is_told_with_the_nearest_one() -> None:
    (found,) = check("segment x { totl_spend > 5 }").diagnostics
    assert found.hint == "Did you mean `total_spend`?"


@pytest.mark.parametrize("data", [pytest.param(b"", id="r01 empty"), pytest.param(b"\n", id="r01 blank")])
def test_an_empty_package_is_refused_and_an_empty_file_is_not(data: bytes) -> None:
    empty = check_package(Package({"empty.rules": data}))
    assert [found.code for found in empty.diagnostics] == ["empty-package"]
    assert check(data).program is not None


@pytest.mark.parametrize("mark", [pytest.param(b"\xef\xbb\xbf", id="r02 byte order mark")])
def test_a_byte_order_mark_and_other_line_ends_change_nothing(mark: bytes) -> None:
    rules = "segment a {\n  total_spend > 10 # so\n}\n"
    plain = program(rules)
    other = program(mark + rules.replace("\n", "\r\n").encode())
    assert plain.segments == other.segments


DATA = {
    "r11 SQL that ends a text": "'; DROP TABLE events; --",
    "r12 SQL that ends a call": '") UNION SELECT secret FROM keys--',
    "r13 SQL that is always true": "%' OR '1'='1",
    "r14 JSON path": "$.a[*]..b",
    "a template": "{{ 7 * 7 }}",
    "a format": "%s%n\\",
}


@pytest.mark.parametrize("attack", DATA)
def test_a_text_is_data_and_never_read(attack: str) -> None:
    value = DATA[attack]
    spelled = value.replace("\\", "\\\\").replace('"', '\\"')
    found = program(f'segment x {{ name == "{spelled}" and email in ["{spelled}"] }}').segments["x"].condition
    comparison, membership = found.operands  # type: ignore[union-attr]
    assert isinstance(comparison, Compare)
    assert comparison.right == Literal(value, TEXT)
    assert isinstance(membership, In)
    assert membership.choices == (Literal(value, TEXT),)


@pytest.mark.parametrize("divisor", [pytest.param("(orders - orders)", id="r22 nothing")])
def test_dividing_by_nothing_is_missing(divisor: str) -> None:
    found = program(f"segment x {{ spend / {divisor} > 1 }}")
    facts = build_facts(found, {"spend": 3.0}, [])
    assert value_of(found, "x", facts, 0) is None
    assert compile_program(found).at(facts, 0).value("x") is None


# ----------------------------------------------------------------------------------------------------- large


def _many(template: str, count: int) -> str:
    return "\n".join(template.replace("#", str(number)) for number in range(count))


LARGE: dict[str, tuple[Callable[[], str], set[str]]] = {
    "r35 deep parentheses": (
        lambda: f"segment x {{ {'(' * 10_000}spend > 1{')' * 10_000} }}",
        {"nesting-too-deep"},
    ),
    "r35 parentheses without end": (lambda: f"segment x {{ {'(' * 1_000_000}", {"nesting-too-deep"}),
    "r36 deep not": (lambda: f"segment x {{ {'not ' * 10_000}spend > 1 }}", {"nesting-too-deep"}),
    "r36 not without end": (lambda: f"segment x {{ {'not ' * 260_000}", {"nesting-too-deep"}),
    "r36 deep minus": (lambda: f"value x = {'- ' * 10_000}1", {"nesting-too-deep"}),
    "r36 deep not in parentheses": (
        lambda: f"segment x {{ {'not (' * 5_000}spend > 1{')' * 5_000} }}",
        {"nesting-too-deep"},
    ),
    "r37 wide or": (
        lambda: f"segment x {{ {' or '.join(f'spend == {number}' for number in range(50_000))} }}",
        {"declaration-too-large"},
    ),
    "r37 or just too wide": (
        lambda: f"segment x {{ {' or '.join(['spend > 1'] * 1_001)} }}",
        {"too-many-operands"},
    ),
    "r37 wide and": (
        lambda: f"segment x {{ {' and '.join(['spend > 1'] * 50_000)} }}",
        {"declaration-too-large"},
    ),
    "r37 long sum": (lambda: f"value x = {' + '.join(['spend'] * 2_000)}", {"nesting-too-deep"}),
    "r37 long else": (lambda: f"value x = {'total_spend else ' * 2_000}1", {"nesting-too-deep"}),
    "r38 many segments": (
        lambda: _many("segment s#{spend>#}", 100_000)[: 1 << 20],
        {"too-many-declarations"},
    ),
    "r38 many segments, too large": (
        lambda: _many("segment s# { spend > # }", 100_000),
        {"file-too-large"},
    ),
    "many short signs": (
        lambda: _many("value v# = (((1+2)*3-4)/5)+(((1+2)*3-4)/5)+(((1+2)*3-4)/5)+(((1+2)*3-4)/5)", 12_000),
        {"file-too-large"},
    ),
    "r41 long name": (lambda: f"segment {'a' * 1_000_000} {{ spend > 1 }}", {"name-too-long"}),
    "r41 long number": (lambda: f"value x = {'9' * 1_000_000}", {"name-too-long"}),
    "a long text": (lambda: f'segment x {{ name == "{"a" * 70_000}" }}', {"text-too-long"}),
    "a text without end": (lambda: f'segment x {{ name == "{"a" * 1_000_000}', {"unclosed-text"}),
    "backslashes without end": (lambda: 'value x = "' + "\\" * 1_000_000, {"unclosed-text"}),
    "a long list": (
        lambda: f"segment x {{ spend in [{','.join(map(str, range(100_000)))}] }}",
        {"list-too-long"},
    ),
    "nothing but commas": (lambda: f"segment x {{ spend in [{',' * 1_000_000}", {"list-too-long"}),
    "nothing but braces": (lambda: "{" * 1_000_000, {"nesting-too-deep"}),
    "nothing but ends": (lambda: "}\n" * 500_000, {"too-many-declarations"}),
    "declarations without ends": (lambda: "segment x {\n" * 80_000, {"too-many-declarations"}),
    "texts without ends": (lambda: 'value x = "\n' * 80_000, {"too-many-declarations"}),
    "errors without end": (
        lambda: _many("segment s# { spend > }", 20_000),
        {"syntax-error", "too-many-errors"},
    ),
    "keywords without end": (lambda: "segment\n" * 130_000, {"declaration-too-large"}),
    "fields without end": (
        lambda: f"event e {{ {_many('f# text,', 60_000)} }}",
        {"declaration-too-large"},
    ),
    "branches without end": (
        lambda: "block b { " + 'when x show "x.html" ' * 40_000 + "}",
        {"declaration-too-large"},
    ),
    "words that look ahead over a long gap": (
        lambda: f"segment x {{ any ordered since{' # top' * 10}{chr(10) * 900_000}when }}",
        {"syntax-error"},
    ),
    "words that look ahead, over and over": (
        lambda: (
            f"segment x {{ {'any ordered on # monday' + chr(10) + 'monday or '} {'top a or ' * 4_000} a }}"
        ),
        {"declaration-too-large"},
    ),
    "expectations without end": (
        lambda: f'test "x" {{ at +1:00 expect {"emitted a, " * 90_000}',
        {"declaration-too-large"},
    ),
    "steps without end": (
        lambda: 'test "x" { ' + "at +1:00 ordered { total: 1 }\n" * 30_000 + "}",
        {"declaration-too-large"},
    ),
    "options without end": (
        lambda: (
            'block b { otherwise show "x.html" with a = recommended product'
            + ", excluding ordered.product_id" * 30_000
        ),
        {"declaration-too-large"},
    ),
    "hidden characters without end": (lambda: "# \u202e\n" * 150_000, {"hidden-character"}),
}


@pytest.mark.timeout(60)  # against what hangs in a regular expression, which takes no steps
@pytest.mark.parametrize("attack", LARGE)
def test_a_large_attack_is_refused_within_ten_million_steps(attack: str) -> None:
    make, expected = LARGE[attack]
    rules = make()
    assert steps_of(lambda: check(rules)) < 10_000_000  # well under a second; its square is an hour
    report = check(rules)
    assert errors(report) == expected
    assert report.program is None
    assert len(report.diagnostics) <= 101
    assert all(len(found.message) < 1_000 for found in report.diagnostics)


@pytest.mark.parametrize(
    "attack",
    [
        "r35 parentheses without end",
        "r36 deep not",
        "r37 wide or",
        "r38 many segments",
        "nothing but braces",
        "texts without ends",
        "hidden characters without end",
    ],
)
def test_a_large_attack_takes_little_memory(attack: str) -> None:
    rules = LARGE[attack][0]().encode()
    tracemalloc.start()
    try:
        check(rules)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 100 << 20


@pytest.mark.parametrize(
    ("make", "size"),
    [
        (lambda size: f"segment x {{ {'(' * size}spend > 1{')' * size} }}", 100),
        (lambda size: f"segment x {{ {'not ' * (size - 1)}(spend > 1) }}", 100),
        (lambda size: f"value x = {' + '.join(['spend'] * (size + 1))}", 100),
        (lambda size: f"segment x {{ {' or '.join(['spend > 1'] * size)} }}", 1_000),
        (lambda size: f"segment x {{ spend in [{','.join(map(str, range(size)))}] }}", 10_000),
        (lambda size: f'segment x {{ name == "{"a" * size}" }}', 64 * 1024),
        (lambda size: f"segment {'a' * size} {{ spend > 1 }}", 100),
        (lambda size: f"segment x {{ any ordered within {size} days }}", 36_525),
        (lambda size: f"segment x {{ spend > {size} }}", 10**12),
    ],
)
def test_what_is_just_within_a_limit_is_served_and_one_more_is_not(
    make: Callable[[int], str], size: int
) -> None:
    assert check(make(size)).program is not None
    assert check(make(size + 1)).program is None


@pytest.mark.timeout(60)  # evaluated anew each time, they would be more than 10^17
@pytest.mark.parametrize("levels", [pytest.param(60, id="r39 exponential references")])
def test_references_that_double_at_each_level_are_evaluated_once_each(levels: int) -> None:
    rules = "segment s0 { spend > 1 }\n" + "\n".join(
        f"segment s{number} {{ s{number - 1} and s{number - 1} }}" for number in range(1, levels)
    )
    found = program(rules)
    compiled = compile_program(found)
    facts = build_facts(found, {"spend": 3.0}, [])
    last = f"s{levels - 1}"
    assert compiled.at(facts, 0).value(last) is True
    assert steps_of(lambda: compiled.at(facts, 0).value(last)) < 50 * levels  # some 16 a level


# --------------------------------------------------------------------------------------------- as they came


@pytest.mark.skipif(not SAMPLES, reason=f"no attacks in {ATTACKS}")
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
def test_the_attacks_as_they_came_are_refused_in_a_language_they_do_not_speak(sample: Path) -> None:
    data = as_it_came(sample)
    report = check(data)
    assert (report.program is None) == (data != b"")
    assert {found.code for found in report.diagnostics} <= set(CODES)


def as_it_came(sample: Path) -> bytes:
    if sample.suffix == ".sh":
        return subprocess.run(["sh", str(sample)], capture_output=True, check=True).stdout
    if sample.suffix == ".hex":
        return bytes.fromhex(sample.read_text().split()[0])
    return sample.read_bytes()
