"""Numbers that get too large: the checker knows what may be missing for its size, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dearly.evaluation import build_facts, compile_program
from dearly.language.magnitudes import Magnitude, calculated, either, written
from tests.language.checking import codes_of, only_finding, program_of


def times(factor: str, count: int) -> str:
    """A product of so many equal factors."""
    return " * ".join([factor] * count)


@pytest.mark.parametrize(
    ("expression", "missing"),
    [
        (times("points", 25), False),  # 1e300
        (times("points", 26), True),  # 1e312
        (times("points", 40), True),
        (f"-({times('points', 26)})", True),
        (f"({times('points', 26)}) / 1e12", True),  # it is missing before it is divided
        (f"({times('points', 25)}) / 1e12 * points", False),
        (f"({times('points', 25)}) / 0.000001 * 1000", True),
        (times("count of viewed", 34), False),
        (times("count of viewed", 35), True),
        (times("sum of bought.total", 14), False),
        (times("sum of bought.total", 15), True),
        (times("10", 99), False),
        (times("1e12", 26), True),
        (f"(({times('points', 26)}) else 0)", False),
        (f"(({times('points', 26)}) else 0) + points", False),  # a sum with it rounds to it
        (f"(({times('points', 26)}) else 0) * 2", True),
        ("enormous * enormous", True),
        ("enormous * 1000", False),
        ("points + points - points", False),
        ("((points / joined_points) else 0) * 2", True),  # divided by 5e-324, say
        ("((count of viewed / count of bought) else 0) * 100", False),  # a count is 0, or at least 1
        ("((points / (count of viewed + 1)) else 0) * 100", False),
        ("points / 3 * 100", False),
        (times("distinct of viewed.category", 34), False),
        (times("distinct of viewed.category", 35), True),
        (f"(conversion else 0) * {times('points', 25)} * 1e7", False),  # a likelihood is at most 1
    ],
)
def test_what_may_leave_the_doubles_may_be_missing(expression: str, missing: bool) -> None:
    rules = f"""value enormous = {times("points", 25)}
    value joined_points = points * 1
    score conversion {{ predict any bought within 30 days features auto tiers high >= 0.6, low }}
    """

    assert program_of(f"{rules}value v = {expression}").values["v"].may_be_missing is missing


def test_what_the_checker_calls_missing_for_its_size_is_missing_when_it_runs() -> None:
    program = program_of(f"value big = {times('points', 40)}")
    facts = build_facts(program, {"points": 1e12}, [])

    assert program.values["big"].may_be_missing
    assert compile_program(program).at(facts, 0).value("big") is None


def test_a_template_is_not_let_to_print_what_may_be_too_large() -> None:
    rules = (
        f'value big = {times("points", 40)}\nblock b {{ when true show "a.html" otherwise show "b.html" }}'
    )

    assert codes_of(rules, {"a.html": "{{ big }}", "b.html": ""}) == ["template-may-be-missing"]
    assert codes_of(rules, {"a.html": "{{ big | default(0) }}", "b.html": ""}) == []


def test_what_may_be_too_large_under_a_negation_is_warned_of_with_its_reason() -> None:
    found = only_finding(f"segment s {{ not ({times('points', 26)} > 3) }}")

    assert found == (
        "missing-under-not: This calculation may be missing; then this is unknown, and lets nobody in. "
        "A result beyond 1.8e308 is missing; write `.. else 0`, or multiply less."
    )


def test_a_guard_for_what_may_be_too_large_is_understood() -> None:
    product = times("points", 26)

    assert codes_of(f"segment s {{ ({product}) is present and not ({product} > 3) }}") == []


@pytest.mark.parametrize(
    ("printed", "codes"),
    [
        (times("customer.points", 25), []),
        (times("customer.points", 26), ["template-may-be-missing"]),
        (times("enormous", 2), ["template-may-be-missing"]),
        ("enormous * 1000", []),
        ("(enormous | round) * enormous", ["template-may-be-missing"]),
        ("-enormous * enormous", ["template-may-be-missing"]),
        ("enormous / 0.0000000001", ["template-may-be-missing"]),
        ("(enormous if customer.points > 3 else 3) * enormous", ["template-may-be-missing"]),
        ("((enormous * enormous) | default(0)) / 2", []),
        ("((enormous * enormous) | default(0)) * 2", ["template-may-be-missing"]),
        ("(enormous * enormous) | default(0)", []),
        ("100 * (1 + customer.points / 3)", []),
    ],
)
def test_a_template_calculates_what_may_leave_the_doubles_only_with_a_default(
    printed: str, codes: list[str]
) -> None:
    rules = f"value enormous = {times('points', 25)}\n"
    block = 'block b { when true show "a.html" otherwise show "b.html" }'

    assert codes_of(rules + block, {"a.html": f"{{{{ {printed} }}}}", "b.html": ""}) == codes


def test_a_template_is_told_why_its_calculation_may_be_missing() -> None:
    block = 'block b { when true show "a.html" otherwise show "b.html" }'

    large = only_finding(block, {"a.html": f"{{{{ {times('customer.points', 26)} }}}}", "b.html": ""})
    divided = only_finding(block, {"a.html": "{{ 100 / customer.points }}", "b.html": ""})
    compared = only_finding(
        block, {"a.html": "{% if 100 / customer.points != 3 %}x{% endif %}", "b.html": ""}
    )

    assert "A result beyond 1.8e308 is missing" in large
    assert 'Write `(...) | default("...")`.' in large
    assert "A division by 0 is missing" in divided
    assert 'Write `(... / ...) | default("...")`.' in divided
    assert "`(... / ...)` may be missing" in compared


numbers = st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.integers(-(10**9), 10**9).map(float))
bounded = st.tuples(numbers, numbers).map(lambda two: (two[0], either(written(two[0]), written(two[1]))))


@given(st.sampled_from("+-*/"), bounded, bounded)
def test_a_result_lies_within_the_magnitude_calculated_for_it(
    operator: str, one: tuple[float, Magnitude], other: tuple[float, Magnitude]
) -> None:
    (left, left_magnitude), (right, right_magnitude) = one, other
    if operator == "/" and right == 0:
        return
    operations = {"+": left + right, "-": left - right, "*": left * right}
    result = operations[operator] if operator in operations else left / right

    magnitude = calculated(operator, left_magnitude, right_magnitude)  # type: ignore[arg-type]

    assert abs(result) <= magnitude.most
    assert result == 0 or abs(result) >= magnitude.least
    assert not magnitude.whole or abs(result) == float("inf") or result.is_integer()
