"""``dearly feed``: the records of a store, and what sinks would not take of them."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from dearly.delivery import feed_json
from dearly.store import DeadLetter, Store, open_store
from tests.cli.conftest import Dearly, Ended
from tests.delivery.feeding import put
from tests.delivery.records import NOON_US, body
from tests.delivery.verifying import verify

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
CUSTOMERS = 30


@dataclass(slots=True)
class Site:
    """Where webhooks arrive: what it answers (by the record's position), and what it got."""

    url: str
    answers: dict[int, int] = field(default_factory=dict)
    received: list[int] = field(default_factory=list)


@contextmanager
def site() -> Iterator[Site]:
    """A receiver in a thread; it looks at every signature."""
    found = Site("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            verify(SECRET, {name.lower(): value for name, value in self.headers.items()}, body)
            position = json.loads(body)["position"]
            found.received.append(position)
            self.send_response(found.answers.get(position, 200))
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        found.url = f"http://127.0.0.1:{server.server_port}/#allow_private=true"
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A store whose feed has a record of each of some customers, and one more of the first."""
    found = f"sqlite:///{tmp_path}/store.db"
    store = open_store(found)
    for number in range(CUSTOMERS):
        put(store, f"c{number:02}", "vip")
    put(store, "c00", "lapsed")
    store.close()
    return found


@contextmanager
def opened(url: str) -> Iterator[Store]:
    """The store at a URL."""
    store = open_store(url)
    try:
        yield store
    finally:
        store.close()


def bury(url: str, sink: str, count: int) -> list[int]:
    """Make dead letters of the first so many records that a sink has not been told; their positions."""
    with opened(url) as store:
        state = store.lease_sink(sink, "test", NOON_US, NOON_US + 1)
        assert state is not None
        records = store.read_feed(0, count)
        dead = [DeadLetter(0, sink, record, "it answered 400 Bad Request", NOON_US) for record in records]
        assert store.settle_sink(state, "test", NOON_US, dead)
    return [record.position for record in records]


def left(url: str) -> list[tuple[int, str]]:
    """The numbers and sinks of the dead letters there are."""
    with opened(url) as store:
        return [(letter.number, letter.sink) for letter in store.dead_letters(None, 0, 100)]


def shown(ended: Ended) -> list[str]:
    """The customers of the records that were printed as JSON."""
    assert ended.code == 0, ended.err
    return [json.loads(line)["customer_id"] for line in ended.out.splitlines()]


# ------------------------------------------------------------------------------------------------------- show


def test_the_newest_records_are_shown_a_line_each(dearly: Dearly, url: str) -> None:
    ended = dearly("feed", "show", "--store", url, "--limit", 2)

    before, last = ended.out.splitlines()
    assert ended.code == 0
    assert before.endswith("  2026-03-01T12:00:00Z  c29  segment vip out → in (event)")
    assert last.endswith("  2026-03-01T12:00:00Z  c00  segment lapsed out → in (event)")


def test_as_json_a_record_is_what_sinks_are_told(dearly: Dearly, url: str) -> None:
    ended = dearly("feed", "show", "--store", url, "--after", 0, "--limit", 3, "--format", "json")

    with opened(url) as store:
        assert ended.out == "".join(f"{feed_json(each).decode()}\n" for each in store.read_feed(0, 3))


@pytest.mark.parametrize(
    ("options", "customers"),
    [
        (("--after", 0, "--limit", 2), ["c00", "c01"]),
        (("--customer", "c00"), ["c00", "c00"]),
        (("--customer", "c00", "--limit", 1), ["c00"]),
        (("--customer", "c07", "--after", 0), ["c07"]),
        (("--customer", "nobody"), []),
        (("--limit", 1000), [*(f"c{number:02}" for number in range(CUSTOMERS)), "c00"]),
    ],
)
def test_what_is_shown_can_be_chosen(
    dearly: Dearly, url: str, options: tuple[object, ...], customers: list[str]
) -> None:
    assert shown(dearly("feed", "show", "--store", url, "--format", "json", *options)) == customers


@pytest.mark.parametrize("customer_id", ["c00", "c07"])
def test_a_customer_of_two_is_shown_with_what_was_told_of_both_by_either_id(
    dearly: Dearly, url: str, customer_id: str
) -> None:
    with opened(url) as store:
        store.merge_customers("c00", "c07", NOON_US, body("joined", kind="merge"), lambda lost, kept: kept)

    told = shown(dearly("feed", "show", "--store", url, "--format", "json", "--customer", customer_id))

    assert told == ["c00", "c07", "c00", "c07"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--after", "99999999999999999999"), "Invalid value for '--after'"),
        (("--limit", "99999999999999999999"), "Invalid value for '--limit'"),
        (("--customer", "x\ud800"), "--customer: expected an id, got a lone surrogate (U+D800)"),
        (("--customer", ""), "--customer: expected an id of 1 to 256 bytes, got an empty one."),
    ],
)
def test_what_cannot_be_shown_is_refused_with_what_was_expected(
    dearly: Dearly, url: str, options: tuple[str, str], told: str
) -> None:
    ended = dearly("feed", "show", "--store", url, *options)

    assert ended.code == 2
    assert told in " ".join(ended.err.split())


def test_a_feed_in_which_nothing_is_yet_shows_nothing(dearly: Dearly, tmp_path: Path) -> None:
    new = f"sqlite:///{tmp_path}/new.db"
    open_store(new).close()

    ended = dearly("feed", "show", "--store", new)

    assert (ended.code, ended.out) == (0, "")


def test_who_follows_is_told_what_comes(url: str) -> None:
    command = [sys.executable, "-m", "dearly.cli", "feed", "show", "--store", url, "--limit", "1", "--follow"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert "lapsed" in process.stdout.readline()
            with opened(url) as store:
                put(store, "c05", "regular")
            assert "c05  segment regular" in process.stdout.readline()
        finally:
            process.kill()


def test_who_follows_from_a_position_is_told_each_record_once_whenever_it_came(url: str) -> None:
    command = [sys.executable, "-m", "dearly.cli", "feed", "show", "--store", url, "--format", "json"]
    with opened(url) as store:
        put(store, "c05", *(20_000 * ["regular"]))  # so many that others come while these are read
    with subprocess.Popen(
        [*command, "--after", "0", "--limit", "100000", "--follow"], stdout=subprocess.PIPE
    ) as process:
        try:
            assert process.stdout is not None
            with opened(url) as store, writing(store):
                positions = [position_in(process.stdout.readline())]
            with opened(url) as store:
                put(store, "c06", "last")
                _, last = store.feed_ends()
            while positions[-1] != last:
                positions.append(position_in(process.stdout.readline()))
        finally:
            process.kill()
    assert positions == list(range(1, last + 1))


def position_in(line: bytes) -> int:
    position = json.loads(line)["position"]
    assert isinstance(position, int)
    return position


@contextmanager
def writing(store: Store) -> Iterator[None]:
    """Put one record after the other, meanwhile."""
    done = threading.Event()

    def write() -> None:
        while not done.is_set():
            put(store, "c07", "regular")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        done.set()
        writer.join()


# ----------------------------------------------------------------------------------------------- dead letters


def test_dead_letters_are_listed_with_number_and_reason(dearly: Dearly, url: str) -> None:
    bury(url, "crm", 2)
    bury(url, "erp", 1)

    ended = dearly("feed", "dead-letters", "--store", url, "--only", "crm")
    as_json = dearly("feed", "dead-letters", "--store", url, "--format", "json")

    assert ended.out.splitlines()[0].startswith(f"{left(url)[0][0]}  crm  ")
    assert ended.out.splitlines()[1] == "    2026-03-01T12:00:00Z: it answered 400 Bad Request"
    assert len(ended.out.splitlines()) == 4
    told = [json.loads(line) for line in as_json.out.splitlines()]
    assert [(each["number"], each["sink"]) for each in told] == left(url)
    assert told[0]["record"]["customer_id"] == "c00"


def test_where_there_are_none_it_is_said(dearly: Dearly, url: str) -> None:
    assert dearly("feed", "dead-letters", "--store", url).out == "No dead letters.\n"
    assert dearly("feed", "replay", "--store", url).out == "No dead letters.\n"


def test_dead_letters_are_delivered_again_signed_and_forgotten(
    dearly: Dearly, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEARLY_SINK_CRM_SECRET", SECRET)
    positions = bury(url, "crm", 3)
    kept = left(url)[1]
    with site() as receiver:
        receiver.answers = {positions[1]: 422}
        sink = ("--sink", f"crm={receiver.url}")

        first = dearly("feed", "replay", "--store", url, *sink)
        assert left(url) == [kept]
        receiver.answers = {}
        second = dearly("feed", "replay", "--store", url, *sink)

    assert (first.code, second.code) == (1, 0), first.err + second.err
    assert first.out.splitlines() == [
        "2 of 3 delivered",
        f"  {kept[0]} crm: it answered 422 Unprocessable Entity",
    ]
    assert second.out == "1 of 1 delivered\n"
    assert receiver.received == [*positions, positions[1]]
    assert left(url) == []


def test_some_dead_letters_can_be_chosen_and_the_sink_can_stand_in_the_settings(
    dearly: Dearly, url: str, tmp_path: Path
) -> None:
    positions = bury(url, "log", 3)
    bury(url, "crm", 1)
    numbers = [number for number, sink in left(url) if sink == "log"]
    settings = tmp_path / "dearly.toml"
    settings.write_text(f'store = "{url}"\nsink = ["log=file://{tmp_path}/feed.jsonl"]\n')

    ended = dearly("--config", settings, "feed", "replay", "--only", "log", numbers[2], numbers[0])

    lines = (tmp_path / "feed.jsonl").read_text().splitlines()
    assert (ended.code, ended.out) == (0, "2 of 2 delivered\n"), ended.err
    assert [json.loads(line)["position"] for line in lines] == [positions[0], positions[2]]
    assert [sink for _, sink in left(url)] == ["log", "crm"]


def test_what_cannot_be_replayed_is_said_before_anything_is(dearly: Dearly, url: str, tmp_path: Path) -> None:
    bury(url, "crm", 1)
    (number, _) = left(url)[0]

    unknown = dearly("feed", "replay", "--store", url, number + 7)
    nowhere = dearly("feed", "replay", "--store", url)
    no_secret = dearly("feed", "replay", "--store", url, "--sink", "crm=https://crm.example.com/")

    assert [each.code for each in (unknown, nowhere, no_secret)] == [2, 2, 2]
    assert f"There is no dead letter {number + 7}" in unknown.err
    assert "Add --sink crm=URL" in nowhere.err
    assert "DEARLY_SINK_CRM_SECRET" in no_secret.err
    assert len(left(url)) == 1


def test_dead_letters_can_be_forgotten(dearly: Dearly, url: str) -> None:
    bury(url, "crm", 3)
    bury(url, "erp", 1)

    one = dearly("feed", "drop", "--store", url, left(url)[0][0])
    all_of_crm = dearly("feed", "drop", "--store", url, "--only", "crm")
    of_nobody = dearly("feed", "drop", "--store", url)

    assert (one.out, all_of_crm.out) == ("1 forgotten\n", "2 forgotten\n")
    assert of_nobody.code == 2
    assert [sink for _, sink in left(url)] == ["erp"]


# ------------------------------------------------------------------------------------------------------ sinks


@pytest.mark.parametrize(
    "command",
    [
        ("dead-letters", "--only", "crn"),
        ("replay", "--only", "crn"),
        ("drop", "--only", "crn"),
        ("forget", "crn"),
    ],
    ids=lambda command: command[0],
)
def test_of_a_sink_that_there_is_none_of_it_is_said_which_there_are(
    dearly: Dearly, url: str, command: tuple[str, ...]
) -> None:
    none_yet = dearly("feed", *command, "--store", url)
    bury(url, "log", 1)
    bury(url, "crm", 1)
    some = dearly("feed", *command, "--store", url)

    assert none_yet.code == some.code == 2
    assert "The store knows no sink 'crn'. It knows none yet" in none_yet.err
    assert "The store knows no sink 'crn'. It knows: crm, log." in some.err
    assert len(left(url)) == 2


def test_a_sink_without_dead_letters_is_no_unknown_one(dearly: Dearly, url: str) -> None:
    bury(url, "crm", 0)

    ended = dearly("feed", "dead-letters", "--store", url, "--only", "crm")

    assert (ended.code, ended.out) == (0, "No dead letters.\n")


def test_a_sink_that_is_told_no_more_is_forgotten_with_its_dead_letters(dearly: Dearly, url: str) -> None:
    bury(url, "crm", 2)
    bury(url, "log", 1)

    ended = dearly("feed", "forget", "crm", "--store", url)

    assert (ended.code, ended.out) == (0, "crm: forgotten\n")
    assert "take it from every server" in ended.err
    with opened(url) as store:
        assert [state.name for state in store.sinks()] == ["log"]
    assert [sink for _, sink in left(url)] == ["log"]


def test_a_sink_that_a_server_is_telling_is_not_forgotten(dearly: Dearly, url: str) -> None:
    bury(url, "crm", 1)
    now_us = time.time_ns() // 1_000
    with opened(url) as store:
        assert store.lease_sink("crm", "server", now_us, now_us + 3_600_000_000) is not None

    ended = dearly("feed", "forget", "crm", "--store", url)

    assert (ended.code, ended.out) == (2, "")
    assert "A server is telling the sink crm at this moment" in ended.err
    assert [sink for _, sink in left(url)] == ["crm"]


def test_a_sink_whose_name_is_no_text_is_unknown(dearly: Dearly, url: str) -> None:
    assert "The store knows no sink" in dearly("feed", "forget", "x\ud800", "--store", url).err


def test_each_sink_is_listed_with_what_waits_and_why_it_fails(dearly: Dearly, url: str) -> None:
    bury(url, "crm", 2)
    with opened(url) as store:
        state = store.lease_sink("log", "test", NOON_US, NOON_US + 1)
        assert state is not None
        failing = replace(state, position=state.position - 5, failures=3, failing_since_us=NOON_US)
        store.settle_sink(replace(failing, reason="it does not answer"), "test", NOON_US, [])

    as_text = dearly("feed", "sinks", "--store", url)
    as_json = dearly("feed", "sinks", "--store", url, "--format", "json")

    columns, crm, log, why = as_text.out.splitlines()
    assert columns.split()[:4] == ["sink", "told", "up", "to"]
    assert crm.split() == ["crm", "31", "0", "-", "-", "0", "2"]
    assert log.split() == ["log", "26", "5", "2026-03-01T12:00:00Z", "2026-03-01T12:00:00Z", "3", "0"]
    assert why == "    it does not answer"
    assert json.loads(as_json.out.splitlines()[1]) == {
        "sink": "log",
        "position": 26,
        "waiting": 5,
        "waiting_since": "2026-03-01T12:00:00Z",
        "failing_since": "2026-03-01T12:00:00Z",
        "failures_in_a_row": 3,
        "reason": "it does not answer",
        "dead_letters": 0,
    }


def test_where_no_sink_is_known_it_is_said(dearly: Dearly, url: str) -> None:
    assert dearly("feed", "sinks", "--store", url).out == "No sinks: no server has told any yet.\n"
    assert dearly("feed", "sinks", "--store", url, "--format", "json").out == ""
