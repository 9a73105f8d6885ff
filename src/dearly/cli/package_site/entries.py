"""What a package declares, one entry a declaration: what it says, where it stands, what it uses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from dearly.cli.package_site.wording import field_words, list_words, quiet_words, selection_words
from dearly.language.program import (
    Aggregate,
    Branch,
    ContextField,
    Entering,
    ExcludeTouched,
    Expression,
    Field,
    ItemList,
    Leaving,
    Occurs,
    Pick,
    ProfileField,
    Program,
    Recently,
    ScoreRef,
    SegmentRef,
    Span,
    StageIs,
    TierIs,
    TimeSince,
    Trigger,
    ValueRef,
    VariantIs,
)
from dearly.language.spelling import spell, spell_duration, spell_limit
from dearly.language.traversal import block_expressions, definitions, list_strategies, walk


@dataclass(frozen=True, slots=True)
class Line:
    """One line of what an entry says: a label such as ``when``, what follows it, and what it leads to."""

    label: str
    words: str
    shows: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One declaration. ``uses`` are keys of others; ``page`` is the file that it is shown on."""

    kind: str
    name: str
    title: str
    span: Span
    lines: tuple[Line, ...]
    uses: tuple[str, ...]

    @property
    def key(self) -> str:
        """Tells it from every other: kind and name."""
        return key(self.kind, self.name)

    @property
    def page(self) -> str:
        """Its own file within the site."""
        return f"{self.kind}-{self.name}.html".replace(" ", "-").replace("/", "-")


def key(kind: str, name: str) -> str:
    """The key of an entry."""
    return f"{kind} {name}"


def entries_of(program: Program) -> tuple[Entry, ...]:
    """Every declaration that decides something or is asked about, in the order that a reader meets them."""
    found = (
        _blocks(program),
        _segments(program),
        _lifecycles(program),
        _values(program),
        _scores(program),
        _experiments(program),
        _triggers(program),
        _caps(program),
        _schemas(program),
        _fields(program),
    )
    return tuple(entry for some in found for entry in some)


def used_by(entries: Iterable[Entry]) -> Mapping[str, tuple[Entry, ...]]:
    """By key, the entries that use it."""
    users: dict[str, list[Entry]] = {}
    for entry in entries:
        for used in entry.uses:
            users.setdefault(used, []).append(entry)
    return {used: tuple(some) for used, some in users.items()}


# -------------------------------------------------------------------------------------------------- the kinds


def _segments(program: Program) -> Iterator[Entry]:
    for one in program.segments.values():
        lines = (Line("", spell(one.condition)),)
        yield Entry("segment", one.name, one.title, one.span, lines, _uses([one.condition]))


def _values(program: Program) -> Iterator[Entry]:
    for one in program.values.values():
        missing = ", may be missing" if one.may_be_missing else ""
        lines = (Line("=", spell(one.expression)), Line("type", f"{one.type}{missing}"))
        yield Entry("value", one.name, "", one.span, lines, _uses([one.expression]))


def _lifecycles(program: Program) -> Iterator[Entry]:
    for one in program.lifecycles.values():
        lines = tuple(
            Line(stage.name, "otherwise" if stage.condition is None else f"when {spell(stage.condition)}")
            for stage in one.stages
        )
        yield Entry("lifecycle", one.name, "", one.span, lines, _uses(definitions(program, one.name)))


def _scores(program: Program) -> Iterator[Entry]:
    for one in program.scores.values():
        features = (["auto"] if one.automatic else []) + list(one.features)
        tiers = [
            tier.name if tier.at_least is None else f"{tier.name} >= {tier.at_least:g}" for tier in one.tiers
        ]
        among = [] if one.among is None else [Line("among", spell(one.among))]
        lines = (
            Line("predict", spell(one.label)),
            *among,
            Line("features", ", ".join(features)),
            Line("tiers", ", ".join(tiers)),
        )
        asked = [one.label] if one.among is None else [one.label, one.among]
        uses = (*_uses(asked), *(key("value", name) for name in one.features))
        yield Entry("score", one.name, one.title, one.span, lines, _once(uses))


def _experiments(program: Program) -> Iterator[Entry]:
    for one in program.experiments.values():
        variants = ", ".join(f"{variant.name} {variant.weight:g}" for variant in one.variants)
        lines = (
            Line("audience", "everybody" if one.audience is None else spell(one.audience)),
            Line("variants", variants),
            Line("holdout", f"{one.holdout:.0%}"),
            Line("goal", f"any {selection_words(one.goal)}"),
        )
        asked = (
            [Occurs("at least", 1, one.goal)]
            if one.audience is None
            else [
                one.audience,
                Occurs("at least", 1, one.goal),
            ]
        )
        yield Entry("experiment", one.name, one.title, one.span, lines, _uses(asked))


def _triggers(program: Program) -> Iterator[Entry]:
    for one in program.triggers.values():
        emit = ", ".join(f"{name}: {spell(value)}" for name, value in one.emit.items())
        limits = [Line("", spell_limit(limit)) for limit in one.limits]
        quiet = [Line("quiet", quiet_words(one.quiet))] if one.quiet is not None else []
        lines = (Line("when", _moment(one)), *limits, *quiet, Line("emit", emit))
        uses = (_moved(program, one), *_uses(one.emit.values()))
        yield Entry("trigger", one.name, "", one.span, lines, _once(uses))


def _moment(trigger: Trigger) -> str:
    moment = trigger.moment
    if isinstance(moment, Entering | Leaving):
        return f"{'entering' if isinstance(moment, Entering) else 'leaving'} {moment.segment}"
    return f"{moment.subject} becomes {moment.state}"


def _moved(program: Program, trigger: Trigger) -> str:
    moment = trigger.moment
    if isinstance(moment, Entering | Leaving):
        return key("segment", moment.segment)
    return key("lifecycle" if moment.subject in program.lifecycles else "score", moment.subject)


def _caps(program: Program) -> Iterator[Entry]:
    for one in program.caps.values():
        lines = tuple(Line("", spell_limit(limit)) for limit in one.limits)
        yield Entry("cap", one.name, "", one.span, lines, ())


def _blocks(program: Program) -> Iterator[Entry]:
    for one in program.blocks.values():
        purposes = [Line("purpose", ", ".join(one.purposes))] if one.purposes else []
        caps = [Line("counts toward", ", ".join(one.counts_toward))] if one.counts_toward else []
        lines = (*purposes, *caps, *(_branch(branch) for branch in one.branches))
        uses = [*_uses(block_expressions(one))]
        for branch in one.branches:
            uses += _template_uses(program, branch)
            uses += (used for items in branch.lists for used in _list_uses(items))
        uses += (key("cap", cap) for cap in one.counts_toward)
        yield Entry("block", one.name, "", one.span, lines, _once(uses))


def _branch(branch: Branch) -> Line:
    condition = branch.condition
    lists = "; and ".join(list_words(items) for items in branch.lists)
    shows = f"{branch.template}.html{f' with {lists}' if lists else ''}"
    return Line("otherwise", "", shows) if condition is None else Line("when", spell(condition), shows)


def _template_uses(program: Program, branch: Branch) -> Iterator[str]:
    template = program.templates[branch.template]
    for variant in (template, *template.locales.values()):
        yield from (key("field", name) for name in sorted(variant.profile_fields))
        for name in sorted(variant.names):
            kind = (
                "segment" if name in program.segments else "value" if name in program.values else "lifecycle"
            )
            yield key(kind, name)


def _list_uses(items: ItemList) -> Iterator[str]:
    """Beside what the list evaluates: its catalog, and the events that it starts from or leaves out."""
    yield key("catalog", items.catalog)
    for strategy in list_strategies(items):
        if isinstance(strategy, Recently):
            yield key("event", strategy.event)
    for excluded in items.excluding:
        if isinstance(excluded, ExcludeTouched):
            yield key("event", excluded.selection.event)


def _schemas(program: Program) -> Iterator[Entry]:
    for kind, schemas in (("event", program.events), ("catalog", program.catalogs)):
        for one in schemas.values():
            again = (
                []
                if one.again_after_us is None
                else [Line("", f"again after {spell_duration(one.again_after_us)}")]
            )
            lines = (*(_field_line(field) for field in one.fields.values()), *again)
            yield Entry(kind, one.name, "", one.span, lines, ())


def _fields(program: Program) -> Iterator[Entry]:
    for kind, fields in (("field", program.profile), ("context", program.context)):
        for one in fields.values():
            yield Entry(kind, one.name, "", one.span, (_field_line(one),), ())


def _field_line(field: Field) -> Line:
    return Line(field.name, field_words(field))


# ------------------------------------------------------------------------------------------------------- uses


def _uses(expressions: Iterable[Expression]) -> tuple[str, ...]:
    return _once(used for expression in expressions for part in walk(expression) for used in _used(part))


def _once(keys: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(keys))


def _used(part: Expression) -> Iterator[str]:
    match part:
        case ProfileField():
            yield key("field", part.name)
        case ContextField():
            yield key("context", part.name)
        case SegmentRef():
            yield key("segment", part.name)
        case ValueRef():
            yield key("value", part.name)
        case StageIs():
            yield key("lifecycle", part.lifecycle)
        case ScoreRef() | TierIs():
            yield key("score", part.score)
        case VariantIs():
            yield key("experiment", part.experiment)
        case Occurs() | Aggregate() | Pick() | TimeSince():
            yield key("event", part.selection.event)
            if part.selection.sequence is not None:
                yield key("event", part.selection.sequence.event)
        case _:
            pass
