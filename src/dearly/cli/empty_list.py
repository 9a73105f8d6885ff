"""Which list left a block without items: what FALLBACK_MISSING_DATA does not say by itself."""

from __future__ import annotations

from dataclasses import dataclass

from dearly.content import Personalizer
from dearly.content.items import NoItems, Place, fill_lists
from dearly.evaluation import read_facts
from dearly.store import CustomerRows


@dataclass(frozen=True, slots=True)
class EmptyList:
    """A list of the branch that was chosen; ``rule`` is the branch's ``file:line``."""

    rule: str
    name: str


def find_empty_list(
    personalizer: Personalizer, block: str, rows: CustomerRows, now_us: int
) -> EmptyList | None:
    """The first list of the branch chosen for a customer that has no items; None when all have."""
    serving = personalizer.serving
    facts = read_facts(serving.reader, rows.profile, rows.logs)
    evaluation = serving.compiled.at(facts, now_us)
    index = evaluation.branch(block)
    branch = serving.program.blocks[block].branches[index]
    try:
        fill_lists(Place(block, index, branch), evaluation, facts, personalizer.recommender, now_us)
    except NoItems as empty:
        return EmptyList(str(branch.span), str(empty))
    return None
