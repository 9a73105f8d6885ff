"""Generated programs as their authors might have written them: rules text that means exactly that program."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from dearly.language import program as tree
from dearly.language.program import Expression, Field, Instant, Program
from dearly.language.types import DATE, DAY_US, DURATION, SECOND_US, TEXT, TIME, SetOf, Type, Value
from tests.evaluation.cases import TEMPLATE
from tests.evaluation.rewriting import rewrite

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def write_rules(program: Program) -> str:
    """A rules file, each stage and branch on a line of its own.

    All operands stand in parentheses, so that precedence plays no part.
    """
    parts = [f"settings {{ timezone {json.dumps(program.settings.timezone)} }}"]
    parts += [f"profile {_schema(program.profile)}", f"context {_schema(program.context)}"]
    parts += [f"catalog {name} {_schema(schema.fields)}" for name, schema in program.catalogs.items()]
    parts += [f"event {name} {_schema(schema.fields)}" for name, schema in program.events.items()]
    parts += [f"segment {each.name} {{ {_write(each.condition)} }}" for each in program.segments.values()]
    parts += [f"value {each.name} = {_write(each.expression)}" for each in program.values.values()]
    for lifecycle in program.lifecycles.values():
        stages = [f"  {stage.name} {_when(stage.condition)}" for stage in lifecycle.stages]
        parts += [f"lifecycle {lifecycle.name} {{", *stages, "}"]
    parts += [_score(score) for score in program.scores.values()]
    parts += [_experiment(experiment) for experiment in program.experiments.values()]
    for block in program.blocks.values():
        parts += [f"block {block.name} {{", *(_branch(branch) for branch in block.branches), "}"]
    return "\n".join(parts) + "\n"


def as_read(program: Program) -> Program:
    """The program with what its text does not say left out: which kind of text a quoted text is meant as."""

    def without(node: object) -> object:
        if isinstance(node, tree.Literal) and isinstance(node.value, str):
            return replace(node, type=TEXT)
        if isinstance(node, tree.Literal) and _is_set_of_texts(node.value):
            return replace(node, type=SetOf(TEXT))
        if isinstance(node, tree.NamedValue):
            return replace(node, may_be_missing=True)
        return node

    bare = replace(
        program, version="", templates={}, evaluation_order=tuple(sorted(program.evaluation_order))
    )
    return rewrite(bare, without)  # type: ignore[no-any-return]


def _is_set_of_texts(value: Value) -> bool:
    return isinstance(value, frozenset) and all(isinstance(element, str) for element in value)


def _schema(fields: Mapping[str, Field]) -> str:
    return "{ " + ", ".join(_field(field) for field in fields.values()) + " }"


def _field(field: Field) -> str:
    default = f" = {_constant(field.default, field.type)}" if field.default is not None else ""
    return f"{field.name} {field.type}{'?' if field.optional else ''}{default}"


def _score(score: tree.Score) -> str:
    tiers = [f"{each.name} >= {each.at_least!r}" for each in score.tiers if each.at_least is not None]
    parts = [f"predict {_write(score.label)}", "features auto"]
    parts.append(f"tiers {', '.join((*tiers, score.tiers[-1].name))}")
    return f"score {score.name} {json.dumps(score.title)} {{ {' '.join(parts)} }}"


def _experiment(experiment: tree.Experiment) -> str:
    variants = ", ".join(f"{each.name} {each.weight!r}" for each in experiment.variants)
    goal = f"{experiment.goal.event}{_clauses(experiment.goal)}"
    return f"experiment {experiment.name} {{ variants {variants} goal {goal} }}"


def _when(condition: Expression | None) -> str:
    return "otherwise" if condition is None else f"when {_write(condition)}"


def _branch(branch: tree.Branch) -> str:
    lists = "; and ".join(_item_list(items) for items in branch.lists)
    shown = f'  {_when(branch.condition)} show "{TEMPLATE}.html"'
    return f"{shown} with {lists}" if lists else shown


def _item_list(items: tree.ItemList) -> str:
    strategies = " or else ".join(_strategy(each, items.catalog) for each in (items.strategy, *items.fillers))
    options = [f"where {_write(items.where)}"] if items.where is not None else []
    options += [f"excluding {_exclusion(each)}" for each in items.excluding]
    options += [f"diverse by {items.diverse_by}"] if items.diverse_by is not None else []
    return ", ".join((f"{items.name} = {strategies}", *options, f"limit {items.limit}"))


def _strategy(strategy: tree.Strategy, catalog: str) -> str:
    match strategy:
        case tree.Recommended():
            return f"recommended {catalog}"
        case tree.SimilarTo():
            return f"similar to {_write(strategy.item)}"
        case tree.BoughtTogether():
            return f"bought together with {_write(strategy.item)}"
        case tree.Trending():
            return f"trending {catalog}{_window('within', strategy.within_us)}"
        case tree.Recently():
            return f"recently {strategy.event}.{strategy.property}"
        case tree.Listed():
            return f"listed {catalog} {json.dumps(strategy.item_ids)}"


def _exclusion(exclusion: tree.Exclusion) -> str:
    match exclusion:
        case tree.ExcludeTouched(selection=selection):
            return f"{selection.event}.{exclusion.property}{_clauses(selection)}"
        case tree.ExcludeItems():
            return _write(exclusion.items)


def _write(expression: Expression) -> str:
    match expression:
        case tree.Literal():
            written = _constant(expression.value, expression.type)
            return f"({written})" if written.startswith("-") else written
        case tree.ProfileField():
            return f"customer.{expression.name}"
        case tree.ContextField():
            return f"context.{expression.name}"
        case tree.DayStart():
            return _constant(expression.days, DATE)
        case tree.ScoreRef():
            return expression.score
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
        case tree.TierIs():
            return f"{expression.score} is {expression.tier}"
        case tree.VariantIs():
            return f"{expression.experiment} is {expression.variant}"
        case tree.Today():
            return f"today{_shift(expression.plus_days * DAY_US)}"
        case tree.Now():
            return f"now{_shift(expression.plus_us)}"
        case tree.Compare(right=tree.DayStart()):
            word = {"<": "before", ">=": "since"}[expression.operator]
            return f"{_write(expression.left)} {word} {_write(expression.right)}"
        case tree.Compare() | tree.TextMatch() | tree.Arithmetic() | tree.SetCompare():
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
    # After `where (gift)`, a `since` would be taken for a comparison.
    parts = [_instant("since", selection.since), _instant("before", selection.before)]
    parts += [_where(selection.where), _window("within", selection.within_us)]
    parts.append(_window("older than", selection.older_than_us))
    parts.append(f" {selection.period}" if selection.period is not None else "")
    parts.append(_weekdays(selection.weekdays))
    sequence = selection.sequence
    if sequence is not None:
        parts.append(f" {'not ' if sequence.negated else ''}followed by {sequence.event}")
        parts += [_where(sequence.where), _window("within", sequence.within_us)]
    return "".join(parts)


def _where(condition: Expression | None) -> str:
    return "" if condition is None else f" where ({_write(condition)})"


def _window(word: str, us: int | None) -> str:
    return "" if us is None else f" {word} {_constant(us, DURATION)}"


def _instant(word: str, instant: Instant | None) -> str:
    return "" if instant is None else f" {word} {_write(instant)}"


_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _weekdays(days: frozenset[int] | None) -> str:
    if days is None:
        return ""
    named = {frozenset(range(5)): "weekdays", frozenset({5, 6}): "weekends"}
    return f" on {named.get(days) or ' or '.join(_WEEKDAYS[day] for day in sorted(days))}"


def _shift(us: int) -> str:
    return f" {'+' if us > 0 else '-'} {_constant(abs(us), DURATION)}" if us else ""


def _constant(value: Value, kind: Type) -> str:
    match value:
        case bool() | str():
            return json.dumps(value, ensure_ascii=False)
        case frozenset():
            assert isinstance(kind, SetOf)
            return f"[{', '.join(_constant(element, kind.element) for element in sorted(value))}]"
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
