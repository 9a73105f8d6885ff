"""What a caller may send: the limits that the server decides by itself, and the checks against them.

The transport's own limits (message and metadata sizes, idle connections) stand in ``TRANSPORT``.
"""

from __future__ import annotations

from dearly.language.locales import MAX_TAG_BYTES, is_tag
from dearly.language.values import ValueProblem, check_id
from dearly.server.statuses import Violation, invalid_argument

MAX_BATCH = 1_000
"""Requests, events, profiles or items in one call."""
MAX_BATCH_REPLY_BYTES = 32 * 1024 * 1024
"""What a batch of renders answers in all."""
MAX_BATCHES = 4
"""Batches of renders under way at a time, each until its answer is with its caller."""
MAX_STREAMS = 32
"""Streams of events under way at a time."""
MAX_WATCHERS = 64
"""Watches of the feed under way at a time."""
MAX_EXPORTS = 3
"""Exports under way at a time, each until its caller has the last piece; fewer than there are threads for
reads."""
MAX_DOCUMENT_PARTS = 10_000
"""What the documents of one call may say together."""
MAX_PAGE = 1_000
DEFAULT_PAGE = 100
"""Members on a page."""
MAX_BLOCKS = 50
MAX_NAMES = 1_000
"""Segments or lifecycles asked about in one call."""
MAX_SUGGESTIONS = 100
MAX_EXCLUDED = 1_000
MAX_CONTEXT_VALUES = 100
MAX_CONTEXT_BYTES = 64 * 1024
"""What one render may bring along, names and values together."""
MAX_RULES_FILES = 2_000
MAX_CHECKED_BYTES = 256 * 1024
"""All files of a package to check: what is made to take long takes the checker 5 s at this length."""

MAX_MESSAGE_BYTES = 1024 * 1024
MAX_METADATA_BYTES = 16 * 1024

TRANSPORT: tuple[tuple[str, int], ...] = (
    ("grpc.so_reuseport", 0),  # two servers on one port would each silently get half of the calls
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.absolute_max_metadata_size", MAX_METADATA_BYTES),
    ("grpc.max_concurrent_streams", 1_000),
    ("grpc.server_handshake_timeout_ms", 10_000),
    ("grpc.max_connection_idle_ms", 5 * 60_000),
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
)


def require_id(field: str, value: str, *, optional: bool = False) -> str:
    """An id that a caller sent, in the form in which ids are kept (NFC).

    Raises:
        CallRefused: INVALID_ARGUMENT naming the field: the id is empty (unless optional) or too long.
    """
    if optional and not value:
        return value
    try:
        return check_id(value)
    except ValueProblem as problem:
        raise invalid_argument([Violation(field, str(problem))]) from None


def require_count(field: str, count: int, most: int, *, least: int = 1) -> None:
    """Refuse too few or too many.

    Raises:
        CallRefused: INVALID_ARGUMENT naming the field.
    """
    if least <= count <= most:
        return
    expected = f"at most {most:,}" if least == 0 <= count else f"{least:,} to {most:,}"
    raise invalid_argument([Violation(field, f"expected {expected}, got {count:,}.")])


def require_locale(field: str, tag: str) -> str:
    """A language tag that a caller sent; empty when none was.

    Raises:
        CallRefused: INVALID_ARGUMENT naming the field: it is not formed like a language tag.
    """
    if not tag or is_tag(tag):
        return tag
    expected = f'expected a language tag (BCP 47) of at most {MAX_TAG_BYTES} bytes, such as "de" or "pt-BR".'
    raise invalid_argument([Violation(field, expected)])


def require_bytes(field: str, size: int, most: int) -> None:
    """Refuse what is too long in all.

    Raises:
        CallRefused: INVALID_ARGUMENT naming the field.
    """
    if size > most:
        raise invalid_argument([Violation(field, f"expected at most {most:,} bytes, got {size:,}.")])
