"""The branch that was chosen and not shown: what FALLBACK_MISSING_DATA does not say by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dearly.content import Serving
from dearly.evaluation import read_facts
from dearly.language.types import Value
from dearly.store import CustomerRows


@dataclass(frozen=True, slots=True)
class UnshownBranch:
    """A branch, one of whose lists came out empty; ``rule`` is its ``file:line``."""

    rule: str
    list: str

    @property
    def message(self) -> str:
        """Why it is not shown."""
        return f"the list `{self.list}` has no items"


def chosen_branch(
    serving: Serving,
    block: str,
    rows: CustomerRows,
    context: Mapping[str, Value],
    empty_list: str,
    now_us: int,
) -> UnshownBranch:
    """The branch of a block that a customer's data chooses, known to have had an empty list."""
    facts = replace(read_facts(serving.reader, rows.profile, rows.logs), context=context)
    branch = serving.program.blocks[block].branches[serving.compiled.at(facts, now_us).branch(block)]
    return UnshownBranch(str(branch.span), empty_list)
