"""What compiled item lists start from, keep and leave out."""

from __future__ import annotations

import pytest

from dearly.evaluation import CompiledProgram, EventLog, Facts
from dearly.evaluation.facts import Properties
from dearly.language.types import Value
from tests.evaluation.written import NOW, Happened, S, compiled, customer

NOBODY = Facts()
BLOCK = """
value keen = count of viewed
block hero {
  when points > 100
    show "shown.html"
    with items = similar to latest added.product, limit 3, where (available and price < bonus)
  when any ordered
    show "shown.html" with items = recommended product, limit 3, where (category == country or keen > 2)
  otherwise
    show "shown.html" with items = trending product within 7 days, limit 3
}
"""


def test_similar_to_starts_from_the_item_of_the_moment() -> None:
    hero = compiled(BLOCK)
    facts = customer(added=[(-2, {"product": "p1"}), (2, {"product": "p2"})])
    assert hero.at(facts, NOW).seed("hero", 0, "items") == "p1"
    assert hero.at(facts, NOW + 2).seed("hero", 0, "items") == "p2"
    assert hero.at(NOBODY, NOW).seed("hero", 0, "items") is None
    assert hero.at(facts, NOW).seed("hero", 1, "items") is None


def test_an_item_filter_keeps_items_of_which_the_condition_is_true() -> None:
    hero = compiled(BLOCK)
    cheap = hero.at(Facts({"bonus": 10.0}), NOW).item_filter("hero", 0, "items")
    assert cheap is not None
    assert cheap({"available": True, "price": 9.5}) is True
    assert cheap({"available": False, "price": 9.5}) is False
    assert cheap({"available": True}) is False
    assert cheap({}) is False
    penniless = hero.at(NOBODY, NOW).item_filter("hero", 0, "items")
    assert penniless is not None
    assert penniless({"available": True, "price": 9.5}) is False


def test_an_item_filter_works_out_the_customers_side_once() -> None:
    class Counted(dict[str, Value]):
        reads = 0

        def get(self, key: str, default: object = None) -> object:  # type: ignore[override]
            Counted.reads += 1
            return super().get(key, default)

    facts = Facts(Counted({"country": "books"}))
    keeps = compiled(BLOCK).at(facts, NOW).item_filter("hero", 1, "items")
    assert keeps is not None
    kept = [keeps({"category": category}) for category in ("books", "pens", "books")]
    assert (kept, Counted.reads) == ([True, False, True], 1)


def test_a_list_without_where_has_no_filter() -> None:
    assert compiled(BLOCK).at(NOBODY, NOW).item_filter("hero", 2, "items") is None


def _list_of(items: str) -> CompiledProgram:
    """A block whose first branch shows these items."""
    return compiled(
        f"""block hero {{
          when country is missing  show "shown.html" with items = {items}
          otherwise                show "shown.html"
        }}"""
    )


def test_each_strategy_that_fills_up_a_list_starts_from_its_own_item() -> None:
    chain = _list_of(
        """trending product within 7 days
        or else similar to latest added.product
        or else bought together with favourite, limit 3"""
    )
    facts = customer({"favourite": "p2"}, added=[(-1, {"product": "p1"})])
    seeds = [chain.at(facts, NOW).seed("hero", 0, "items", place) for place in range(4)]
    assert seeds == [None, "p1", "p2", None]
    assert chain.at(NOBODY, NOW).seed("hero", 0, "items", 2) is None


ADDED: list[Happened] = [
    (-70 * S, {"product": "p0", "quantity": 1.0}),
    (-30 * S, {"product": "p1", "quantity": 1.0}),
    (-S, {"product": "p2", "quantity": 2.0}),
    (1, {"product": "p3", "quantity": 2.0}),
]


@pytest.mark.parametrize(
    ("exclusions", "excluded"),
    [
        ("", set()),
        (", excluding latest added.product", {"p2"}),
        (", excluding favourite", {"p9"}),
        (', excluding ["p5", "p6"]', {"p5", "p6"}),
        (", excluding added.product within 60 seconds", {"p1", "p2"}),
        (", excluding added.product where quantity > 1 within 60 seconds", {"p2"}),
        (", excluding added.product within 90 seconds older than 60 seconds", {"p0"}),
        (", excluding added.product this year", {"p0", "p1", "p2"}),
        (
            ', excluding added.product within 2 seconds, excluding favourite, excluding ["p5"]',
            {"p2", "p9", "p5"},
        ),
        (", excluding viewed.product within 60 seconds", set()),
    ],
)
def test_a_list_leaves_out_what_its_exclusions_name_together(exclusions: str, excluded: set[str]) -> None:
    program = _list_of(f"trending product within 7 days, limit 3{exclusions}")
    evaluation = program.at(customer({"favourite": "p9"}, added=ADDED, viewed=[-1]), NOW)
    assert evaluation.excluded("hero", 0, "items") == excluded


def test_what_is_missing_excludes_nothing() -> None:
    program = _list_of(
        """trending product within 7 days, limit 3, excluding favourite,
        excluding latest added.product, excluding added.product within 1 day"""
    )
    assert program.at(NOBODY, NOW).excluded("hero", 0, "items") == frozenset()


def _unread() -> Properties:
    raise AssertionError("nothing asks for what was said with these events")


def test_what_a_list_asks_is_not_worked_out_before_it_is_asked() -> None:
    program = _list_of("similar to latest added.product, limit 3, excluding added.product within 1 day")
    facts = Facts({}, {"added": EventLog((NOW - 1,), _unread)})
    evaluation = program.at(facts, NOW)
    assert evaluation.branch("hero") == 0
    assert evaluation.item_filter("hero", 0, "items") is None
    for ask in (evaluation.seed, evaluation.excluded):
        with pytest.raises(AssertionError, match="nothing asks"):
            ask("hero", 0, "items")
