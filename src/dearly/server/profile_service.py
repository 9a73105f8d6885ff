"""``ProfileService``: patches, all or none, and one profile as it is kept."""

from __future__ import annotations

from collections.abc import Sequence

from dearly.ingest import prepare_profile
from dearly.server.application import Application, Context
from dearly.server.checking import check_all
from dearly.server.limits import MAX_BATCH, require_count, require_id
from dearly.server.statuses import not_there
from dearly.server.wire import to_plain, to_struct, to_timestamp
from dearly.store import ProfilePatch
from dearly.v1 import profiles_pb2, profiles_pb2_grpc


class ProfileService(profiles_pb2_grpc.ProfileServiceServicer):
    """Checks patches against the rules that serve; reads and writes off the loop."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def UpsertProfiles(  # noqa: N802 - the method's name in the proto
        self, request: profiles_pb2.UpsertProfilesRequest, context: Context
    ) -> profiles_pb2.UpsertProfilesResponse:
        """One durable commit for all, or nothing at all."""
        del context
        require_count("profiles", len(request.profiles), MAX_BATCH)
        checked = await self._application.preparations.run(self._check_all, request.profiles)
        await self._application.writes.run(
            self._application.store.upsert_profiles, checked, self._application.now_us()
        )
        return profiles_pb2.UpsertProfilesResponse()

    async def GetProfile(  # noqa: N802 - the method's name in the proto
        self, request: profiles_pb2.GetProfileRequest, context: Context
    ) -> profiles_pb2.GetProfileResponse:
        """The fields as kept, whatever the rules now declare."""
        del context
        customer_id = require_id("customer_id", request.customer_id)
        kept = await self._application.reads.run(self._application.store.get_profile, customer_id)
        if kept is None:
            raise not_there("profile", "There is no profile of this customer.")
        return profiles_pb2.GetProfileResponse(
            profile=profiles_pb2.Profile(
                customer_id=kept.customer_id,
                fields=to_struct(kept.fields),
                update_time=to_timestamp(kept.updated_us),
            )
        )

    def _check_all(self, patches: Sequence[profiles_pb2.ProfilePatch]) -> list[ProfilePatch]:
        program, now_us = self._application.serving.program, self._application.now_us()
        return check_all(
            "profiles",
            patches,
            lambda patch: prepare_profile(
                program,
                customer_id=patch.customer_id,
                fields=to_plain(patch.fields),
                time_us=now_us,
                now_us=now_us,
            ),
        )
