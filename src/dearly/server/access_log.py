"""What the one log line of a call tells: counts, versions, and keyed hashes where people would stand."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import singledispatch
from typing import Any

from dearly.v1 import (
    content_pb2,
    events_pb2,
    profiles_pb2,
    recommendations_pb2,
    rules_pb2,
    segments_pb2,
)

_REASONS = {
    number: name.removeprefix("BLOCK_REASON_").lower() for name, number in content_pb2.BlockReason.items()
}
_OUTCOMES = {
    number: name.removeprefix("EVENT_OUTCOME_").lower() for name, number in events_pb2.EventOutcome.items()
}


class CustomerHash:
    """Names customers in logs by a keyed hash: lines about one customer can be told, the customer cannot.

    With a key of the operator's own, hashes stay the same across restarts and servers.
    """

    def __init__(self, key: bytes) -> None:
        self._key = hashlib.sha256(key).digest()

    def __call__(self, customer_id: str) -> str:
        return hashlib.blake2b(customer_id.encode(), digest_size=8, key=self._key).hexdigest()


def request_facts(request: Any, hash_of: CustomerHash) -> dict[str, Any]:
    """What a request adds to its call's line."""
    customer_id = getattr(request, "customer_id", "")
    facts: dict[str, Any] = {"customer": hash_of(customer_id)} if customer_id else {}
    for counted in ("blocks", "requests", "events", "documents", "profiles", "items", "item_ids", "files"):
        if (things := getattr(request, counted, None)) is not None:
            facts[counted] = len(things)
    return facts


def add_up(facts: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Add what one message of a stream tells to what those before it told: counts are added, also those by
    name; of anything else the last stands."""
    for key, told in more.items():
        if isinstance(told, int) and not isinstance(told, bool):
            facts[key] = facts.get(key, 0) + told
        elif isinstance(told, dict):
            facts[key] = dict(Counter(facts.get(key, {})) + Counter(told))
        else:
            facts[key] = told


@singledispatch
def reply_facts(reply: object) -> dict[str, Any]:
    """What a reply adds to its call's line."""
    del reply
    return {}


@reply_facts.register
def _(reply: content_pb2.RenderContentResponse) -> dict[str, Any]:
    return {
        "reasons": _reasons(reply.blocks),
        **_empty_lists(reply.blocks),
        "decision": reply.decision_id,
        "rules": reply.rules_version,
    }


@reply_facts.register
def _(reply: content_pb2.BatchRenderContentResponse) -> dict[str, Any]:
    contents = [result.content for result in reply.results if result.HasField("content")]
    return {
        "reasons": _reasons(block for content in contents for block in content.blocks),
        **_empty_lists(block for content in contents for block in content.blocks),
        "refused": len(reply.results) - len(contents),
        "rules": contents[0].rules_version if contents else "",
    }


@reply_facts.register
def _(reply: events_pb2.TrackEventsResponse) -> dict[str, Any]:
    return {"outcomes": _outcomes(reply.results)}


@reply_facts.register
def _(reply: events_pb2.StreamEventsResponse) -> dict[str, Any]:
    return {"outcomes": _outcomes(each.result for each in reply.results)}


@reply_facts.register
def _(reply: events_pb2.TrackDocumentsResponse) -> dict[str, Any]:
    return {
        "outcomes": _outcomes(part.result for each in reply.results for part in each.parts),
        "ignored": sum(each.ignored_count for each in reply.results),
    }


@reply_facts.register
def _(reply: profiles_pb2.EraseProfileResponse) -> dict[str, Any]:
    return {"receipt": reply.receipt.receipt_id}


@reply_facts.register
def _(reply: profiles_pb2.MergeProfilesResponse) -> dict[str, Any]:
    return {"already_one": reply.already_one}


@reply_facts.register
def _(reply: profiles_pb2.ExportProfileResponse) -> dict[str, Any]:
    return {"bytes": len(reply.json)}


@reply_facts.register
def _(reply: segments_pb2.ListMembersResponse) -> dict[str, Any]:
    return {"members": len(reply.members)}


@reply_facts.register
def _(reply: segments_pb2.WatchTransitionsResponse) -> dict[str, Any]:
    return {"messages": 1, "transitions": len(reply.transitions)}


@reply_facts.register(recommendations_pb2.RecommendResponse)
@reply_facts.register(recommendations_pb2.SimilarItemsResponse)
@reply_facts.register(recommendations_pb2.TrendingItemsResponse)
def _(reply: Any) -> dict[str, Any]:
    return {"suggested": len(reply.items)}


@reply_facts.register
def _(reply: segments_pb2.EvaluateSegmentsResponse) -> dict[str, Any]:
    return {"segments": len(reply.segments), "rules": reply.rules_version}


@reply_facts.register
def _(reply: rules_pb2.CheckRulesResponse) -> dict[str, Any]:
    return {"valid": reply.valid, "diagnostics": len(reply.diagnostics)}


def _outcomes(results: Iterable[events_pb2.TrackEventResult]) -> dict[str, int]:
    return dict(Counter(_OUTCOMES[result.outcome] for result in results))


def _reasons(blocks: Iterable[content_pb2.RenderedBlock]) -> dict[str, int]:
    return dict(Counter(_REASONS[block.reason] for block in blocks))


def _empty_lists(blocks: Iterable[content_pb2.RenderedBlock]) -> dict[str, dict[str, int]]:
    """How often each list had no items, as ``BLOCK.LIST``, where any had none."""
    counted = Counter(f"{block.name}.{block.empty_list}" for block in blocks if block.empty_list)
    return {"empty_lists": dict(counted)} if counted else {}
