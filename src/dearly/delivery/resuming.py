"""Where a reader of the feed goes on: a text that stands for a position in the feed of one store."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from hashlib import blake2s

from dearly import DearlyError
from dearly.store import Store

_FORM = b"1"
"""The form of the text, so that a later one can be told from it."""
_CHECK_BYTES = 4


class TokenRefused(DearlyError):
    """A resume token does not lead to a place in this store's feed."""


class TokenExpired(TokenRefused):
    """What comes after a token is not kept any more."""


@dataclass(frozen=True, slots=True)
class ResumeToken:
    """A position in the feed of the store that has this identity: all up to it was read."""

    store: str
    position: int

    def __str__(self) -> str:
        """The text that :func:`read_token` takes; letters, digits, ``-`` and ``_``."""
        content = f"{self.store}:{self.position}".encode()
        return urlsafe_b64encode(_FORM + _check(content) + content).rstrip(b"=").decode()


def read_token(text: str) -> ResumeToken:
    """The token that a text stands for.

    Raises:
        TokenRefused: it is none, or not whole.
    """
    try:
        raw = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        check, content = raw[1 : 1 + _CHECK_BYTES], raw[1 + _CHECK_BYTES :]
        if raw[:1] != _FORM or check != _check(content):
            raise ValueError
        store, _, position = content.decode().rpartition(":")
        token = ResumeToken(store, int(position))
    except (ValueError, binascii.Error):
        raise TokenRefused(
            "The resume token is not one that Dearly gave out, or it is not whole. Send it just as it came, "
            "or none, to begin anew."
        ) from None
    if str(token) != text:  # base64 would let some other spellings pass
        raise TokenRefused("The resume token was changed on its way. Send it just as it came.")
    return token


def resume_position(store: Store, text: str) -> int:
    """The position behind which a reader with this token goes on.

    Raises:
        TokenExpired: its next records are not kept here (any more): the feed was trimmed, or is another one.
        TokenRefused: it is no token.
    """
    token = read_token(text)
    trimmed, newest = store.feed_ends()
    if token.store != store.identity():
        raise TokenExpired(
            "The resume token is of another store's feed (or of this one before it was restored from a "
            "backup). Begin without a token, and read who is in what with ListMembers."
        )
    if token.position < trimmed:
        raise TokenExpired(
            f"The resume token stands at position {token.position}, and records up to {trimmed} are not kept "
            "any more. Begin without a token, and read who is in what with ListMembers."
        )
    if token.position > newest:
        raise TokenExpired(
            f"The resume token stands at position {token.position}, and this store's feed ends at {newest}. "
            "Its file seems to have been replaced by an older one: begin without a token."
        )
    return token.position


def _check(content: bytes) -> bytes:
    return blake2s(content, digest_size=_CHECK_BYTES, person=b"feedpos").digest()
