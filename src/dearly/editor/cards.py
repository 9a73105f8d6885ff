"""What is to be said of a declared thing: its declaration in short, its type, whether it may be missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dearly.editor.analysis import Analysis
from dearly.editor.navigation import definitions_of
from dearly.editor.symbols import Symbol
from dearly.language.checking.template_files import FOLDER
from dearly.language.program import Field, Literal, Schema, Stage
from dearly.language.spelling import spell, spell_constant, spell_duration
from dearly.language.syntax import tree

_MAX_FIELDS = 30


@dataclass(frozen=True, slots=True)
class Card:
    """``code`` is rules text; ``notes`` are sentences."""

    code: str
    notes: tuple[str, ...]


def card_of(analysis: Analysis, symbol: Symbol) -> Card | None:
    """What is known of a symbol; None where nothing is."""
    code, *notes = _told(analysis, symbol) or [""]
    if not code:
        return None
    places = [str(span) for span in definitions_of(analysis, symbol)[:1]]
    return Card(code, (*notes, *(f"Declared at {place}." for place in places)))


def _told(analysis: Analysis, symbol: Symbol) -> list[str] | None:
    """The declaration, then the notes."""
    symbols, name = analysis.symbols, symbol.name
    match symbol.kind:
        case "profile field":
            return _field(symbols.profile.get(name), "A field of the profile", maybe_unknown=True)
        case "context field":
            return _field(symbols.context.get(name), "What a call may bring along", maybe_unknown=True)
        case "property":
            return _property(analysis, symbol)
        case "event" | "catalog":
            schemas = symbols.events if symbol.kind == "event" else symbols.catalogs
            return _schema(symbol.kind, schemas.get(name))
        case "segment":
            return _segment(analysis, name)
        case "value":
            return _value(analysis, name)
        case "lifecycle" | "stage":
            return _lifecycle(analysis, symbol)
        case "score" | "tier":
            return _score(symbols.scores.get(symbol.owner or name), symbol)
        case "experiment" | "variant":
            return _experiment(symbols.experiments.get(symbol.owner or name), symbol)
        case _:
            return _content(analysis, symbol)


def _field(field: Field | None, what: str, maybe_unknown: bool) -> list[str] | None:
    if field is None:
        return None
    may_lack = field.default is None and (maybe_unknown or field.optional)
    told = [_field_line(field), f"{what}; {'it may be missing' if may_lack else 'never missing'}."]
    if field.sensitive:
        told.append("Sensitive: it may decide, and reaches no template.")
    return told


def _field_line(field: Field) -> str:
    default = "" if field.default is None else f" = {spell_constant(Literal(field.default, field.type))}"
    sensitive = " @sensitive" if field.sensitive else ""
    return f"{field.name} {field.type}{'?' if field.optional else ''}{default}{sensitive}"


def _property(analysis: Analysis, symbol: Symbol) -> list[str] | None:
    symbols = analysis.symbols
    event = symbols.events.get(symbol.owner)
    schema = event or symbols.catalogs.get(symbol.owner)
    if schema is None:
        return None
    what = f"A property of the {'event' if event is not None else 'catalog'} `{symbol.owner}`"
    return _field(schema.fields.get(symbol.name), what, maybe_unknown=False)


def _schema(kind: str, schema: Schema | None) -> list[str] | None:
    if schema is None:
        return None
    fields = [f"  {_field_line(field)}" for field in list(schema.fields.values())[:_MAX_FIELDS]]
    if len(schema.fields) > _MAX_FIELDS:
        fields.append("  ..")
    return ["\n".join([f"{kind} {schema.name} {{", *fields, "}"])]


def _segment(analysis: Analysis, name: str) -> list[str] | None:
    declared = analysis.symbols.segments.get(name)
    if declared is None:
        return None
    checked = analysis.definitions.segments.get(name)
    head = f"segment {name}{_title(declared.title)}"
    if checked is None:
        return [head, "Something is wrong with its condition."]
    may_be = "it may be unknown, and lets nobody in then" if name in analysis.definitions.uncertain else ""
    return [f"{head} {{ {spell(checked.condition)} }}", f"True or false; {may_be or 'always known'}."]


def _title(title: str) -> str:
    return f' "{title}"' if title else ""


def _value(analysis: Analysis, name: str) -> list[str] | None:
    if name not in analysis.symbols.values:
        return None
    checked = analysis.definitions.values.get(name)
    if checked is None:
        return [f"value {name}", "Something is wrong with what it says."]
    missing = "it may be missing" if checked.may_be_missing else "never missing"
    return [f"value {name} = {spell(checked.expression)}", f"Type `{checked.type}`; {missing}."]


def _lifecycle(analysis: Analysis, symbol: Symbol) -> list[str] | None:
    checked = analysis.definitions.lifecycles.get(symbol.owner or symbol.name)
    if checked is None:
        return None
    if symbol.kind == "stage":
        told = [_stage_line(stage) for stage in checked.stages if stage.name == symbol.name]
        return [*told[:1], f"A stage of `{checked.name}`: the first that is true decides."] if told else None
    stages = [f"  {_stage_line(stage)}" for stage in checked.stages]
    return ["\n".join([f"lifecycle {checked.name} {{", *stages, "}"]), "Text: its stage. Always known."]


def _stage_line(stage: Stage) -> str:
    return f"{stage.name} {'otherwise' if stage.condition is None else f'when {spell(stage.condition)}'}"


def _score(declared: tree.ScoreDeclaration | None, symbol: Symbol) -> list[str] | None:
    if declared is None:
        return None
    tiers = ", ".join(
        tier.name.text if tier.at_least is None else f"{tier.name.text} >= {tier.at_least.text}"
        for tier in declared.tiers
    )
    code = f"score {declared.name.text}{_title(declared.title)} {{ tiers {tiers} }}"
    if symbol.kind == "tier":
        return [code, f"A tier of `{declared.name.text}`."]
    return [code, "A number from 0 to 1; it may be missing."]


def _experiment(declared: tree.ExperimentDeclaration | None, symbol: Symbol) -> list[str] | None:
    if declared is None:
        return None
    variants = ", ".join(f"{one.name.text} {one.weight.text}" for one in declared.variants)
    code = f"experiment {declared.name.text}{_title(declared.title)} {{ variants {variants} }}"
    return [code, f"A variant of `{declared.name.text}`."] if symbol.kind == "variant" else [code]


def _content(analysis: Analysis, symbol: Symbol) -> list[str] | None:
    symbols, name = analysis.symbols, symbol.name
    match symbol.kind:
        case "block" if name in symbols.blocks:
            shown = (f'"{branch.template.value}"' for branch in symbols.blocks[name].branches)
            return [f"block {name}", f"Shows {', '.join(dict.fromkeys(shown))}."]
        case "cap" if name in symbols.caps:
            return [f"cap {name} {{ {' '.join(_limits(symbols.caps[name]))} }}"]
        case "trigger" if name in symbols.triggers:
            return [f"trigger {name}"]
        case "list":
            catalogs = analysis.lists.get(symbol.owner, {}).get(name, ())
            of = f" of {', '.join(f'`{catalog}`' for catalog in catalogs)}" if catalogs else ""
            return [name, f"A list of items{of}, given to `{symbol.owner}.html`."]
        case "template":
            return [f"{FOLDER}{name}.html", _shown_by(analysis, name)]
        case _:
            return None


def _limits(cap: tree.CapDeclaration) -> Iterator[str]:
    for limit in cap.limits:
        length = spell_duration(limit.rolling.us) if limit.rolling is not None else limit.calendar
        yield f"at most {limit.count.text} per {length}"


def _shown_by(analysis: Analysis, name: str) -> str:
    blocks: Mapping[str, tree.BlockDeclaration] = analysis.symbols.blocks
    written = f"{name}.html"
    shown_by = [
        f"`{block}`"
        for block, declared in blocks.items()
        if any(branch.template.value == written for branch in declared.branches)
    ]
    return f"Shown by {', '.join(shown_by)}." if shown_by else "No block shows it."
