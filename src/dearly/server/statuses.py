"""How a call is refused: a status code, a message for the developer, and structured details.

Details travel in the trailing metadata, of which many clients take no more than 8 KB; so what goes into them
is cut to size here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from dearly import DearlyError
from dearly.v1 import status_pb2 as wire

DOMAIN = "dearly"
MAX_VIOLATIONS = 10
MAX_FIELD_CHARACTERS = 120
MAX_PROBLEM_CHARACTERS = 300
MAX_MESSAGE_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class Violation:
    """One wrong field of a request: its path in the message and what was expected of it."""

    field: str
    problem: str


class CallRefused(DearlyError):
    """Ends a call with a status. The message holds no personal data and no text of an unexpected error."""

    def __init__(self, code: grpc.StatusCode, message: str, *details: Message) -> None:
        super().__init__(_clip(message, MAX_MESSAGE_CHARACTERS))
        self.code = code
        self.message = str(self)
        self.details = details


def invalid_argument(violations: Sequence[Violation]) -> CallRefused:
    """INVALID_ARGUMENT naming each wrong field (the first ten, when there are more)."""
    return CallRefused(grpc.StatusCode.INVALID_ARGUMENT, _told(violations), _bad_request(violations))


def failed_precondition(reason: str, violations: Sequence[Violation]) -> CallRefused:
    """FAILED_PRECONDITION with a stable reason, naming each field as :func:`invalid_argument` does."""
    details = (_error_info(reason, {}), _bad_request(violations))
    return CallRefused(grpc.StatusCode.FAILED_PRECONDITION, _told(violations), *details)


def no_membership() -> CallRefused:
    """FAILED_PRECONDITION from a server that was told to keep no membership."""
    message = "This server keeps no membership (--no-membership). Ask one of the same store that does."
    return CallRefused(grpc.StatusCode.FAILED_PRECONDITION, message, _error_info("NO_MEMBERSHIP", {}))


def out_of_range(field: str, problem: str) -> CallRefused:
    """OUT_OF_RANGE for a place that is gone."""
    violations = [Violation(field, problem)]
    return CallRefused(grpc.StatusCode.OUT_OF_RANGE, _told(violations), _bad_request(violations))


def unknown_name(kind: str, name: str, nearest: str | None, known: Sequence[str] = ()) -> CallRefused:
    """NOT_FOUND for a name that the rules do not declare, with the nearest one that they do; where none is
    near, with those of ``known``."""
    shown = _clip(name, MAX_FIELD_CHARACTERS)
    hint = f" Did you mean {nearest!r}?" if nearest else ""
    if not nearest and known:
        hint = _clip(f" Expected one of: {', '.join(known)}.", MAX_PROBLEM_CHARACTERS)
    metadata = {"name": shown, "nearest": nearest} if nearest else {"name": shown}
    return _not_found(f"UNKNOWN_{kind.upper()}", f"The rules declare no {kind} {shown!r}.{hint}", metadata)


def not_there(kind: str, message: str) -> CallRefused:
    """NOT_FOUND for data that is not kept; the message must not repeat a customer's id."""
    return _not_found(f"UNKNOWN_{kind.upper()}", message, {})


def permission_denied(reason: str, message: str) -> CallRefused:
    """PERMISSION_DENIED with a stable reason."""
    return CallRefused(grpc.StatusCode.PERMISSION_DENIED, message, _error_info(reason, {}))


def busy(message: str, retry_after_s: float) -> CallRefused:
    """RESOURCE_EXHAUSTED: too much is waiting; when to try again."""
    return CallRefused(grpc.StatusCode.RESOURCE_EXHAUSTED, message, _retry_info(retry_after_s))


def unavailable(message: str, retry_after_s: float) -> CallRefused:
    """UNAVAILABLE: something that the call needs does not answer; when to try again."""
    return CallRefused(grpc.StatusCode.UNAVAILABLE, message, _retry_info(retry_after_s))


def internal(incident: str) -> CallRefused:
    """INTERNAL for an error that nobody foresaw: only an id under which the log tells more."""
    message = f"The server failed on this call; its log says why under incident {incident}."
    return CallRefused(grpc.StatusCode.INTERNAL, message, _error_info("UNEXPECTED", {"incident": incident}))


def as_google_status(refused: CallRefused) -> status_pb2.Status:
    """The status of a whole call, as trailing metadata carry it."""
    return status_pb2.Status(code=_number(refused), message=refused.message, details=_packed(refused))


def as_wire_status(refused: CallRefused) -> wire.Status:
    """The status of one part of a batch."""
    return wire.Status(code=_number(refused), message=refused.message, details=_packed(refused))


def _told(violations: Sequence[Violation]) -> str:
    first = _clipped(violations[0])
    more = f" (and {len(violations) - 1:,} more)" if len(violations) > 1 else ""
    return f"{first.field}: {first.problem}{more}"


def _bad_request(violations: Sequence[Violation]) -> error_details_pb2.BadRequest:
    shown = [_clipped(violation) for violation in violations[:MAX_VIOLATIONS]]
    return error_details_pb2.BadRequest(
        field_violations=[
            error_details_pb2.BadRequest.FieldViolation(field=violation.field, description=violation.problem)
            for violation in shown
        ]
    )


def _not_found(reason: str, message: str, metadata: Mapping[str, str]) -> CallRefused:
    return CallRefused(grpc.StatusCode.NOT_FOUND, message, _error_info(reason, metadata))


def _error_info(reason: str, metadata: Mapping[str, str]) -> error_details_pb2.ErrorInfo:
    return error_details_pb2.ErrorInfo(reason=reason, domain=DOMAIN, metadata=metadata)


def _retry_info(after_s: float) -> error_details_pb2.RetryInfo:
    delay = duration_pb2.Duration()
    delay.FromMilliseconds(round(after_s * 1000))
    return error_details_pb2.RetryInfo(retry_delay=delay)


def _number(refused: CallRefused) -> int:
    number: int = refused.code.value[0]
    return number


def _packed(refused: CallRefused) -> list[any_pb2.Any]:
    packed = []
    for detail in refused.details:
        envelope = any_pb2.Any()
        envelope.Pack(detail)
        packed.append(envelope)
    return packed


def _clipped(violation: Violation) -> Violation:
    return Violation(
        _clip(violation.field, MAX_FIELD_CHARACTERS), _clip(violation.problem, MAX_PROBLEM_CHARACTERS)
    )


def _clip(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
