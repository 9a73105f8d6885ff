"""The hostile profile values of the attack collection, at the door and through the store."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dearly.ingest import Rejected, prepare_profile
from dearly.language.program import Field, Program
from dearly.language.types import BOOL, DATE, NUMBER, TEXT, TIME, URL, SetOf, Type
from dearly.store import Store
from tests.steps import steps_of
from tests.store.records import read

VALUES = Path(__file__).resolve().parents[3] / "shared" / "attacks" / "profiles" / "profile_values.jsonl"
KINDS: dict[str, Type] = {
    "text": TEXT,
    "url": URL,
    "number": NUMBER,
    "flag": BOOL,
    "day": DATE,
    "moment": TIME,
    "words": SetOf(TEXT),
}
PROGRAM = Program(
    version="test",
    profile={name: Field(name, kind, optional=True) for name, kind in KINDS.items()},
    catalogs={},
    events={},
    segments={},
    values={},
    lifecycles={},
    blocks={},
    templates={},
    evaluation_order=(),
)


def cases() -> Iterator[tuple[str, Any]]:
    if not VALUES.exists():
        return
    for line in VALUES.read_text().splitlines():
        if line.strip():
            try:
                found = json.loads(line)
            except RecursionError:
                found = {"case": "deep100k", "value": nested(100_000)}
            yield found["case"], found.get("value")


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


CASES = dict(cases())
needs_values = pytest.mark.skipif(not CASES, reason=f"there is no {VALUES}")
ABSENT = object()


def hostile(*names: str) -> list[Any]:
    return [pytest.param(CASES.get(name, ABSENT), id=name) for name in names]


def taken(field: str, value: object) -> object:
    patch = prepare_profile(PROGRAM, customer_id="ada", fields={field: value}, time_us=1, now_us=1)
    return patch.fields[field]


@needs_values
@pytest.mark.parametrize("value", hostile("deep", "deep100k", "key_1k", "dup_case"))
def test_nested_values_are_rejected_at_their_first_level_naming_the_field(value: object) -> None:
    assert value is not ABSENT
    for field in KINDS:
        steps = steps_of(lambda field=field: reject(field, value))
        assert steps < 2_000  # most of them pytest's


def reject(field: str, value: object) -> None:
    with pytest.raises(Rejected) as caught:
        taken(field, value)
    assert caught.value.field == f"fields.{field}"


@needs_values
@pytest.mark.parametrize(
    "value",
    [
        *hostile("nan", "inf", "int64_max", "u64", "dec_2_53_1"),
        pytest.param(float("-inf"), id="neginf"),
        pytest.param(2**63, id="int64_over"),
    ],
)
def test_numbers_beyond_numbers_are_rejected_naming_the_field(value: object) -> None:
    with pytest.raises(Rejected) as caught:
        taken("number", value)
    assert caught.value.field == "fields.number"


@needs_values
@pytest.mark.parametrize("value", hostile("num_str", "arabic_digits"))
def test_text_is_never_taken_for_a_number(value: object) -> None:
    with pytest.raises(Rejected):
        taken("number", value)


@needs_values
@pytest.mark.parametrize("value", hostile("neg0", "denorm", "dup"))
def test_small_numbers_are_kept_as_they_are(value: object) -> None:
    assert taken("number", value) == value


@needs_values
@pytest.mark.parametrize("value", hostile("lone_surrogate"))
def test_a_lone_surrogate_is_rejected_naming_the_field(value: object) -> None:
    for field in ("text", "url", "words"):
        with pytest.raises(Rejected) as caught:
            taken(field, [value] if field == "words" else value)
        assert caught.value.field == f"fields.{field}"


@needs_values
@pytest.mark.parametrize("value", hostile("nfc_nfd"))
def test_text_is_kept_in_one_normal_form(value: object) -> None:
    assert taken("text", value) == taken("text", "é") == "é"


@needs_values
@pytest.mark.parametrize(
    "value", hostile("t_year0", "t_9999", "t_neg", "t_ms_as_s", "t_dst_gap", "t_dst_fold")
)
def test_times_that_are_none_are_rejected(value: object) -> None:
    with pytest.raises(Rejected) as caught:
        taken("moment", value)
    assert caught.value.field == "fields.moment"


@pytest.mark.parametrize(
    ("field", "value", "limit"),
    [
        pytest.param("text", "x" * 1_000_000, "65,536 bytes", id="mb text"),
        pytest.param(
            "words", [f"{number:0>1000}" for number in range(1_000)], "262,144 bytes", id="mb words"
        ),
    ],
)
def test_a_megabyte_is_rejected_by_the_documented_limits(field: str, value: object, limit: str) -> None:
    with pytest.raises(Rejected, match=limit):
        taken(field, value)


@needs_values
def test_every_text_is_kept_byte_for_byte_and_touches_no_other_row(store: Store) -> None:
    texts = [value for name, value in CASES.items() if isinstance(value, str) and name != "lone_surrogate"]
    patches = [
        prepare_profile(
            PROGRAM, customer_id=f"c{number}", fields={"text": text, "words": [text]}, time_us=1, now_us=1
        )
        for number, text in enumerate(texts)
    ]
    store.upsert_profiles(patches, 1)
    for patch in patches:
        assert read(store, patch.customer_id).fields == patch.fields
    assert len(store.page_customers(None, 1_000)) == len(texts) > 20


@pytest.mark.parametrize("name", ["items", "get", "__class__", pytest.param("__proto__", id="proto_pollute")])
def test_names_of_dict_methods_are_undeclared_fields_like_any_other(name: str) -> None:
    with pytest.raises(Rejected) as caught:
        prepare_profile(PROGRAM, customer_id="ada", fields={name: "x"}, time_us=1, now_us=1)
    assert caught.value.field == f"fields.{name}"
