"""Words that every form of a report shares: shares of customers, clauses with their places."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dearly.cli.diffing.comparison import BlockChange, Comparison, Group
from dearly.cli.diffing.sides import Side
from dearly.cli.rules_package import version_text
from dearly.evaluation.explanation import value_text
from dearly.language.program import Program
from dearly.language.sensitivity import sensitive_values
from dearly.language.spelling import spell
from dearly.language.types import Value

_LETTERS_AT_AN_END = 800
"""So many letters of a long clause are told of its beginning, and of its end."""


@dataclass(frozen=True, slots=True)
class Report:
    """All that a report tells of: both sides, as of when, and the comparison."""

    before: Side
    after: Side
    as_of: str
    comparison: Comparison

    @property
    def percent(self) -> float:
        """The share of customers for whom something is otherwise, in percent."""
        return share(self.comparison.affected.count, self.comparison.customers)


def share(count: int, of: int) -> float:
    """The share in percent; 0 of none."""
    return 100 * count / of if of else 0.0


def share_text(count: int, of: int) -> str:
    """``31 (0.6 %)``."""
    return f"{count:,} ({share(count, of):.1f} %)"


def side_text(side: Side) -> str:
    """What a side was called, and its version."""
    return f"{side.name} ({version_text(side.program.version, side.package.commit)})"


def is_empty(comparison: Comparison) -> bool:
    """Whether both sides mean the same."""
    return not (
        comparison.structure.declarations
        or comparison.structure.names
        or comparison.structure.blocks
        or comparison.structure.templates
    )


@dataclass(frozen=True, slots=True)
class Clause:
    """What decides in a block: where it stands, and how it reads."""

    place: str
    words: str


def clause(program: Program, block: str, branch: int | None) -> Clause | None:
    """The clause of a branch; None where there is no such block."""
    if branch is None:
        return None
    found = program.blocks[block].branches[branch]
    words = "otherwise" if found.condition is None else f"when {spell(found.condition)}"
    return Clause(str(found.span), words)


def moves(report: Report, change: BlockChange) -> list[tuple[Clause | None, Clause | None, Group]]:
    """The clauses that decided and decide, for each group of customers, the largest first."""
    ordered = sorted(change.moves.items(), key=lambda move: (-move[1].count, str(move[0])))
    return [
        (
            clause(report.before.program, change.name, was),
            clause(report.after.program, change.name, is_now),
            group,
        )
        for (was, is_now), group in ordered
    ]


def in_brief(found: Clause | None) -> Clause | None:
    """The clause; of one that is too long to be read, its beginning and its end."""
    if found is None or len(found.words) <= 2 * _LETTERS_AT_AN_END:
        return found
    begin, end = found.words[:_LETTERS_AT_AN_END], found.words[-_LETTERS_AT_AN_END:]
    return replace(found, words=f"{begin} .. {end}")


def moved(change: BlockChange) -> int:
    """How many see other content of a block."""
    return sum(group.count for group in change.moves.values())


def example(report: Report, name: str, was: Value | None, is_now: Value | None) -> tuple[str, str] | None:
    """A value before and after as text; None where it gives away an @sensitive field."""
    old, new = report.before.program.values[name], report.after.program.values[name]
    if _is_sensitive(report.before.program, name) or _is_sensitive(report.after.program, name):
        return None
    return value_text(was, old.type), value_text(is_now, new.type)


def _is_sensitive(program: Program, name: str) -> bool:
    return name in sensitive_values(program, program.evaluation_order, program.values)
