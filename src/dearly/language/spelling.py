"""Expressions, constants and types in an author's words.

What :func:`spell` gives reads as its author would have written it and, put into a rules file, means the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dearly.language.program import (
    Aggregate,
    And,
    Arithmetic,
    Compare,
    ContextField,
    DayStart,
    Else,
    EventProperty,
    Expression,
    In,
    Instant,
    ItemProperty,
    Limit,
    Literal,
    Negate,
    Not,
    Now,
    Occurs,
    Or,
    Pick,
    Presence,
    ProfileField,
    ScoreRef,
    SegmentRef,
    Selection,
    Sequence,
    SetCompare,
    SetContains,
    StageIs,
    TextMatch,
    TierIs,
    TimeSince,
    Today,
    ValueRef,
    VariantIs,
)
from dearly.language.types import (
    BOOL,
    DATE,
    DAY_US,
    DURATION,
    HOUR_US,
    MINUTE_US,
    NUMBER,
    SECOND_US,
    TEXT,
    TIME,
    ItemRef,
    SetOf,
    Type,
    Value,
    is_textual,
)
from dearly.language.values import date_to_stored, time_to_stored

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""The days of a week by number."""

_UNITS = (("day", DAY_US), ("hour", HOUR_US), ("minute", MINUTE_US), ("second", SECOND_US))
_GROUPS_OF_DAYS = {frozenset(range(5)): "weekdays", frozenset([5, 6]): "weekends"}
_ESCAPES = str.maketrans({'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"})

_MAX_BRIEF = 160
"""Letters of what is only to be recognised."""
_MAX_QUOTED = 60
"""Letters of an expression that a sentence can hold."""


def describe(kind: Type) -> str:
    """The type in an author's words, after "is ..."."""
    match kind:
        case ItemRef(catalog):
            return f"an item's id ({catalog})"
        case SetOf(element):
            return f"a set of {element}"
        case _:
            return _IN_WORDS.get(kind, f"a {kind}")


_IN_WORDS: Mapping[Type, str] = {TEXT: "text", BOOL: "true or false", DURATION: "a length of time"}


def default_for(kind: Type) -> Literal | None:
    """A constant to suggest after ``else``; None where none suggests itself."""
    if is_textual(kind):
        return Literal("none", TEXT)
    return Literal(0.0, NUMBER) if kind == NUMBER else Literal(False, BOOL) if kind == BOOL else None


def capitalised(text: str) -> str:
    """The text as the beginning of a sentence."""
    return text[0].upper() + text[1:]


def quoted(expression: Expression) -> str:
    """The expression within backticks, or what it is in a word where it is too long for a sentence."""
    words = spell(expression)
    if len(words) <= _MAX_QUOTED:
        return f"`{words}`"
    match expression:
        case Arithmetic() | Negate() | Aggregate():
            return "this calculation"
        case Literal() | Else() | Pick() | TimeSince():
            return "this"
        case _:
            return "this condition"


def spell(expression: Expression) -> str:
    """The expression as it may be written, whole."""
    return _words(expression).text


def brief(words: str) -> str:
    """What is spelled, cut where it is too long to be read."""
    return words if len(words) <= _MAX_BRIEF else f"{words[: _MAX_BRIEF - 3]} .."


# ------------------------------------------------------------------------------------------------- constants


def spell_constant(literal: Literal) -> str:
    """A constant as it may be written, whole."""
    value, kind = literal.value, literal.type
    if isinstance(value, frozenset):
        element = kind.element if isinstance(kind, SetOf) else kind
        elements: list[Value] = sorted(value)
        return _spell_list(_spell_scalar(one, element) for one in elements)
    return _spell_scalar(value, kind)


def spell_duration(us: int) -> str:
    """A length of time as it may be written: ``7 days``, ``1 hour``."""
    name, unit = next((name, unit) for name, unit in _UNITS if us % unit == 0 or unit == SECOND_US)
    count = f"{us // unit}" if us % unit == 0 else f"{us / unit:.6f}".rstrip("0")
    return f"{count} {name}" if us == unit else f"{count} {name}s"


def spell_limit(limit: Limit) -> str:
    """The limit as it is written: ``at most 2 per 7 days``."""
    if limit.rolling_us is not None:
        return f"at most {limit.count} per {spell_duration(limit.rolling_us)}"
    zone = " in customer timezone" if limit.zone == "customer" else ""
    return f"at most {limit.count} per {limit.calendar}{zone}"


def _spell_scalar(value: Value, kind: Type) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        short = f"{value:.15g}"
        return short if float(short) == value else repr(value)
    if isinstance(value, int):
        if kind == DATE:
            return date_to_stored(value)
        return time_to_stored(value) if kind == TIME else spell_duration(value)
    return f'"{str(value).translate(_ESCAPES)}"'


def _spell_list(elements: Iterable[str]) -> str:
    return f"[{', '.join(elements)}]"


# ----------------------------------------------------------------------------------------------- expressions

# How tightly an expression holds together, as the grammar has it.
_OR, _AND, _NOT, _COMPARISON, _SUM, _PRODUCT, _SIGN, _OPERAND = range(8)

_FORMS = {"+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT}


@dataclass(frozen=True, slots=True)
class _Words:
    """A spelled expression; one that is ``open`` ends with a ``where`` that would take in an operator."""

    text: str
    holds: int = _OPERAND
    open: bool = False

    def within(self, least: int, closed: bool = False) -> str:
        """The words where at least so tight an expression is expected: in parentheses if need be."""
        return f"({self.text})" if self.holds < least or (closed and self.open) else self.text


def _words(expression: Expression) -> _Words:
    match expression:
        case Literal(value=float() as number) if number < 0:
            return _Words(spell_constant(expression), _SIGN)
        case Literal():
            return _Words(spell_constant(expression))
        case ProfileField() | EventProperty() | ItemProperty() | ContextField() | SegmentRef() | ValueRef():
            return _Words(expression.name)
        case ScoreRef(score):
            return _Words(score)
        case Today() | Now() | DayStart():
            return _Words(_spell_moment(expression))
        case StageIs(subject, state) | TierIs(subject, state) | VariantIs(subject, state):
            return _Words(f"{subject} is {state}", _COMPARISON)
        case Not() | And() | Or():
            return _logical(expression)
        case Compare() | In() | TextMatch() | SetContains() | SetCompare() | Presence():
            return _comparison(expression)
        case Else() | Arithmetic() | Negate():
            return _calculation(expression)
        case Occurs() | Aggregate() | Pick() | TimeSince():
            return _about_events(expression)


def _spell_moment(moment: Today | Now | DayStart) -> str:
    match moment:
        case DayStart(days):
            return date_to_stored(days)
        case Today(days):
            return _shifted("today", days * DAY_US)
        case Now(us):
            return _shifted("now", us)


def _shifted(moment: str, us: int) -> str:
    return f"{moment} {'-' if us < 0 else '+'} {spell_duration(abs(us))}" if us else moment


def _logical(expression: Not | And | Or) -> _Words:
    match expression:
        case Not(operand):
            return _negation(operand)
        case And((Compare(">=", x, low), Compare("<=", y, high))) if x == y:
            return _range(x, "between", low, high)
        case And(operands):
            return _Words(" and ".join(_words(one).within(_NOT) for one in operands), _AND)
        case Or(operands):
            return _Words(" or ".join(_words(one).within(_AND) for one in operands), _OR)


def _negation(operand: Expression) -> _Words:
    """``not``, where it reads best: ``life is not vip``, ``country not in ["US"]``."""
    match operand:
        case StageIs(subject, state) | TierIs(subject, state) | VariantIs(subject, state):
            return _Words(f"{subject} is not {state}", _COMPARISON)
        case In():
            return _membership(operand, "not in")
        case TextMatch("is like"):
            return _sides(operand.left, "is not like", operand.right)
        case And((Compare(">=", x, low), Compare("<=", y, high))) if x == y:
            return _range(x, "not between", low, high)
        case _:
            spelled = _words(operand)
            return _Words(f"not {spelled.within(_SUM)}", _NOT, spelled.open)


def _comparison(expression: Compare | In | TextMatch | SetContains | SetCompare | Presence) -> _Words:
    match expression:
        case Compare("<", left, DayStart() as day):
            return _sides(left, "before", day)
        case Compare(">=", left, DayStart() as day):
            return _sides(left, "since", day)
        case In():
            return _membership(expression, "in")
        case SetContains(left, right):
            return _sides(left, "contains", right)
        case Presence(operand, missing):
            asked = "missing" if missing else "present"
            return _Words(f"{_words(operand).within(_SUM, closed=True)} is {asked}", _COMPARISON)
        case Compare(sign, left, right) | TextMatch(sign, left, right) | SetCompare(sign, left, right):
            return _sides(left, sign, right)


def _sides(left: Expression, sign: str, right: Expression) -> _Words:
    last = _words(right)
    text = f"{_words(left).within(_SUM, closed=True)} {sign} {last.within(_SUM)}"
    return _Words(text, _COMPARISON, last.open)


def _range(operand: Expression, sign: str, low: Expression, high: Expression) -> _Words:
    last = _words(high)
    bounds = f"{_words(low).within(_SUM, closed=True)} and {last.within(_SUM)}"
    return _Words(f"{_words(operand).within(_SUM, closed=True)} {sign} {bounds}", _COMPARISON, last.open)


def _membership(expression: In, sign: str) -> _Words:
    choices = _spell_list(spell_constant(choice) for choice in expression.choices)
    return _Words(f"{_words(expression.left).within(_SUM, closed=True)} {sign} {choices}", _COMPARISON)


def _calculation(expression: Else | Arithmetic | Negate) -> _Words:
    match expression:
        case Else(operand, default):
            substitute = spell(default) if isinstance(default, Literal) else _words(default).within(_OPERAND)
            kept = _words(operand).within(_OPERAND, closed=True)
            # It holds tightly, but few know that: within anything else it stands in parentheses.
            return _Words(f"{kept} else {substitute}", _OR)
        case Negate(operand):
            negated = _words(operand)
            return _Words(f"-{negated.within(_SIGN)}", _SIGN, negated.open)
        case Arithmetic(sign, left, right):
            form, last = _FORMS[sign], _words(right)
            text = f"{_words(left).within(form, closed=True)} {sign} {last.within(form + 1)}"
            return _Words(text, form, last.open)


# ---------------------------------------------------------------------------------------------------- events


def _about_events(expression: Occurs | Aggregate | Pick | TimeSince) -> _Words:
    selection = expression.selection
    match expression:
        case Occurs(quantifier, count):
            beginning = {("at least", 1): "any", ("exactly", 0): "no"}.get((quantifier, count))
            text = f"{beginning or f'{quantifier} {count}'} {selection.event}"
        case Aggregate(kind, _, None):
            text = f"{kind} of {selection.event}"
        case Aggregate(kind, _, name):
            text = f"{kind} of {selection.event}.{name}"
        case Pick(which, _, name):
            text = f"{which} {selection.event}.{name}"
        case TimeSince(which):
            text = f"time since {'last' if which == 'latest' else 'first'} {selection.event}"
    clauses = list(_clauses(selection))
    last = clauses[-1] if clauses else ""
    sequence = selection.sequence
    follows_where = sequence is not None and sequence.where is not None and sequence.within_us is None
    return _Words(" ".join([text, *clauses]), open=follows_where or last.startswith("where "))


def _clauses(selection: Selection) -> Iterable[str]:
    """What follows the event's name, clause by clause."""
    # After a `where`, these two would go on with the comparison in it.
    if selection.since is not None:
        yield f"since {_spell_instant(selection.since)}"
    if selection.before is not None:
        yield f"before {_spell_instant(selection.before)}"
    if selection.where is not None:
        yield f"where {_words(selection.where).within(_NOT)}"
    if selection.within_us is not None:
        yield f"within {spell_duration(selection.within_us)}"
    if selection.period is not None:
        yield selection.period
    if selection.weekdays is not None:
        yield f"on {_spell_weekdays(selection.weekdays)}"
    if selection.older_than_us is not None:
        yield f"older than {spell_duration(selection.older_than_us)}"
    if selection.sequence is not None:
        yield _spell_sequence(selection.sequence)


def _spell_instant(instant: Instant) -> str:
    return spell_constant(instant) if isinstance(instant, Literal) else date_to_stored(instant.days)


def _spell_weekdays(days: frozenset[int]) -> str:
    return _GROUPS_OF_DAYS.get(days) or " or ".join(WEEKDAYS[day] for day in sorted(days))


def _spell_sequence(sequence: Sequence) -> str:
    where = f" where {_words(sequence.where).within(_NOT)}" if sequence.where is not None else ""
    within = f" within {spell_duration(sequence.within_us)}" if sequence.within_us is not None else ""
    return f"{'not ' if sequence.negated else ''}followed by {sequence.event}{where}{within}"
