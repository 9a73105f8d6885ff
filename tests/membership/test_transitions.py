"""What is told of a customer, and when: on both stores, as events come, time passes, profiles change."""

from __future__ import annotations

import pytest

from dearly.store import Store
from tests.membership.shop import MORNING_US, Shop, days, hours, hours_since_morning, instant, watch

ONLY = {
    "left_behind": "segment left_behind { any added older than 48 hours not followed by ordered }",
    "buyers": "segment buyers { any ordered within 10 days }",
    "today": "segment browsing { any viewed today }",
    "dutch": 'segment dutch { country == "NL" }',
    "stage": "lifecycle stage { customer when any ordered  guest otherwise }",
    "quiet": "segment silent { no viewed within 2 days }",
    "thrice": "segment thrice { at least 3 viewed within 1 day }",
}


def shop_with(store: Store, *names: str) -> Shop:
    shop = Shop(store, watch("\n".join(ONLY[name] for name in names)))
    shop.settle()
    return shop


def test_a_basket_is_abandoned_at_48_hours_and_not_a_microsecond_before(store: Store) -> None:
    shop = shop_with(store, "left_behind")
    shop.happens("added")
    shop.settle()

    shop.now_us = hours(48) - 1
    assert shop.engine.wait_us() == 1
    assert shop.engine.step() == 0

    shop.now_us += 1
    assert shop.engine.wait_us() == 0
    shop.settle()
    assert shop.moves() == [("left_behind", None, "in", 48, "time")]


def test_an_event_moves_a_customer_at_its_own_instant_however_late_the_worker_is(store: Store) -> None:
    shop = shop_with(store, "buyers", "stage")
    shop.happens("viewed", hours(0))
    shop.settle()
    shop.happens("ordered", hours(1))

    shop.now_us = hours(30)
    shop.settle()

    assert shop.moves() == [
        ("stage", None, "guest", 0, "event"),
        ("buyers", None, "in", 1, "event"),
        ("stage", "guest", "customer", 1, "event"),
    ]


def test_a_worker_that_slept_tells_every_flip_it_slept_through(store: Store) -> None:
    shop = shop_with(store, "buyers")
    for day in (0, 15, 20, 60):
        shop.happens("ordered", days(day - 60))

    shop.settle()
    shop.now_us = days(100)
    shop.settle()

    told = [(before, after, at / 24, cause) for _, before, after, at, cause in shop.moves()]
    assert told == [
        (None, "in", -60, "event"),
        ("in", None, -50, "time"),
        (None, "in", -45, "event"),
        ("in", None, -30, "time"),
        (None, "in", 0, "event"),
        ("in", None, 10, "time"),
    ]


def test_a_late_event_takes_back_what_was_told(store: Store) -> None:
    shop = shop_with(store, "left_behind")
    shop.happens("added")
    shop.pass_time(hours(60))

    shop.happens("ordered", hours(3))
    shop.settle()

    assert shop.moves() == [
        ("left_behind", None, "in", 48, "time"),
        ("left_behind", "in", None, 48, "late_event"),
    ]
    assert shop.members("left_behind") == {}


def test_a_late_event_is_dated_to_when_it_should_have_been_told(store: Store) -> None:
    shop = shop_with(store, "thrice")
    shop.happens("viewed", hours(0))
    shop.happens("viewed", hours(20))
    shop.pass_time(hours(22))
    shop.happens("added")  # whatever it is: the customer was looked at by then
    shop.settle()

    shop.happens("viewed", hours(1))
    shop.settle()

    assert shop.moves() == [("thrice", None, "in", 20, "late_event")]
    (member,) = shop.members_page("thrice", 10)
    assert hours_since_morning(member.since_us) == 20


def test_what_a_late_event_restores_dates_from_when_it_began_before_all_that_was_read(store: Store) -> None:
    shop = shop_with(store, "buyers")
    for day in (-100, -92, -84, -76, -68):
        shop.happens("ordered", days(day))
    shop.now_us = days(-51)
    shop.settle()
    shop.moves()

    shop.happens("ordered", days(-60))
    shop.settle()
    shop.now_us = days(-50)
    shop.settle()

    assert [(*move[1:3], move[3] / 24, move[4]) for move in shop.moves()] == [
        (None, "in", -100, "late_event"),
        ("in", None, -50, "time"),
    ]


def test_a_late_event_that_changes_nothing_tells_nothing(store: Store) -> None:
    shop = shop_with(store, "buyers")
    shop.happens("ordered")
    shop.pass_time(hours(10))
    shop.moves()

    shop.happens("ordered", hours(-2))
    shop.settle()

    assert shop.moves() == []
    (member,) = shop.members_page("buyers", 10)
    assert hours_since_morning(member.since_us) == -2


def test_an_event_of_an_instant_that_was_looked_at_already_is_not_late(store: Store) -> None:
    shop = shop_with(store, "buyers", "stage")
    shop.happens("viewed")
    shop.settle()
    shop.happens("ordered")
    shop.settle()

    assert [move[-1] for move in shop.moves()] == ["event", "event", "event"]


def test_an_event_stamped_in_the_future_counts_when_its_time_comes(store: Store) -> None:
    shop = shop_with(store, "buyers")
    shop.happens("ordered", hours(20))
    shop.pass_time(hours(20) - 1)
    assert shop.moves() == []

    shop.pass_time(hours(20))

    assert shop.moves() == [("buyers", None, "in", 20, "event")]


def test_an_event_that_comes_twice_is_told_once(store: Store) -> None:
    shop = shop_with(store, "buyers")
    event = shop.happens("ordered")
    shop.settle()
    store.append_events([event, event])
    shop.settle()

    assert len(shop.moves()) == 1


ENDS_OF_DAYS = {
    "of 23 hours": ("2026-03-29 00:30", "2026-03-30 00:00", 22.5),
    "of 25 hours": ("2026-10-25 00:30", "2026-10-26 00:00", 24.5),
    "of a leap year": ("2028-02-29 12:00", "2028-03-01 00:00", 12),
    "of another year": ("2027-02-28 12:00", "2027-03-01 00:00", 12),
}


@pytest.mark.parametrize("name", ENDS_OF_DAYS)
def test_today_ends_when_the_customers_day_does(store: Store, name: str) -> None:
    seen, ends, lasts_hours = ENDS_OF_DAYS[name]
    shop = shop_with(store, "today")
    shop.now_us = instant(seen)
    shop.happens("viewed")
    shop.pass_time(instant(ends))

    told = shop.moves()

    assert [move[1:3] for move in told] == [(None, "in"), ("in", None)]
    assert told[1][3] == hours_since_morning(instant(ends)) == told[0][3] + lasts_hours


def test_a_patch_of_the_profile_moves_at_once(store: Store) -> None:
    shop = shop_with(store, "dutch", "buyers")
    shop.signs_up(country="NL")
    shop.settle()
    shop.now_us = hours(2)
    shop.signs_up(country="BE")
    shop.settle()
    shop.now_us = hours(3)
    shop.signs_up(timezone="Europe/Brussels")
    shop.settle()

    assert shop.moves() == [("dutch", None, "in", 0, "profile"), ("dutch", "in", None, 2, "profile")]


def test_another_time_zone_is_another_day(store: Store) -> None:
    shop = shop_with(store, "today")
    shop.happens("viewed")
    shop.pass_time(hours(5))
    shop.signs_up(timezone="Asia/Tokyo")  # where it is 23:00 by now
    shop.settle()
    shop.pass_time(hours(24))

    assert shop.moves() == [("browsing", None, "in", 0, "event"), ("browsing", "in", None, 6, "time")]


def test_two_customers_who_become_one_stand_where_their_events_put_them(store: Store) -> None:
    shop = shop_with(store, "stage", "buyers")
    shop.happens("viewed", customer="ada")
    shop.happens("ordered", customer="cookie")
    shop.settle()
    shop.news()

    shop.now_us = hours(1)
    shop.merges("cookie", "ada")
    shop.settle()

    merged, *moved = shop.news()
    assert (merged["kind"], merged["from_id"], merged["into_id"]) == ("merge", "cookie", "ada")
    assert [(each["customer"], each["name"], each["from"], each["to"], each["cause"]) for each in moved] == [
        ("ada", "buyers", None, "in", "merge"),
        ("ada", "stage", "guest", "customer", "merge"),
    ]
    assert shop.members("stage") == {"ada": "customer"}
    assert shop.members("buyers") == {"ada": "in"}


def test_somebody_new_is_in_what_asks_for_nothing_from_the_first_event_on(store: Store) -> None:
    shop = shop_with(store, "quiet", "stage")
    shop.happens("ordered", hours(-1))
    shop.settle()

    assert shop.moves() == [
        ("silent", None, "in", -1, "event"),
        ("stage", None, "customer", -1, "event"),
    ]


def test_an_event_that_no_condition_reads_costs_no_read_and_keeps_all_timers(store: Store) -> None:
    shop = shop_with(store, "buyers")
    shop.happens("ordered")
    shop.settle()
    due_us = store.next_due_us()
    shop.now_us = hours(1)
    shop.happens("viewed")
    shop.settle()

    assert store.next_due_us() == due_us == days(10)
    assert instant("2026-03-02 10:00") == MORNING_US


def test_a_record_says_all_of_it_in_one_order(store: Store) -> None:
    shop = shop_with(store, "buyers")
    shop.happens("ordered")
    shop.settle()

    (record,) = store.read_feed(0, 10)

    version = shop.watched.program.version
    assert record.customer_id == "ada"
    assert record.body == (
        '{"kind":"segment","name":"buyers","from":null,"to":"in",'
        f'"at_us":{MORNING_US},"cause":"event","rules":"{version}"}}'
    )
