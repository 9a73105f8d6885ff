"""``ListMembers`` and ``CountMembers``: who is in what as of now, page by page."""

from __future__ import annotations

import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from dearly.language import Program, nearest
from dearly.membership import MembershipEngine, NotKeptYet
from dearly.server.application import Application
from dearly.server.deadline import Deadline
from dearly.server.limits import DEFAULT_PAGE, MAX_PAGE, require_count
from dearly.server.statuses import (
    CallRefused,
    Violation,
    invalid_argument,
    no_membership,
    unavailable,
    unknown_name,
)
from dearly.server.wire import to_timestamp
from dearly.store import Member
from dearly.v1 import segments_pb2

LONGEST_PAGE_S = 1.0
"""After so long, or half of the time that its caller has, a page ends with what was found."""
RETRY_AFTER_S = 5.0


@dataclass(frozen=True, slots=True)
class _Asked:
    """Whose members: of a segment, or of a lifecycle, and there perhaps of one stage."""

    name: str
    is_lifecycle: bool
    stage: str = ""


class _PageToken(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """Where a page begins, and of what it is."""

    name: str
    stage: str
    after: str


_READ_TOKEN = msgspec.json.Decoder(_PageToken).decode


def list_members(
    application: Application, request: segments_pb2.ListMembersRequest, deadline: Deadline
) -> segments_pb2.ListMembersResponse:
    """One page. Blocks.

    Raises:
        CallRefused: the name is not declared, the token is of another question, it is not known yet, or the
            caller waits no longer.
    """
    deadline.require()
    engine = _engine(application)
    asked = _asked(application.serving.program, request)
    require_count("page_size", request.page_size, MAX_PAGE, least=0)
    after, size = _after(asked, request.page_token), request.page_size or DEFAULT_PAGE
    now_us = application.now_us()
    try:
        members, last = engine.members_now(
            asked.name, now_us, after, size, asked.stage or None, _goes_on(deadline)
        )
    except NotKeptYet as error:
        raise unavailable(str(error), RETRY_AFTER_S) from None
    return segments_pb2.ListMembersResponse(
        members=[_to_wire(asked, member) for member in members],
        next_page_token=_token(asked, last),
        as_of=to_timestamp(now_us),
    )


def count_members(
    application: Application, request: segments_pb2.CountMembersRequest, deadline: Deadline
) -> segments_pb2.CountMembersResponse:
    """How many there are. Blocks; refuses as :func:`list_members` does."""
    deadline.require()
    engine = _engine(application)
    asked = _asked(application.serving.program, request)
    now_us = application.now_us()
    try:
        counts = engine.count_now(asked.name, now_us, deadline.require)
    except NotKeptYet as error:
        raise unavailable(str(error), RETRY_AFTER_S) from None
    return segments_pb2.CountMembersResponse(
        count=sum(counts.values()),
        stage_counts=counts if asked.is_lifecycle else {},
        as_of=to_timestamp(now_us),
    )


def _engine(application: Application) -> MembershipEngine:
    if application.membership is None:
        raise no_membership()
    return application.membership.engine


def _asked(
    program: Program, request: segments_pb2.ListMembersRequest | segments_pb2.CountMembersRequest
) -> _Asked:
    kind = request.WhichOneof("of")
    if kind is None:
        raise invalid_argument([Violation("segment", "expected a segment or a lifecycle, got neither.")])
    name: str = getattr(request, kind)
    known = program.segments if kind == "segment" else program.lifecycles
    if name not in known:
        raise unknown_name(kind, name, nearest(name, known))
    stage = request.stage if isinstance(request, segments_pb2.ListMembersRequest) else ""
    if stage:
        _require_stage(program, kind, name, stage)
    return _Asked(name, kind == "lifecycle", stage)


def _require_stage(program: Program, kind: str, name: str, stage: str) -> None:
    if kind == "segment":
        raise invalid_argument([Violation("stage", "expected none with a segment, got one.")])
    stages = [each.name for each in program.lifecycles[name].stages]
    if stage not in stages:
        raise unknown_name("stage", stage, nearest(stage, stages), stages)


def _goes_on(deadline: Deadline) -> Callable[[], bool]:
    """Whether a page is read on, so that its caller has it in time; refuses one who has gone."""
    ends_s = time.monotonic() + min(LONGEST_PAGE_S, deadline.remaining_s() / 2)

    def goes_on() -> bool:
        deadline.require()
        return time.monotonic() < ends_s

    return goes_on


def _to_wire(asked: _Asked, member: Member) -> segments_pb2.Member:
    return segments_pb2.Member(
        customer_id=member.customer_id,
        stage=member.state if asked.is_lifecycle else "",
        since=to_timestamp(member.since_us),
    )


def _token(asked: _Asked, last: str | None) -> str:
    if last is None:
        return ""
    return urlsafe_b64encode(msgspec.json.encode(_PageToken(asked.name, asked.stage, last))).decode()


def _after(asked: _Asked, text: str) -> str | None:
    if not text:
        return None
    try:
        token = _READ_TOKEN(urlsafe_b64decode(text.encode()))
    except ValueError:
        raise _wrong_token() from None
    if (token.name, token.stage) != (asked.name, asked.stage):
        raise _wrong_token()
    return token.after


def _wrong_token() -> CallRefused:
    problem = "expected what the page before gave, for the same question. Send it as it came, or none."
    return invalid_argument([Violation("page_token", problem)])
