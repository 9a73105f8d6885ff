"""Profiles over the socket: the order of changes, consent, merges, export and erasure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import grpc
import pytest

from dearly.delivery import parse_sink
from dearly.language.types import DAY_US, HOUR_US
from dearly.server.limits import MAX_EXPORTS
from dearly.server.wire import to_struct, to_timestamp
from dearly.store import DeadLetter
from dearly.v1 import events_pb2, profiles_pb2, segments_pb2
from tests.server.conftest import NOW_US, Log, OpenShop, Shop, put_products
from tests.server.requests import patch, track, viewed
from tests.server.test_bad_input import refusal, refused_field
from tests.server.waiting import eventually, until

REJECTED = events_pb2.EVENT_OUTCOME_REJECTED
DELETED = profiles_pb2.ERASURE_STATE_DELETED
SCHEDULED = profiles_pb2.ERASURE_STATE_SCHEDULED
NOT_REACHED = profiles_pb2.ERASURE_STATE_NOT_REACHED


def change(customer_id: str, time_us: int | None = None, **fields: Any) -> profiles_pb2.UpsertProfilesRequest:
    wanted = profiles_pb2.ProfilePatch(
        customer_id=customer_id, fields=to_struct(fields), update_time=to_timestamp(time_us)
    )
    return profiles_pb2.UpsertProfilesRequest(profiles=[wanted])


async def profile_of(shop: Shop, customer_id: str) -> profiles_pb2.GetProfileResponse:
    return await shop.client.profiles.GetProfile(profiles_pb2.GetProfileRequest(customer_id=customer_id))


async def consented(shop: Shop, purpose: str, granted: bool, time_us: int | None = None) -> None:
    await shop.client.profiles.SetConsent(
        profiles_pb2.SetConsentRequest(
            customer_id="ada",
            purpose=purpose,
            granted=granted,
            source="form",
            time=to_timestamp(time_us),
        )
    )


async def merged(shop: Shop, from_id: str, into_id: str) -> profiles_pb2.MergeProfilesResponse:
    request = profiles_pb2.MergeProfilesRequest(from_customer_id=from_id, into_customer_id=into_id)
    return await shop.client.profiles.MergeProfiles(request)


async def exported(shop: Shop, customer_id: str) -> dict[str, Any]:
    request = profiles_pb2.ExportProfileRequest(customer_id=customer_id)
    pieces = [piece.json async for piece in shop.client.profiles.ExportProfile(request)]
    told: dict[str, Any] = json.loads(b"".join(pieces))
    return told


async def erased(shop: Shop, customer_id: str) -> profiles_pb2.ErasureReceipt:
    request = profiles_pb2.EraseProfileRequest(customer_id=customer_id)
    return (await shop.client.profiles.EraseProfile(request)).receipt


# ------------------------------------------------------------------------------------------------- changes


async def test_a_change_that_happened_earlier_does_not_undo_a_later_one(shop: Shop) -> None:
    upsert = shop.client.profiles.UpsertProfiles
    await upsert(change("ada", NOW_US - HOUR_US, first_name="Ada", country="IT"))
    await upsert(change("ada", NOW_US - 2 * HOUR_US, first_name="Adele"))
    assert dict((await profile_of(shop, "ada")).profile.fields) == {"first_name": "Ada", "country": "IT"}
    await upsert(change("ada", first_name="Adele"))
    assert (await profile_of(shop, "ada")).profile.fields["first_name"] == "Adele"


async def test_a_change_two_days_ahead_is_refused(shop: Shop) -> None:
    field, message = await refused_field(
        shop.client.profiles.UpsertProfiles(change("ada", NOW_US + 2 * DAY_US, first_name="Ada"))
    )
    assert field == "profiles[0].update_time"
    assert "far future" in message


# ------------------------------------------------------------------------------------------------- consent


async def test_of_several_answers_the_latest_stands_and_comes_with_the_profile(shop: Shop) -> None:
    await consented(shop, "marketing", granted=True, time_us=NOW_US - HOUR_US)
    await consented(shop, "marketing", granted=False, time_us=NOW_US - 2 * HOUR_US)
    await consented(shop, "analytics", granted=False)
    found = (await profile_of(shop, "ada")).consents
    assert [(each.purpose, each.granted, each.source) for each in found] == [
        ("analytics", False, "form"),
        ("marketing", True, "form"),
    ]
    assert [each.time for each in found] == [to_timestamp(NOW_US), to_timestamp(NOW_US - HOUR_US)]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"customer_id": ""}, "customer_id"),
        ({"purpose": ""}, "purpose"),
        ({"source": "x" * 257}, "source"),
        ({"time": to_timestamp(NOW_US + 2 * DAY_US)}, "time"),
    ],
)
async def test_a_consent_that_does_not_fit_is_refused(
    shop: Shop, changed: dict[str, Any], field: str
) -> None:
    whole = {"customer_id": "ada", "purpose": "marketing", "granted": True} | changed
    call = shop.client.profiles.SetConsent(profiles_pb2.SetConsentRequest(**whole))
    assert (await refused_field(call))[0] == field


# -------------------------------------------------------------------------------------------------- merges


async def test_a_merge_moves_events_and_the_old_id_forwards(shop: Shop) -> None:
    await track(shop, viewed(customer_id="visitor"))
    await patch(shop, "ada", first_name="Ada")
    assert not (await merged(shop, "visitor", "ada")).already_one
    assert (await profile_of(shop, "visitor")).profile.customer_id == "ada"
    asked = segments_pb2.EvaluateSegmentsRequest(customer_id="ada", segments=["hesitant"])
    (hesitant,) = (await shop.client.segments.EvaluateSegments(asked)).segments
    assert hesitant.membership == segments_pb2.MEMBERSHIP_MEMBER


async def test_a_customer_is_not_merged_with_itself_by_the_same_id(shop: Shop) -> None:
    field, message = await refused_field(merged(shop, "ada", "ada"))
    assert field == "from_customer_id"
    assert "got the same" in message


async def test_a_merge_that_comes_again_or_goes_round_changes_nothing(shop: Shop) -> None:
    await merged(shop, "a", "b")
    await merged(shop, "b", "c")
    for pair in (("a", "b"), ("b", "c"), ("a", "c"), ("c", "a"), ("b", "a")):
        assert (await merged(shop, *pair)).already_one
    await patch(shop, "a", first_name="Ada")
    assert (await profile_of(shop, "b")).profile.customer_id == "c"


# -------------------------------------------------------------------------------------- export and erasure


async def test_an_export_has_all_that_is_held_and_is_the_same_each_time(shop: Shop) -> None:
    await patch(shop, "ada", first_name="Ada", country="IT")
    await consented(shop, "marketing", granted=True)
    await track(shop, viewed(customer_id="visitor"))
    await merged(shop, "visitor", "ada")
    worker = shop.running.application.membership
    assert worker is not None
    await until(lambda: worker.engine.progress().due == 0)
    told = await exported(shop, "visitor")
    assert list(told) == [
        *("customer_id", "other_ids", "profile", "consents", "events", "membership", "feed", "dead_letters")
    ]
    assert (told["customer_id"], told["other_ids"]) == ("ada", ["visitor"])
    assert told["profile"]["fields"] == {"country": "IT", "first_name": "Ada"}
    assert told["profile"]["changed"]["country"] == "2026-02-25T06:13:20Z"
    assert told["consents"][0]["granted"] is True
    assert [event["event_id"] for event in told["events"]] == ["e1"]
    assert told["membership"]["as_of"] == "2026-02-25T06:13:20Z"
    assert told["membership"]["names"]["hesitant"] == {
        "state": "in",
        "since": "2026-02-25T06:13:20Z",
        "next_change": "2026-03-04T05:13:20Z",
    }
    assert "merge" in {record["kind"] for record in told["feed"]}
    assert {record["at"][:10] for record in told["feed"]} == {"2026-02-25"}
    assert told == await exported(shop, "ada")


async def test_an_export_has_what_a_sink_would_not_take(shop: Shop) -> None:
    store = shop.running.application.store
    await patch(shop, "ada", country="NL")
    await until(lambda: len(store.read_feed(0, 10)) == 2)
    record = store.read_feed(0, 1)[0]
    state = store.lease_sink("crm", "test", NOW_US, NOW_US + 1)
    assert state is not None
    letter = DeadLetter(0, "crm", record, "it answered 400 Bad Request", NOW_US)
    assert store.settle_sink(state, "test", NOW_US, [letter])
    told = await exported(shop, "ada")
    assert told["dead_letters"] == [
        {
            "sink": "crm",
            "reason": "it answered 400 Bad Request",
            "died_at": "2026-02-25T06:13:20Z",
            "record": told["feed"][0],
        }
    ]


async def test_a_long_export_comes_in_pieces(shop: Shop) -> None:
    note = {"product_id": "p1" + "x" * 200}
    for batch in range(5):
        events = [viewed(f"e{batch}-{number}", properties=to_struct(note)) for number in range(1_000)]
        await track(shop, *events)
    request = profiles_pb2.ExportProfileRequest(customer_id="c1")
    pieces = [piece.json async for piece in shop.client.profiles.ExportProfile(request)]
    assert len(pieces) > 4
    assert len(json.loads(b"".join(pieces))["events"]) == 5_000


async def test_exports_beyond_a_number_are_refused_and_room_comes_back(shop: Shop) -> None:
    note = to_struct({"order_id": "o" * 60_000, "total": 1})
    for batch in range(12):
        events = [viewed(f"{batch}-{n}", type="order_completed", properties=note) for n in range(15)]
        await track(shop, *events)
    request = profiles_pb2.ExportProfileRequest(customer_id="c1")
    calls = [shop.client.profiles.ExportProfile(request) for _ in range(MAX_EXPORTS)]
    for call in calls:
        assert (await call.read()).json.startswith(b"{")  # and no more: the rest of 10 MB waits
    error = await refusal(shop.client.profiles.ExportProfile(request).read())
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "exports are under way" in (error.details() or "")
    while (await calls[0].read()) is not grpc.aio.EOF:
        pass

    async def admitted() -> bool:
        try:
            return bool((await shop.client.profiles.ExportProfile(request).read()).json)
        except grpc.aio.AioRpcError:
            return False

    assert await eventually(admitted, True)


async def test_nobody_is_exported_of_whom_nothing_is_held(shop: Shop) -> None:
    request = profiles_pb2.ExportProfileRequest(customer_id="nobody")
    error = await refusal(shop.client.profiles.ExportProfile(request).read())
    assert error.code() is grpc.StatusCode.NOT_FOUND


async def test_a_receipt_names_every_place_and_what_was_done(
    open_shop: OpenShop, tmp_path: Path, log: Log
) -> None:
    told = tmp_path / "feed.jsonl"
    async with open_shop(sinks=(parse_sink(f"file=file://{told}"),)) as shop:
        await put_products(shop)
        await patch(shop, "ada", first_name="Ada")
        await track(shop, viewed(customer_id="ada"))
        await until(lambda: told.exists() and '"ada"' in told.read_text())
        receipt = await erased(shop, "ada")
        places = {place.place: place for place in receipt.places}
        assert receipt.was_known
        assert (receipt.id_count, receipt.erase_time) == (1, to_timestamp(NOW_US))
        assert (places["store/events"].state, places["store/events"].deleted_count) == (DELETED, 1)
        assert places["store/files"].state == SCHEDULED
        assert "PostgreSQL's own write-ahead log keeps old bytes" in places["store/files"].note
        assert places["store/profiles"].deleted_count == places["store/standings"].deleted_count == 1
        assert places["sinks/file"].state == DELETED
        assert places["sinks/file"].deleted_count >= 1
        assert places["backups"].state == NOT_REACHED
        assert {"indexes", "caches", "logs", "warehouse exports"} <= places.keys()
        assert '"ada"' not in told.read_text()
        error = await refusal(profile_of(shop, "ada"))
        assert error.code() is grpc.StatusCode.NOT_FOUND
    (line,) = log.lines("erased")
    assert (line["receipt"], line["customer"]) == (receipt.receipt_id, receipt.customer_hash)
    assert "scrubbed" in {line["event"] for line in log.lines()}
    assert not any(b"Ada" in path.read_bytes() for path in tmp_path.glob("shop.db*"))


async def test_an_erased_customers_late_event_is_rejected_until_somebody_readmits_them(shop: Shop) -> None:
    await patch(shop, "ada", first_name="Ada")
    await erased(shop, "ada")
    (late,) = await track(shop, viewed(customer_id="ada"))
    assert (late.outcome, late.field) == (REJECTED, "customer_id")
    assert "readmit" in late.reason
    for call in (
        shop.client.profiles.UpsertProfiles(change("ada", first_name="Ada")),
        shop.client.profiles.SetConsent(
            profiles_pb2.SetConsentRequest(customer_id="ada", purpose="marketing", granted=True)
        ),
        shop.client.profiles.MergeProfiles(
            profiles_pb2.MergeProfilesRequest(from_customer_id="ada", into_customer_id="bob")
        ),
    ):
        error = await refusal(call)
        assert error.code() is grpc.StatusCode.FAILED_PRECONDITION
        assert "readmit" in (error.details() or "")
    request = change("ada", first_name="Ada")
    request.profiles[0].readmit = True
    await shop.client.profiles.UpsertProfiles(request)
    (kept,) = await track(shop, viewed(customer_id="ada"))
    assert kept.outcome == events_pb2.EVENT_OUTCOME_ACCEPTED


async def test_nobody_known_can_be_erased_too_and_again(shop: Shop) -> None:
    receipts = [await erased(shop, "nobody") for _ in range(2)]
    assert [receipt.was_known for receipt in receipts] == [False, False]
    assert receipts[0].receipt_id != receipts[1].receipt_id
