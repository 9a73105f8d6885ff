"""Two programs asked about each customer of a store: who is where, and sees what, before and after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from dearly.cli.customers import each_customers_rows, event_ranges
from dearly.cli.diffing.structure import Structure, compare_structure, lists_differ
from dearly.evaluation import (
    CompiledProgram,
    Evaluation,
    FactsReader,
    compile_program,
    facts_reader,
    read_facts,
)
from dearly.language.program import Branch, Program
from dearly.language.requirements import (
    Requirements,
    combine_requirements,
    expression_requirements,
    names_requirements,
)
from dearly.language.types import Value
from dearly.store import CustomerRows, Store

SAMPLE = 5
"""So many customers are named of each group: the first by id."""


@dataclass(slots=True)
class Group:
    """How many customers there are of a kind, and the first of them by id."""

    count: int = 0
    sample: list[str] = field(default_factory=list)

    def add(self, customer_id: str) -> None:
        """One more; customers come in order."""
        self.count += 1
        if len(self.sample) < SAMPLE:
            self.sample.append(customer_id)


@dataclass(slots=True)
class SegmentChange:
    """Who is in a segment, before and after; None on the side that has no such segment."""

    name: str
    before: int | None
    after: int | None
    entered: Group = field(default_factory=Group)
    left: Group = field(default_factory=Group)


@dataclass(slots=True)
class LifecycleChange:
    """How many stand at each stage, and who moves from which to which; None: there is no such lifecycle."""

    name: str
    before: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)
    moves: dict[tuple[str | None, str | None], Group] = field(default_factory=dict)


@dataclass(slots=True)
class ValueChange:
    """Whose value is another; and, of the first, what it was and is."""

    name: str
    changed: Group = field(default_factory=Group)
    examples: list[tuple[str, Value | None, Value | None]] = field(default_factory=list)


@dataclass(slots=True)
class BlockChange:
    """Whose content is another, by the places of the branches that decide; None: there is no such block."""

    name: str
    moves: dict[tuple[int | None, int | None], Group] = field(default_factory=dict)


@dataclass(slots=True)
class Comparison:
    """All that is otherwise, and for whom; ``affected`` enter or leave, move, or see other content
    (in a block that was there before)."""

    structure: Structure
    customers: int = 0
    affected: Group = field(default_factory=Group)
    segments: dict[str, SegmentChange] = field(default_factory=dict)
    lifecycles: dict[str, LifecycleChange] = field(default_factory=dict)
    values: dict[str, ValueChange] = field(default_factory=dict)
    blocks: dict[str, BlockChange] = field(default_factory=dict)
    templates: dict[str, Group] = field(default_factory=dict)
    """Changed templates that both sides have, and who sees each afterwards."""


def compare(
    store: Store,
    before: Program,
    after: Program,
    now_us: int,
    progress: Callable[[int], None] | None = None,
) -> Comparison:
    """What is otherwise for whom, as of an instant. Customers are read once, and asked what may differ."""
    structure = compare_structure(before, after)
    comparison = _empty(structure, before, after)
    asked = _Asked(comparison, _Asking.of(before), _Asking.of(after), now_us)
    if not (structure.names or structure.blocks or structure.templates):
        return comparison
    needed = [_requirements(before, structure), _requirements(after, structure)]
    ranges = event_ranges(combine_requirements(needed), now_us)
    for customer_id, rows in each_customers_rows(store, ranges, now_us, progress):
        comparison.customers += 1
        asked.customer(customer_id, rows)
    return comparison


def _empty(structure: Structure, before: Program, after: Program) -> Comparison:
    names = structure.names
    return Comparison(
        structure,
        segments={
            name: SegmentChange(
                name, 0 if name in before.segments else None, 0 if name in after.segments else None
            )
            for name in sorted(names & (before.segments.keys() | after.segments.keys()))
        },
        lifecycles={
            name: LifecycleChange(name)
            for name in sorted(names & (before.lifecycles.keys() | after.lifecycles.keys()))
        },
        values={
            name: ValueChange(name) for name in sorted(names & before.values.keys() & after.values.keys())
        },
        blocks={name: BlockChange(name) for name in sorted(structure.blocks)},
        templates={name: Group() for name in sorted(structure.templates)},
    )


def _requirements(program: Program, structure: Structure) -> Requirements:
    """What is read of a customer, to ask this side what may differ."""
    names = [name for name in program.evaluation_order if name in structure.names]
    conditions = [
        branch.condition
        for block in _asked_blocks(program, structure)
        for branch in program.blocks[block].branches
        if branch.condition is not None
    ]
    return combine_requirements(
        [names_requirements(program, names), expression_requirements(program, conditions)]
    )


def _asked_blocks(program: Program, structure: Structure) -> list[str]:
    """The blocks that may decide otherwise, and those that may show a template that prints otherwise."""
    return [
        name
        for name, block in program.blocks.items()
        if name in structure.blocks or any(one.template in structure.templates for one in block.branches)
    ]


# ------------------------------------------------------------------------------------------------- a customer


@dataclass(frozen=True, slots=True)
class _Asking:
    """One side, ready to be asked."""

    program: Program
    compiled: CompiledProgram
    reader: FactsReader

    @staticmethod
    def of(program: Program) -> _Asking:
        return _Asking(program, compile_program(program), facts_reader(program))

    def at(self, rows: CustomerRows, now_us: int) -> Evaluation:
        return self.compiled.at(read_facts(self.reader, rows.profile, rows.logs), now_us)

    def stands_in(self, evaluation: Evaluation, name: str) -> str | None:
        if name not in self.program.lifecycles:
            return None
        stage = evaluation.value(name)
        assert isinstance(stage, str)
        return stage

    def branch(self, evaluation: Evaluation, block: str) -> int | None:
        return evaluation.branch(block) if block in self.program.blocks else None


@dataclass(frozen=True, slots=True)
class _Asked:
    """Both sides, and what they said so far."""

    told: Comparison
    old: _Asking
    new: _Asking
    now_us: int
    contents: dict[tuple[str, int, int], bool] = field(default_factory=dict)
    """Whether two branches of a block differ in what they show, as far as somebody asked."""

    def customer(self, customer_id: str, rows: CustomerRows) -> None:
        """Ask both sides about one customer."""
        before, after = self.old.at(rows, self.now_us), self.new.at(rows, self.now_us)
        kinds = (
            self._segments(customer_id, before, after),
            self._lifecycles(customer_id, before, after),
            self._blocks(customer_id, before, after),
            self._templates(customer_id, after),
        )
        if any(kinds):
            self.told.affected.add(customer_id)
        self._values(customer_id, before, after)

    def _segments(self, customer_id: str, before: Evaluation, after: Evaluation) -> bool:
        moved = False
        for name, change in self.told.segments.items():
            was = change.before is not None and before.value(name) is True
            is_now = change.after is not None and after.value(name) is True
            if change.before is not None:
                change.before += was
            if change.after is not None:
                change.after += is_now
            if was != is_now:
                (change.entered if is_now else change.left).add(customer_id)
                moved = True
        return moved

    def _lifecycles(self, customer_id: str, before: Evaluation, after: Evaluation) -> bool:
        moved = False
        for name, change in self.told.lifecycles.items():
            was, is_now = self.old.stands_in(before, name), self.new.stands_in(after, name)
            if was is not None:
                change.before[was] += 1
            if is_now is not None:
                change.after[is_now] += 1
            if was != is_now:
                change.moves.setdefault((was, is_now), Group()).add(customer_id)
                moved = True
        return moved

    def _values(self, customer_id: str, before: Evaluation, after: Evaluation) -> None:
        for name, change in self.told.values.items():
            was, is_now = before.value(name), after.value(name)
            if type(was) is not type(is_now) or was != is_now:
                change.changed.add(customer_id)
                if len(change.examples) < SAMPLE:
                    change.examples.append((customer_id, was, is_now))

    def _blocks(self, customer_id: str, before: Evaluation, after: Evaluation) -> bool:
        moved = False
        for name, change in self.told.blocks.items():
            was, is_now = self.old.branch(before, name), self.new.branch(after, name)
            if self._shows_otherwise(name, was, is_now):
                change.moves.setdefault((was, is_now), Group()).add(customer_id)
                moved = moved or was is not None  # a block that is new is asked for by no send yet
        return moved

    def _shows_otherwise(self, block: str, was: int | None, is_now: int | None) -> bool:
        """Whether two branches show another template, or fill its lists otherwise."""
        if was is None or is_now is None:
            return was is not is_now
        key = (block, was, is_now)
        if key not in self.contents:
            old = self.old.program.blocks[block].branches[was]
            new = self.new.program.blocks[block].branches[is_now]
            self.contents[key] = old.template != new.template or lists_differ(
                self.old.program, self.new.program, old, new, self.told.structure.names
            )
        return self.contents[key]

    def _templates(self, customer_id: str, after: Evaluation) -> bool:
        seen = {
            branch.template
            for branch in self._decided(after)
            if branch.template in self.told.structure.templates
        }
        for template in seen:
            self.told.templates[template].add(customer_id)
        return bool(seen)

    def _decided(self, after: Evaluation) -> Iterator[Branch]:
        for name in _asked_blocks(self.new.program, self.told.structure):
            yield self.new.program.blocks[name].branches[after.branch(name)]
