"""Other rules: built beside those that serve, cut over in one step, and told as what they are."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dearly.membership import NotKeptYet
from dearly.membership.advancing import SOON_US
from dearly.store import GenerationState, Store
from tests.membership.shop import Shop, days, hours, watch

LAX = "segment buyers { any ordered within 10 days }"
STRICT = "segment buyers { any ordered within 5 days }"
STRICTER = "segment buyers { any ordered within 2 days }"
TRIGGER = ' trigger t { when leaving buyers emit { campaign: "c" } }'
CUSTOMERS = [f"customer {number:03d}" for number in range(250)]


def shop_of_buyers(store: Store, rules: str = LAX) -> Shop:
    """Every customer ordered, each some hours before the one that follows, up to ten days ago."""
    shop = Shop(store, watch(rules))
    shop.settle()
    for number, customer in enumerate(CUSTOMERS):
        shop.happens("ordered", hours(-number * 0.9), customer)
    shop.settle()
    shop.news()
    return shop


def buyers_of_the_last(day_count: float) -> dict[str, str]:
    within = day_count * 24
    return {customer: "in" for number, customer in enumerate(CUSTOMERS) if number * 0.9 < within}


def steps(shop: Shop) -> Iterator[int]:
    """The engine's steps, until there is nothing to do."""
    while looked := shop.engine.step():
        yield looked


def test_while_rules_are_built_members_are_those_of_the_old_and_then_in_one_step_of_the_new(
    store: Store,
) -> None:
    shop = shop_of_buyers(store)
    old, new = buyers_of_the_last(10), buyers_of_the_last(5)
    assert shop.members("buyers") == old

    shop.watched = watch(STRICT)
    seen = [shop.members("buyers") for _ in steps(shop)]

    assert len(seen) > 6
    cut = seen.index(new)
    assert cut >= 3
    assert seen == [old] * cut + [new] * (len(seen) - cut)
    assert shop.counts("buyers") == {"in": len(new)}


def test_nothing_is_told_while_they_are_built_and_then_each_difference_once(store: Store) -> None:
    shop = shop_of_buyers(store)
    shop.watched = watch(STRICT)
    told = []
    for _ in steps(shop):
        progress = shop.engine.progress()
        news = shop.news()
        assert not (news and progress.building)
        told += news

    left = set(buyers_of_the_last(10)) - set(buyers_of_the_last(5))
    assert sorted(each["customer"] for each in told) == sorted(left)
    assert {(each["from"], each["to"], each["cause"], each["at_us"]) for each in told} == {
        ("in", None, "rules_change", shop.now_us)
    }
    assert {each["rules"] for each in told} == {shop.watched.program.version}


def test_progress_tells_how_many_of_how_many(store: Store) -> None:
    shop = shop_of_buyers(store)
    shop.watched = watch(STRICT)
    seen = [shop.engine.progress() for _ in steps(shop)]

    building = [each.done for each in seen if each.building]
    leaving = [each.done for each in seen if each.is_leaving]
    assert building == [100, 200, 250]
    assert leaving == [0, 100, 200, 250]
    assert {each.customers for each in seen} == {250}
    assert (seen[-1].building, seen[-1].is_leaving, seen[-1].due) == (None, False, 0)
    assert [each.state for each in store.generations()] == [GenerationState.SERVING]


def test_no_trigger_fires_because_rules_changed(store: Store) -> None:
    shop = shop_of_buyers(store, LAX + TRIGGER)
    shop.watched = watch(STRICT + TRIGGER)
    shop.settle()
    assert shop.fired() == []

    shop.now_us = hours(24)
    shop.settle()

    assert len(shop.fired()) == len(buyers_of_the_last(5)) - len(buyers_of_the_last(4))


def test_members_under_the_rules_before_are_deleted_in_the_end(store: Store) -> None:
    shop = shop_of_buyers(store)
    (before,) = store.generations()
    shop.watched = watch(STRICT)
    shop.settle()
    assert store.count_members(before.number, "buyers") == {}


def test_an_edit_while_others_are_built_gives_those_up(store: Store) -> None:
    shop = shop_of_buyers(store)
    shop.watched = watch(STRICT)
    shop.engine.step()
    shop.watched = watch(STRICTER)
    seen = [shop.members("buyers") for _ in steps(shop)]

    old, new = buyers_of_the_last(10), buyers_of_the_last(2)
    assert [each for each in seen if each not in (old, new)] == []
    assert seen[-1] == new
    assert len(shop.news()) == len(old) - len(new)
    assert len(store.generations()) == 1


def test_an_edit_while_customers_leave_the_rules_before_tells_everybody_the_whole_way(store: Store) -> None:
    shop = shop_of_buyers(store)
    shop.watched = watch(STRICT)
    while not shop.engine.progress().is_leaving:
        shop.engine.step()
    shop.engine.step()
    shop.watched = watch(STRICTER)
    shop.settle()

    news = shop.news()
    net = {each["customer"]: each["to"] for each in news}
    left = set(buyers_of_the_last(10)) - set(buyers_of_the_last(2))
    assert sorted(each["customer"] for each in news) == sorted(left)
    assert set(net.values()) == {None}
    assert shop.members("buyers") == buyers_of_the_last(2)


def test_back_to_the_rules_that_serve_while_others_are_built_changes_nothing(store: Store) -> None:
    shop = shop_of_buyers(store)
    before = shop.watched
    shop.watched = watch(STRICT)
    shop.engine.step()
    shop.watched = before
    shop.settle()

    assert shop.news() == []
    assert shop.members("buyers") == buyers_of_the_last(10)


def test_a_restart_in_between_loses_nothing_though_the_old_rules_are_gone(store: Store) -> None:
    shop = shop_of_buyers(store)
    shop.watched = watch(STRICT)
    shop.engine.step()
    shop.restart()
    shop.happens("ordered", customer=CUSTOMERS[-1])
    seen = [shop.members("buyers") for _ in steps(shop)]

    new = buyers_of_the_last(5) | {CUSTOMERS[-1]: "in"}
    assert seen[-1] == new
    told = {each["customer"]: (each["from"], each["to"]) for each in shop.news()}
    left = set(buyers_of_the_last(10)) - set(buyers_of_the_last(5)) - {CUSTOMERS[-1]}
    assert told == dict.fromkeys(left, ("in", None))


def test_timers_of_names_that_mean_the_same_run_on_though_the_server_was_started_with_other_rules(
    store: Store,
) -> None:
    edited = " segment browsing {{ any viewed within {} days }}"
    shop = shop_of_buyers(store, LAX + TRIGGER + edited.format(1))
    shop.watched = watch(LAX + TRIGGER + edited.format(2))
    shop.now_us = hours(24)  # nobody was there when these timers came due
    shop.restart()
    shop.settle()

    left = {customer: hours(240 - 0.9 * number) for number, customer in enumerate(CUSTOMERS)}
    left = {customer: at_us for customer, at_us in left.items() if at_us <= hours(24)}
    told = shop.news()
    moves = [each for each in told if each["kind"] == "segment"]
    assert {each["customer"]: each["at_us"] for each in moves} == left
    assert {(each["name"], each["from"], each["to"], each["cause"]) for each in moves} == {
        ("buyers", "in", None, "time")
    }
    fired = [each for each in told if each["kind"] == "trigger"]
    assert {each["customer"]: each["at_us"] for each in fired} == left


GONE = " segment gone { any ordered within 8 days } trigger g { when leaving gone emit { c: 1 } }"


@pytest.mark.parametrize("edited", ["", GONE.replace("8 days", "8 hours"), GONE.replace("8 days", "9 days")])
def test_timers_of_names_that_are_not_known_any_more_are_left_to_who_knows_them(
    store: Store, edited: str
) -> None:
    shop = shop_of_buyers(store, LAX + GONE)
    shop.watched = watch(LAX + edited)
    shop.now_us = hours(24)
    shop.restart()
    shop.engine.step()
    shop.watched = watch(LAX + GONE)  # back to the rules before
    shop.restart()
    shop.pass_time(hours(24) + SOON_US)

    left = {customer: hours(192 - 0.9 * number) for number, customer in enumerate(CUSTOMERS)}
    left = {customer: at_us for customer, at_us in left.items() if hours(0) < at_us <= hours(24)}
    told = [each for each in shop.news() if each["name"] in ("gone", "g")]
    moves = [each for each in told if each["kind"] == "segment"]
    assert {each["customer"]: each["at_us"] for each in moves} == left
    fired = [each for each in told if each["kind"] == "trigger"]
    assert {each["customer"]: each["at_us"] for each in fired} == left


@pytest.mark.parametrize("is_restarted", [False, True])
def test_rules_that_are_edited_before_anybody_came_serve_alone(store: Store, is_restarted: bool) -> None:
    shop = Shop(store, watch(LAX))
    shop.settle()
    shop.watched = watch(STRICT + " segment more { any ordered }")
    if is_restarted:
        shop.restart()
    shop.settle()
    shop.happens("ordered", days(-7))
    shop.settle()

    (generation,) = store.generations()
    assert generation.state is GenerationState.SERVING
    assert (shop.members("buyers"), shop.members("more")) == ({}, {"ada": "in"})


def test_events_while_other_rules_are_built_are_told_at_once_of_names_that_mean_the_same(
    store: Store,
) -> None:
    shop = shop_of_buyers(store)
    shop.watched = watch(LAX + " segment browsing { any viewed }")
    shop.restart()
    shop.happens("ordered", hours(0), CUSTOMERS[-1])
    shop.happens("ordered", hours(0), "somebody new")
    shop.engine.step()

    assert shop.engine.progress().building is not None
    told = [(each["customer"], each["name"], each["cause"]) for each in shop.news()]
    assert told == [("somebody new", "buyers", "event")]


def test_what_happens_before_a_customer_left_the_old_rules_is_told_as_what_it_is(store: Store) -> None:
    shop = shop_of_buyers(store, "segment silent { no ordered within 30 days }")
    shop.watched = watch(
        LAX + ' trigger t { when entering browsing emit { c: "c" } } segment browsing { any viewed }'
    )
    while not shop.engine.progress().is_leaving:
        shop.engine.step()
    shop.news()

    shop.happens("viewed", customer=CUSTOMERS[-1])
    shop.engine.step()

    told = [each for each in shop.news() if each["customer"] == CUSTOMERS[-1]]
    assert [(each["name"], each["cause"]) for each in told] == [
        ("buyers", "rules_change"),
        ("browsing", "event"),
        ("t", "event"),
    ]


def test_what_changes_no_meaning_builds_nothing(store: Store) -> None:
    shop = shop_of_buyers(store)
    titled = LAX.replace("buyers", 'buyers "Bought of late"')
    shop.watched = watch(f"# a comment\n{titled}  value unrelated = count of viewed")
    shop.settle()
    assert len(store.generations()) == 1

    shop.watched = watch(LAX + TRIGGER)
    shop.settle()
    shop.now_us = days(11)
    shop.settle()

    assert len(store.generations()) == 1
    assert len(shop.fired()) == len(CUSTOMERS)


def test_a_store_that_was_filled_before_is_built_without_a_word(store: Store) -> None:
    shop = Shop(store, watch(LAX))
    for customer in CUSTOMERS:
        shop.happens("ordered", customer=customer)
    with pytest.raises(NotKeptYet, match="for the first time"):
        shop.members("buyers")
    shop.settle()

    assert shop.news() == []
    assert shop.members("buyers") == dict.fromkeys(CUSTOMERS, "in")


def test_since_when_somebody_is_in_outlives_a_change_of_rules(store: Store) -> None:
    shop = shop_of_buyers(store)
    before = shop.members_page("buyers", 3)
    shop.now_us = hours(1)
    shop.watched = watch(STRICT)
    shop.settle()

    assert shop.members_page("buyers", 3) == before
