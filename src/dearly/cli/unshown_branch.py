"""The branch that was chosen and not shown: what FALLBACK_MISSING_DATA does not say by itself."""

from __future__ import annotations

from dataclasses import dataclass

from dearly.content import Serving
from dearly.evaluation import read_facts
from dearly.store import CustomerRows


@dataclass(frozen=True, slots=True)
class UnshownBranch:
    """A branch, one of whose lists came out empty; ``rule`` is its ``file:line``."""

    rule: str
    lists: tuple[str, ...]

    @property
    def message(self) -> str:
        """Why it is not shown."""
        names = ", ".join(f"`{name}`" for name in self.lists)
        return f"the list {names} has no items" if len(self.lists) == 1 else f"one of {names} has no items"


def chosen_branch(serving: Serving, block: str, rows: CustomerRows, now_us: int) -> UnshownBranch:
    """The branch of a block that a customer's data chooses, known to have had no items."""
    facts = read_facts(serving.reader, rows.profile, rows.logs)
    branch = serving.program.blocks[block].branches[serving.compiled.at(facts, now_us).branch(block)]
    return UnshownBranch(str(branch.span), tuple(wanted.name for wanted in branch.lists))
