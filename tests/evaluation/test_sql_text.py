"""What stands in a statement: no author's literal, names quoted, and the same text for the same shape."""

from __future__ import annotations

import duckdb
import pytest
import sqlglot

from dearly.evaluation import reference
from dearly.evaluation.sql import (
    DIALECTS,
    Dialect,
    Statement,
    bindings,
    compile_audience,
    compile_values,
    inline_sql,
)
from dearly.language.program import Program
from tests.evaluation.sql_engines import duckdb_values, loaded
from tests.evaluation.sql_shop import NOW_US, customer, customers, everything, program_of, viewed

HOSTILE = {
    "r11 SQL that ends a text": "'; DROP TABLE customers; --",
    "r12 SQL that ends a call": '\\") UNION SELECT customer_id FROM customers--',
    "r13 SQL that is always true": "%' OR '1'='1",
    "r14 JSON path": "$.a[*]..b",
    "SQL that ends a name": '\\"; DELETE FROM customers; --',
    "placeholders": "$p1 :p1 %(p1)s {now} ?",
    "a union": "x' UNION SELECT customer_id FROM customers --",
    "comments and escapes": "/* */ \\\\ \\n",
    "quotes of other alphabets": "é\u2019\uff07;",
    "beyond the first plane": "a\U0001f469b",
}
"""Texts that would do harm, were they ever pasted into a statement."""


def audience(condition: str, dialect: Dialect = "duckdb") -> Statement:
    return compile_audience(program_of(f"segment asked {{ {condition} }}"), "asked", dialect)


SHAPES: dict[str, tuple[str, str]] = {
    "texts": ('country == "a"', 'country == "\'; DROP TABLE customers; --"'),
    "numbers": ("age > 1", "age > -999999999999.5"),
    "dates": ("birthday > 2020-01-01", "birthday > 1900-12-31"),
    "dates as instants": ("any viewed since 2020-01-01", "any viewed since 2026-03-29"),
    "instants": ("joined > 2020-01-01T00:00:00Z", "joined > 1999-01-01T00:00:00+05:00"),
    "windows": ("any viewed within 7 days", "any viewed within 3 seconds"),
    "counts": ("any viewed", "at least 77 viewed"),
    "waits": (
        "any viewed not followed by bought within 1 day",
        "any viewed not followed by bought within 9 hours",
    ),
    "sets": ('interests any of ["a"]', 'interests any of ["x", "y", "z"]'),
    "truths": ("member == true", "member == false"),
    "folded texts": ('country is like "A"', 'country is like "\'--"'),
    "weekdays": ("any viewed on monday", "any viewed on friday"),
    "days from today": ("birthday > today", "birthday > today + 400 days"),
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("shape", SHAPES)
def test_the_text_is_the_same_for_every_literal_of_a_shape(shape: str, dialect: Dialect) -> None:
    one, other = (audience(condition, dialect) for condition in SHAPES[shape])

    assert one.sql == other.sql
    assert (one.parameters, one.day_starts) != (other.parameters, other.day_starts)


def test_compiling_again_gives_the_same_text() -> None:
    names = everything().evaluation_order

    assert compile_values(everything(), names).sql == compile_values(everything(), names).sql


@pytest.mark.timeout(60)  # an engine that wrote every name out where it is used would take years
def test_names_that_are_used_three_times_each_level_down_do_not_multiply() -> None:
    rules = ['segment a0 { country == "nl" }']
    for level in range(1, 50):
        below = f"a{level - 1}"
        rules.append(
            f"segment a{level} {{ ({below} or age > {level}) and ({below} or age < {level}) and {below} }}"
        )
    program = program_of("\n".join(rules))

    ((found,),) = duckdb_values(program, [customer(program, {"country": "nl"})], [NOW_US])

    assert found["a49"] is True


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_literal_stands_in_the_text(text: str, dialect: Dialect) -> None:
    statement = audience(f'country == "{text}"', dialect)
    (value,) = statement.parameters.values()

    assert isinstance(value, str)
    assert value not in statement.sql
    assert statement.sql == audience('country == "nl"', dialect).sql


def test_a_hostile_literal_finds_its_customer_and_harms_nobody() -> None:
    conditions = [
        f'segment hostile_{place} {{ name == "{text}" }}' for place, text in enumerate(HOSTILE.values())
    ]
    program = program_of("\n".join(conditions))
    wanted = [compile_audience(program, name).parameters["p1"] for name in program.segments]
    everybody = [customer(program, {"name": name}) for name in wanted]

    (values,) = duckdb_values(program, everybody, [NOW_US])

    assert len(everybody) == len(HOSTILE)
    for place, found in enumerate(values):
        assert [name for name, holds in found.items() if holds] == [f"hostile_{place}"]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_literal_written_out_is_read_back_as_it_was(text: str, dialect: Dialect) -> None:
    statement = audience(f'country == "{text}"', dialect)
    (value,) = statement.parameters.values()

    (read,) = sqlglot.parse(inline_sql(statement, NOW_US), dialect=dialect)

    assert read is not None
    assert [each.this for each in read.find_all(sqlglot.exp.Literal) if each.is_string] == [value]


def test_a_statement_written_out_gives_what_it_gives_with_its_parameters() -> None:
    program = everything()
    people = customers(program)
    names = [name for name in program.evaluation_order if not _reads_zones(program, name)]
    statement = compile_values(program, names)

    with duckdb.connect() as connection:
        for name, rows in loaded(program, statement, people).items():
            connection.register(name, rows)
        bound = connection.execute(statement.sql, bindings(statement, NOW_US)).fetchall()
        written = connection.execute(inline_sql(statement, NOW_US)).fetchall()

    assert len(names) > 60
    assert sorted(written, key=str) == sorted(bound, key=str)


def _reads_zones(program: Program, name: str) -> bool:
    reads = compile_values(program, [name]).reads
    return "zones" in reads or "clocks" in reads


# ------------------------------------------------------------------------------------ names and their columns


def test_names_that_sql_or_the_tables_have_themselves_are_told_apart() -> None:
    program = program_of(
        """
        event order { select number, position number, time_us number, customer_id text, zone text? }
        segment group { any order where (position > 1 and customer_id == "c" and time_us == 5) }
        value known = latest order.position
        value customer_count = count of order
        """
    )
    said = {"select": 1.0, "position": 2.0, "time_us": 5.0, "customer_id": "c"}
    person = customer(program, {}, [("order", NOW_US - 5, said)])

    ((values,),) = duckdb_values(program, [person], [NOW_US])

    assert values == {"group": True, "known": 2.0, "customer_count": 1.0}


def test_long_names_are_cut_to_what_engines_take_and_stay_apart() -> None:
    one, other = "a" * 90 + "_one", "a" * 90 + "_other"
    program = program_of(
        f"event {one} {{ {one} number }}\nevent {other} {{ {one} number, {other} number }}\n"
        f"value first_value = sum of {one}.{one}\nvalue second_value = sum of {other}.{other}"
    )
    person = customer(program, {}, [(one, 5, {one: 1.0}), (other, 5, {one: 2.0, other: 4.0})])

    ((values,),) = duckdb_values(program, [person], [NOW_US])

    assert values == {"first_value": 1.0, "second_value": 4.0}
    statement = compile_values(program, program.evaluation_order, "postgres")
    names = [each.this for each in statement.tree.find_all(sqlglot.exp.Identifier)]
    assert max(len(name.encode()) for name in names) <= 63


# ---------------------------------------------------------------------------------------------------- sharing


def test_conditions_on_one_event_share_a_pass() -> None:
    statement = audience("any viewed within 7 days and no viewed older than 30 days and count of viewed > 2")

    assert statement.sql.count('"event_viewed"') == 1


def test_a_pass_reads_no_more_columns_than_it_needs() -> None:
    reads = audience('sum of bought.price within 7 days > 3 and any viewed where category == "x"').reads

    assert reads == {
        "event_bought": ("customer_id", "time_us", "price"),
        "event_viewed": ("customer_id", "time_us", "category"),
        "customers": ("customer_id",),
    }


def test_names_that_double_make_no_endless_statement() -> None:
    doubled = "\n".join(f"value v{n} = v{n - 1} + v{n - 1}" for n in range(1, 41))
    program = program_of(f"value v0 = count of viewed\n{doubled}")

    ((values,),) = duckdb_values(program, [customer(program, {}, [viewed(5)])], [NOW_US])

    assert values["v40"] == 2.0**40
    assert len(compile_values(program, ["v40"]).sql) < 20_000


def test_arithmetic_that_may_leave_the_doubles_is_written_down_once_a_level() -> None:
    deep = "age" + " * (age" * 30 + ")" * 30

    for dialect in DIALECTS:
        assert len(audience(f"{deep} > 1", dialect).sql) < 40_000
    divided = "age" + " / (age" * 40 + ")" * 40
    person = customer(program_of(""), {"age": 2.0})
    ((values,),) = duckdb_values(program_of(f"value v = {divided}"), [person], [NOW_US])
    assert values == {"v": 2.0}


def test_a_long_chain_of_names_is_written_in_layers() -> None:
    chain = "\n".join(f"segment s{n} {{ s{n - 1} or age > {n} }}" for n in range(1, 600))
    program = program_of(f"segment s0 {{ age > 0 }}\n{chain}")

    statement = compile_audience(program, "s599")

    person = customer(program, {"age": 1.0})
    assert reference.value_of(program, "s599", person, NOW_US) is True
    with duckdb.connect() as connection:
        for name, rows in loaded(program, statement, [person]).items():
            connection.register(name, rows)
        found = connection.execute(statement.sql, bindings(statement, NOW_US)).fetchall()
    assert len(found) == 1


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_wide_condition_is_no_deep_one(dialect: Dialect) -> None:
    wide = " or ".join(f"age == {n}" for n in range(1_000))
    statement = audience(wide, dialect)

    assert statement.sql.count('"age"' if dialect != "spark" else "`age`") == 1_000
