"""Every form of the language means in SQL what the reference says, on every engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import psycopg
import pytest

from dearly.evaluation import reference
from dearly.language.types import Value
from tests.evaluation.generator import random_case
from tests.evaluation.sql_engines import Values, duckdb_values, postgresql_values, spark_values
from tests.evaluation.sql_shop import NOW_US, customers, everything

PROGRAM = everything()
CUSTOMERS = customers(PROGRAM)
EXPECTED: Values = [
    {name: reference.value_of(PROGRAM, name, facts, NOW_US) for name in PROGRAM.evaluation_order}
    for facts in CUSTOMERS
]

Answer: TypeAlias = "tuple[str, Value | None]"


def typed(values: Values, name: str) -> list[Answer]:
    """What everybody's value is, and of which type: True is not 1.0."""
    return [(type(each[name]).__name__, each[name]) for each in values]


def differences(values: Values) -> Mapping[str, tuple[list[Answer], list[Answer]]]:
    """The names of which an engine says something else, with what is expected and what came."""
    both = {name: (typed(EXPECTED, name), typed(values, name)) for name in PROGRAM.evaluation_order}
    return {name: (expected, got) for name, (expected, got) in both.items() if expected != got}


def test_the_histories_tell_nearly_all_conditions_apart() -> None:
    same = {name for name in PROGRAM.evaluation_order if len(set(map(str, typed(EXPECTED, name)))) == 1}

    assert same == {"ends_with_longer", "summed_nothing"}


def test_duckdb_means_what_the_reference_means() -> None:
    (values,) = duckdb_values(PROGRAM, CUSTOMERS, [NOW_US])

    assert differences(values) == {}


def test_postgresql_means_what_the_reference_means(postgresql: psycopg.Connection[Any]) -> None:
    (values,) = postgresql_values(postgresql, PROGRAM, CUSTOMERS, [NOW_US])

    assert differences(values) == {}


@pytest.mark.slow
@pytest.mark.xdist_group("spark")
def test_spark_means_what_the_reference_means(spark: Any) -> None:
    (values,) = spark_values(spark, PROGRAM, CUSTOMERS, [NOW_US])

    assert differences(values) == {}


# ------------------------------------------------------------------------------------------- random programs


def check_seeds(seeds: range, engine: Callable[..., list[Values]]) -> None:
    """An engine says what the reference says of random programs, customers and instants."""
    for seed in seeds:
        case = random_case(seed, customers=12, instants=2)
        answers = engine(case.program, case.customers, case.instants)
        for now_us, values in zip(case.instants, answers, strict=True):
            for facts, found in zip(case.customers, values, strict=True):
                for name, value in found.items():
                    expected = reference.value_of(case.program, name, facts, now_us)
                    same = value == expected and type(value) is type(expected)
                    assert same, f"seed {seed}, {name} at {now_us} of {facts}: {value!r}, not {expected!r}"


def test_duckdb_agrees_on_random_programs() -> None:
    check_seeds(range(40), duckdb_values)


def test_postgresql_agrees_on_random_programs(postgresql: psycopg.Connection[Any]) -> None:
    check_seeds(range(40, 80), lambda *case: postgresql_values(postgresql, *case))


@pytest.mark.slow
@pytest.mark.xdist_group("spark")
def test_spark_agrees_on_random_programs(spark: Any) -> None:
    check_seeds(range(80, 83), lambda *case: spark_values(spark, *case))
