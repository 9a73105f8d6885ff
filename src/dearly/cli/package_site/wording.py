"""Lists of items, quiet hours and fields in their author's words."""

from __future__ import annotations

from collections.abc import Iterator

from dearly.language.program import (
    BoughtTogether,
    ExcludeTouched,
    Exclusion,
    Field,
    ItemList,
    Listed,
    Literal,
    Occurs,
    QuietHours,
    Recently,
    Recommended,
    Selection,
    SimilarTo,
    Strategy,
    Trending,
)
from dearly.language.spelling import spell, spell_constant, spell_duration
from dearly.language.types import TEXT


def list_words(items: ItemList) -> str:
    """``items = recommended product, limit 6, where price < 50``."""
    return f"{items.name} = {', '.join(_parts(items))}"


def _parts(items: ItemList) -> Iterator[str]:
    strategies = (items.strategy, *items.fillers)
    yield " or else ".join(_strategy(strategy, items.catalog) for strategy in strategies)
    yield f"limit {items.limit}"
    if items.where is not None:
        yield f"where {spell(items.where)}"
    if items.excluding:
        yield f"excluding {' and '.join(_exclusion(one) for one in items.excluding)}"
    if items.diverse_by is not None:
        yield f"diverse by {items.diverse_by}"


def _strategy(strategy: Strategy, catalog: str) -> str:
    match strategy:
        case Recommended():
            return f"recommended {catalog}"
        case SimilarTo(item):
            return f"similar to {spell(item)}"
        case BoughtTogether(item):
            return f"bought together with {spell(item)}"
        case Trending(within_us):
            return f"trending {catalog} within {spell_duration(within_us)}"
        case Recently(event, name):
            return f"recently {event}.{name}"
        case Listed(item_ids):
            return f"listed {catalog} [{', '.join(spell_constant(Literal(one, TEXT)) for one in item_ids)}]"


def _exclusion(exclusion: Exclusion) -> str:
    if isinstance(exclusion, ExcludeTouched):
        event = exclusion.selection.event
        return selection_words(exclusion.selection).replace(event, f"{event}.{exclusion.property}", 1)
    return spell(exclusion.items)


def selection_words(selection: Selection) -> str:
    """``order_completed where total > 5 within 30 days``."""
    return spell(Occurs("at least", 1, selection)).removeprefix("any ")


def quiet_words(quiet: QuietHours) -> str:
    """``21:00 to 08:00 in customer timezone``."""
    begin, end = (f"{minute // 60:02}:{minute % 60:02}" for minute in (quiet.from_minute, quiet.until_minute))
    zone = " in customer timezone" if quiet.zone == "customer" else ""
    return f"{begin} to {end}{zone}"


def field_words(field: Field) -> str:
    """What a field's declaration says after its name: ``text? @sensitive``."""
    default = "" if field.default is None else f" = {spell_constant(Literal(field.default, field.type))}"
    sensitive = "  @sensitive" if field.sensitive else ""
    stale = "" if field.stale_after_us is None else f"  @stale({spell_duration(field.stale_after_us)})"
    return f"{field.type}{'?' if field.optional else ''}{default}{sensitive}{stale}"
