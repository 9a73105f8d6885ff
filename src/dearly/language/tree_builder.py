"""Lark's tree of one declaration to syntax nodes.

The tree is walked with a stack of its own, children first: how deep it is, is the author's doing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from lark import Token, Tree

from dearly.language import syntax
from dearly.language.diagnostics import Diagnostic
from dearly.language.literals import LiteralProblem, date_days, duration_us, number_value, text_value, time_us
from dearly.language.program import Span
from dearly.language.source import Source, place

MAX_DEPTH = 100
MAX_OPERANDS = 1_000

RESERVED_WORDS = frozenset(
    "and any contains else exactly false first in is latest like missing no not or otherwise present show true "
    "when where with within".split()
)
"""Words that cannot be names: they would be taken for the language's own where a name may stand."""
_RESERVED_STAGES = RESERVED_WORDS | {
    unit + ending for unit in ("second", "minute", "hour", "day", "week") for ending in ("", "s")
}

Built: TypeAlias = Any
"""A syntax node, a tuple of them, or the token of a keyword or sign: each rule of the grammar knows which."""


@dataclass(slots=True)
class Building:
    """Where the declaration stands, and what was found wrong with it on the way."""

    source: Source
    start: int
    problems: list[Diagnostic] = field(default_factory=list)

    def span(self, token: Token) -> Span:
        """Where a token stands in the file."""
        start, end = token.start_pos or 0, token.end_pos or 0
        return place(self.source, self.start + start, self.start + end)

    def around(self, children: Sequence[Built]) -> Span:
        """From the first child to the last."""
        first, last = self.span_of(children[0]), self.span_of(children[-1])
        return Span(first.file, first.line, first.column, last.end_line, last.end_column)

    def span_of(self, built: Built) -> Span:
        """Where a token or node stands."""
        return self.span(built) if isinstance(built, Token) else built.span

    def report(self, code: str, message: str, span: Span, hint: str) -> None:
        """Note an error; the declaration is then not used, but built to its end for further errors."""
        self.problems.append(Diagnostic(code, "error", message, span, hint))


def build(tree: Tree[Token], building: Building) -> syntax.Declaration:
    """The declaration that the tree stands for. With ``building.problems`` it is not to be used."""
    waiting: list[tuple[Tree[Token] | Token, bool]] = [(tree, False)]
    built: list[Built] = []
    depths: list[int] = []
    while waiting:
        node, is_ready = waiting.pop()
        if isinstance(node, Token):
            built.append(_leaf(node, building))
            depths.append(0)
        elif is_ready:
            size = len(node.children)
            children, below = built[-size:], max(depths[-size:])
            del built[-size:], depths[-size:]
            built.append(_RULES[node.data](building, children))
            depths.append(below + (node.data in _LEVELS))
            if below == MAX_DEPTH and node.data in _LEVELS:
                _report_depth(building, children)
        else:
            waiting.append((node, True))
            waiting.extend((child, False) for child in reversed(node.children))
    declaration: syntax.Declaration = built.pop()
    return declaration


def _report_depth(building: Building, children: Sequence[Built]) -> None:
    message = f"This is nested, or chained, more than {MAX_DEPTH} levels deep."
    hint = "Give parts of it names, with `value` or `segment`, and use the names."
    building.report("nesting-too-deep", message, building.span_of(children[0]), hint)


# -------------------------------------------------------------------------------------------------- leaves


def _leaf(token: Token, building: Building) -> Built:
    make = _LEAVES.get(token.type)
    if make is None:
        return token
    span = building.span(token)
    try:
        return make(str(token), span)
    except LiteralProblem as problem:
        _report_literal(problem, token, building)
        return syntax.NumberLiteral(1.0, "1", span)


def _report_literal(problem: LiteralProblem, token: Token, building: Building) -> None:
    span = building.span(token)
    if problem.offset is not None:
        at = building.start + (token.start_pos or 0) + problem.offset
        span = place(building.source, at, at + 1)
    building.report(problem.code, problem.message, span, problem.hint)


_LEAVES: dict[str, Callable[[str, Span], Built]] = {
    "NAME": syntax.Name,
    "TEXT": lambda text, span: syntax.TextLiteral(text_value(text), span),
    "NUMBER": lambda text, span: syntax.NumberLiteral(number_value(text), text, span),
    "TRUE": lambda _, span: syntax.BoolLiteral(True, span),
    "FALSE": lambda _, span: syntax.BoolLiteral(False, span),
    "DATE": lambda text, span: syntax.DateLiteral(date_days(text), span),
    "TIME": lambda text, span: syntax.TimeLiteral(time_us(text), span),
}


def _of(children: Sequence[Built], kind: type) -> list[Built]:
    return [child for child in children if isinstance(child, kind)]


def _declared(
    name: syntax.Name, building: Building, reserved: frozenset[str] = RESERVED_WORDS
) -> syntax.Name:
    if name.text in reserved:
        message = f"`{name.text}` is a word of the language, so nothing can be named so."
        building.report("reserved-word", message, name.span, "Choose another name.")
    return name


# -------------------------------------------------------------------------------------------- declarations


def _profile(building: Building, children: list[Built]) -> Built:
    return syntax.ProfileDeclaration(_fields(children[2:-1], building), building.around(children))


def _schema(building: Building, children: list[Built]) -> Built:
    keyword, name, _, *fields, _ = children
    fields_found = _fields(fields, building)
    kind = "catalog" if keyword.type == "CATALOG" else "event"
    return syntax.SchemaDeclaration(kind, _declared(name, building), fields_found, building.around(children))


def _fields(children: list[Built], building: Building) -> tuple[syntax.FieldDeclaration, ...]:
    # A comma or a new line between two; the grammar does not know lines.
    for before, after in zip(children, children[1:], strict=False):
        if isinstance(before, Token) or isinstance(after, Token):
            continue
        if before.span.end_line == after.span.line:
            message = (
                f"`{after.name.text}` stands on the line of `{before.name.text}`, with nothing between them."
            )
            building.report(
                "missing-separator", message, after.name.span, "Put a comma or a new line before it."
            )
    return tuple(_of(children, syntax.FieldDeclaration))


def _field(building: Building, children: list[Built]) -> Built:
    name = _declared(children[0], building)
    kind = next(child for child in children[1:] if isinstance(child, syntax.Name))
    signs = {child.type for child in children if isinstance(child, Token)}
    annotations = tuple(child.name for child in children if isinstance(child, _Annotation))
    default = next((child.value for child in children if isinstance(child, _Default)), None)
    is_set, is_optional = "SET_OF" in signs, "QMARK" in signs
    span = building.around(children)
    return syntax.FieldDeclaration(name, kind, is_set, is_optional, default, annotations, span)


@dataclass(frozen=True, slots=True)
class _Default:
    value: syntax.Expression
    span: Span


@dataclass(frozen=True, slots=True)
class _Annotation:
    name: syntax.Name
    span: Span


def _default(building: Building, children: list[Built]) -> Built:
    return _Default(children[1], building.around(children))


def _annotation(building: Building, children: list[Built]) -> Built:
    return _Annotation(children[1], building.around(children))


def _segment(building: Building, children: list[Built]) -> Built:
    _, name, *title, _, condition, _ = children
    text = title[0].value if title else ""
    return syntax.SegmentDeclaration(_declared(name, building), text, condition, building.around(children))


def _value(building: Building, children: list[Built]) -> Built:
    _, name, _, expression = children
    return syntax.ValueDeclaration(_declared(name, building), expression, building.around(children))


def _lifecycle(building: Building, children: list[Built]) -> Built:
    _, name, _, *stages, _ = children
    return syntax.LifecycleDeclaration(_declared(name, building), tuple(stages), building.around(children))


def _stage(building: Building, children: list[Built]) -> Built:
    name = _declared(children[0], building, _RESERVED_STAGES)
    condition = children[2] if len(children) == 3 else None
    return syntax.StageDeclaration(name, condition, building.around(children))


def _block(building: Building, children: list[Built]) -> Built:
    _, name, _, *branches, _ = children
    return syntax.BlockDeclaration(_declared(name, building), tuple(branches), building.around(children))


def _branch(building: Building, children: list[Built]) -> Built:
    is_when = children[0].type == "WHEN"
    condition, template = (children[1], children[3]) if is_when else (None, children[2])
    lists = tuple(_of(children, syntax.ItemListDeclaration))
    return syntax.BranchDeclaration(condition, template, lists, building.around(children))


# -------------------------------------------------------------------------------------------- lists of items


def _item_list(building: Building, children: list[Built]) -> Built:
    name, _, strategy, *options = children
    limit = where = None
    for word, option in zip(options[1::3], options[2::3], strict=True):
        if word.type == "LIMIT":
            limit = option
        else:
            where = option
    return syntax.ItemListDeclaration(
        _declared(name, building), strategy, limit, where, building.around(children)
    )


def _recommended(building: Building, children: list[Built]) -> Built:
    return syntax.RecommendedItems(children[1], building.around(children))


def _similar(building: Building, children: list[Built]) -> Built:
    return syntax.SimilarItems(children[1], building.around(children))


def _trending(building: Building, children: list[Built]) -> Built:
    return syntax.TrendingItems(children[1], children[3], building.around(children))


def _recently(building: Building, children: list[Built]) -> Built:
    return syntax.RecentItems(children[1], children[3], building.around(children))


def _listed(building: Building, children: list[Built]) -> Built:
    catalog, elements = children[1], children[2].elements
    for element in elements:
        if not isinstance(element, syntax.TextLiteral):
            building.report(
                "syntax-error", "An item's id is a text.", element.span, "Put it in double quotes."
            )
    return syntax.ListedItems(catalog, tuple(_of(elements, syntax.TextLiteral)), building.around(children))


# -------------------------------------------------------------------------------------------- expressions


def _joined(node: type[syntax.And] | type[syntax.Or]) -> Callable[[Building, list[Built]], Built]:
    def join(building: Building, children: list[Built]) -> Built:
        operands = tuple(children[::2])
        if len(operands) > MAX_OPERANDS:
            message = f"{len(operands):,} conditions are joined here; at most {MAX_OPERANDS:,} are allowed."
            hint = "Compare with a list, `in [..]`, or give parts of it names with `segment`."
            building.report("too-many-operands", message, operands[MAX_OPERANDS].span, hint)
        return node(operands, building.around(children))

    return join


def _not(building: Building, children: list[Built]) -> Built:
    return syntax.Not(children[1], building.around(children))


def _compare(building: Building, children: list[Built]) -> Built:
    left, operator, right = children
    return syntax.Compare(str(operator), left, right, building.around(children))  # type: ignore[arg-type]


def _membership(building: Building, children: list[Built]) -> Built:
    left, operator, choices = children
    span = building.around(children)
    found = syntax.In(left, choices.elements, span)
    return syntax.Not(found, span) if operator.type == "NOT_IN" else found


def _matches(building: Building, children: list[Built]) -> Built:
    left, operator, right = children
    span = building.around(children)
    words = operator.split()
    is_negated = "not" in words
    spelling = " ".join(word for word in words if word != "not")
    found = syntax.Matches(spelling, left, right, span)  # type: ignore[arg-type]
    return syntax.Not(found, span) if is_negated else found


def _presence(building: Building, children: list[Built]) -> Built:
    operand, *words = children
    kinds = [word.type for word in words]
    missing = ("MISSING" in kinds) != ("NOT" in kinds)
    return syntax.IsPresent(operand, missing, building.around(children))


def _is_stage(building: Building, children: list[Built]) -> Built:
    subject, *_, stage = children
    span = building.around(children)
    if not isinstance(subject, syntax.Reference) or subject.qualifier is not None:
        message = f"`is {stage.text}` is asked of a lifecycle, by its name."
        hint = "Write `LIFECYCLE is STAGE`, or compare with `==`; a text stands in double quotes."
        building.report("syntax-error", message, subject.span, hint)
        return syntax.BoolLiteral(True, span)
    return syntax.IsStage(subject.name, stage, len(children) == 4, span)


def _arithmetic(building: Building, children: list[Built]) -> Built:
    left, operator, right = children
    return syntax.Arithmetic(str(operator), left, right, building.around(children))  # type: ignore[arg-type]


def _negate(building: Building, children: list[Built]) -> Built:
    return syntax.Negate(children[1], building.around(children))


def _negative(building: Building, children: list[Built]) -> Built:
    number = children[1]
    return syntax.NumberLiteral(-number.value, f"-{number.text}", building.around(children))


def _else(building: Building, children: list[Built]) -> Built:
    return syntax.Else(children[0], children[2], building.around(children))


def _group(building: Building, children: list[Built]) -> Built:
    # The parentheses belong to the place of what they hold.
    return replace(children[1], span=building.around(children))


def _reference(building: Building, children: list[Built]) -> Built:
    qualifier = children[0] if len(children) == 3 else None
    return syntax.Reference(children[-1], qualifier, building.around(children))


def _duration(building: Building, children: list[Built]) -> Built:
    number, unit = children
    span = building.around(children)
    try:
        return syntax.Duration(duration_us(number.text, str(unit)), span)
    except LiteralProblem as problem:
        building.report(problem.code, problem.message, span, problem.hint)
        return syntax.Duration(1, span)


@dataclass(frozen=True, slots=True)
class _List:
    elements: tuple[syntax.Expression, ...]
    span: Span


def _list(building: Building, children: list[Built]) -> Built:
    elements = tuple(child for child in children if not isinstance(child, Token))
    return _List(elements, building.around(children))


# ------------------------------------------------------------------------------------- what somebody did


@dataclass(frozen=True, slots=True)
class _Clause:
    """``where ..``, ``within ..`` or ``older than ..`` of an event; ``kind`` is the name in the node."""

    kind: str
    value: syntax.Expression
    span: Span


@dataclass(frozen=True, slots=True)
class _Property:
    name: syntax.Name
    events: syntax.Events
    span: Span


_CLAUSES = {"WHERE": "where", "WITHIN": "within", "OLDER_THAN": "older_than"}


def _clause(building: Building, children: list[Built]) -> Built:
    return _Clause(_CLAUSES[children[0].type], children[1], building.around(children))


def _by_kind(children: Sequence[Built], building: Building) -> dict[str, Built]:
    found: dict[str, Built] = {}
    for clause in _of(children, _Clause):
        if clause.kind in found:
            word = clause.kind.replace("_", " ")
            hint = (
                "Join conditions in parentheses: `where (A and B)`." if word == "where" else "Leave one out."
            )
            building.report(
                "repeated-clause", f"This is the second `{word}` of one event.", clause.span, hint
            )
        found[clause.kind] = clause.value
    return found


def _events(building: Building, children: list[Built]) -> Built:
    clauses = _by_kind(children, building)
    followed = children[-1] if isinstance(children[-1], syntax.Followed) else None
    where, within, older_than = (clauses.get(kind) for kind in _CLAUSES.values())
    return syntax.Events(children[0], where, within, older_than, followed, building.around(children))


def _property(building: Building, children: list[Built]) -> Built:
    event, _, name, *clauses = children
    events = _events(building, [event, *clauses])
    span = building.around(children)
    return _Property(name, replace(events, span=span), span)


def _followed(building: Building, children: list[Built]) -> Built:
    words, event, *clauses = children
    found = _by_kind(clauses, building)
    is_negated = words.type == "NOT_FOLLOWED_BY"
    where, within = found.get("where"), found.get("within")
    return syntax.Followed(is_negated, event, where, within, building.around(children))


def _quantified(building: Building, children: list[Built]) -> Built:
    quantifier, *count, events = children
    words = " ".join(quantifier.split())
    number = count[0] if count else None
    return syntax.Quantified(words, number, events, building.around(children))  # type: ignore[arg-type]


def _aggregated(building: Building, children: list[Built]) -> Built:
    words, counted = children
    span = building.around(children)
    if isinstance(counted, syntax.Events):
        return syntax.Aggregated("count", None, counted, span)
    return syntax.Aggregated(words.split()[0], counted.name, counted.events, span)


def _picked(building: Building, children: list[Built]) -> Built:
    which, picked = children
    span = building.around(children)
    return syntax.Picked(str(which), picked.name, picked.events, span)  # type: ignore[arg-type]


def _elapsed(building: Building, children: list[Built]) -> Built:
    words, events = children
    which = "latest" if words.type == "TIME_SINCE_LAST" else "first"
    return syntax.Elapsed(which, events, building.around(children))  # type: ignore[arg-type]


_RULES: dict[str, Callable[[Building, list[Built]], Built]] = {
    "profile": _profile,
    "schema": _schema,
    "field": _field,
    "default": _default,
    "annotation": _annotation,
    "segment": _segment,
    "value": _value,
    "lifecycle": _lifecycle,
    "stage": _stage,
    "block": _block,
    "branch": _branch,
    "item_list": _item_list,
    "recommended": _recommended,
    "similar": _similar,
    "trending": _trending,
    "recently": _recently,
    "listed": _listed,
    "disjunction": _joined(syntax.Or),
    "conjunction": _joined(syntax.And),
    "not_": _not,
    "compare": _compare,
    "membership": _membership,
    "matches": _matches,
    "presence": _presence,
    "is_stage": _is_stage,
    "arithmetic": _arithmetic,
    "negate": _negate,
    "negative": _negative,
    "else_": _else,
    "group": _group,
    "reference": _reference,
    "duration": _duration,
    "list": _list,
    "events": _events,
    "property": _property,
    "where": _clause,
    "within": _clause,
    "older": _clause,
    "followed": _followed,
    "quantified": _quantified,
    "aggregated": _aggregated,
    "picked": _picked,
    "elapsed": _elapsed,
}
_LEVELS = frozenset(
    "disjunction conjunction not_ compare membership matches presence arithmetic negate else_ "
    "quantified aggregated picked elapsed".split()
)
"""The rules that make one more level of an expression."""
