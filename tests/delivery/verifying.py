"""What a receiver does to see that a webhook is genuine, written from the specification alone."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping


def verify(secret: str, headers: Mapping[str, str], body: bytes) -> None:
    """Fail unless one of the signatures is the secret's."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    given = [each.split(",", 1) for each in headers["webhook-signature"].split(" ")]
    assert ["v1", expected] in given, "no signature is by this secret"
