"""All that is held of a customer, as one JSON object; docs/api.md describes it for those who receive it."""

from __future__ import annotations

from typing import Any

import msgspec

from dearly.delivery import told_body
from dearly.language.values import time_to_stored
from dearly.membership import exported_standing
from dearly.store import Consent, CustomerExport, DeadLetter, EventRecord, ProfileRecord


def export_json(export: CustomerExport, serving: int | None) -> bytes:
    """The object in UTF-8, its members in one order: the same for the same export.

    Times are RFC 3339 in UTC. ``membership`` is told of the generation that serves; records of the feed as
    sinks are told them, but for their place in it.

    Raises:
        UnreadableStanding: another version of Dearly looked at the customer last.
    """
    told = {
        "customer_id": export.customer_id,
        "other_ids": list(export.other_ids),
        "profile": None if export.profile is None else _profile(export.profile, export),
        "consents": [_consent(consent) for consent in export.consents],
        "events": [_event(event) for event in export.events],
        "membership": None if export.standing is None else exported_standing(export.standing, serving),
        "feed": [told_body(body) for body in export.feed],
        "dead_letters": [_dead_letter(letter) for letter in export.dead_letters],
    }
    return msgspec.json.format(msgspec.json.encode(told), indent=2)


def _profile(profile: ProfileRecord, export: CustomerExport) -> dict[str, Any]:
    """Fields that were cleared have a time and no value."""
    return {
        "fields": dict(sorted(profile.fields.items())),
        "changed": {name: time_to_stored(us) for name, us in sorted(export.field_times_us.items())},
        "updated": time_to_stored(profile.updated_us),
    }


def _consent(consent: Consent) -> dict[str, Any]:
    return {
        "purpose": consent.purpose,
        "granted": consent.granted,
        "source": consent.source,
        "time": time_to_stored(consent.time_us),
    }


def _dead_letter(letter: DeadLetter) -> dict[str, Any]:
    return {
        "sink": letter.sink,
        "reason": letter.reason,
        "died_at": time_to_stored(letter.died_us),
        "record": told_body(letter.record.body),
    }


def _event(event: EventRecord) -> dict[str, Any]:
    return {
        "event_id": event.event_id,
        "source": event.source,
        "type": event.type,
        "time": time_to_stored(event.time_us),
        "properties": dict(event.properties),
    }
