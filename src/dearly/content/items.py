"""Fills a branch's item lists: strategies in turn, filters, exclusions, nothing shown twice in one block."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from dearly.content.diversity import pick_diverse
from dearly.evaluation import Evaluation, Facts
from dearly.language.program import (
    BoughtTogether,
    Branch,
    ItemList,
    Listed,
    Recently,
    Recommended,
    SimilarTo,
    Strategy,
    Trending,
)
from dearly.language.traversal import list_strategies
from dearly.recommendation import Page, Recommender, Suggestion, Touch


class NoItems(Exception):
    """A list of the branch has nothing to show."""

    def __init__(self, list_name: str) -> None:
        super().__init__(list_name)
        self.list_name = list_name


@dataclass(frozen=True, slots=True)
class Place:
    """A branch by position: what the evaluation's seeds, filters and exclusions are found by."""

    block: str
    index: int
    branch: Branch


@dataclass(frozen=True, slots=True)
class _Supply:
    """What one branch's lists are filled from."""

    place: Place
    evaluation: Evaluation
    facts: Facts
    recommender: Recommender
    now_us: int


def fill_lists(
    place: Place,
    evaluation: Evaluation,
    facts: Facts,
    recommender: Recommender,
    now_us: int,
    give_up: Callable[[], bool],
) -> Mapping[str, list[Suggestion]]:
    """The branch's lists by name. An item shown in one list is left out of those after it.

    Raises:
        NoItems: a list came out empty.
        OutOfTime: it was time to give up.
    """
    supply = _Supply(place, evaluation, facts, recommender, now_us)
    filled: dict[str, list[Suggestion]] = {}
    shown: dict[str, frozenset[str]] = {}  # by catalog: two catalogs may each have an item of one id
    for wanted in place.branch.lists:
        keep = evaluation.item_filter(place.block, place.index, wanted.name)
        before = shown.get(wanted.catalog, frozenset())
        barred = before | evaluation.excluded(place.block, place.index, wanted.name)
        page = Page(wanted.limit, keep, barred, give_up)
        page.check_time()
        found = _fill(wanted, page, supply)
        if not found:
            raise NoItems(wanted.name)
        filled[wanted.name] = found
        shown[wanted.catalog] = before | _ids(found)
    return filled


def _fill(wanted: ItemList, page: Page, supply: _Supply) -> list[Suggestion]:
    """The list's own strategy, and after it the fillers, as long as places are left open.

    A strategy that others come after says only what it has to say itself.
    """
    strategies = list_strategies(wanted)
    found: list[Suggestion] = []
    for number, strategy in enumerate(strategies):
        left_open = replace(
            page,
            limit=page.limit - len(found),
            exclude=page.exclude | _ids(found) if found else page.exclude,
            filled_up=number == len(strategies) - 1,
        )
        ask = partial(_ask, strategy, number, wanted, supply)
        if wanted.diverse_by is None:
            found += ask(left_open)
        else:
            found += pick_diverse(ask, left_open, wanted.diverse_by, found)
        if len(found) == page.limit:
            break
    return found


def _ask(strategy: Strategy, number: int, wanted: ItemList, supply: _Supply, page: Page) -> list[Suggestion]:
    """What one strategy of a list suggests for a page; ``number`` is its place among them."""
    catalog, recommender, now_us = wanted.catalog, supply.recommender, supply.now_us
    match strategy:
        case Recommended():
            return recommender.recommended_to(supply.facts, catalog, page, now_us)
        case SimilarTo():
            place = supply.place
            seed = supply.evaluation.seed(place.block, place.index, wanted.name, number)
            return recommender.similar(catalog, seed, page, now_us) if seed is not None else []
        case Trending(within_us):
            return recommender.trending(catalog, within_us, page, now_us)
        case Recently(event, property_name):
            touches = _touches_of(supply.facts, event, property_name, now_us)
            return recommender.recently(catalog, touches, page)
        case Listed(item_ids):
            return recommender.listed(catalog, item_ids, page)
        case BoughtTogether():
            raise NotImplementedError("a package that asks for `bought together with` is refused at load")


def _ids(suggestions: Iterable[Suggestion]) -> frozenset[str]:
    return frozenset(suggestion.item.item_id for suggestion in suggestions)


def _touches_of(facts: Facts, event: str, property_name: str, now_us: int) -> list[Touch]:
    log = facts.events.get(event)
    if log is None:
        return []
    return [
        Touch(str(properties[property_name]), event, time_us)
        for time_us, properties in zip(log.times_us, log.properties, strict=True)
        if time_us <= now_us and property_name in properties
    ]
