"""The door: what comes in, against what the rules declare. The server and ``dearly import`` share it.

Limits: ids 1 to 256 bytes; text 64 KiB; urls 2,048 characters; sets 10,000 elements; all values of a profile
patch, event or item together 256 KiB as JSON. Values are scalars and lists of scalars, never nested deeper.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from dearly import DearlyError
from dearly.language.program import Field, Program, Schema
from dearly.language.spelling import spell_duration
from dearly.language.types import DAY_US
from dearly.language.values import (
    MAX_ID_BYTES,
    FieldProblem,
    ValueProblem,
    check_fields,
    check_id,
    unknown_name,
)
from dearly.store import Consent, EventRecord, ItemRecord, ProfilePatch, Stored

MAX_RECORD_BYTES = 256 * 1024
MAX_AHEAD_US = DAY_US
"""Clocks differ, so an event may lie a little in the future; it does not count until its time comes."""


class Rejected(DearlyError):
    """One record is not as the rules declare it, or beyond a limit.

    ``field`` is what is wrong, as the wire names it: ``event_id``, ``time``, ``properties.price``. The
    message says what was expected and what to do; it never repeats the values that came.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


def prepare_event(
    program: Program,
    *,
    customer_id: object,
    event_type: str,
    time_us: int,
    source: object,
    event_id: object,
    properties: Mapping[str, object],
    now_us: int,
) -> EventRecord:
    """One event as it will be kept.

    Raises:
        Rejected: its type is not declared, a property does not fit, an id is missing or too long, it happened
            before 1970, longer ago than events are kept, or more than a day ahead of ``now_us``.
    """
    schema = _schema("type", "event type", event_type, program.events)
    return EventRecord(
        customer_id=checked_id("customer_id", customer_id),
        type=event_type,
        time_us=_kept_moment(program, _moment("time", time_us, now_us), now_us),
        source="" if source == "" else checked_id("source", source),
        event_id=checked_id("event_id", event_id),
        properties=_whole("properties", schema.fields, properties),
    )


def prepare_profile(
    program: Program,
    *,
    customer_id: object,
    fields: Mapping[str, object],
    time_us: int,
    now_us: int,
    readmit: bool = False,
) -> ProfilePatch:
    """One profile patch as it will be kept (None clears a field); ``time_us`` is when the fields changed.

    Raises:
        Rejected: a field is not declared or does not fit, the id is missing or too long, or the fields
            changed before 1970 or more than a day ahead of ``now_us``.
    """
    return ProfilePatch(
        checked_id("customer_id", customer_id),
        _checked("fields", program.profile, fields, partial=True),
        _moment("update_time", time_us, now_us),
        readmit,
    )


def prepare_consent(*, purpose: object, granted: bool, source: object, time_us: int, now_us: int) -> Consent:
    """A consent, or its refusal, as it will be kept; ``time_us`` is when the customer said so.

    Raises:
        Rejected: the purpose is missing or too long, the source is too long, or they said so before 1970 or
            more than a day ahead of ``now_us``.
    """
    return Consent(
        checked_id("purpose", purpose),
        granted,
        "" if source == "" else checked_id("source", source),
        _moment("time", time_us, now_us),
    )


def prepare_item(
    program: Program, *, catalog: str, item_id: object, fields: Mapping[str, object]
) -> ItemRecord:
    """One item as it will be kept.

    Raises:
        Rejected: the catalog or a field is not declared, a field does not fit or is required and not there.
    """
    schema = _schema("catalog", "catalog", catalog, program.catalogs)
    return ItemRecord(catalog, checked_id("item_id", item_id), _whole("fields", schema.fields, fields))


def checked_id(field: str, incoming: object) -> str:
    """An id as it will be kept.

    Raises:
        Rejected: it is missing, empty, too long or no text.
    """
    if incoming is None:
        raise Rejected(field, f"expected an id of 1 to {MAX_ID_BYTES} bytes, got none.")
    try:
        return check_id(incoming)
    except ValueProblem as problem:
        raise Rejected(field, str(problem)) from None


def _schema(field: str, what: str, name: str, declared: Mapping[str, Schema]) -> Schema:
    found = declared.get(name)
    if found is None:
        raise Rejected(field, f"no such {what} is declared. {unknown_name(name, declared)}")
    return found


def _moment(field: str, time_us: int, now_us: int) -> int:
    if time_us < 0:
        raise Rejected(field, "expected when it happened, got a time before 1970. Is the unit right?")
    if time_us > now_us + MAX_AHEAD_US:
        raise Rejected(
            field,
            "expected when it happened, got a time in the far future: over a day ahead of the clock here.",
        )
    return time_us


def _kept_moment(program: Program, time_us: int, now_us: int) -> int:
    kept_us = program.settings.keep_events_us
    if kept_us is not None and time_us <= now_us - kept_us:
        raise Rejected(
            "time",
            f"expected an event of the last {spell_duration(kept_us)}, which is how long events are kept, "
            "got an older one. To take it, raise `keep events` in the settings of the rules.",
        )
    return time_us


def _whole(path: str, declared: Mapping[str, Field], incoming: Mapping[str, object]) -> dict[str, Stored]:
    checked = _checked(path, declared, incoming, partial=False)
    return {name: value for name, value in checked.items() if value is not None}


def _checked(
    path: str, declared: Mapping[str, Field], incoming: Mapping[str, object], *, partial: bool
) -> dict[str, Stored | None]:
    try:
        checked = check_fields(declared, incoming, partial=partial)
    except FieldProblem as problem:
        message = f"{problem.message} {problem.hint}" if problem.hint else problem.message
        raise Rejected(f"{path}.{problem.field}", message) from None
    size = len(msgspec.json.encode(checked))
    if size > MAX_RECORD_BYTES:
        raise Rejected(path, f"expected at most {MAX_RECORD_BYTES:,} bytes of values together, got {size:,}.")
    return checked
