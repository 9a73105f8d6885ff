"""``RulesService``: what serves, and the check of what does not."""

from __future__ import annotations

from collections.abc import Mapping

from dearly.content import check_servable
from dearly.language import Package
from dearly.membership import Progress, subject_of
from dearly.server.application import Application, Context
from dearly.server.limits import MAX_CHECKED_BYTES, MAX_RULES_FILES, require_count
from dearly.server.membership_worker import state_of
from dearly.server.rules_keeper import RejectedRules
from dearly.server.statuses import Violation, invalid_argument
from dearly.server.wire import to_timestamp, to_wire_diagnostics
from dearly.store import StoreUnavailable
from dearly.v1 import rules_pb2, rules_pb2_grpc

MAX_DIAGNOSTICS = 1_000

_STATES = {
    "kept": rules_pb2.MEMBERSHIP_STATE_KEPT,
    "building": rules_pb2.MEMBERSHIP_STATE_BUILDING,
    "leaving": rules_pb2.MEMBERSHIP_STATE_LEAVING,
}


class RulesService(rules_pb2_grpc.RulesServiceServicer):
    """Reads what serves; checks packages in a thread."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def GetRules(  # noqa: N802 - the method's name in the proto
        self, request: rules_pb2.GetRulesRequest, context: Context
    ) -> rules_pb2.GetRulesResponse:
        """The version that serves, its names, and the newest package where that one was refused."""
        del request, context
        membership = await self._membership()
        rules = self._application.rules
        program = rules.serving.program
        return rules_pb2.GetRulesResponse(
            version=program.version,
            commit=rules.commit,
            serving_since=to_timestamp(rules.since_us),
            blocks=[
                rules_pb2.BlockSummary(name=name, rule=str(block.span))
                for name, block in sorted(program.blocks.items())
            ],
            segments=[
                rules_pb2.SegmentSummary(name=name, title=segment.title, rule=str(segment.span))
                for name, segment in sorted(program.segments.items())
            ],
            lifecycles=sorted(program.lifecycles),
            catalogs=sorted(program.catalogs),
            event_types=sorted(program.events),
            rejected=_rejected(rules.rejected),
            membership=membership,
            triggers=[
                rules_pb2.TriggerSummary(name=name, watches=subject_of(trigger), rule=str(trigger.span))
                for name, trigger in sorted(program.triggers.items())
            ],
        )

    async def _membership(self) -> rules_pb2.MembershipProgress | None:
        worker = self._application.membership
        if worker is None:
            return None
        try:
            return _progress(await self._application.reads.run(worker.engine.progress))
        except StoreUnavailable:  # what serves can be told all the same
            return None

    async def CheckRules(  # noqa: N802 - the method's name in the proto
        self, request: rules_pb2.CheckRulesRequest, context: Context
    ) -> rules_pb2.CheckRulesResponse:
        """What the checker says of a package; nothing is kept of it."""
        del context
        _require_checkable(request.files)
        report = await self._application.checks.run(check_servable, Package(dict(request.files)))
        return rules_pb2.CheckRulesResponse(
            valid=report.program is not None,
            version=report.program.version if report.program else "",
            diagnostics=to_wire_diagnostics(report.diagnostics[:MAX_DIAGNOSTICS]),
        )


def _progress(progress: Progress) -> rules_pb2.MembershipProgress:
    return rules_pb2.MembershipProgress(
        state=_STATES[state_of(progress)],
        done_count=progress.done,
        customer_count=progress.customers,
        due_count=progress.due,
    )


def _require_checkable(files: Mapping[str, bytes]) -> None:
    require_count("files", len(files), MAX_RULES_FILES)
    for path in files:
        if not _is_package_path(path):
            problem = f"expected a path like hero/cart.rules, got {path!r}."
            raise invalid_argument([Violation("files", problem)])
    total = sum(map(len, files.values()))
    if total > MAX_CHECKED_BYTES:
        problem = (
            f"expected at most {MAX_CHECKED_BYTES:,} bytes in all, got {total:,}. "
            "Check larger packages with `dearly check`."
        )
        raise invalid_argument([Violation("files", problem)])


def _is_package_path(path: str) -> bool:
    return (
        len(path) <= 512 and all(part not in ("", ".", "..") for part in path.split("/")) and "\\" not in path
    )


def _rejected(rejected: RejectedRules | None) -> rules_pb2.RejectedRules | None:
    if rejected is None:
        return None
    return rules_pb2.RejectedRules(
        version=rejected.version,
        commit=rejected.commit,
        rejected_at=to_timestamp(rejected.rejected_us),
        diagnostics=to_wire_diagnostics(rejected.diagnostics[:MAX_DIAGNOSTICS]),
    )
