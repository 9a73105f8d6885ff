"""One POST to somewhere that is not trusted. Needs the extra ``webhooks``.

What the other side may do is bounded: no redirect is followed, no cookie kept, nothing unpacked, no more read
than the beginning, and each address is looked at when its socket is made, so that no name can lead elsewhere
between the look and the call.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from typing import Any

import aiohttp

from dearly.delivery.addresses import why_not_public

_MOST_READ_BYTES = 4096
_CONNECT_S = 2.0


class NoAnswer(Exception):
    """The other side could not be reached, or did not answer; the text says how, and holds nobody's data."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said: its status, the header Retry-After (or ""), and the beginning of its body."""

    status: int
    retry_after: str
    beginning: bytes


class Poster:
    """Posts to one URL, over connections that are kept while they are good."""

    def __init__(self, url: str, whole_s: float, *, allow_private: bool) -> None:
        """``whole_s`` bounds a call in all; reaching the other side has two seconds of it."""
        self._url = url
        self._whole_s = whole_s
        self._allow_private = allow_private
        self._session: aiohttp.ClientSession | None = None

    async def post(self, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send a body.

        Raises:
            NoAnswer: no status came.
        """
        session = self._open_session()
        try:
            async with session.post(self._url, data=body, headers=headers, allow_redirects=False) as response:
                retry_after = response.headers.get("Retry-After", "")
                return Answer(response.status, retry_after, await _beginning(response))
        except TimeoutError as error:
            raise NoAnswer(_what_took_too_long(error, self._whole_s)) from None
        except aiohttp.ClientConnectorCertificateError as error:
            raise NoAnswer(f"its certificate is not trusted ({error.certificate_error})") from None
        except aiohttp.ClientConnectorError as error:
            raise NoAnswer(f"it cannot be reached ({_plain(error.os_error)})") from None
        except ValueError:  # as aiohttp's InvalidURL is
            raise NoAnswer("its URL cannot be called") from None
        except aiohttp.ClientError as error:
            raise NoAnswer(f"it broke off, or does not speak HTTP ({type(error).__name__})") from None

    async def close(self) -> None:
        """Close the connections; safe to call twice."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=1,
                    resolver=aiohttp.ThreadedResolver(),
                    use_dns_cache=False,
                    socket_factory=partial(_make_socket, allow_private=self._allow_private),
                ),
                timeout=aiohttp.ClientTimeout(total=self._whole_s, connect=min(_CONNECT_S, self._whole_s)),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,  # a proxy would be dialled instead of the address that is looked at
            )
        return self._session


class _NotPublic(OSError):
    """Raised where a socket would be made, as errors of dialling are."""


def _make_socket(address_info: tuple[Any, ...], *, allow_private: bool) -> socket.socket:
    """The socket for an address that is about to be dialled, if it may be."""
    family, kind, protocol, _, dialled = address_info
    if not allow_private and (what := why_not_public(ip_address(dialled[0]))):
        raise _NotPublic(f"{dialled[0]} is {what}, where webhooks do not go unless allow_private says so")
    return socket.socket(family, kind, protocol)


async def _beginning(response: aiohttp.ClientResponse) -> bytes:
    """As much of the body as is kept; a body that hangs or breaks off changes nothing about the status."""
    read = b""
    try:
        while len(read) < _MOST_READ_BYTES and (part := await response.content.read(_MOST_READ_BYTES)):
            read += part
    except (TimeoutError, aiohttp.ClientError, asyncio.IncompleteReadError):
        response.close()
    return read[:_MOST_READ_BYTES]


def _what_took_too_long(error: TimeoutError, whole_s: float) -> str:
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return f"it was not reached within {_CONNECT_S:g} s"
    return f"it did not answer within {whole_s:g} s"


def _plain(error: OSError) -> str:
    return error.strerror or str(error)
