"""Fills a branch's item lists: each list's strategy, its filter, and nothing shown twice in one block."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dearly.evaluation import Evaluation, Facts
from dearly.language.program import Branch, ItemList, Listed, Recently, Recommended, SimilarTo, Trending
from dearly.recommendation import Page, Recommender, Suggestion, Touch


class NoItems(Exception):
    """A list of the branch has nothing to show."""


@dataclass(frozen=True, slots=True)
class Place:
    """A branch by position: what the evaluation's seeds and filters are found by."""

    block: str
    index: int
    branch: Branch


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
    filled: dict[str, list[Suggestion]] = {}
    shown: dict[str, frozenset[str]] = {}  # by catalog: two catalogs may each have an item of one id
    for wanted in place.branch.lists:
        keep = evaluation.item_filter(place.block, place.index, wanted.name)
        before = shown.get(wanted.catalog, frozenset())
        page = Page(wanted.limit, keep, before, give_up)
        page.check_time()
        found = _fill(wanted, place, page, evaluation, facts, recommender, now_us)
        if not found:
            raise NoItems(wanted.name)
        filled[wanted.name] = found
        shown[wanted.catalog] = before | {suggestion.item.item_id for suggestion in found}
    return filled


def _fill(
    wanted: ItemList,
    place: Place,
    page: Page,
    evaluation: Evaluation,
    facts: Facts,
    recommender: Recommender,
    now_us: int,
) -> list[Suggestion]:
    catalog = wanted.catalog
    match wanted.strategy:
        case Recommended():
            return recommender.recommended_to(facts, catalog, page, now_us)
        case SimilarTo():
            seed = evaluation.seed(place.block, place.index, wanted.name)
            return recommender.similar(catalog, seed, page, now_us) if seed is not None else []
        case Trending(within_us):
            return recommender.trending(catalog, within_us, page, now_us)
        case Recently(event, property_name):
            return recommender.recently(catalog, _touches_of(facts, event, property_name, now_us), page)
        case Listed(item_ids):
            return recommender.listed(catalog, item_ids, page)
        case _:
            raise NotImplementedError(wanted.strategy)


def _touches_of(facts: Facts, event: str, property_name: str, now_us: int) -> list[Touch]:
    log = facts.events.get(event)
    if log is None:
        return []
    return [
        Touch(str(properties[property_name]), event, time_us)
        for time_us, properties in zip(log.times_us, log.properties, strict=True)
        if time_us <= now_us and property_name in properties
    ]
