"""From what an operator writes to sinks: ``crm=https://crm.example.com/hook``, ``log=file:///var/feed.jsonl``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from dearly import DearlyError
from dearly.delivery.addresses import literal_address, why_not_public
from dearly.delivery.json_lines import JsonLinesSink
from dearly.delivery.signing import Secret, read_secrets
from dearly.delivery.sinks import Sink
from dearly.delivery.webhook import WebhookSink
from dearly.store import Store

_FORM = "Expected NAME=https://HOST/PATH or NAME=file:///PATH.jsonl"
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_ANOTHER = re.compile(r"[,;]\s*[a-z][a-z0-9_-]*=(https?|file)://")
"""What looks like a second sink behind a first."""
_MOST_AT_ONCE = 500
_SMALLEST_FILE = 4096
DEFAULT_ROTATE_BYTES = 100 * 2**20


class SinkSettingsError(DearlyError):
    """What was written of a sink cannot be used."""


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """A sink that is told over HTTP. With ``batch`` above 1, each request is an array of so many at most."""

    name: str
    url: str
    batch: int = 1
    secret_file: Path | None = None
    allow_private: bool = False


@dataclass(frozen=True, slots=True)
class JsonLinesSettings:
    """A sink that is a file; a new one is begun before it grows beyond ``rotate_bytes``."""

    name: str
    path: Path
    rotate_bytes: int = DEFAULT_ROTATE_BYTES


SinkSettings: TypeAlias = WebhookSettings | JsonLinesSettings


def parse_sinks(texts: Sequence[str]) -> list[SinkSettings]:
    """The settings of several sinks.

    Raises:
        SinkSettingsError: one of them cannot be used, or two have one name or one file.
    """
    settings = [parse_sink(text) for text in texts]
    for what, told in (
        ("name", [each.name for each in settings]),
        ("file", [str(each.path) for each in settings if isinstance(each, JsonLinesSettings)]),
    ):
        for text in told:
            if told.count(text) > 1:
                raise SinkSettingsError(f"Two sinks have the {what} {text}. Give each its own.")
    return settings


def parse_sink(text: str) -> SinkSettings:
    """The settings in ``NAME=URL``; what differs from the defaults stands behind a ``#`` of the URL.

    For webhooks ``#batch=100&secret_file=/run/secrets/crm&allow_private=true``, for files
    ``#rotate_bytes=1000000``. A secret itself never stands here.

    Raises:
        SinkSettingsError: the text is none of these, or leads where a webhook must not go.
    """
    name, equals, address = text.partition("=")
    if not equals or not _NAME.fullmatch(name):
        raise SinkSettingsError(
            f"{_FORM}, where NAME is of a-z, 0-9, - and _ and begins with a letter; got {_shown(text)}."
        )
    if _ANOTHER.search(address):
        raise SinkSettingsError(
            f"The sink {name}: expected one sink, got what looks like several. In DEARLY_SINK they stand "
            "apart by spaces, in dearly.toml in a list; as a flag, each has a --sink of its own."
        )
    try:
        url = urlsplit(address)
        port = url.port
    except ValueError:
        raise SinkSettingsError(f"The sink {name}: {_shown(address)} is no URL. {_FORM}.") from None
    if url.scheme == "file":
        return _file(name, url)
    if url.scheme in {"https", "http"} and url.hostname and port != 0:
        return _webhook(name, url)
    raise SinkSettingsError(f"The sink {name}: {_FORM}, got {_shown(text)}.")


def secret_variable(name: str) -> str:
    """The environment variable that holds a webhook's secret."""
    return f"DEARLY_SINK_{name.upper().replace('-', '_')}_SECRET"


def open_sink(
    settings: SinkSettings, store: Store, now_us: Callable[[], int], environment: Mapping[str, str]
) -> Sink:
    """The sink of these settings, to be told the feed of a store.

    Raises:
        SinkSettingsError: a webhook's secret, or a file's directory, is not there.
        SecretUnusable: what is there is no secret.
        ExtraMissing: a webhook needs what is not installed.
    """
    if isinstance(settings, JsonLinesSettings):
        if not settings.path.parent.is_dir():
            raise SinkSettingsError(
                f"The sink {settings.name}: the directory {settings.path.parent} is not there. Make it first."
            )
        if settings.path.exists() and not settings.path.is_file():
            raise SinkSettingsError(
                f"The sink {settings.name}: {settings.path} is no regular file. Name another."
            )
        return JsonLinesSink(settings.name, settings.path, settings.rotate_bytes, store.erased_ids)
    return WebhookSink(
        settings.name,
        settings.url,
        _secrets(settings, environment),
        store.identity(),
        store.erased_ids,
        now_us,
        at_once=settings.batch,
        allow_private=settings.allow_private,
    )


def _secrets(settings: WebhookSettings, environment: Mapping[str, str]) -> tuple[Secret, ...]:
    if settings.secret_file is not None:
        try:
            text = settings.secret_file.read_text("utf-8")
        except (OSError, ValueError) as error:
            raise SinkSettingsError(
                f"The sink {settings.name}: its secret file {settings.secret_file} cannot be read ({error})."
            ) from None
        return read_secrets(text, f"The secret file of the sink {settings.name}")
    variable = secret_variable(settings.name)
    if variable not in environment:
        raise SinkSettingsError(
            f"The sink {settings.name} needs a secret to sign with. Put whsec_ and 24 to 64 random bytes in "
            f"base64 into the environment variable {variable}, or into a file that its URL names: "
            "#secret_file=/run/secrets/NAME."
        )
    return read_secrets(environment[variable], variable)


def _file(name: str, url: SplitResult) -> JsonLinesSettings:
    options = _options(name, url, {"rotate_bytes"})
    path = Path(unquote(url.path))
    is_file = path.is_absolute() and path.suffix and "\0" not in str(path) and not path.is_dir()
    if url.netloc or url.query or not is_file:
        raise SinkSettingsError(
            f"The sink {name}: expected file:///PATH.jsonl with an absolute path to a file, got "
            f"{_shown(url._replace(fragment='').geturl())}."
        )
    rotate = _whole_number(name, options, "rotate_bytes", DEFAULT_ROTATE_BYTES, _SMALLEST_FILE, 2**50)
    return JsonLinesSettings(name, path, rotate)


def _webhook(name: str, url: SplitResult) -> WebhookSettings:
    options = _options(name, url, {"batch", "secret_file", "allow_private"})
    allow_private = _truth(name, options, "allow_private")
    if url.username is not None or url.password is not None:
        raise SinkSettingsError(
            f"The sink {name}: its URL holds a user or password, which logs would show. Leave it out: "
            "webhooks are signed instead."
        )
    if url.scheme != "https" and not allow_private:
        raise SinkSettingsError(
            f"The sink {name}: expected https, got http, over which everybody on the way reads along. Within "
            "a network of your own, allow it: #allow_private=true."
        )
    address = literal_address(url.hostname or "")
    if address is not None and not allow_private and (kind := why_not_public(address)):
        raise SinkSettingsError(
            f"The sink {name}: {url.hostname} is {kind}. Name a public one, or allow it: #allow_private=true."
        )
    secret_file = Path(options["secret_file"]) if "secret_file" in options else None
    batch = _whole_number(name, options, "batch", 1, 1, _MOST_AT_ONCE)
    return WebhookSettings(name, url._replace(fragment="").geturl(), batch, secret_file, allow_private)


def _options(name: str, url: SplitResult, known: set[str]) -> dict[str, str]:
    pairs = parse_qsl(url.fragment, keep_blank_values=True)
    for key, _ in pairs:
        if key not in known:
            raise SinkSettingsError(
                f"The sink {name} has {key!r} behind its #. Expected one of: {', '.join(sorted(known))}."
            )
    return dict(pairs)


def _whole_number(
    name: str, options: Mapping[str, str], key: str, default: int, least: int, most: int
) -> int:
    text = options.get(key, str(default))
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else -1
    if not least <= number <= most:
        raise SinkSettingsError(
            f"The sink {name}: expected {key} to be a whole number from {least:,} to {most:,}, got {text!r}."
        )
    return number


def _truth(name: str, options: Mapping[str, str], key: str) -> bool:
    text = options.get(key, "false")
    if text not in {"true", "false"}:
        raise SinkSettingsError(f"The sink {name}: expected {key} to be true or false, got {text!r}.")
    return text == "true"


def _shown(text: str) -> str:
    """A text without what might be a password in it."""
    return repr(re.sub(r"//.*@", "//…@", text, flags=re.DOTALL))
