"""Explanations as an indented tree for a reader, and as plain data for a tool."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dearly.evaluation.explanation.evidence import Evidence, SeenEvent
from dearly.evaluation.explanation.tree import Explained
from dearly.language.program import Literal
from dearly.language.spelling import brief, spell_constant
from dearly.language.types import BOOL, DATE, TIME, SetOf, Type, Value
from dearly.language.values import date_to_stored, time_to_stored

HIDDEN = "(hidden: @sensitive)"


def explanation_text(explained: Explained, show_sensitive: bool = True) -> str:
    """The explanation as lines, each part below what it is a part of; @sensitive values only if wanted."""
    return "\n".join(_lines(explained, show_sensitive))


def value_text(value: Value | None, kind: Type) -> str:
    """A value as an author would write it, cut where it is long; where there is none, ``missing`` (of a
    condition: ``unknown``)."""
    if value is None:
        return "unknown" if kind == BOOL else "missing"
    return brief(spell_constant(Literal(value, kind)))


def _lines(explained: Explained, show_sensitive: bool) -> Iterator[str]:
    """Depth first, without recursion."""
    waiting: list[tuple[int, Explained]] = [(0, explained)]
    while waiting:
        depth, part = waiting.pop()
        indent = "  " * depth
        yield f"{indent}{brief(part.words)}: {_told(part, show_sensitive)}"
        for evidence in part.evidence:
            yield from (f"{indent}  {line}" for line in _evidence_lines(evidence, show_sensitive))
        waiting.extend((depth + 1, inner) for inner in reversed(part.parts))


def _told(part: Explained, show_sensitive: bool) -> str:
    text = HIDDEN if _is_hidden(part, show_sensitive) else value_text(part.value, part.type)
    is_plain = part.missing == (f"{part.words} is missing",)
    since = f", since {' and '.join(part.missing)}" if part.missing and not is_plain else ""
    place = f"  ({part.span})" if part.named and part.span.file else ""
    above = "  (told above)" if part.cut and not part.parts else ""
    return f"{text}{since}{place}{above}"


def _is_hidden(part: Explained, show_sensitive: bool) -> bool:
    return part.sensitive and not show_sensitive and part.value is not None


def _evidence_lines(evidence: Evidence, show_sensitive: bool) -> Iterator[str]:
    if not evidence.known:
        yield f"there is no {evidence.event}"
        return
    colon = ":" if evidence.latest else ""
    count = f"{evidence.counted:,}" if evidence.counted else "none"
    yield f"{count} of {evidence.known:,} {evidence.event} counted{colon}"
    for event in evidence.latest:
        yield f"  {_event_text(event, show_sensitive)}"
    more = evidence.counted - len(evidence.latest)
    if more:
        yield f"  and {more:,} before"
    for left_out in evidence.left_out:
        latest = _event_text(left_out.latest, show_sensitive)
        yield f"{left_out.count:,} left out, {brief(left_out.reason)}; the latest: {latest}"


def _event_text(event: SeenEvent, show_sensitive: bool) -> str:
    said = (
        f"{one.name}: {HIDDEN if one.sensitive and not show_sensitive else value_text(one.value, one.type)}"
        for one in event.said
    )
    return f"{time_to_stored(event.time_us)}  {', '.join(said)}".rstrip()


# ----------------------------------------------------------------------------------------------- plain data


def explanation_data(explained: Explained, show_sensitive: bool = True) -> dict[str, Any]:
    """The explanation as plain data for JSON; values in stored form, None where there is none."""
    hidden = _is_hidden(explained, show_sensitive)
    return {
        "words": explained.words,
        "value": None if hidden else stored_value(explained.value, explained.type),
        "type": str(explained.type),
        "hidden": hidden,
        "missing": list(explained.missing),
        "place": str(explained.span) if explained.span.file else None,
        "events": [_evidence_data(evidence, show_sensitive) for evidence in explained.evidence],
        "cut": explained.cut,
        "parts": [explanation_data(part, show_sensitive) for part in explained.parts],
    }


def stored_value(value: Value | None, kind: Type) -> Any:
    """A value as JSON has it: dates and times as text, sets as sorted lists, durations in microseconds."""
    if isinstance(value, frozenset):
        assert isinstance(kind, SetOf)
        elements: list[Any] = sorted(value)
        return [stored_value(one, kind.element) for one in elements]
    if isinstance(value, int) and kind == DATE:
        return date_to_stored(value)
    return time_to_stored(value) if isinstance(value, int) and kind == TIME else value


def _evidence_data(evidence: Evidence, show_sensitive: bool) -> dict[str, Any]:
    return {
        "event": evidence.event,
        "known": evidence.known,
        "counted": evidence.counted,
        "latest": [_event_data(event, show_sensitive) for event in evidence.latest],
        "left_out": [
            {
                "reason": left_out.reason,
                "count": left_out.count,
                "latest": _event_data(left_out.latest, show_sensitive),
            }
            for left_out in evidence.left_out
        ],
    }


def _event_data(event: SeenEvent, show_sensitive: bool) -> dict[str, Any]:
    shown = {
        one.name: stored_value(one.value, one.type)
        for one in event.said
        if show_sensitive or not one.sensitive
    }
    return {"time": time_to_stored(event.time_us), "properties": shown}
