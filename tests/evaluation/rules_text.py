"""Generated programs as their authors might have written them: rules text that means exactly that program."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from dearly.language import program as tree
from dearly.language.program import Expression, Field, Program
from dearly.language.types import DATE, DURATION, SECOND_US, TEXT, TIME, Type, Value
from tests.evaluation.cases import TEMPLATE
from tests.evaluation.mutations import rewrite

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def write_rules(program: Program) -> str:
    """A rules file, each stage and branch on a line of its own.

    All operands stand in parentheses, so that precedence plays no part.
    """
    parts = [f"profile {_schema(program.profile)}"]
    parts += [f"catalog {name} {_schema(schema.fields)}" for name, schema in program.catalogs.items()]
    parts += [f"event {name} {_schema(schema.fields)}" for name, schema in program.events.items()]
    parts += [f"segment {each.name} {{ {_write(each.condition)} }}" for each in program.segments.values()]
    parts += [f"value {each.name} = {_write(each.expression)}" for each in program.values.values()]
    for lifecycle in program.lifecycles.values():
        stages = [f"  {stage.name} {_when(stage.condition)}" for stage in lifecycle.stages]
        parts += [f"lifecycle {lifecycle.name} {{", *stages, "}"]
    for block in program.blocks.values():
        parts += [f"block {block.name} {{", *(_branch(branch) for branch in block.branches), "}"]
    return "\n".join(parts) + "\n"


def as_read(program: Program) -> Program:
    """The program with what its text does not say left out: which kind of text a quoted text is meant as."""

    def without(node: object) -> object:
        if isinstance(node, tree.Literal) and isinstance(node.value, str):
            return replace(node, type=TEXT)
        if isinstance(node, tree.NamedValue):
            return replace(node, may_be_missing=True)
        return node

    bare = replace(
        program, version="", templates={}, evaluation_order=tuple(sorted(program.evaluation_order))
    )
    return rewrite(bare, without)  # type: ignore[no-any-return]


def _schema(fields: Mapping[str, Field]) -> str:
    return "{ " + ", ".join(_field(field) for field in fields.values()) + " }"


def _field(field: Field) -> str:
    default = f" = {_constant(field.default, field.type)}" if field.default is not None else ""
    return f"{field.name} {field.type}{'?' if field.optional else ''}{default}"


def _when(condition: Expression | None) -> str:
    return "otherwise" if condition is None else f"when {_write(condition)}"


def _branch(branch: tree.Branch) -> str:
    lists = "; and ".join(_item_list(items) for items in branch.lists)
    shown = f'  {_when(branch.condition)} show "{TEMPLATE}.html"'
    return f"{shown} with {lists}" if lists else shown


def _item_list(items: tree.ItemList) -> str:
    match items.strategy:
        case tree.SimilarTo(item=item):
            strategy = f"similar to {_write(item)}"
        case _:
            strategy = f"recommended {items.catalog}"
    where = f", where {_write(items.where)}" if items.where is not None else ""
    return f"{items.name} = {strategy}, limit {items.limit}{where}"


def _write(expression: Expression) -> str:
    match expression:
        case tree.Literal():
            return _constant(expression.value, expression.type)
        case tree.ProfileField():
            return f"customer.{expression.name}"
        case tree.EventProperty() | tree.ItemProperty() | tree.SegmentRef() | tree.ValueRef():
            return expression.name
        case tree.Occurs() | tree.Aggregate() | tree.Pick() | tree.TimeSince():
            return f"({_write_over_events(expression)})"
        case _:
            return f"({_write_operator(expression)})"


def _write_operator(expression: Expression) -> str:
    match expression:
        case tree.StageIs():
            return f"{expression.lifecycle} is {expression.stage}"
        case tree.Not():
            return f"not {_write(expression.operand)}"
        case tree.And():
            return " and ".join(_write(operand) for operand in expression.operands)
        case tree.Or():
            return " or ".join(_write(operand) for operand in expression.operands)
        case tree.Compare() | tree.TextMatch() | tree.Arithmetic():
            return f"{_write(expression.left)} {expression.operator} {_write(expression.right)}"
        case tree.In():
            choices = ", ".join(_constant(choice.value, choice.type) for choice in expression.choices)
            return f"{_write(expression.left)} in [{choices}]"
        case tree.SetContains():
            return f"{_write(expression.set)} contains {_write(expression.element)}"
        case tree.Presence():
            return f"{_write(expression.operand)} is {'missing' if expression.missing else 'present'}"
        case tree.Else():
            return f"{_write(expression.operand)} else {_write(expression.default)}"
        case tree.Negate():
            return f"- {_write(expression.operand)}"
        case _:
            raise AssertionError(f"{expression} is not written by this")


def _write_over_events(expression: tree.Occurs | tree.Aggregate | tree.Pick | tree.TimeSince) -> str:
    selection = expression.selection
    clauses = _clauses(selection)
    match expression:
        case tree.Occurs():
            return f"{expression.quantifier} {expression.count} {selection.event}{clauses}"
        case tree.Aggregate(kind="count"):
            return f"count of {selection.event}{clauses}"
        case tree.Aggregate():
            return f"{expression.kind} of {selection.event}.{expression.property}{clauses}"
        case tree.Pick():
            return f"{expression.which} {selection.event}.{expression.property}{clauses}"
        case tree.TimeSince():
            which = "last" if expression.which == "latest" else "first"
            return f"time since {which} {selection.event}{clauses}"


def _clauses(selection: tree.Selection) -> str:
    parts = [_where(selection.where), _window("within", selection.within_us)]
    parts.append(_window("older than", selection.older_than_us))
    sequence = selection.sequence
    if sequence is not None:
        parts.append(f" {'not ' if sequence.negated else ''}followed by {sequence.event}")
        parts += [_where(sequence.where), _window("within", sequence.within_us)]
    return "".join(parts)


def _where(condition: Expression | None) -> str:
    return "" if condition is None else f" where ({_write(condition)})"


def _window(word: str, us: int | None) -> str:
    return "" if us is None else f" {word} {_constant(us, DURATION)}"


def _constant(value: Value, kind: Type) -> str:
    match value:
        case bool() | str():
            return json.dumps(value, ensure_ascii=False)
        case int() if kind == DURATION:
            assert value % SECOND_US == 0
            return f"{value // SECOND_US} seconds"
        case int() if kind == DATE:
            return (EPOCH + timedelta(days=value)).date().isoformat()
        case int() if kind == TIME:
            return (EPOCH + timedelta(microseconds=value)).isoformat()
        case float():
            return repr(value)
        case _:
            raise AssertionError(f"{value!r} has no constant")
