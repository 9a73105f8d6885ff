"""Reading facts from what a store keeps, and the one case folding."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Mapping

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dearly.evaluation.facts import (
    NO_EVENTS,
    EventLog,
    Facts,
    build_facts,
    facts_reader,
    fold_case,
    read_facts,
)
from dearly.language.program import Field
from dearly.language.types import Value
from dearly.language.values import stored_reader
from tests.evaluation.cases import program_of

PROGRAM = program_of()


def test_an_unknown_customer_has_the_declared_defaults_and_no_events() -> None:
    assert build_facts(PROGRAM, None, []) == Facts({"country": "nl", "points": 0.5}, {})


def test_stored_values_become_typed_values() -> None:
    stored = {
        "first_name": "Ada",
        "age": 36.0,
        "member": True,
        "birthday": "1815-12-10",
        "joined": "2026-03-29T01:00:00.000001Z",
        "homepage": "https://a.example/",
        "favourite": "X",
        "interests": ["a", "b"],
        "sizes": [1.0, 2.5],
    }
    assert build_facts(PROGRAM, stored, []).profile == {
        "first_name": "Ada",
        "country": "nl",
        "age": 36.0,
        "points": 0.5,
        "member": True,
        "birthday": -56_270,
        "joined": 1_774_746_000_000_001,
        "homepage": "https://a.example/",
        "favourite": "X",
        "interests": frozenset({"a", "b"}),
        "sizes": frozenset({1.0, 2.5}),
    }


def test_a_whole_number_is_read_as_a_double() -> None:
    age = build_facts(PROGRAM, {"age": 36}, []).profile["age"]
    assert isinstance(age, float)
    assert age == 36.0


@pytest.mark.parametrize(
    "stored",
    [
        {"age": "36"},
        {"age": True},
        {"member": 1.0},
        {"first_name": 3.0},
        {"birthday": "soon"},
        {"sizes": 1.0},
        {"first_name": None},
    ],
)
def test_a_kept_value_that_no_longer_fits_its_type_is_missing(stored: dict[str, object]) -> None:
    assert build_facts(PROGRAM, stored, []).profile == {"country": "nl", "points": 0.5}


def test_a_kept_value_that_no_longer_fits_gives_way_to_the_default() -> None:
    assert build_facts(PROGRAM, {"points": "many"}, []).profile["points"] == 0.5


def test_fields_types_and_properties_that_nobody_declares_are_left_out() -> None:
    facts = build_facts(
        PROGRAM, {"shoe": "left"}, [("fell", 1, {}), ("viewed", 2, {"product": "X", "colour": "red"})]
    )
    assert facts.profile == {"country": "nl", "points": 0.5}
    assert facts.events == {"viewed": EventLog((2,), ({"product": "X"},))}


def test_events_are_gathered_by_type_in_the_order_kept() -> None:
    rows: list[tuple[str, int, dict[str, object]]] = [
        ("bought", 5, {"price": 1.0}),
        ("viewed", 3, {"product": "b"}),
        ("viewed", 3, {"product": "a"}),
        ("viewed", 4, {"product": "c", "seconds": 2.0}),
    ]
    facts = build_facts(PROGRAM, {}, rows)
    assert facts.events["bought"] == EventLog((5,), ({"price": 1.0, "quantity": 1.0},))
    assert facts.events["viewed"] == EventLog(
        (3, 3, 4), ({"product": "b"}, {"product": "a"}, {"product": "c", "seconds": 2.0})
    )
    assert facts.events.get("opened", NO_EVENTS) == EventLog()


def test_one_reader_serves_every_customer() -> None:
    reader = facts_reader(PROGRAM)
    ada = read_facts(reader, '{"first_name":"Ada"}', [("viewed", (1,), '[{"product":"X"}]')])
    bob = read_facts(reader, '{"first_name":"Bob"}', [])
    assert ada == build_facts(PROGRAM, {"first_name": "Ada"}, [("viewed", 1, {"product": "X"})])
    assert bob.events == {}
    assert bob.profile["first_name"] == "Bob"


_KEPT = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([10**19, 2**64, 10**308, 10**400, -(10**400)]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["", "X", "é", "1815-12-10", "2026-03-29T01:00:00Z", "0001-01-01T00:00:00+14:00"]),
    st.lists(st.one_of(st.floats(-9, 9), st.integers(0, 9), st.sampled_from("ab"), st.none()), max_size=3),
)
"""What JSON may hold: rules change, and what was kept under others stays."""


def _kept_under(fields: Mapping[str, Field]) -> st.SearchStrategy[dict[str, object]]:
    return st.dictionaries(st.sampled_from([*fields, "undeclared"]), _KEPT, max_size=6)


def _read_alone(fields: Mapping[str, Field], kept: Mapping[str, object]) -> dict[str, Value]:
    """Each field read by itself, written as plainly as can be."""
    values = {name: stored_reader(field.type)(kept.get(name)) for name, field in fields.items()}
    settled = {name: fields[name].default if value is None else value for name, value in values.items()}
    return {name: value for name, value in settled.items() if value is not None}


@given(_kept_under(PROGRAM.profile), st.lists(_kept_under(PROGRAM.events["bought"].fields), max_size=3))
def test_whatever_is_kept_each_field_is_read_as_it_is_alone(
    profile: dict[str, object], bought: list[dict[str, object]]
) -> None:
    log = ("bought", tuple(range(len(bought))), json.dumps(bought))
    facts = read_facts(facts_reader(PROGRAM), json.dumps(profile), [log])
    assert _classed(facts.profile) == _classed(_read_alone(PROGRAM.profile, profile))
    fields = PROGRAM.events["bought"].fields
    assert list(map(_classed, facts.events["bought"].properties)) == [
        _classed(_read_alone(fields, event)) for event in bought
    ]


def _classed(values: Mapping[str, Value]) -> dict[str, tuple[type, Value]]:
    """1, 1.0 and True are equal, but only one of them is a number."""
    return {name: (type(value), value) for name, value in values.items()}


def test_properties_are_read_when_they_are_asked_for_and_only_once() -> None:
    asked: list[int] = []

    def read() -> tuple[dict[str, Value], ...]:
        asked.append(1)
        return ({"product": "X"},)

    log = EventLog((1,), read)
    assert (log.times_us, asked) == ((1,), [])
    assert log == EventLog((1,), ({"product": "X"},))
    assert log != EventLog((2,), ({"product": "X"},))
    assert log.properties is log.properties
    assert asked == [1]


def test_a_log_that_is_harmed_harms_nobody_who_asks_for_its_times_only() -> None:
    facts = read_facts(facts_reader(PROGRAM), None, [("viewed", (1,), '[{"product":')])
    assert facts.events["viewed"].times_us == (1,)
    with pytest.raises(msgspec.DecodeError):
        _ = facts.events["viewed"].properties


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Sale", "SALE"),
        ("Straße", "STRASSE"),
        ("ΣΑΣ", "σας"),
        ("ﬁn", "FIN"),
        ("ſ", "S"),
        ("É", "e\u0301"),
        ("\u0345\u0301", "\u0301\u0399"),
    ],
)
def test_texts_that_differ_only_in_case_or_composition_fold_alike(left: str, right: str) -> None:
    assert fold_case(left) == fold_case(right)


@pytest.mark.parametrize(("left", "right"), [("e", "é"), ("i", "ı"), ("I", "İ"), ("a", "а")])
def test_texts_that_differ_in_more_stay_different(left: str, right: str) -> None:
    assert fold_case(left) != fold_case(right)


def test_folding_is_settled_after_once_for_every_character() -> None:
    surrogates = range(0xD800, 0xE000)
    for code in range(sys.maxunicode + 1):
        if code not in surrogates:
            folded = fold_case(chr(code))
            assert fold_case(folded) == folded


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_folding_does_not_depend_on_composition_and_gives_nfc(text: str) -> None:
    folded = fold_case(text)
    assert fold_case(unicodedata.normalize("NFD", text)) == folded
    assert unicodedata.is_normalized("NFC", folded)
