"""A block for one customer, rendered with the same parts as a server's."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from dearly.cli.block_summary import BlockSummary, source_line
from dearly.cli.previewing.unshown_branch import UnshownBranch, chosen_branch
from dearly.cli.rules_package import CheckedRules, place_in
from dearly.content import Personalizer, Reason, RenderedBlock, RenderRequest, prepare_serving, unhurried
from dearly.language.types import Value
from dearly.language.values import time_to_stored
from dearly.recommendation import Item, RecommenderKeeper
from dearly.store import Store

RENDER_S = 10.0
"""A preview has as long as the longest call to a server."""
TITLES = ("title", "name")
"""The fields that an item is called by, where its catalog has one of them."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be previewed: a block, as of when, in which language, with what the call brings along."""

    block: str
    now_us: int
    locale: str = ""
    context: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Preview:
    """One customer's block."""

    customer_id: str
    cold_start: bool
    """The store holds nothing of this customer that the block reads."""
    item_ids: tuple[str, ...]
    unshown: UnshownBranch | None
    """The branch in whose place something else is shown, where that is for want of items."""
    summary: BlockSummary


@dataclass(frozen=True, slots=True)
class Setup:
    """What previews work with; ``rules`` is how the package was named."""

    store: Store
    rules: str
    personalizer: Personalizer


def set_up(checked: CheckedRules, store: Store, index: Path, rules: str, now_us: int) -> Setup:
    """Compile a package, and take its recommendations from an index.

    Raises:
        CannotServe: an ``otherwise`` cannot be rendered without items.
    """
    recommender = RecommenderKeeper(store, index).refresh(checked.program, now_us)
    return Setup(store, rules, Personalizer(prepare_serving(checked.program), unhurried(store), recommender))


def preview_for(setup: Setup, asked: Asked, customer_id: str) -> Preview:
    """One customer's block, as a call would be answered."""
    request = RenderRequest(customer_id, (asked.block,), "", asked.now_us, asked.locale, asked.context)
    reply = asyncio.run(setup.personalizer.render(request, time.monotonic() + RENDER_S))
    (shown,) = reply.blocks
    ranges = setup.personalizer.serving.ranges([asked.block], asked.now_us)
    known = setup.store.read_customer(customer_id, ranges, asked.now_us)
    unshown = None
    if shown.reason is Reason.FALLBACK_MISSING_DATA:
        serving = setup.personalizer.serving
        unshown = chosen_branch(serving, asked.block, known, asked.context, shown.empty_list, asked.now_us)
    summary = BlockSummary(
        reason=shown.reason.name,
        because=_because(unshown, setup.rules),
        rule=shown.rule,
        source=source_line(setup.rules, shown.rule),
        items=[_titled(item) for item in _items(setup.personalizer, shown)],
        subject=shown.subject,
        locale=shown.locale,
        valid_until="" if reply.valid_until_us is None else time_to_stored(reply.valid_until_us),
        html=shown.html,
        text=shown.text,
    )
    cold_start = known.profile is None and not known.logs
    return Preview(customer_id, cold_start, shown.item_ids, unshown, summary)


def preview_as_json(preview: Preview, block: str) -> dict[str, Any]:
    """The preview as plain data, for tools."""
    summary = preview.summary
    return {
        "customer_id": preview.customer_id,
        "cold_start": preview.cold_start,
        "block": block,
        "reason": summary.reason,
        "rule": summary.rule,
        "source": summary.source,
        "unshown": asdict(preview.unshown) if preview.unshown else None,
        "item_ids": preview.item_ids,
        "valid_until": summary.valid_until or None,
        "locale": summary.locale or None,
        "subject": summary.subject,
        "text": summary.text,
        "html": summary.html,
    }


def _because(unshown: UnshownBranch | None, rules: str) -> str:
    if unshown is None:
        return ""
    return f"{place_in(rules, unshown.rule)}  {source_line(rules, unshown.rule)}: {unshown.message}"


def _items(personalizer: Personalizer, shown: RenderedBlock) -> Iterator[Item]:
    """The items shown, found in the catalogs of the branch that was shown."""
    branches = personalizer.serving.program.blocks[shown.name].branches
    decided = (branch for branch in branches if str(branch.span) == shown.rule)
    catalogs = list(dict.fromkeys(wanted.catalog for branch in decided for wanted in branch.lists))
    for item_id in shown.item_ids:
        found = (personalizer.recommender.shelves.item(catalog, item_id) for catalog in catalogs)
        yield next(item for item in found if item is not None)


def _titled(item: Item) -> str:
    title = next((str(item.fields[name]) for name in TITLES if name in item.fields), "")
    return f"{item.item_id}  {title}".rstrip()
