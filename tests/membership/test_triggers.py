"""What triggers emit on a server: when, how often, with what; and that tests of rules say the same."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from dearly.evaluation import Facts
from dearly.language.program import (
    Becomes,
    Entering,
    Leaving,
    Limit,
    Literal,
    Moment,
    Program,
    QuietHours,
    Trigger,
)
from dearly.language.types import DAY_US, HOUR_US, TEXT
from dearly.membership import Firing, Watched, watch_program
from dearly.scenarios.emissions import Stretch, emissions
from dearly.store import Store
from tests.evaluation.generator import random_case
from tests.membership.exactness import live
from tests.membership.shop import SHOP, Shop, days, hours, instant, minutes, watch
from tests.membership.watched_customer import WatchedCustomer, happenings, view_on

# ----------------------------------------------------------------------------------------- by hand, on stores


def shop_with(store: Store, when: str, more: str = "", emit: str = 'campaign: "c"') -> Shop:
    shop = Shop(store, watch(f"{SHOP} trigger t {{ when {when} {more} emit {{ {emit} }} }}"))
    shop.settle()
    return shop


def test_it_fires_on_entering_at_the_exact_instant(store: Store) -> None:
    shop = shop_with(store, "entering left_behind")
    shop.happens("added")
    shop.pass_time(hours(100))

    assert shop.fired() == [("t", 48)]


def test_it_fires_on_leaving_and_on_becoming(store: Store) -> None:
    leaving = " trigger u { when leaving buyers emit { c: 1 } }"
    shop = Shop(store, watch(SHOP + leaving + " trigger t { when stage becomes customer emit { c: 1 } }"))
    shop.settle()
    shop.happens("viewed")
    shop.pass_time(hours(1))
    shop.happens("ordered")
    shop.pass_time(days(30))

    assert shop.fired() == [("t", 1), ("u", 241)]


def test_limits_hold_for_the_person_though_one_was_known_by_two_ids(store: Store) -> None:
    shop = shop_with(store, "entering buyers", "at most 1 per 30 days")
    shop.happens("ordered", customer="browser")
    shop.settle()
    shop.now_us = hours(1)
    shop.merges("browser", "ada")
    shop.settle()

    told = [(each["customer"], each["kind"]) for each in shop.news() if each["kind"] != "lifecycle"]
    assert told == [
        ("browser", "segment"),
        ("browser", "trigger"),
        ("ada", "merge"),
        ("ada", "segment"),
    ]


def test_what_waits_for_quiet_hours_to_end_waits_on_for_the_person(store: Store) -> None:
    shop = shop_with(store, "entering buyers", "quiet 20:00 to 08:00")
    shop.now_us = instant("2026-03-02 23:00")
    shop.happens("ordered", customer="browser")
    shop.settle()
    shop.merges("browser", "ada")
    shop.pass_time(instant("2026-03-03 09:00"))

    fired = [each for each in shop.news() if each["kind"] == "trigger"]
    assert [(each["customer"], each["at_us"]) for each in fired] == [("ada", instant("2026-03-03 08:00"))]


def test_it_fires_for_somebody_new(store: Store) -> None:
    shop = shop_with(store, "stage becomes guest")
    shop.signs_up(country="NL")
    shop.settle()

    assert shop.fired() == [("t", 0)]


def test_what_it_emits_is_as_of_its_instant(store: Store) -> None:
    emit = (
        "product: latest added.product, seen: count of viewed within 1 day, unseen: latest viewed.product, "
        "known: country is present, land: country"
    )
    shop = shop_with(store, "entering left_behind", emit=emit)
    shop.signs_up(country="NL")
    shop.happens("added", product="X")
    shop.happens("added", hours(49), product="Y")
    shop.pass_time(hours(48))

    (fired,) = [each for each in shop.news() if each["kind"] == "trigger"]

    assert list(fired) == ["customer", "kind", "name", "at_us", "cause", "emit", "rules"]
    assert fired["cause"] == "time"
    assert fired["emit"] == {"product": "X", "seen": 0.0, "unseen": None, "known": True, "land": "NL"}


def test_dates_and_times_are_emitted_as_text(store: Store) -> None:
    rules = (
        "event booked { day date, paid time } segment bookers { any booked } "
        "trigger t { when entering bookers emit { day: latest booked.day, paid: latest booked.paid } }"
    )
    shop = Shop(store, watch(rules))
    shop.settle()
    shop.happens("booked", day="2026-05-01", paid="2026-03-01T10:00:00Z")
    shop.settle()

    emitted = [each["emit"] for each in shop.news() if each["kind"] == "trigger"]
    assert emitted == [{"day": "2026-05-01", "paid": "2026-03-01T10:00:00Z"}]


LIMITS = {
    "a rolling week holds back": ("at most 1 per 7 days", [0]),
    "two a rolling week": ("at most 2 per 7 days", [0, 2]),
    "a day by the calendar": ("at most 1 per day", [0, 24, 48]),
    "a week by the calendar (it is Monday)": ("at most 2 per week", [0, 2]),
    "both limits hold": ("at most 1 per day at most 2 per month", [0, 24]),
}


@pytest.mark.parametrize("name", LIMITS)
def test_limits_hold_across_looks(store: Store, name: str) -> None:
    limits, fired = LIMITS[name]
    rules = "segment seen { any viewed within 1 hour } trigger t { when entering seen %s emit { c: 1 } }"
    shop = Shop(store, watch(rules % limits))
    shop.settle()
    for at in (0, 2, 24, 26, 48):
        shop.pass_time(hours(at))
        shop.happens("viewed")
        shop.settle()
        shop.restart()

    assert [at for _, at in shop.fired()] == fired


def test_quiet_hours_are_waited_out(store: Store) -> None:
    shop = shop_with(store, "entering buyers", "quiet 21:00 to 08:00")
    shop.pass_time(hours(12))
    shop.happens("ordered")
    shop.pass_time(hours(30))

    assert shop.fired() == [("t", 22)]


def test_quiet_hours_are_those_of_the_customers_clock(store: Store) -> None:
    shop = shop_with(store, "entering buyers", "quiet 21:00 to 08:00 in customer timezone")
    shop.signs_up(timezone="America/New_York")  # where it is four in the morning
    shop.happens("ordered")
    shop.pass_time(hours(30))

    assert shop.fired() == [("t", 4)]


def test_after_quiet_hours_it_fires_only_if_it_is_still_so(store: Store) -> None:
    shop = shop_with(store, "entering browsing", "quiet 21:00 to 08:00")
    shop.pass_time(hours(13))
    shop.happens("viewed")  # at eleven at night; the day ends within the hour
    shop.pass_time(hours(40))

    assert shop.fired() == []


def test_to_and_fro_in_quiet_hours_is_one_wait(store: Store) -> None:
    rules = "segment seen { any viewed within 1 hour } "
    shop = Shop(store, watch(rules + "trigger t { when leaving seen quiet 21:00 to 08:00 emit { c: 1 } }"))
    shop.settle()
    for at in (12, 14, 16):
        shop.pass_time(hours(at))
        shop.happens("viewed")
    shop.pass_time(hours(40))

    assert shop.fired() == [("t", 22)]


def test_a_worker_that_wakes_in_quiet_hours_emits_nothing_in_them(store: Store) -> None:
    shop = shop_with(store, "entering buyers", "quiet 21:00 to 08:00")
    shop.happens("ordered", hours(10))
    shop.now_us = hours(12)
    shop.settle()
    assert shop.fired() == []

    shop.pass_time(hours(40))

    assert shop.fired() == [("t", 22)]


def test_a_late_event_sets_it_off_when_it_comes(store: Store) -> None:
    shop = shop_with(store, "entering buyers", "quiet 21:00 to 08:00")
    shop.happens("viewed")
    shop.pass_time(hours(5))
    shop.settle()
    shop.happens("viewed")
    shop.settle()
    shop.happens("ordered", hours(3))
    shop.settle()

    assert shop.fired() == [("t", 5)]


@pytest.mark.parametrize("known", [False, True])
def test_history_that_is_imported_sets_off_nothing_that_is_over(store: Store, known: bool) -> None:
    shop = shop_with(store, "entering left_behind")
    if known:
        shop.happens("viewed")
        shop.settle()
    shop.pass_time(days(40))
    shop.happens("added", hours(1))
    shop.settle()

    assert shop.fired() == []


@pytest.mark.parametrize("known", [False, True])
def test_history_that_is_imported_fires_now_what_holds_still(store: Store, known: bool) -> None:
    shop = shop_with(store, "entering left_behind", "at most 1 per 7 days")
    if known:
        shop.happens("viewed")
        shop.settle()
    shop.pass_time(days(5))
    shop.happens("added", hours(1))
    shop.settle()

    assert shop.fired() == [("t", 120)]


def test_a_late_event_that_undoes_it_in_quiet_hours_is_in_time(store: Store) -> None:
    shop = shop_with(store, "entering left_behind", "quiet 09:00 to 18:00")
    shop.happens("added")
    shop.pass_time(hours(50))
    shop.happens("ordered", hours(1))
    shop.pass_time(hours(60))

    assert shop.fired() == []


def test_an_edit_of_a_trigger_alone_holds_from_the_next_look_on(store: Store) -> None:
    shop = shop_with(store, "entering buyers", "at most 1 per 7 days")
    shop.happens("ordered")
    shop.settle()
    shop.watched = watch(
        f"{SHOP} trigger t {{ when entering browsing at most 1 per 7 days emit {{ c: 1 }} }}"
    )
    shop.pass_time(minutes(1))
    shop.happens("viewed")
    shop.settle()

    assert shop.fired() == [("t", 0)]  # what it fired under the old wording counts
    assert len(store.generations()) == 1


def test_quiet_hours_end_once_though_clocks_show_their_end_twice(store: Store) -> None:
    shop = shop_with(store, "entering buyers", "quiet 21:00 to 02:30")
    shop.now_us = instant("2026-10-25 01:00")
    shop.happens("viewed")
    shop.settle()
    second_us = instant("2026-10-25 03:00") - 50 * 60_000_000  # 02:10 for the second time
    shop.pass_time(second_us)
    shop.happens("ordered")
    shop.settle()

    assert [each["at_us"] for each in shop.news() if each["kind"] == "trigger"] == [second_us]


# --------------------------------------------------------------------------------- against tests of the rules

CUSTOMERS = 20
HISTORIES = 1_500


def test_a_server_and_a_test_of_the_rules_emit_the_same() -> None:
    fired = 0
    for seed in range(HISTORIES // CUSTOMERS):
        case = random_case(seed, CUSTOMERS, 2)
        random = Random(seed)
        watched = watch_program(_with_triggers(random, case.program))
        for number, facts in enumerate(case.customers):
            served, rehearsed = _both(watched, facts)
            assert served == rehearsed, (seed, number)
            fired += len(served)
    assert fired > HISTORIES


def _both(watched: Watched, facts: Facts) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    events = happenings(facts)
    if not events:
        return [], []
    arrivals = sorted(((one.time_us, one) for one in events), key=lambda each: each[0])
    customer = WatchedCustomer(view_on(watched), facts)
    end_us = arrivals[-1][0] + 40 * DAY_US
    live(customer, arrivals, end_us)
    served = [(each.trigger, each.at_us) for each in customer.told if isinstance(each, Firing)]
    stretch = Stretch(arrivals[0][0], end_us)
    rehearsed = emissions(watched.program, watched.compiled, customer.read(), stretch)
    return sorted(served), sorted((each.trigger, each.at_us) for each in rehearsed)


def _with_triggers(random: Random, program: Program) -> Program:
    moments: list[Moment] = []
    for name in program.segments:
        moments += [Entering(name), Leaving(name)]
    for name, lifecycle in program.lifecycles.items():
        moments += [Becomes(name, stage.name) for stage in lifecycle.stages]
    triggers = [_trigger(random, f"trigger_{place}", moment) for place, moment in enumerate(moments)]
    return replace(program, triggers={each.name: each for each in triggers})


def _trigger(random: Random, name: str, moment: Moment) -> Trigger:
    limits = [
        Limit(random.randrange(1, 4), rolling_us=random.choice((HOUR_US, DAY_US, 7 * DAY_US))),
        Limit(random.randrange(1, 3), calendar=random.choice(("day", "week", "month")), zone="customer"),
    ]
    begins, lasts = random.randrange(1_440), random.randrange(1, 1_440)
    quiet = QuietHours(begins, (begins + lasts) % 1_440, random.choice(("customer", "package")))
    return Trigger(
        name,
        moment,
        tuple(random.sample(limits, random.randrange(3))),
        random.choice((None, quiet)),
        {"campaign": Literal("c", TEXT)},
    )
