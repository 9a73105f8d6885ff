"""One callout: facts, decision, items, template, and the frame that never lets any of them break a send."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b, sha256
from pathlib import Path
from typing import TypeAlias

import structlog

from dearly.content.budget import Budget
from dearly.content.items import NoItems, Place, fill_lists
from dearly.content.local_words import Manner
from dearly.content.rendering import Rendered
from dearly.content.request import Reason, RenderedBlock, RenderReply, RenderRequest, UnknownBlock
from dearly.content.serving import Serving, template_context
from dearly.content.validity import next_arrival, watch_lists
from dearly.evaluation import Evaluation, Facts, Watch, read_facts
from dearly.language import nearest
from dearly.language.templates.check import CLIPPED_BYTES
from dearly.language.types import END_OF_TIME_US
from dearly.recommendation import OutOfTime, Recommender, Suggestion
from dearly.store import CustomerQuery, CustomerRows, Store, StoreUnavailable

MAX_PART_BYTES = 256 * 1024
"""The longest that one part (HTML, text, subject) of a block may be."""

MAX_FILL_S = 0.050
"""The longest that filling one branch's item lists may take."""

MAX_RENDER_S = 0.050
"""The longest that one template may take."""

READ_SHARE = 0.5
"""How much of the time that is left reading may take: what remains is enough for a fallback."""

STORE_REST_S = 0.25
"""After a store did not answer, calls do without it for this long instead of each waiting in turn."""

ReadCustomers: TypeAlias = Callable[[Sequence[CustomerQuery], float], Awaitable[Sequence[CustomerRows]]]
"""Reads customers, each query's in order, within so many seconds. Raises StoreUnavailable when the store does
not answer, and TimeoutError when only the time was too short to know.
"""

_log = structlog.get_logger("dearly.content")


def unhurried(store: Store) -> ReadCustomers:
    """Reads that take as long as the store does, for tools that have the time and nobody else to answer."""

    async def read(queries: Sequence[CustomerQuery], _patience_s: float) -> Sequence[CustomerRows]:
        return store.read_customers(queries)

    return read


@dataclass(frozen=True, slots=True)
class _Call:
    """One request under way, with the references that it began with."""

    request: RenderRequest
    serving: Serving
    recommender: Recommender
    deadline_s: float


@dataclass(frozen=True, slots=True)
class _Customer:
    """What one call knows of its recipient; with a ``failure`` the facts are nobody's.

    ``watch`` decides and is read by templates, ``evaluation`` serves the lists, ``manner`` is how they are
    spoken to, whatever is shown.
    """

    facts: Facts
    evaluation: Evaluation
    watch: Watch
    manner: Manner
    failure: Reason | None = None


@dataclass(frozen=True, slots=True)
class _Shown:
    """A block, and until when it holds (None: as long as the customer's watch says)."""

    block: RenderedBlock
    until_us: int | None


class Personalizer:
    """Renders blocks for recipients. ``serving`` and ``recommender`` may be assigned anew at any time: a call
    goes on with those it began with. ``id_key`` is the key of the hashes that name repeats of one send.
    """

    def __init__(
        self,
        serving: Serving,
        read: ReadCustomers,
        recommender: Recommender,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        new_id: Callable[[], str] = lambda: uuid.uuid4().hex,
        id_key: bytes = b"",
    ) -> None:
        self.serving = serving
        self.recommender = recommender
        self._read = read
        self._monotonic = monotonic
        self._new_id = new_id
        self._id_key = sha256(id_key).digest()
        self._store_rests_until_s = 0.0

    async def render(self, request: RenderRequest, deadline_s: float) -> RenderReply:
        """The blocks asked for; ``deadline_s`` is an instant of the monotonic clock.

        Raises:
            UnknownBlock: the rules declare no such block. Nothing else is raised.
        """
        call = self._begin(request, deadline_s)
        return self._reply(call, next(await self._look_up([call])))

    async def render_many(
        self, requests: Sequence[RenderRequest], deadline_s: float
    ) -> Iterator[RenderReply | UnknownBlock]:
        """One answer a request, in their order; the deadline is shared, and the store is asked once.

        Each is rendered when it is asked for, so that who asks may pause, or stop, between any two.
        """
        begun: list[_Call | UnknownBlock] = []
        for request in requests:
            try:
                begun.append(self._begin(request, deadline_s))
            except UnknownBlock as error:
                begun.append(error)
        customers = await self._look_up([call for call in begun if isinstance(call, _Call)])
        return (self._reply(call, next(customers)) if isinstance(call, _Call) else call for call in begun)

    def _begin(self, request: RenderRequest, deadline_s: float) -> _Call:
        call = _Call(request, self.serving, self.recommender, deadline_s)
        known = call.serving.program.blocks
        for name in request.blocks:
            if name not in known:
                raise UnknownBlock(name, nearest(name, known))
        return call

    def _reply(self, call: _Call, customer: _Customer) -> RenderReply:
        request, version = call.request, call.serving.program.version
        shown = [self._show_block(call, customer, name) for name in request.blocks]
        until = [customer.watch.sure_until_us, *(one.until_us for one in shown)]
        return RenderReply(
            blocks=tuple(one.block for one in shown),
            as_of_us=request.now_us,
            valid_until_us=min((until_us for until_us in until if until_us is not None), default=None),
            rules_version=version,
            index_versions=call.recommender.index_versions,
            decision_id=self._decision_id(request, version),
        )

    # ------------------------------------------------------------------------------------------- the customer

    async def _look_up(self, calls: Sequence[_Call]) -> Iterator[_Customer]:
        """Each call's customer, or nobody and why: all read at once, their facts made as they are needed."""
        failure = Reason.FALLBACK_ERROR
        if not calls or self._is_late(calls[0]):
            failure = Reason.FALLBACK_DEADLINE
        elif self._monotonic() >= self._store_rests_until_s:
            try:
                patience_s = (calls[0].deadline_s - self._monotonic()) * READ_SHARE
                found = await self._read([_query(call) for call in calls], patience_s)
            except TimeoutError:
                failure = Reason.FALLBACK_DEADLINE
            except StoreUnavailable as error:
                self._store_rests_until_s = self._monotonic() + STORE_REST_S
                self._report(calls[0], "store", "", error)
            except Exception as error:  # noqa: BLE001 - the outermost frame: a callout never breaks a send
                if len(calls) > 1:  # one customer's fault, from which the others shall not suffer
                    return iter([next(await self._look_up([call])) for call in calls])
                self._report(calls[0], "facts", "", error)
            else:
                return map(self._know, calls, found)
        return (self._nobody(call, failure) for call in calls)

    def _know(self, call: _Call, rows: CustomerRows) -> _Customer:
        if self._is_late(call):
            return self._nobody(call, Reason.FALLBACK_DEADLINE)
        try:
            facts = read_facts(call.serving.reader, rows.profile, rows.logs)
        except Exception as error:  # noqa: BLE001 - the outermost frame: a callout never breaks a send
            self._report(call, "facts", "", error)
            return self._nobody(call, Reason.FALLBACK_ERROR)
        brought = call.request.context
        if brought or call.serving.nobody.context:
            facts = replace(facts, context={**call.serving.nobody.context, **brought})
        return _customer(call, facts, None)

    def _nobody(self, call: _Call, failure: Reason | None) -> _Customer:
        return _customer(call, call.serving.nobody, failure)

    # -------------------------------------------------------------------------------------------- the frame

    def _show_block(self, call: _Call, customer: _Customer, name: str) -> _Shown:
        """The frame: the ``when`` that is true; failing that the ``otherwise``; then the last resort."""
        failure, empty_list = customer.failure, ""
        for attempt in (self._matched, self._otherwise):
            if self._is_late(call):
                break
            try:
                shown = attempt(call, customer, name, failure)
            except NoItems as error:
                failure = failure or Reason.FALLBACK_MISSING_DATA
                empty_list = empty_list or error.list_name
            except Exception as error:  # noqa: BLE001 - the outermost frame: a callout never breaks a send
                failure = _failure_of(error)
                self._report(call, "block", name, error)
            else:
                if shown is not None:
                    return _for_want_of(shown, empty_list) if empty_list else shown
        if failure is None or self._is_late(call):
            failure = Reason.FALLBACK_DEADLINE
        last_resort = call.serving.last_resorts[name].in_locale(customer.manner.locale)
        block = _block(name, last_resort, failure, "", ())
        return _for_want_of(_Shown(block, call.request.now_us), empty_list)

    def _matched(self, call: _Call, customer: _Customer, name: str, failure: Reason | None) -> _Shown | None:
        """The first ``when`` that is true; None when none is, or nothing is known of the customer."""
        if failure is not None:
            return None
        index = customer.watch.branch(name)
        branch = call.serving.program.blocks[name].branches[index]
        if branch.condition is None:
            return None
        block = self._fill(call, customer, Place(name, index, branch), Reason.MATCHED)
        return _Shown(block, self._watch_lists(call, customer, name, index))

    def _otherwise(self, call: _Call, customer: _Customer, name: str, failure: Reason | None) -> _Shown:
        """The block's ``otherwise``, as anybody gets it: what is known of the customer does not enter."""
        branches = call.serving.program.blocks[name].branches
        place = Place(name, len(branches) - 1, branches[-1])
        nobody = replace(self._nobody(call, failure), manner=customer.manner)
        block = self._fill(call, nobody, place, failure or Reason.DEFAULT)
        if failure is not None:
            return _Shown(block, call.request.now_us)
        return _Shown(block, self._watch_lists(call, customer, name, place.index))

    def _fill(self, call: _Call, customer: _Customer, place: Place, reason: Reason) -> RenderedBlock:
        facts, name = customer.facts, place.branch.template
        lists = self._fill_lists(call, customer, place)
        context = template_context(call.serving.reads[name], facts, customer.watch, lists)
        template = call.serving.templates[name].in_locale(customer.manner.locale)
        remaining_s = call.deadline_s - self._monotonic()
        budget = Budget(MAX_PART_BYTES, min(MAX_RENDER_S, remaining_s), self._monotonic)
        rendered = template.render(context, budget, customer.manner)
        item_ids = tuple(suggestion.item.item_id for found in lists.values() for suggestion in found)
        return _block(place.block, rendered, reason, str(place.branch.span), item_ids)

    def _fill_lists(self, call: _Call, customer: _Customer, place: Place) -> Mapping[str, list[Suggestion]]:
        if not place.branch.lists:
            return {}
        ends_s = min(call.deadline_s, self._monotonic() + MAX_FILL_S)
        return fill_lists(
            place,
            customer.evaluation,
            customer.facts,
            call.recommender,
            call.request.now_us,
            give_up=lambda: self._monotonic() >= ends_s,
        )

    def _watch_lists(self, call: _Call, customer: _Customer, name: str, index: int) -> int | None:
        watched = call.serving.watched[name][index]
        watch_lists(customer.watch, watched)
        return next_arrival(customer.facts, watched, call.request.now_us)

    def _is_late(self, call: _Call) -> bool:
        return self._monotonic() >= call.deadline_s

    # --------------------------------------------------------------------------------------------- records

    def _decision_id(self, request: RenderRequest, rules_version: str) -> str:
        if not request.send_id:
            return self._new_id()
        named = json.dumps([rules_version, request.customer_id, request.send_id, *request.blocks])
        return blake2b(named.encode(), digest_size=16, key=self._id_key).hexdigest()

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


def _query(call: _Call) -> CustomerQuery:
    request = call.request
    ranges = call.serving.ranges(request.blocks, request.now_us)
    return CustomerQuery(request.customer_id, ranges, END_OF_TIME_US)


def _customer(call: _Call, facts: Facts, failure: Reason | None) -> _Customer:
    evaluation = call.serving.compiled.at(facts, call.request.now_us)
    manner = call.serving.manner(call.request.locale, facts.profile)
    return _Customer(facts, evaluation, evaluation.watch(), manner, failure)


def _failure_of(error: Exception) -> Reason:
    return Reason.FALLBACK_DEADLINE if isinstance(error, OutOfTime) else Reason.FALLBACK_ERROR


def _for_want_of(shown: _Shown, empty_list: str) -> _Shown:
    return replace(shown, block=replace(shown.block, empty_list=empty_list))


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
        locale=rendered.locale,
    )


def _place_of(error: Exception) -> str:
    """The place that raised the error, as ``file:line function``."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return ""
    code = trace.tb_frame.f_code
    return f"{Path(code.co_filename).name}:{trace.tb_lineno} {code.co_name}"
