"""Signatures of webhooks: https://github.com/standard-webhooks/standard-webhooks, version 1.0.0."""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dearly import DearlyError

PREFIX = "whsec_"
_LEAST_BYTES, _MOST_BYTES = 24, 64


class SecretUnusable(DearlyError):
    """What was given as a webhook's secret is none."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A key that both sides know."""

    key: bytes = field(repr=False)


def read_secrets(text: str, where: str) -> tuple[Secret, ...]:
    """The secrets in a text, at least one, apart by white space; a webhook is signed with each, so that one
    can be replaced by another without a gap.

    Raises:
        SecretUnusable: there is none, or one is not as the specification has it; its text is not repeated.
    """
    words = text.split()
    if not words:
        raise SecretUnusable(f"{where} is empty. {_expected()}")
    return tuple(_read_secret(word, where) for word in words)


def _read_secret(word: str, where: str) -> Secret:
    if not word.startswith(PREFIX):
        raise SecretUnusable(f"{where} holds something that does not begin with {PREFIX}. {_expected()}")
    try:
        key = b64decode(word.removeprefix(PREFIX), validate=True)
    except ValueError:
        raise SecretUnusable(
            f"{where} holds a secret that is not base64 after {PREFIX}. {_expected()}"
        ) from None
    if not _LEAST_BYTES <= len(key) <= _MOST_BYTES:
        raise SecretUnusable(f"{where} holds a secret of {len(key)} bytes. {_expected()}")
    return Secret(key)


def _expected() -> str:
    return (
        f"Expected {PREFIX} and {_LEAST_BYTES} to {_MOST_BYTES} random bytes in base64. "
        f'Make one: echo "{PREFIX}$(openssl rand -base64 32)"'
    )


def signed_headers(
    secrets: Sequence[Secret], webhook_id: str, timestamp_s: int, body: bytes
) -> Mapping[str, str]:
    """The three headers of a webhook: its id, when it is sent, and a signature for each secret.

    The id holds no full stop, or it could be moved between the parts that are signed.
    """
    content = f"{webhook_id}.{timestamp_s}.".encode() + body
    signatures = (b64encode(hmac.digest(secret.key, content, "sha256")).decode() for secret in secrets)
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
