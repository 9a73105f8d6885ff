"""The bodies of the feed's records: JSON objects whose keys stand in one order."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from dearly.language.template_data import TemplateData
from dearly.membership.firing import Firing
from dearly.membership.moving import Transition
from dearly.membership.standing import IN

_ENCODE = msgspec.json.Encoder().encode


def transition_body(transition: Transition, rules: str) -> str:
    """That a customer moved; ``rules`` is the version of the program that says so."""
    kind = "segment" if IN in (transition.before, transition.after) else "lifecycle"
    return _body(
        {
            "kind": kind,
            "name": transition.name,
            "from": transition.before,
            "to": transition.after,
            "at_us": transition.at_us,
            "cause": transition.cause,
            "rules": rules,
        }
    )


def firing_body(firing: Firing, emit: Mapping[str, TemplateData], rules: str) -> str:
    """That a trigger fired, with what it emits: dates and times as text, sets as lists, null for what is
    missing."""
    return _body(
        {
            "kind": "trigger",
            "name": firing.trigger,
            "at_us": firing.at_us,
            "cause": firing.cause,
            "emit": dict(emit),
            "rules": rules,
        }
    )


def merge_body(from_id: str, into_id: str, at_us: int) -> str:
    """That two customers became one."""
    return _body({"kind": "merge", "from_id": from_id, "into_id": into_id, "at_us": at_us})


def _body(told: Mapping[str, object]) -> str:
    return _ENCODE(told).decode()
