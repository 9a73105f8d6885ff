"""What an operator writes to have a sink."""

from __future__ import annotations

import base64
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dearly.delivery import (
    ExtraMissing,
    JsonLinesSettings,
    SecretUnusable,
    SinkSettingsError,
    WebhookSettings,
    open_sink,
    parse_sink,
    parse_sinks,
)
from dearly.store import Store
from tests.delivery.feeding import opened

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store with nothing in it."""
    with opened(f"sqlite:///{tmp_path}/store.db") as found:
        yield found


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        ("crm=https://crm.example.com/hook?v=1", WebhookSettings("crm", "https://crm.example.com/hook?v=1")),
        ("a-b_2=https://x.example", WebhookSettings("a-b_2", "https://x.example")),
        (
            "crm=https://x.example/h#batch=100&secret_file=/run/secrets/crm",
            WebhookSettings("crm", "https://x.example/h", 100, Path("/run/secrets/crm")),
        ),
        (
            "crm=http://127.0.0.1:8000/#allow_private=true",
            WebhookSettings("crm", "http://127.0.0.1:8000/", allow_private=True),
        ),
        ("log=file:///var/feed.jsonl", JsonLinesSettings("log", Path("/var/feed.jsonl"))),
        (
            "log=file:///var/my%20feed.jsonl#rotate_bytes=5000",
            JsonLinesSettings("log", Path("/var/my feed.jsonl"), 5000),
        ),
    ],
)
def test_a_sink_is_written_as_its_name_and_its_url(text: str, settings: object) -> None:
    assert parse_sink(text) == settings


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("https://crm.example.com/hook", "Expected NAME=https://HOST/PATH"),
        ("=https://crm.example.com", "Expected NAME="),
        ("Crm=https://crm.example.com", "begins with a letter"),
        ("crm=ftp://crm.example.com", "Expected NAME="),
        ("crm=https://", "Expected NAME="),
        ("crm=https:///path", "Expected NAME="),
        ("crm=https://crm.example.com:99999/", "is no URL"),
        ("crm=https://crm.example.com:0/", "Expected NAME="),
        ("crm=https://[::1/", "is no URL"),
        ("crm=http://crm.example.com/", "expected https"),
        ("crm=https://user:hunter2@crm.example.com/", "holds a user or password"),
        ("crm=https://127.0.0.1/", "127.0.0.1 is this machine itself"),
        ("crm=https://[::ffff:10.0.0.1]/", "is a private address"),
        ("crm=https://169.254.169.254/latest", "is a link-local address"),
        ("crm=https://x.example/#batch=0", "a whole number from 1 to 500, got '0'"),
        ("crm=https://x.example/#batch=1e3", "a whole number from 1 to 500, got '1e3'"),
        ("crm=https://x.example/#allow_private=yes", "true or false, got 'yes'"),
        ("crm=https://x.example/#secret=whsec_x", "Expected one of: allow_private, batch, secret_file"),
        ("log=file://host/feed.jsonl", "expected file:///PATH.jsonl"),
        ("log=file:feed.jsonl", "expected file:///PATH.jsonl"),
        ("log=file:///tmp", "expected file:///PATH.jsonl"),
        ("a=file:///x.jsonl,b=file:///y.jsonl", "In DEARLY_SINK they stand apart by spaces"),
        ("a=https://x.example/; b=file:///y.jsonl", "In DEARLY_SINK they stand apart by spaces"),
        ("log=file:///feed.jsonl#batch=3", "Expected one of: rotate_bytes"),
    ],
)
def test_what_is_no_sink_is_refused_with_what_was_expected(text: str, told: str) -> None:
    with pytest.raises(SinkSettingsError) as refused:
        parse_sink(text)

    assert told in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_sinks_share_neither_a_name_nor_a_file() -> None:
    with pytest.raises(SinkSettingsError, match="Two sinks have the name crm"):
        parse_sinks(["crm=https://a.example/", "crm=https://b.example/"])
    with pytest.raises(SinkSettingsError, match=r"Two sinks have the file /var/feed\.jsonl"):
        parse_sinks(["a=file:///var/feed.jsonl", "b=file:///var/feed.jsonl"])


def test_a_webhook_without_a_secret_is_not_opened(store: Store) -> None:
    settings = parse_sink("my-crm=https://crm.example.com/")

    with pytest.raises(SinkSettingsError, match="DEARLY_SINK_MY_CRM_SECRET"):
        open_sink(settings, store, lambda: 0, {})
    with pytest.raises(SecretUnusable, match="DEARLY_SINK_MY_CRM_SECRET"):
        open_sink(settings, store, lambda: 0, {"DEARLY_SINK_MY_CRM_SECRET": "hunter2"})

    assert open_sink(settings, store, lambda: 0, {"DEARLY_SINK_MY_CRM_SECRET": SECRET}).name == "my-crm"


def test_a_secret_may_stand_in_a_file(tmp_path: Path, store: Store) -> None:
    file = tmp_path / "secret"
    settings = parse_sink(f"crm=https://crm.example.com/#secret_file={file}")

    with pytest.raises(SinkSettingsError, match="cannot be read"):
        open_sink(settings, store, lambda: 0, {})
    file.write_text(f"{SECRET}\n")

    assert open_sink(settings, store, lambda: 0, {}).at_once == 1


def test_a_file_wants_its_directory_first(tmp_path: Path, store: Store) -> None:
    with pytest.raises(SinkSettingsError, match="Make it first"):
        open_sink(parse_sink(f"log=file://{tmp_path}/none/feed.jsonl"), store, lambda: 0, {})


def test_a_pipe_is_no_file(tmp_path: Path, store: Store) -> None:
    os.mkfifo(tmp_path / "feed.jsonl")

    with pytest.raises(SinkSettingsError, match="is no regular file"):
        open_sink(parse_sink(f"log=file://{tmp_path}/feed.jsonl"), store, lambda: 0, {})


def test_without_the_extra_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch, store: Store) -> None:
    monkeypatch.setitem(sys.modules, "aiohttp", None)

    with pytest.raises(ExtraMissing, match=r"pip install 'dearly\[webhooks\]'"):
        open_sink(parse_sink("crm=https://x.example/"), store, lambda: 0, {"DEARLY_SINK_CRM_SECRET": SECRET})


@pytest.mark.parametrize(
    "text",
    [
        "crm=https://user:hunter2@crm.example:99999/x",
        "crm=https://user:hunter2@[::1/x",
        "CRM=https://user:hun/hunter2@crm.example/x",
        "CRM=https://user:hun@hunter2@crm.example/x",
        "crm=file://user:hunter2@crm.example/x.jsonl",
    ],
)
def test_no_password_of_a_wrong_address_is_shown(text: str) -> None:
    with pytest.raises(SinkSettingsError) as refused:
        parse_sink(text)
    assert "hunter2" not in str(refused.value)


def test_a_path_that_no_file_can_have_is_refused() -> None:
    with pytest.raises(SinkSettingsError, match="absolute path to a file"):
        parse_sink("crm=file:///tmp/x%00.jsonl")
