"""Where a missing value would surprise: which expressions may be missing, and what to say about it.

A comparison with a missing value is unknown, and so is ``not`` of it: nobody gets in. Authors who write
``not``, ``!=`` or ``none of`` often expect the opposite, so they are told. Guards are understood: beside
``x is present and ..`` and ``x is missing or ..``, x counts as there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal as OneOf
from typing import TypeAlias

from dearly.language.checking.containment import contains
from dearly.language.checking.findings import Advice, Findings
from dearly.language.checking.symbols import Symbols
from dearly.language.checking.typing_rules import type_of
from dearly.language.diagnostics import Edit, Fix, enclosing
from dearly.language.magnitudes import (
    COUNTED,
    KEPT,
    LIKELY,
    SUMMED,
    Magnitude,
    calculated,
    either,
    leaves_the_doubles,
    written,
)
from dearly.language.program import (
    Aggregate,
    And,
    Arithmetic,
    Compare,
    ContextField,
    Else,
    EventProperty,
    Expression,
    ItemProperty,
    Literal,
    Negate,
    Not,
    Occurs,
    Or,
    Pick,
    Presence,
    ProfileField,
    Schema,
    ScoreRef,
    SegmentRef,
    Selection,
    Sequence,
    SetCompare,
    Span,
    TierIs,
    TimeSince,
    ValueRef,
)
from dearly.language.spelling import brief, capitalised, default_for, quoted, spell
from dearly.language.traversal import children

Sign: TypeAlias = OneOf[1, 0, -1]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known to be there at one place: expressions that are present, selections that are not empty."""

    present: frozenset[Expression] = frozenset()
    filled: frozenset[Selection] = frozenset()

    def __or__(self, other: Known) -> Known:
        if not (other.present or other.filled):
            return self
        return Known(self.present | other.present, self.filled | other.filled)

    def __and__(self, other: Known) -> Known:
        return Known(self.present & other.present, self.filled & other.filled)


NOTHING_KNOWN = Known()


@dataclass(frozen=True, slots=True)
class Watch:
    """What one walk over an expression needs, and what it has told already."""

    symbols: Symbols
    uncertain: Collection[str]
    """The segments and values that may be unknown or missing."""
    magnitudes: Mapping[str, Magnitude]
    """Of the values that are numbers."""
    findings: Findings
    schema: Schema | None = None
    """The event or catalog whose ``where`` this is."""
    told: set[Expression] = field(default_factory=set)
    """The causes already reported in this expression: one finding each is enough."""
    lets_in: Sign = 1
    """What lets people in at this place: 1 more of it, -1 less of it, 0 perhaps either."""


def _turned(watch: Watch) -> Watch:
    """Below something that turns more into less."""
    return watch if watch.lets_in == 0 else replace(watch, lets_in=1 if watch.lets_in == -1 else -1)


def find_cause(expression: Expression, watch: Watch, known: Known = NOTHING_KNOWN) -> Expression | None:
    """What may be missing and so make this missing (for a condition: unknown); None when it never is.

    Reports on the way what may be missing and stands under ``not``, ``!=``, ``none of``, or in the ``where``
    of events of which fewer let people in.
    """
    match expression:
        case And(operands):
            given = known | _unless_false(expression)
            return _first([find_cause(one, watch, given) for one in operands])
        case Or(operands):
            given = known | _unless_true(expression)
            return _first([find_cause(one, watch, given) for one in operands])
        case Not(operand):
            cause = find_cause(operand, _turned(watch), known)
            _tell_under_not(cause, expression.span, watch)
            return cause
        case Compare(operator, left, right):
            sides = _sides(operator, watch)
            causes = [find_cause(side, how, known) for side, how in zip((left, right), sides, strict=True)]
            if operator == "!=":
                _tell_under_not(_first(causes), expression.span, watch)
            return _first(causes)
        case SetCompare("none of", left, right):
            cause = _first([find_cause(left, watch, known), find_cause(right, watch, known)])
            _tell_under_not(cause, expression.span, watch)
            return cause
        case Else() | Arithmetic() | Negate():
            return measure(expression, watch, known)[0]
        case Presence(operand):
            if find_cause(operand, watch) is None:
                _tell_never_missing(expression, watch)
            return None
        case Occurs() | Aggregate() | Pick() | TimeSince():
            return _over_events(expression, watch, known)
        case _ if not (inside := children(expression)):
            return _leaf(expression, watch, known)
        case _:
            return _first([find_cause(one, watch, known) for one in inside])


def _sides(operator: str, watch: Watch) -> tuple[Watch, Watch]:
    """What lets people in on either side of a comparison."""
    match operator:
        case ">" | ">=":
            return watch, _turned(watch)
        case "<" | "<=":
            return _turned(watch), watch
        case _:
            either_way = replace(watch, lets_in=0)
            return either_way, either_way


def measure(
    expression: Expression, watch: Watch, known: Known = NOTHING_KNOWN
) -> tuple[Expression | None, Magnitude]:
    """What :func:`find_cause` says of the expression and, where it is a number, how large that gets."""
    match expression:
        case Negate(operand):
            return measure(operand, _turned(watch), known)
        case Else(operand, default):
            (missing, usual), (substitute, other) = (measure(one, watch, known) for one in (operand, default))
            return substitute if missing is not None else None, either(usual, other)
        case Arithmetic(operator, left, right):
            (first, one) = measure(left, watch, known)
            (second, other) = measure(right, _turned(watch) if operator in "-/" else watch, known)
            result = calculated(operator, one, other)
            may_fail = _may_divide_by_zero(expression) or leaves_the_doubles(result)
            fails = may_fail and expression not in known.present
            return _first([first, second, expression if fails else None]), result
        case _:
            return find_cause(expression, watch, known), _magnitude(expression, watch)


def _magnitude(expression: Expression, watch: Watch) -> Magnitude:
    match expression:
        case Literal(value=float() as number):
            return written(number)
        case ValueRef(name):
            return watch.magnitudes.get(name, KEPT)
        case Aggregate("count" | "distinct"):
            return COUNTED
        case Aggregate("sum"):
            return SUMMED
        case ScoreRef():
            return LIKELY
        case _:
            return KEPT


def _may_divide_by_zero(expression: Arithmetic) -> bool:
    divisor = expression.right
    return expression.operator == "/" and not (isinstance(divisor, Literal) and divisor.value != 0)


def _first(causes: list[Expression | None]) -> Expression | None:
    return next((cause for cause in causes if cause is not None), None)


def _leaf(expression: Expression, watch: Watch, known: Known) -> Expression | None:
    match expression:
        case ProfileField(name):
            certain = watch.symbols.profile[name].default is not None
        case ContextField(name):
            certain = watch.symbols.context[name].default is not None
        case ScoreRef():
            certain = False
        case TierIs(score):
            certain = ScoreRef(score) in known.present
        case EventProperty(name) | ItemProperty(name):
            certain = watch.schema is None or not _may_lack(watch.schema, name)
        case SegmentRef(name) | ValueRef(name):
            certain = name not in watch.uncertain
        case _:
            certain = True
    return None if certain or expression in known.present else expression


def _may_lack(schema: Schema, name: str) -> bool:
    declared = schema.fields[name]
    return declared.optional and declared.default is None


# ---------------------------------------------------------------------------------------------------- events


def _over_events(
    expression: Occurs | Aggregate | Pick | TimeSince, watch: Watch, known: Known
) -> Expression | None:
    selection = expression.selection
    event = watch.symbols.events[selection.event]
    counting = _counting(expression, watch)
    if counting is not None:
        _tell_of_fewer(selection.where, event, counting, known)
    if selection.where is not None:
        find_cause(selection.where, _within(watch, event), known)
    if (sequence := selection.sequence) is not None:
        _look_into_sequence(sequence, watch if counting is None else counting, known)
    if isinstance(expression, Occurs) or (
        isinstance(expression, Aggregate) and expression.kind in ("count", "distinct", "sum")
    ):
        return None
    is_filled = any(contains(selection, filled) for filled in known.filled)
    name = None if isinstance(expression, TimeSince) else expression.property
    there = is_filled and (name is None or not _may_lack(event, name))
    return None if there or expression in known.present else expression


def _counting(expression: Occurs | Aggregate | Pick | TimeSince, watch: Watch) -> Watch | None:
    """What lets people in of the events themselves; None where they are not counted or added up."""
    match expression:
        case Occurs("at least") | Aggregate("count" | "distinct" | "sum"):
            return watch
        case Occurs("exactly", count) if count > 0:
            return replace(watch, lets_in=0)
        case Occurs():
            return _turned(watch)
        case _:
            return None


def _look_into_sequence(sequence: Sequence, watch: Watch, known: Known) -> None:
    event = watch.symbols.events[sequence.event]
    _tell_of_fewer(sequence.where, event, _turned(watch) if sequence.negated else watch, known)
    if sequence.where is not None:
        find_cause(sequence.where, _within(watch, event), known)


def _within(watch: Watch, event: Schema) -> Watch:
    """Inside a ``where``, of which more keeps more events."""
    return replace(watch, schema=event, told=set(watch.told), lets_in=1)


def _tell_of_fewer(where: Expression | None, event: Schema, watch: Watch, known: Known) -> None:
    """An unknown ``where`` keeps its event out; where fewer events let more people in, that is told."""
    if where is None or watch.lets_in == 1:
        return
    silent = replace(_within(watch, event), findings=Findings(), told=set())
    cause = find_cause(where, silent, known)
    if cause is not None and cause not in watch.told:
        watch.told.add(cause)
        message = (
            f"Without {quoted(cause)} an event is not counted, and here fewer events let more people in."
        )
        watch.findings.add("missing-in-no", cause.span, message, _write_else(cause))


# ---------------------------------------------------------------------------------------------------- guards


MAX_GUARD_DEPTH = 4
"""Guards nested deeper in ``and``, ``or`` and ``not`` are not looked for, so that the walk stays linear."""


def _unless_false(condition: Expression, depth: int = MAX_GUARD_DEPTH) -> Known:
    """What is there unless the condition is false: were it missing, the condition would be false."""
    match condition:
        case Presence(operand, missing=False):
            return Known(frozenset([operand]))
        case Occurs("at least", count, selection) if count > 0:
            return Known(filled=frozenset([selection]))
        case Not(operand) if depth:
            return _unless_true(operand, depth - 1)
        case And(operands) if depth:
            return _any_of([_unless_false(one, depth - 1) for one in operands])
        case Or(operands) if depth:
            return _all_of([_unless_false(one, depth - 1) for one in operands])
        case _:
            return NOTHING_KNOWN


def _unless_true(condition: Expression, depth: int = MAX_GUARD_DEPTH) -> Known:
    """What is there unless the condition is true: were it missing, the condition would be true."""
    match condition:
        case Presence(operand, missing=True):
            return Known(frozenset([operand]))
        case Occurs("exactly" | "at most", 0, selection):
            return Known(filled=frozenset([selection]))
        case Not(operand) if depth:
            return _unless_false(operand, depth - 1)
        case Or(operands) if depth:
            return _any_of([_unless_true(one, depth - 1) for one in operands])
        case And(operands) if depth:
            return _all_of([_unless_true(one, depth - 1) for one in operands])
        case _:
            return NOTHING_KNOWN


def _any_of(all_known: list[Known]) -> Known:
    present = frozenset[Expression]().union(*(known.present for known in all_known))
    return Known(present, frozenset[Selection]().union(*(known.filled for known in all_known)))


def _all_of(all_known: list[Known]) -> Known:
    together = all_known[0]
    for known in all_known[1:]:
        together = together & known
    return together


# -------------------------------------------------------------------------------------------------- findings


def _tell_under_not(cause: Expression | None, span: Span, watch: Watch) -> None:
    if cause is None or cause in watch.told:
        return
    watch.told.add(cause)
    lacking = "unknown" if isinstance(cause, SegmentRef | TierIs) else "missing"
    message = f"{capitalised(quoted(cause))} may be {lacking}; then this is unknown, and lets nobody in."
    substitute = _with_default(cause)
    if span != cause.span or substitute is None:
        watch.findings.add("missing-under-not", span, message, _write_guard(cause))
        return
    # `X is not Y` is one comparison as it is written, so all of it is written anew.
    instead = f"not {substitute}"
    hint = f"Write `{instead}`, which lets them in; or {_keep_out(cause)}."
    fix = Fix(f"Write `{instead}`", (Edit(span, instead),), certain=False)
    watch.findings.add("missing-under-not", span, message, Advice(hint, fix))


def _tell_never_missing(expression: Presence, watch: Watch) -> None:
    answer = "false" if expression.missing else "true"
    message = f"{capitalised(quoted(expression.operand))} is never missing, so this is always {answer}."
    watch.findings.add("never-missing", expression.span, message, "Leave it out.")


def _write_guard(cause: Expression) -> Advice:
    if isinstance(cause, Arithmetic):
        hint = "A result beyond 1.8e308 is missing; write `.. else 0`, or multiply less."
        if _may_divide_by_zero(cause):
            hint = "A division by zero is missing; write `.. else 0`, or divide by what is never 0."
        return Advice(hint, _else_fix(cause))
    substitute = _with_default(cause)
    either = f"`{substitute}`, with the value that it shall count as then; or " if substitute else ""
    return Advice(f"Write {either}{_keep_out(cause)}.", _else_fix(cause))


def _keep_out(cause: Expression) -> str:
    """What to write to keep those out of whom it is not known."""
    guarded = ScoreRef(cause.score) if isinstance(cause, TierIs) else cause
    return f"`{brief(spell(Presence(guarded, missing=False)))} and ..`, to keep them out for certain"


def _write_else(cause: Expression) -> Advice:
    substitute = _with_default(cause)
    hint = f"Write `{substitute}`, with the value that it shall count as."
    if isinstance(cause, Arithmetic) or substitute is None:
        hint = "Give it a value for that case: `(.. else ..)`."
    return Advice(hint, _else_fix(cause))


def _else_fix(cause: Expression) -> Fix | None:
    """The fix that gives what may be missing a default."""
    default = default_for(type_of(cause))
    if default is None or not cause.span.file:
        return None
    title = f"Give {quoted(cause)} the default `{spell(default)}`"
    if isinstance(cause, ProfileField | ContextField | EventProperty | ItemProperty | ValueRef | ScoreRef):
        fix = enclosing(cause.span, "(", f" else {spell(default)})", title)
    else:
        fix = enclosing(cause.span, "((", f") else {spell(default)})", title)
    return replace(fix, certain=False)  # as what it shall count is for the author to say


def _with_default(cause: Expression) -> str | None:
    default = default_for(type_of(cause))
    return f"({spell(Else(cause, default))})" if default is not None else None
