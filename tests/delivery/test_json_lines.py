"""A sink that is a file: whole lines, each once, whatever becomes of who writes them."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import random
import resource
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from dearly.delivery import Delivery, JsonLinesSink, feed_json
from dearly.store import FeedRecord
from tests.delivery.erasing import Erasures
from tests.delivery.records import NOON_US, record
from tests.delivery.writing import AT_ONCE


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the feed goes."""
    return tmp_path / "feed.jsonl"


def lines_sink(path: Path, rotate_bytes: int = 10**9, erasures: Erasures | None = None) -> JsonLinesSink:
    """A sink at a path."""
    return JsonLinesSink("log", path, rotate_bytes, erasures or Erasures())


def deliver(sink: JsonLinesSink, *records: FeedRecord) -> Delivery:
    """Deliver records together."""
    return asyncio.run(sink.deliver(records))


def files_of(path: Path) -> list[Path]:
    """The numbered files, oldest first, then the one that is written."""
    return [*sorted(path.parent.glob("*.0*.jsonl")), path]


def positions_in(paths: Sequence[Path]) -> list[int]:
    """The positions of the records in files; every line is whole."""
    text = b"".join(path.read_bytes() for path in paths)
    assert not text or text.endswith(b"\n")
    return [json.loads(line)["position"] for line in text.splitlines()]


def test_records_are_appended_a_line_each_for_their_owner_alone(path: Path) -> None:
    sink = lines_sink(path)

    assert deliver(sink, record(1), record(2)) == Delivery(2)
    assert deliver(sink, record(3)) == Delivery(1)

    assert path.read_bytes() == b"".join(feed_json(record(position)) + b"\n" for position in (1, 2, 3))
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_was_written_and_not_settled_is_not_written_again(path: Path) -> None:
    sink = lines_sink(path)
    deliver(sink, record(1), record(2), record(3))

    deliver(sink, record(2), record(3), record(4))
    deliver(lines_sink(path), record(3), record(4), record(5))

    assert positions_in([path]) == [1, 2, 3, 4, 5]


def test_a_record_of_another_store_that_has_the_same_position_is_written(path: Path) -> None:
    deliver(lines_sink(path), record(1, "anna"), record(2, "anna"))

    deliver(lines_sink(path), record(1, "ben"), record(2, "ben"))

    assert positions_in([path]) == [1, 2, 1, 2]


@pytest.mark.parametrize("kept", [1, 5, 20, 100])
def test_a_half_written_last_line_is_cut_off(path: Path, kept: int) -> None:
    deliver(lines_sink(path), record(1))
    with path.open("ab") as file:
        file.write(feed_json(record(2))[:kept])

    deliver(lines_sink(path), record(2), record(3))

    assert positions_in([path]) == [1, 2, 3]


def test_zeros_that_a_crash_of_the_machine_left_are_cut_off(path: Path) -> None:
    deliver(lines_sink(path), record(1))
    with path.open("ab") as file:
        file.write(feed_json(record(2))[:30] + bytes(500))

    deliver(lines_sink(path), record(2))

    assert positions_in([path]) == [1, 2]


def test_a_file_of_somebody_elses_is_left_alone(path: Path) -> None:
    path.write_text("dear diary, today I wrote no line feed")

    delivery = deliver(lines_sink(path), record(1))

    assert delivery.taken == 0
    assert delivery.failure is not None
    assert "none of Dearly's" in delivery.failure.reason
    assert path.read_text() == "dear diary, today I wrote no line feed"


def test_before_a_file_grows_too_large_a_new_one_is_begun(path: Path) -> None:
    sink = lines_sink(path, rotate_bytes=1_000)

    for position in range(1, 31):
        deliver(sink, record(position))

    files = files_of(path)
    assert [file.name for file in files[:2]] == ["feed.000001.jsonl", "feed.000002.jsonl"]
    assert all(file.stat().st_size <= 1_000 for file in files)
    assert positions_in(files) == list(range(1, 31))


def test_numbers_go_on_where_files_were_taken_away(path: Path) -> None:
    path.with_name("feed.000041.jsonl").write_bytes(b"")
    sink = lines_sink(path, rotate_bytes=1)

    deliver(sink, record(1))
    deliver(sink, record(2))

    assert positions_in([path.with_name("feed.000042.jsonl")]) == [1]


def test_a_disk_that_is_full_takes_nothing_and_leaves_no_half_a_line(path: Path) -> None:
    sink = lines_sink(path)
    deliver(sink, record(1))
    size = path.stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 50, hard))
    try:
        delivery = deliver(sink, record(2), record(3))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)

    assert delivery.taken == 0
    assert delivery.failure is not None
    assert delivery.failure.may_help
    assert "File too large" in delivery.failure.reason
    assert path.stat().st_size == size
    assert deliver(sink, record(2), record(3)) == Delivery(2)
    assert positions_in([path]) == [1, 2, 3]


def test_a_disk_that_is_full_at_rotation_takes_nothing_and_closes_nobody_elses_file(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = lines_sink(path, rotate_bytes=10)
    deliver(sink, record(1))
    others: list[int] = []
    really_open = os.open

    def open_on_a_full_disk(name: Any, *how: Any, **where: Any) -> int:
        if name == path and not path.exists():
            others.append(really_open(os.devnull, os.O_RDONLY))  # it gets the lowest number that is free
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return really_open(name, *how, **where)

    with monkeypatch.context() as disk:
        disk.setattr(os, "open", open_on_a_full_disk)
        delivery = deliver(sink, record(2))

    (other,) = others
    os.close(other)
    assert delivery.failure is not None
    assert "No space left on device" in delivery.failure.reason
    assert deliver(sink, record(2)) == Delivery(1)
    assert positions_in(files_of(path)) == [1, 2]


def test_two_writers_of_one_file_do_not_mix_their_lines(path: Path) -> None:
    first, second = lines_sink(path, rotate_bytes=3_000), lines_sink(path, rotate_bytes=3_000)

    async def write_both() -> None:
        for begin in range(0, 200, 10):
            mine = [record(begin + number, "anna") for number in range(10)]
            theirs = [record(begin + number, "ben") for number in range(10)]
            await asyncio.gather(first.deliver(mine), second.deliver(theirs))

    asyncio.run(write_both())

    assert sorted(positions_in(files_of(path))) == sorted([*range(200), *range(200)])


@pytest.mark.slow
def test_a_writer_that_is_killed_again_and_again_leaves_every_record_once_in_order(path: Path) -> None:
    chance = random.Random(5)
    done = 0
    for _ in range(12):
        command = [sys.executable, "-m", "tests.delivery.writing", str(path), str(done)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for _ in range(chance.randint(1, 60)):
                done = int(process.stdout.readline())
            os.kill(process.pid, signal.SIGKILL)
            told = process.stdout.read().split()  # what it had told before it died
            done = int(told[-1]) if told else done

    deliver(lines_sink(path), *(record(done + number) for number in range(1, AT_ONCE + 1)))
    found = positions_in(files_of(path))

    assert found == list(range(1, done + AT_ONCE + 1))


# ---------------------------------------------------------------------------------------------------- erasure


def customers_in(paths: Sequence[Path]) -> list[str]:
    """Whom the lines of files are about."""
    return [json.loads(line)["customer_id"] for path in paths for line in path.read_bytes().splitlines()]


def test_a_customer_is_erased_from_every_file(path: Path) -> None:
    erasures = Erasures()
    sink = lines_sink(path, 1_000, erasures)
    for position in range(1, 31):
        deliver(sink, record(position, "anna" if position % 3 else "ben"))

    erased = sink.erase(erasures.erase("ben"))

    assert erased == 10
    assert b"ben" not in b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert customers_in(files_of(path)) == ["anna"] * 20
    assert path.stat().st_mode & 0o777 == 0o600


def test_whoever_was_merged_is_erased_by_either_id_and_others_only_look_alike(path: Path) -> None:
    erasures = Erasures()
    sink = lines_sink(path, erasures=erasures)
    deliver(
        sink,
        record(1, "anna", kind="merge", from_id="visitor-1", into_id="anna"),
        record(2, "visitor-1"),
        record(3, "visitor-10"),
        record(4, "carl", name="visitor-1"),
        record(5, 'visitor-1"'),
    )

    assert sink.erase(erasures.erase("visitor-1")) == 2
    assert positions_in([path]) == [3, 4, 5]


def test_a_line_that_is_not_ours_and_names_the_customer_goes_as_well(path: Path) -> None:
    path.write_bytes(b'{"note": "ben"}\n"ben" and who not\n[1]\n')

    assert lines_sink(path).erase(["ben"]) == 1
    assert path.read_bytes() == b'{"note": "ben"}\n[1]\n'


def test_erasing_nobody_who_is_there_rewrites_nothing(path: Path) -> None:
    sink = lines_sink(path)
    assert sink.erase(["anna"]) == 0
    deliver(sink, record(1))
    inode = path.stat().st_ino

    assert sink.erase(["ben"]) == 0
    assert path.stat().st_ino == inode


def test_after_an_erasure_the_file_is_written_on_and_nothing_comes_twice(path: Path) -> None:
    erasures = Erasures()
    sink, other = lines_sink(path, erasures=erasures), lines_sink(path, erasures=erasures)
    deliver(sink, record(1, "anna"), record(2, "ben"))
    deliver(other, record(3, "anna"))

    other.erase(erasures.erase("ben"))
    deliver(sink, record(3, "anna"), record(4, "anna"))

    assert positions_in([path]) == [1, 3, 4]


def test_a_record_that_was_on_its_way_when_its_customer_was_erased_is_not_written(path: Path) -> None:
    erasures = Erasures()
    sink, eraser = lines_sink(path, erasures=erasures), lines_sink(path, erasures=erasures)
    deliver(sink, record(1, "ben"), record(2, "anna"))

    eraser.erase(erasures.erase("ben", position=5))

    on_their_way = [record(3, "ben"), record(4, "anna", kind="merge", from_id="ben", into_id="anna")]
    readmitted = record(6, "ben")
    assert deliver(sink, *on_their_way, record(5, "anna"), readmitted) == Delivery(4)
    assert positions_in([path]) == [2, 5, 6]


def test_who_was_erased_while_nobody_could_rewrite_the_files_goes_later_and_the_readmitted_stay(
    path: Path,
) -> None:
    erasures = Erasures()
    sink = lines_sink(path, 1_000, erasures)
    for position in range(1, 31):
        deliver(sink, record(position, ("anna", "ben", "carl")[position % 3], recorded_us=NOON_US + position))

    erasures.erase("ben", position=15, erased_us=NOON_US + 15)
    erasures.erase("carl")

    assert sink.erase() == 15
    assert positions_in(files_of(path)) == [p for p in range(1, 31) if p % 3 == 0 or (p % 3 == 1 and p > 15)]


def test_what_a_store_told_before_it_was_restored_goes_too_whatever_its_position(path: Path) -> None:
    erasures = Erasures()
    sink = lines_sink(path, erasures=erasures)
    deliver(sink, record(90, "ben", recorded_us=NOON_US - 1), record(91, "ben", recorded_us=NOON_US))

    erasures.erase("ben", position=50)

    assert sink.erase() == 1
    assert positions_in([path]) == [91]


def test_what_a_crash_amid_an_erasure_left_goes_with_the_next(path: Path) -> None:
    sink = lines_sink(path)
    deliver(sink, record(1, "anna"))
    left = [path.with_name(f".feed{number}.jsonl.erasing") for number in ("", ".000007")]
    for each in left:
        each.write_bytes(feed_json(record(2, "ben")))
    others = path.with_name(".feedback.jsonl.erasing")
    others.write_bytes(b"")

    sink.erase(["ben"])

    assert not any(each.exists() for each in left)
    assert others.exists()


def test_customers_are_erased_beside_a_writer_that_goes_on(path: Path) -> None:
    erasures = Erasures()
    sink, eraser = lines_sink(path, 5_000, erasures), lines_sink(path, 5_000, erasures)

    async def write_and_erase() -> None:
        for begin in range(0, 300, 10):
            records = [record(begin + number, f"c{(begin + number) % 7}") for number in range(10)]
            erased = erasures.erase(f"c{begin // 100}")
            await asyncio.gather(sink.deliver(records), asyncio.to_thread(eraser.erase, erased))

    asyncio.run(write_and_erase())

    found = positions_in(files_of(path))
    assert found == [position for position in range(300) if position % 7 > 2]
