"""One callout: facts, decision, items, template, and the frame that never lets any of them break a send."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import structlog

from dearly.content.items import NoItems, Place, fill_lists
from dearly.content.rendering import Budget, RenderBudgetExceeded, Rendered
from dearly.content.request import Reason, RenderedBlock, RenderReply, RenderRequest, UnknownBlock
from dearly.content.serving import Serving, template_context
from dearly.evaluation import Evaluation, Facts, read_facts
from dearly.language import nearest
from dearly.recommendation import Recommender
from dearly.store import CustomerReader, StoreUnavailable

MAX_PART_BYTES = 256 * 1024
"""The longest that one part (HTML, text, subject) of a block may be."""

MAX_RENDER_S = 0.050
"""The longest that one template may take."""

CLIPPED_BYTES = 102 * 1024
"""Common mail programs cut messages of more HTML than this."""

STORE_REST_S = 0.25
"""After a store did not answer, calls do without it for this long instead of each waiting in turn."""

_log = structlog.get_logger("dearly.content")


@dataclass(frozen=True, slots=True)
class _Customer:
    """What one call knows; ``failure`` is why the facts are nobody's."""

    facts: Facts
    evaluation: Evaluation
    failure: StoreUnavailable | None


@dataclass(frozen=True, slots=True)
class _Call:
    """One request under way, with the references that it began with."""

    request: RenderRequest
    serving: Serving
    recommender: Recommender
    deadline_s: float


class Personalizer:
    """Renders blocks for recipients. ``serving`` and ``recommender`` may be assigned anew at any time: a call
    goes on with those it began with.
    """

    def __init__(
        self,
        serving: Serving,
        store: CustomerReader,
        recommender: Recommender,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        new_id: Callable[[], str] = lambda: uuid.uuid4().hex,
    ) -> None:
        self.serving = serving
        self.recommender = recommender
        self._store = store
        self._monotonic = monotonic
        self._new_id = new_id
        self._store_rests_until_s = 0.0

    def render(self, request: RenderRequest, deadline_s: float) -> RenderReply:
        """The blocks asked for; ``deadline_s`` is an instant of the monotonic clock.

        Raises:
            UnknownBlock: the rules declare no such block. Nothing else is raised.
        """
        call = _Call(request, self.serving, self.recommender, deadline_s)
        for name in request.blocks:
            if name not in call.serving.program.blocks:
                raise UnknownBlock(name, nearest(name, call.serving.program.blocks))
        customer = self._look_up(call)
        rendered = [self._render_block(call, customer, name) for name in request.blocks]
        until = [until_us for _, until_us in rendered if until_us is not None]
        return RenderReply(
            blocks=tuple(block for block, _ in rendered),
            as_of_us=request.now_us,
            valid_until_us=min(until, default=None),
            rules_version=call.serving.program.version,
            index_versions=call.recommender.index_versions,
            decision_id=self._decision_id(request, call.serving.program.version),
        )

    def render_many(
        self, requests: Sequence[RenderRequest], deadline_s: float
    ) -> list[RenderReply | UnknownBlock]:
        """One answer a request, in their order; the deadline is shared."""
        replies: list[RenderReply | UnknownBlock] = []
        for request in requests:
            try:
                replies.append(self.render(request, deadline_s))
            except UnknownBlock as error:
                replies.append(error)
        return replies

    # ------------------------------------------------------------------------------------------- the customer

    def _look_up(self, call: _Call) -> _Customer:
        if (
            self._monotonic() >= call.deadline_s
        ):  # nothing will be decided: what is left of a batch must not read
            return self._customer(call, call.serving.nobody, None)
        try:
            return self._customer(call, self._read_facts(call), None)
        except StoreUnavailable as error:
            return self._customer(call, call.serving.nobody, error)
        except Exception as error:  # noqa: BLE001 - the outermost frame: a callout never breaks a send
            self._report(call, "facts", "", error)
            return self._customer(call, call.serving.nobody, StoreUnavailable("the facts could not be read"))

    def _customer(self, call: _Call, facts: Facts, failure: StoreUnavailable | None) -> _Customer:
        return _Customer(facts, call.serving.compiled.at(facts, call.request.now_us), failure)

    def _read_facts(self, call: _Call) -> Facts:
        request, serving = call.request, call.serving
        if self._monotonic() < self._store_rests_until_s:
            raise StoreUnavailable("the store did not answer a moment ago")
        ranges = serving.ranges(request.blocks, request.now_us)
        try:
            rows = self._store.read_customer(request.customer_id, ranges, request.now_us)
        except StoreUnavailable as error:
            self._store_rests_until_s = self._monotonic() + STORE_REST_S
            self._report(call, "store", "", error)
            raise
        return read_facts(serving.reader, rows.fields, rows.events)

    # -------------------------------------------------------------------------------------------- the frame

    def _render_block(self, call: _Call, customer: _Customer, name: str) -> tuple[RenderedBlock, int | None]:
        """The frame: the decided branch, failing that the ``otherwise``, failing that the last resort."""
        reason: Reason | None = None
        for attempt in (self._decided, self._otherwise):
            if self._monotonic() >= call.deadline_s:
                reason = Reason.FALLBACK_DEADLINE
                break
            try:
                return attempt(call, customer, name, reason)
            except NoItems:
                reason = reason or Reason.FALLBACK_MISSING_DATA
            except StoreUnavailable:
                reason = Reason.FALLBACK_ERROR
            except RenderBudgetExceeded as error:
                late = self._monotonic() >= call.deadline_s
                reason = Reason.FALLBACK_DEADLINE if late else Reason.FALLBACK_ERROR
                self._report(call, "template", name, error)
            except Exception as error:  # noqa: BLE001 - the outermost frame: a callout never breaks a send
                reason = Reason.FALLBACK_ERROR
                self._report(call, "block", name, error)
        last_resort = call.serving.last_resorts[name]
        return _block(name, last_resort, reason or Reason.FALLBACK_ERROR, "", ()), call.request.now_us

    def _decided(
        self, call: _Call, customer: _Customer, name: str, _reason: Reason | None
    ) -> tuple[RenderedBlock, int | None]:
        if customer.failure is not None:
            raise customer.failure
        index = customer.evaluation.branch(name)
        branch = call.serving.program.blocks[name].branches[index]
        reason = Reason.DEFAULT if branch.condition is None else Reason.MATCHED
        rendered = self._show(call, customer.facts, customer.evaluation, Place(name, index, branch), reason)
        until = [customer.evaluation.next_branch_flip(name)]
        until += map(customer.evaluation.next_flip, call.serving.program.templates[branch.template].names)
        return rendered, min((at_us for at_us in until if at_us is not None), default=None)

    def _otherwise(
        self, call: _Call, _customer: _Customer, name: str, reason: Reason | None
    ) -> tuple[RenderedBlock, int | None]:
        branches = call.serving.program.blocks[name].branches
        place = Place(name, len(branches) - 1, branches[-1])
        nobody = call.serving.nobody
        evaluation = call.serving.compiled.at(nobody, call.request.now_us)
        return self._show(
            call, nobody, evaluation, place, reason or Reason.FALLBACK_ERROR
        ), call.request.now_us

    def _show(
        self, call: _Call, facts: Facts, evaluation: Evaluation, place: Place, reason: Reason
    ) -> RenderedBlock:
        lists = fill_lists(place, evaluation, facts, call.recommender, call.request.now_us)
        context = template_context(call.serving, place.branch.template, facts, evaluation, lists)
        budget = Budget(MAX_PART_BYTES, min(MAX_RENDER_S, call.deadline_s - self._monotonic()))
        rendered = call.serving.templates[place.branch.template].render(context, budget)
        item_ids = tuple(suggestion.item.item_id for found in lists.values() for suggestion in found)
        return _block(place.block, rendered, reason, str(place.branch.span), item_ids)

    # --------------------------------------------------------------------------------------------- records

    def _decision_id(self, request: RenderRequest, rules_version: str) -> str:
        if not request.send_id:
            return self._new_id()
        named = "\x00".join((rules_version, request.customer_id, request.send_id, *request.blocks))
        return blake2b(named.encode(), digest_size=16).hexdigest()

    def _report(self, call: _Call, stage: str, block: str, error: Exception) -> None:
        # Only the error's kind and place: its text may quote a customer's data.
        _log.warning(
            "fallback",
            stage=stage,
            block=block,
            error=type(error).__name__,
            where=_place_of(error),
            rules_version=call.serving.program.version,
        )


def _block(
    name: str, rendered: Rendered, reason: Reason, rule: str, item_ids: tuple[str, ...]
) -> RenderedBlock:
    return RenderedBlock(
        name=name,
        html=rendered.html,
        text=rendered.text,
        subject=rendered.subject,
        reason=reason,
        rule=rule,
        item_ids=item_ids,
        clipping_risk=len(rendered.html) > CLIPPED_BYTES // 4 and len(rendered.html.encode()) > CLIPPED_BYTES,
    )


def _place_of(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace is not None else ""
