"""A sink that is told by signed webhooks: https://www.standardwebhooks.com."""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Callable, Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from dearly import DearlyError, __version__
from dearly.delivery.erased import ErasedIds, without_erased
from dearly.delivery.rendering import feed_json, feed_json_array
from dearly.delivery.signing import Secret, signed_headers
from dearly.delivery.sinks import Delivery, Failure
from dearly.language.types import SECOND_US
from dearly.language.values import time_of
from dearly.store import FeedRecord

if TYPE_CHECKING:
    from dearly.delivery.posting import Answer

WHOLE_S = 10.0
"""A call takes no longer in all."""

_NEVER = frozenset({400, 413, 422})
"""Bad request, too large, cannot be processed: said of the record itself. Others (401, 404, 410 ..) are said
of the address, the secret or the moment, and the next record would fare no better."""
_SHOWN_CHARACTERS = 200
_FOR_LONG_US = 2**62
"""Longer than anybody waits: as long as a retry policy has it."""


class ExtraMissing(DearlyError):
    """What the extra ``webhooks`` brings is not installed."""


class WebhookSink:
    """Posts records to a URL: one at a time as an object, or (``at_once`` above 1) several as an array."""

    def __init__(
        self,
        name: str,
        url: str,
        secrets: Sequence[Secret],
        store_identity: str,
        erased_ids: ErasedIds,
        now_us: Callable[[], int],
        *,
        at_once: int = 1,
        allow_private: bool = False,
        whole_s: float = WHOLE_S,
    ) -> None:
        """Opens nothing yet.

        Raises:
            ExtraMissing: webhooks cannot be sent, for want of what their extra brings.
        """
        if importlib.util.find_spec("aiohttp") is None:
            raise ExtraMissing(
                f"The sink {name} needs aiohttp, which is not installed. Install the extra: "
                "pip install 'dearly[webhooks]'."
            )
        from dearly.delivery.posting import Poster

        self.name = name
        self.at_once = at_once
        self._secrets = tuple(secrets)
        self._store = store_identity
        self._erased_ids = erased_ids
        self._now_us = now_us
        self._whole_s = whole_s
        self._poster = Poster(url, whole_s, allow_private=allow_private)

    async def deliver(self, records: Sequence[FeedRecord]) -> Delivery:
        """Post the records together; when they are refused for what is in them, one by one, to find which.

        Those about somebody who was erased meanwhile are not posted, and count as taken.
        """
        failure = await self._post(records)
        if failure is None:
            return Delivery(len(records))
        if failure.may_help or len(records) == 1:
            return Delivery(0, failure)
        begun_us = self._now_us()
        for taken, record in enumerate(records):
            if taken and self._now_us() >= begun_us + self._whole_s * SECOND_US:
                return Delivery(taken)  # the others come again: whoever calls holds a lease that ends
            failure = await self._post([record])
            if failure is not None:
                return Delivery(taken, failure)
        return Delivery(len(records))

    async def close(self) -> None:
        """Close the connections; safe to call twice."""
        await self._poster.close()

    async def _post(self, records: Sequence[FeedRecord]) -> Failure | None:
        from dearly.delivery.posting import NoAnswer

        records = await asyncio.to_thread(without_erased, records, self._erased_ids)
        if not records:
            return None
        body = feed_json(records[0]) if self.at_once == 1 else feed_json_array(records)
        headers = {
            **signed_headers(self._secrets, self._id_of(records), self._now_us() // SECOND_US, body),
            "content-type": "application/json",
            "user-agent": f"dearly/{__version__}",
        }
        try:
            answer = await self._poster.post(headers, body)
        except NoAnswer as error:
            return Failure(str(error), may_help=True)
        return _failure_of(answer, self._now_us())

    def _id_of(self, records: Sequence[FeedRecord]) -> str:
        """The same for the same records, however often they are sent; no other store has it."""
        first, last = records[0].position, records[-1].position
        return f"{self._store}_{first}" if first == last else f"{self._store}_{first}_{last}"


def _failure_of(answer: Answer, now_us: int) -> Failure | None:
    """What a status means: 2xx is taken (a redirect is not, since it is not followed)."""
    if 200 <= answer.status <= 299:
        return None
    return Failure(
        f"it answered {_status_text(answer.status)}",
        may_help=answer.status not in _NEVER,
        retry_after_us=_FOR_LONG_US
        if answer.status == HTTPStatus.GONE
        else _retry_after_us(answer.retry_after, now_us),
        answer=_printable(answer.beginning),
    )


def _status_text(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _retry_after_us(header: str, now_us: int) -> int:
    """How long a header asks to wait: seconds, or a date (RFC 9110, 10.2.3); 0 when it is neither."""
    if header.isascii() and header.isdecimal():
        return min(int(header[:18]) * SECOND_US, _FOR_LONG_US)
    try:
        moment = parsedate_to_datetime(header)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(time_of(moment) - now_us, 0)
    except (ValueError, OverflowError):
        return 0


def _printable(beginning: bytes) -> str:
    """The beginning of an answer on one line, without what acts on a terminal."""
    text = " ".join(beginning.decode("utf-8", "replace").split())
    return "".join(filter(str.isprintable, text))[:_SHOWN_CHARACTERS]
