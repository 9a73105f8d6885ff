"""Expressions of the language as expressions of SQL: NULL is missing, and unknown."""

from __future__ import annotations

from sqlglot import exp

from dearly.evaluation.facts import fold_case
from dearly.evaluation.sql.arithmetic import calculate
from dearly.evaluation.sql.dialects import (
    by_code_point,
    ends_with,
    exact_average,
    exact_sum,
    has_all,
    has_any,
    has_element,
)
from dearly.evaluation.sql.measures import Kind, Measure
from dearly.evaluation.sql.names import Form
from dearly.evaluation.sql.relations import column_name, folded_name, score_name, storage_of, variant_name
from dearly.evaluation.sql.rows import NotInSql, Rows
from dearly.evaluation.sql.terms import (
    binary,
    case,
    cast,
    every,
    is_missing,
    is_present,
    negated,
    number,
    operand,
    otherwise,
    some,
)
from dearly.evaluation.sql.zones import TODAY
from dearly.language.program import (
    Aggregate,
    And,
    Arithmetic,
    Compare,
    DayStart,
    Else,
    EventProperty,
    Expression,
    In,
    Lifecycle,
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
from dearly.language.types import BOOL, DATE, DURATION, NUMBER, TEXT


def write(expression: Expression, rows: Rows) -> exp.Expr:
    """An expression, about the rows."""
    parameters = rows.draft.parameters
    match expression:
        case Literal():
            return parameters.bind(expression.value, expression.type)
        case ProfileField():
            return rows.of_customer(column_name(expression.name))
        case EventProperty():
            return rows.of_event(column_name(expression.name))
        case Today():
            return binary(exp.Add, rows.of_zone(TODAY), parameters.bind(expression.plus_days, DATE))
        case Now():
            return exp.Add(this=parameters.now(), expression=parameters.bind(expression.plus_us, DURATION))
        case DayStart():
            return rows.of_zone(rows.draft.day_start(expression.days))
        case SegmentRef() | ValueRef():
            return write_form(Form(expression.name), rows)
        case StageIs():
            stage = parameters.bind(expression.stage, TEXT)
            return binary(exp.EQ, write_form(Form(expression.lifecycle), rows), stage)
        case ScoreRef() | TierIs() | VariantIs():
            return _about_models(expression, rows)
        case And() | Or() | Not() | Presence() | Else():
            return _logic(expression, rows)
        case Compare() | In() | TextMatch() | SetContains() | SetCompare():
            return _comparison(expression, rows)
        case Arithmetic() | Negate():
            return _arithmetic(expression, rows)
        case Occurs() | Aggregate() | Pick() | TimeSince():
            return _over_events(expression, rows)
        case _:
            raise NotInSql(f"{type(expression).__name__} is about one call or item, not about customers.")


def write_form(form: Form, rows: Rows) -> exp.Expr:
    """What stands behind a name: its column, or else its definition."""
    return rows.of_name(form) or write_definition(form, rows)


def write_definition(form: Form, rows: Rows) -> exp.Expr:
    """A segment's condition, a value, or the name of a lifecycle's stage."""
    program = rows.draft.program
    if form.name in program.segments:
        return write(program.segments[form.name].condition, rows)
    if form.name in program.lifecycles:
        return _stage(program.lifecycles[form.name], rows)
    expression = program.values[form.name].expression
    return _folded(expression, rows) if form.folded else write(expression, rows)


def _stage(lifecycle: Lifecycle, rows: Rows) -> exp.Expr:
    bind = rows.draft.parameters.bind
    ways = [
        (write(stage.condition, rows), bind(stage.name, TEXT))
        for stage in lifecycle.stages
        if stage.condition is not None
    ]
    last = bind(lifecycle.stages[-1].name, TEXT)
    return case(ways, last) if ways else last


def _about_models(expression: ScoreRef | TierIs | VariantIs, rows: Rows) -> exp.Expr:
    bind = rows.draft.parameters.bind
    if isinstance(expression, ScoreRef):
        return rows.of_customer(score_name(expression.score))
    if isinstance(expression, VariantIs):
        variant = rows.of_customer(variant_name(expression.experiment))
        return otherwise(binary(exp.EQ, variant, bind(expression.variant, TEXT)), exp.false())
    score = rows.of_customer(score_name(expression.score))
    tiers = rows.draft.program.scores[expression.score].tiers
    place = next(place for place, tier in enumerate(tiers) if tier.name == expression.tier)
    bounds = [
        binary(kind, score.copy(), bind(bound, NUMBER))
        for kind, bound in (
            (exp.GTE, tiers[place].at_least),
            (exp.LT, tiers[place - 1].at_least if place else None),
        )
        if bound is not None
    ]
    return every(bounds) if bounds else binary(exp.EQ, score, score.copy())


def _logic(expression: And | Or | Not | Presence | Else, rows: Rows) -> exp.Expr:
    match expression:
        case And():
            return every(write(one, rows) for one in expression.operands)
        case Or():
            return some(write(one, rows) for one in expression.operands)
        case Not():
            return negated(write(expression.operand, rows))
        case Presence():
            value = write(expression.operand, rows)
            return is_missing(value) if expression.missing else is_present(value)
        case Else():
            return otherwise(write(expression.operand, rows), write(expression.default, rows))


_COMPARISONS: dict[str, type[exp.Binary]] = {
    "==": exp.EQ,
    "!=": exp.NEQ,
    "<": exp.LT,
    "<=": exp.LTE,
    ">": exp.GT,
    ">=": exp.GTE,
}


def _comparison(expression: Compare | In | TextMatch | SetContains | SetCompare, rows: Rows) -> exp.Expr:
    dialect = rows.draft.dialect
    match expression:
        case Compare():
            left, right = write(expression.left, rows), write(expression.right, rows)
            if _is_ordered_text(expression):
                left = by_code_point(dialect, left)
            return binary(_COMPARISONS[expression.operator], left, right)
        case In():
            left = write(expression.left, rows)
            return exp.In(this=operand(left), expressions=[write(one, rows) for one in expression.choices])
        case TextMatch():
            return _text_match(expression, rows)
        case SetContains():
            return has_element(dialect, write(expression.set, rows), write(expression.element, rows))
        case SetCompare():
            left, right = write(expression.left, rows), write(expression.right, rows)
            if expression.operator == "all of":
                return has_all(dialect, left, right)
            shared = has_any(dialect, left, right)
            return shared if expression.operator == "any of" else negated(shared)


def _is_ordered_text(expression: Compare) -> bool:
    return expression.operator not in ("==", "!=") and _scalar_of(expression.left) == "text"


def _text_match(expression: TextMatch, rows: Rows) -> exp.Expr:
    if expression.operator == "is like":
        return binary(exp.EQ, _folded(expression.left, rows), _folded(expression.right, rows))
    left, right = write(expression.left, rows), write(expression.right, rows)
    match expression.operator:
        case "contains":
            return exp.GT(this=exp.StrPosition(this=left, substr=right), expression=number(0))
        case "starts with":
            return exp.StartsWith(this=left, expression=right)
        case "ends with":
            return ends_with(rows.draft.dialect, left, right)


def _folded(expression: Expression, rows: Rows) -> exp.Expr:
    """A text with its case folded: as it was handed over, never by the engine."""
    match expression:
        case Literal(value=str() as text):
            return rows.draft.parameters.bind(fold_case(text), TEXT)
        case ProfileField():
            return rows.of_customer(folded_name(expression.name))
        case EventProperty():
            return rows.of_event(folded_name(expression.name))
        case ValueRef():
            return write_form(Form(expression.name, folded=True), rows)
        case Else():
            return otherwise(_folded(expression.operand, rows), _folded(expression.default, rows))
        case Pick():
            return rows.of_measure(_pick(expression, folded_name(expression.property)))
        case _:
            raise NotInSql(f"{type(expression).__name__} gives no text.")


def _arithmetic(expression: Arithmetic | Negate, rows: Rows) -> exp.Expr:
    draft = rows.draft
    return calculate(expression, draft.dialect, draft.names.magnitudes, lambda each: write(each, rows))


_QUANTIFIERS: dict[str, type[exp.Binary]] = {"at least": exp.GTE, "at most": exp.LTE, "exactly": exp.EQ}


def _over_events(expression: Occurs | Aggregate | Pick | TimeSince, rows: Rows) -> exp.Expr:
    draft, selection = rows.draft, expression.selection
    match expression:
        case Occurs():
            asked = draft.parameters.bind(expression.count, DURATION)
            return binary(_QUANTIFIERS[expression.quantifier], _count(selection, rows), asked)
        case Aggregate():
            return _aggregate(expression, rows)
        case Pick():
            return rows.of_measure(_pick(expression, column_name(expression.property)))
        case TimeSince():
            kind: Kind = "last_us" if expression.which == "latest" else "first_us"
            return binary(exp.Sub, draft.parameters.now(), rows.of_measure(Measure(kind, selection)))


def _aggregate(expression: Aggregate, rows: Rows) -> exp.Expr:
    selection = expression.selection
    if expression.kind == "count" or expression.property is None:
        return cast(_count(selection, rows), "double")
    column = column_name(expression.property)

    def measured(kind: Kind) -> exp.Expr:
        return rows.of_measure(Measure(kind, selection, column, expression.property))

    match expression.kind:
        case "min" | "max":
            return measured(expression.kind)
        case "distinct":
            return cast(otherwise(measured("distinct"), number(0)), "double")
        case "sum":
            return otherwise(exact_sum(measured("total")), number(0))
        case "average":
            return exact_average(rows.draft.dialect, measured("total"), measured("present"))


def _count(selection: Selection, rows: Rows) -> exp.Expr:
    return otherwise(rows.of_measure(Measure("count", selection)), number(0))


def _pick(expression: Pick, column: str) -> Measure:
    return Measure(expression.which, expression.selection, column, expression.property)


def _scalar_of(expression: Expression) -> str:
    """The scalar type of what an expression gives."""
    match expression:
        case Else():
            return _scalar_of(expression.operand)
        case Literal() | ProfileField() | EventProperty() | ValueRef() | Pick() | Aggregate():
            return storage_of(expression.type).scalar
        case Today():
            return "int"
        case Now() | DayStart() | TimeSince():
            return "bigint"
        case Arithmetic() | Negate() | ScoreRef():
            return "double"
        case _:
            return storage_of(BOOL).scalar
