"""Every store keeps the feed in order, lets one at a time tell a sink, keeps what sinks would not take."""

from __future__ import annotations

from dataclasses import replace

from dearly.store import DeadLetter, FeedRecord, Look, Store
from tests.store.records import event


def tell(store: Store, *bodies: str, now_us: int = 1, customer: str = "ada") -> list[FeedRecord]:
    """Put records into the feed as looks do; all that there are then."""
    before = store.feed_ends()[1]
    store.append_events([event(f"{customer}-{before}-{now_us}", customer=customer)])
    store.look_at_due(
        now_us, 10, lambda due, _: [Look(one.customer_id, None, "s", (), bodies) for one in due]
    )
    return list(store.read_feed(0, 100))


def test_records_come_in_order_and_go_on_behind_a_position(store: Store) -> None:
    assert store.feed_ends() == (0, 0)
    first, second, third = tell(store, "a", "b", "c")
    assert first.position < second.position < third.position
    assert [first.body, second.body, third.body] == ["a", "b", "c"]
    assert store.read_feed(first.position, 1) == [second]
    assert store.read_feed(third.position, 9) == []
    assert store.feed_ends() == (first.position - 1, third.position)


def test_a_page_of_records_ends_with_the_one_that_fills_its_bytes(store: Store) -> None:
    _, second, *_ = tell(store, "a" * 10, "é" * 5, "b" * 30, "c")
    pages = [(9, 1), (10, 1), (11, 2), (20, 2), (21, 3), (50, 3), (51, 4)]
    for most_bytes, count in pages:
        assert len(store.read_feed(0, 9, most_bytes)) == count, most_bytes
    assert len(store.read_feed(0, 2, 99)) == 2
    assert [each.body for each in store.read_feed(second.position, 9, 31)] == ["b" * 30, "c"]


def test_what_is_trimmed_never_comes_back_and_positions_go_on(store: Store) -> None:
    tell(store, "a", "b", now_us=1)
    first, second, last = (record.position for record in tell(store, "c", now_us=9))
    assert store.trim_feed(9, 9, 1) == [first]
    assert store.trim_feed(9, 9, 5) == [second]
    assert store.trim_feed(9, 9, 5) == []
    assert store.feed_ends() == (last - 1, last)
    assert len(store.trim_feed(10, 10, 5)) == 1
    assert store.feed_ends() == (last, last)
    (later,) = tell(store, "d", now_us=11)
    assert later.position > last


def test_the_erased_at_the_feeds_beginning_are_none_that_were_trimmed(store: Store) -> None:
    tell(store, "a", "b", customer="ada")
    *_, last = tell(store, "c", customer="bob")
    store.erase_customer("ada", 1)
    assert store.read_feed(0, 9) == [last]
    assert store.feed_ends() == (0, last.position)
    store.erase_customer("bob", 1)
    assert store.feed_ends() == (0, last.position)


def test_the_erased_behind_what_was_trimmed_are_not_trimmed_with_it(store: Store) -> None:
    *_, trimmed = tell(store, "a", "b", customer="cyd", now_us=1)
    tell(store, "c", "d", customer="ada", now_us=2)
    *_, last = tell(store, "e", customer="bob", now_us=9)
    store.erase_customer("ada", 3)
    assert len(store.trim_feed(5, 5, 9)) == 2
    assert store.feed_ends() == (trimmed.position, last.position)


def told(store: Store, name: str, position: int) -> None:
    state = store.lease_sink(name, "me", 1, 2)
    assert state is not None
    assert store.settle_sink(replace(state, position=position), "me", 1, [])


def test_what_a_sink_has_yet_to_be_told_is_kept_until_it_is_much_older(store: Store) -> None:
    for now_us in (1, 5, 9):
        *_, last = tell(store, "a", now_us=now_us)
    first, second, _ = (record.position for record in store.read_feed(0, 9))
    told(store, "quick", last.position)
    told(store, "slow", first)
    assert len(store.trim_feed(9, 1, 9)) == 1
    assert len(store.trim_feed(9, 5, 9)) == 0
    assert len(store.trim_feed(9, 6, 9)) == 1
    assert store.feed_ends()[0] == second
    told(store, "slow", last.position)
    assert len(store.trim_feed(10, 1, 9)) == 1


def test_records_behind_many_that_are_younger_wait(store: Store) -> None:
    tell(store, *(10_000 * ["a"]), now_us=9)
    tell(store, "b", now_us=1)
    assert len(store.trim_feed(9, 9, 99)) == 0
    assert len(store.trim_feed(10, 10, 1)) == 1
    assert len(store.trim_feed(9, 9, 99)) == 1


def test_a_sink_that_is_forgotten_is_nowhere_and_may_begin_anew(store: Store) -> None:
    *_, last = tell(store, "a", "b")
    state = store.lease_sink("old", "me", 1, 2)
    assert state is not None
    store.settle_sink(replace(state, position=0), "me", 1, [DeadLetter(0, "old", last, "no", 1)])
    assert store.lease_sink("new", "me", 1, 2) is not None
    store.erase_customer("bob", 1)
    assert [(each.name, each.position) for each in store.sinks()] == [("new", last.position), ("old", 0)]
    assert store.forget_sink("old", 1)
    assert [each.name for each in store.sinks()] == ["new"]
    assert store.dead_letters("old", 0, 9) == []
    assert "sinks/old" not in {due.place for due in store.erasures_due()}
    again = store.lease_sink("old", "me", 1, 2)
    assert again is not None
    assert again.position == last.position


def test_a_sink_that_somebody_has_is_not_forgotten_until_they_let_go_or_their_time_is_over(
    store: Store,
) -> None:
    (record,) = tell(store, "a")
    for name in ("settled", "left"):
        state = store.lease_sink(name, "me", 1, 10)
        assert state is not None
        dead = [DeadLetter(0, name, record, "no", 1)]
        store.settle_sink(state, "me", 1, dead)
        assert store.lease_sink(name, "me", 1, 10) is not None
        assert not store.forget_sink(name, 9)
        assert len(store.dead_letters(name, 0, 9)) == 1
    assert store.settle_sink(replace(state, name="settled", failures=1), "me", 99, [])
    assert store.forget_sink("settled", 9)
    assert store.forget_sink("left", 10)
    assert store.sinks() == store.dead_letters(None, 0, 9) == []


def test_a_new_sink_begins_where_the_feed_ends(store: Store) -> None:
    (record,) = tell(store, "a")
    state = store.lease_sink("crm", "me", 1, 100)
    assert state is not None
    assert (state.name, state.position, state.failures, state.failing_since_us) == (
        "crm",
        record.position,
        0,
        None,
    )


def test_a_new_sink_begins_behind_a_position_where_one_is_given_and_another_stays_where_it_is(
    store: Store,
) -> None:
    first, _ = tell(store, "a", "b")
    begun = store.lease_sink("crm", "me", 1, 2, first.position)
    assert begun is not None
    assert begun.position == first.position
    assert store.lease_sink("crm", "me", 1, 2, 0) == begun


def test_one_at_a_time_has_a_sink(store: Store) -> None:
    assert store.lease_sink("crm", "me", 1, 100) is not None
    assert store.lease_sink("crm", "you", 99, 200) is None
    assert store.lease_sink("crm", "me", 50, 150) is not None
    assert store.lease_sink("other", "you", 99, 200) is not None
    assert store.lease_sink("crm", "you", 150, 300) is not None
    assert store.lease_sink("crm", "me", 151, 400) is None


def test_a_sink_that_is_settled_waits_until_its_next_try(store: Store) -> None:
    state = store.lease_sink("crm", "me", 1, 100)
    assert state is not None
    failed = replace(state, position=7, failures=2, failing_since_us=5)
    assert store.settle_sink(failed, "me", 80, [])
    assert store.lease_sink("crm", "you", 79, 200) is None
    assert store.lease_sink("crm", "you", 80, 200) == failed


def test_whoever_lost_a_sink_settles_nothing(store: Store) -> None:
    state = store.lease_sink("crm", "me", 1, 10)
    assert state is not None
    store.lease_sink("crm", "you", 10, 100)
    letter = DeadLetter(0, "crm", FeedRecord(1, "ada", "a", 1), "refused", 10)
    assert not store.settle_sink(replace(state, position=9), "me", 20, [letter])
    assert store.dead_letters(None, 0, 10) == []


def test_dead_letters_are_kept_by_sink_until_they_are_dropped(store: Store) -> None:
    records = tell(store, "a", "b", "c")
    for name, some in (("crm", records[:2]), ("files", records[2:])):
        state = store.lease_sink(name, "me", 1, 10)
        assert state is not None
        letters = [DeadLetter(0, name, record, f"no {record.body}", 5) for record in some]
        assert store.settle_sink(state, "me", 1, letters)
    kept = list(store.dead_letters(None, 0, 10))
    assert [(one.sink, one.record, one.reason, one.died_us) for one in kept] == [
        ("crm", records[0], "no a", 5),
        ("crm", records[1], "no b", 5),
        ("files", records[2], "no c", 5),
    ]
    assert store.dead_letters("crm", kept[0].number, 10) == [kept[1]]
    assert store.drop_dead_letters([kept[0].number, kept[2].number, 999]) == 2
    assert store.dead_letters(None, 0, 10) == [kept[1]]


def test_what_is_told_of_the_erased_is_nowhere_afterwards(store: Store) -> None:
    *_, record = tell(store, "a", customer="ada")
    state = store.lease_sink("crm", "me", 1, 10)
    assert state is not None
    store.erase_customer("ada", 2)
    store.settle_sink(state, "me", 3, [DeadLetter(0, "crm", record, "no", 3)])
    assert store.read_feed(0, 10) == []
    assert store.dead_letters(None, 0, 10) == []


def test_a_sinks_backlog_counts_what_it_has_yet_to_be_told_and_would_not_take(store: Store) -> None:
    for now_us in (1, 5, 9):
        *_, last = tell(store, "a", now_us=now_us)
    first, *_ = store.read_feed(0, 9)
    state = store.lease_sink("crm", "me", 1, 10)
    assert state is not None
    failing = replace(state, position=first.position, failures=3, failing_since_us=4, reason="no\x00 answer")
    store.settle_sink(failing, "me", 1, [DeadLetter(0, "crm", first, "no", 1)])
    told(store, "log", last.position)
    crm, log = store.sink_backlogs()
    assert crm.state == replace(failing, reason="no\N{REPLACEMENT CHARACTER} answer")
    assert (crm.waiting, crm.waiting_since_us, crm.dead) == (2, 5, 1)
    assert (log.state.name, log.waiting, log.waiting_since_us, log.dead) == ("log", 0, None, 0)


def test_the_erased_are_not_among_what_waits(store: Store) -> None:
    told(store, "crm", 0)
    tell(store, "a", customer="ada")
    tell(store, "b", customer="bob", now_us=2)
    store.erase_customer("ada", 3)
    (crm,) = store.sink_backlogs()
    assert (crm.waiting, crm.waiting_since_us) == (1, 2)
