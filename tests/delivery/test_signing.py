"""Signatures of webhooks, against another reading of the specification and its published example."""

from __future__ import annotations

import base64

import pytest

from dearly.delivery import Secret, SecretUnusable, read_secrets
from dearly.delivery.signing import signed_headers
from tests.delivery.verifying import verify

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


def test_the_signature_is_the_one_of_the_published_example() -> None:
    # https://github.com/standard-webhooks/standard-webhooks, libraries/python/tests: the known signature
    secrets = read_secrets("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "the test")

    headers = signed_headers(secrets, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')

    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_while_a_secret_is_replaced_each_of_the_two_verifies() -> None:
    old, new = SECRET, "whsec_" + base64.b64encode(b"n" * 24).decode()

    headers = signed_headers(read_secrets(f"{new}\n{old}\n", "the test"), "s_1", 1_700_000_000, b"{}")

    verify(old, headers, b"{}")
    verify(new, headers, b"{}")
    with pytest.raises(AssertionError):
        verify("whsec_" + base64.b64encode(b"z" * 24).decode(), headers, b"{}")
    with pytest.raises(AssertionError):
        verify(old, headers, b"{ }")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is empty"),
        ("  \n", "is empty"),
        ("hunter2hunter2hunter2", "does not begin with whsec_"),
        ("whsec_not-base64!", "not base64"),
        ("whsec_" + base64.b64encode(b"short").decode(), "of 5 bytes"),
        ("whsec_" + base64.b64encode(b"x" * 65).decode(), "of 65 bytes"),
        (f"{SECRET} whsec_", "of 0 bytes"),
    ],
)
def test_what_is_no_secret_is_refused_without_being_repeated(text: str, told: str) -> None:
    with pytest.raises(SecretUnusable) as refused:
        read_secrets(text, "DEARLY_SINK_CRM_SECRET")

    assert told in str(refused.value)
    assert "DEARLY_SINK_CRM_SECRET" in str(refused.value)
    assert not text.strip() or text.strip() not in str(refused.value)


def test_a_secret_is_never_shown() -> None:
    assert "aaaa" not in repr(Secret(b"aaaaaaaaaaaaaaaaaaaaaaaaaaaa"))
