"""What a callout asks and what it gets: plain data, free of the wire's types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from dearly import DearlyError
from dearly.language.types import Value


class Reason(Enum):
    """Why a block says what it says."""

    MATCHED = "matched"
    """A ``when`` of the block was true."""
    DEFAULT = "default"
    """None was: the block's ``otherwise``."""
    FALLBACK_MISSING_DATA = "fallback_missing_data"
    """The branch that was chosen had no items to show."""
    FALLBACK_DEADLINE = "fallback_deadline"
    """The caller's time was up: before anything else began, or before it was done."""
    FALLBACK_ERROR = "fallback_error"
    """The store, a list or a template failed; the log says which."""


@dataclass(frozen=True, slots=True)
class RenderRequest:
    """One recipient and the blocks wanted (at least one), as of ``now_us``. ``send_id`` names the send, or is
    empty. ``locale`` is the language tag that is asked for, or empty; ``context`` what the call brings along,
    typed (see ``content.call_context``).
    """

    customer_id: str
    blocks: tuple[str, ...]
    send_id: str
    now_us: int
    locale: str = ""
    context: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RenderedBlock:
    """One block as it goes into the mail.

    ``rule`` is the ``file:line`` of the branch shown; ``item_ids`` are those of all its lists, in order.
    ``clipping_risk``: the HTML alone is so long that mail programs may cut the message short. ``locale`` is
    the language tag of the translation shown; empty for a template without one in its name. ``empty_list`` is
    the first list that had no items to show, where that is why something else is shown; else empty.
    """

    name: str
    html: str
    text: str
    subject: str
    reason: Reason
    rule: str
    item_ids: tuple[str, ...]
    clipping_risk: bool
    locale: str = ""
    empty_list: str = ""


@dataclass(frozen=True, slots=True)
class RenderReply:
    """The blocks in the order asked.

    ``valid_until_us`` is never later than the first instant at which time alone would change what was decided
    or read here (None: for ever); a reply with a fallback in it holds only for its own instant.
    """

    blocks: tuple[RenderedBlock, ...]
    as_of_us: int
    valid_until_us: int | None
    rules_version: str
    index_versions: Mapping[str, str]
    decision_id: str


class UnknownBlock(DearlyError):
    """A block is asked for that the rules do not declare; ``nearest`` is the most alike name, or None."""

    def __init__(self, name: str, nearest: str | None) -> None:
        hint = f" Did you mean {nearest!r}?" if nearest else ""
        super().__init__(f"The rules declare no block {name!r}.{hint}")
        self.name = name
        self.nearest = nearest
