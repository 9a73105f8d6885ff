"""``ProfileService``: patches, consent, merges, all that is held of one customer, and its erasure."""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator, Sequence
from functools import partial

from dearly.ingest import Rejected, prepare_consent, prepare_profile
from dearly.language import Program
from dearly.membership import join_standings, merge_body
from dearly.server.admission import Admission
from dearly.server.application import Application, Context
from dearly.server.checking import check_all
from dearly.server.erased import TAKEN_REASON, erased
from dearly.server.erasing import erase
from dearly.server.exporting import export_json
from dearly.server.limits import MAX_BATCH, MAX_EXPORTS, require_count, require_id
from dearly.server.statuses import Violation, failed_precondition, invalid_argument, not_there
from dearly.server.wire import time_problem, to_plain, to_struct, to_timestamp, to_us
from dearly.store import Consent, GenerationState, MergeOutcome, ProfilePatch
from dearly.v1 import profiles_pb2, profiles_pb2_grpc

EXPORT_PIECE_BYTES = 256 * 1024
RECEIPT_ID_BYTES = 16


class ProfileService(profiles_pb2_grpc.ProfileServiceServicer):
    """Checks what comes against the rules that serve; reads and writes off the loop."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._exports = Admission("exports", MAX_EXPORTS)

    async def UpsertProfiles(  # noqa: N802 - the method's name in the proto
        self, request: profiles_pb2.UpsertProfilesRequest, context: Context
    ) -> profiles_pb2.UpsertProfilesResponse:
        """One durable commit for all, or nothing at all."""
        del context
        application = self._application
        require_count("profiles", len(request.profiles), MAX_BATCH)
        checked = await application.preparations.run(self._check_all, request.profiles)
        places = await application.write(
            application.writes, application.store.upsert_profiles, checked, application.now_us()
        )
        if places:
            raise erased(f"profiles[{place}].customer_id" for place in places)
        return profiles_pb2.UpsertProfilesResponse()

    async def GetProfile(  # noqa: N802 - the method's name in the proto
        self, request: profiles_pb2.GetProfileRequest, context: Context
    ) -> profiles_pb2.GetProfileResponse:
        """The fields as kept, whatever the rules now declare."""
        del context
        customer_id = require_id("customer_id", request.customer_id)
        return await self._application.reads.run(self._get, customer_id)

    async def SetConsent(  # noqa: N802 - the method's name in the proto
        self, request: profiles_pb2.SetConsentRequest, context: Context
    ) -> profiles_pb2.SetConsentResponse:
        """One durable commit."""
        del context
        application = self._application
        customer_id = require_id("customer_id", request.customer_id)
        consent = _consent(request, application.now_us())
        if not await application.write(
            application.writes, application.store.set_consents, customer_id, [consent]
        ):
            raise erased(["customer_id"])
        return profiles_pb2.SetConsentResponse()

    async def MergeProfiles(  # noqa: N802 - the method's name in the proto
        self, request: profiles_pb2.MergeProfilesRequest, context: Context
    ) -> profiles_pb2.MergeProfilesResponse:
        """One durable commit, which also tells of it."""
        del context
        application = self._application
        from_id = require_id("from_customer_id", request.from_customer_id)
        into_id = require_id("into_customer_id", request.into_customer_id)
        if from_id == into_id:
            problem = "expected another customer than into_customer_id, got the same."
            raise invalid_argument([Violation("from_customer_id", problem)])
        now_us = application.now_us()
        record = merge_body(from_id, into_id, now_us)
        merge = partial(application.store.merge_customers, from_id, into_id, now_us, record, join_standings)
        outcome = await application.write(application.writes, merge)
        if outcome is MergeOutcome.ERASED:
            raise erased(["from_customer_id or into_customer_id"])
        if outcome is MergeOutcome.TAKEN:
            raise failed_precondition("FORWARDS_ELSEWHERE", [Violation("from_customer_id", TAKEN_REASON)])
        return profiles_pb2.MergeProfilesResponse(already_one=outcome is MergeOutcome.ALREADY_ONE)

    async def ExportProfile(  # noqa: N802 - the method's name in the proto
        self, request: profiles_pb2.ExportProfileRequest, context: Context
    ) -> AsyncGenerator[profiles_pb2.ExportProfileResponse, None]:
        """As of one instant, in pieces that fit into messages. It is in memory as a whole, and so counts as
        under way until its caller has the last.
        """
        del context
        customer_id = require_id("customer_id", request.customer_id)
        with self._exports.admitted():
            body = await self._application.reads.run(self._export, customer_id)
            for start in range(0, len(body), EXPORT_PIECE_BYTES):
                yield profiles_pb2.ExportProfileResponse(json=body[start : start + EXPORT_PIECE_BYTES])

    async def EraseProfile(  # noqa: N802 - the method's name in the proto
        self, request: profiles_pb2.EraseProfileRequest, context: Context
    ) -> profiles_pb2.EraseProfileResponse:
        """See :mod:`dearly.server.erasing`."""
        del context
        customer_id = require_id("customer_id", request.customer_id)
        receipt_id = secrets.token_hex(RECEIPT_ID_BYTES)
        application = self._application
        receipt = await application.write(application.writes, erase, application, customer_id, receipt_id)
        return profiles_pb2.EraseProfileResponse(receipt=receipt)

    def _check_all(self, patches: Sequence[profiles_pb2.ProfilePatch]) -> list[ProfilePatch]:
        program, now_us = self._application.serving.program, self._application.now_us()
        return check_all("profiles", patches, lambda patch: _check(program, patch, now_us))

    def _get(self, customer_id: str) -> profiles_pb2.GetProfileResponse:
        kept = self._application.store.get_profile(customer_id)
        consents = self._application.store.get_consents(customer_id)
        if kept is None and not consents:
            raise not_there("profile", "There is no profile of this customer.")
        profile = profiles_pb2.Profile(customer_id=customer_id)
        if kept is not None:
            profile = profiles_pb2.Profile(
                customer_id=kept.customer_id,
                fields=to_struct(kept.fields),
                update_time=to_timestamp(kept.updated_us),
            )
        return profiles_pb2.GetProfileResponse(profile=profile, consents=map(_to_wire, consents))

    def _export(self, customer_id: str) -> bytes:
        store = self._application.store
        export = store.export_customer(customer_id)
        if export is None:
            raise not_there("customer", "Nothing is held of this customer.")
        serving = (one.number for one in store.generations() if one.state is GenerationState.SERVING)
        return export_json(export, next(serving, None))


def _check(program: Program, patch: profiles_pb2.ProfilePatch, now_us: int) -> ProfilePatch:
    return prepare_profile(
        program,
        customer_id=patch.customer_id,
        fields=to_plain(patch.fields),
        time_us=_moment_or_now(patch, "update_time", now_us),
        now_us=now_us,
        readmit=patch.readmit,
    )


def _consent(request: profiles_pb2.SetConsentRequest, now_us: int) -> Consent:
    try:
        return prepare_consent(
            purpose=request.purpose,
            granted=request.granted,
            source=request.source,
            time_us=_moment_or_now(request, "time", now_us),
            now_us=now_us,
        )
    except Rejected as rejected:
        raise invalid_argument([Violation(rejected.field, rejected.message)]) from None


def _moment_or_now(
    message: profiles_pb2.ProfilePatch | profiles_pb2.SetConsentRequest, field: str, now_us: int
) -> int:
    """The time in a message's field; now when there is none.

    Raises:
        Rejected: it is no time.
    """
    if not message.HasField(field):
        return now_us
    stamp = getattr(message, field)
    if problem := time_problem(stamp):
        raise Rejected(field, problem)
    return to_us(stamp)


def _to_wire(consent: Consent) -> profiles_pb2.Consent:
    return profiles_pb2.Consent(
        purpose=consent.purpose,
        granted=consent.granted,
        source=consent.source,
        time=to_timestamp(consent.time_us),
    )
