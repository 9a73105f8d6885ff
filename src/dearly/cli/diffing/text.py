"""The report for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from dearly.cli.diffing.comparison import Group
from dearly.cli.diffing.wording import (
    Clause,
    Report,
    example,
    in_brief,
    is_empty,
    moved,
    moves,
    share_text,
    side_text,
)
from dearly.language.diagnostics import visible

NOT_THERE = "(none)"


def report_text(report: Report) -> str:
    """What is otherwise, and for whom: first in sum, then declarations, then each change with examples."""
    comparison = report.comparison
    lines = [f"{side_text(report.before)} -> {side_text(report.after)}, as of {report.as_of}"]
    if is_empty(comparison):
        return "\n".join([*lines, "Both mean the same."])
    if comparison.customers:
        affected = share_text(comparison.affected.count, comparison.customers)
        lines.append(f"{affected} of {comparison.customers:,} customers are affected.")
    sections = (_declarations, _segments, _lifecycles, _blocks, _templates, _values)
    for section in sections:
        found = list(section(report))
        lines.extend(["", *found] if found else [])
    return "\n".join(visible(line) for line in lines)


def _declarations(report: Report) -> Iterator[str]:
    for one in report.comparison.structure.declarations:
        names = (
            *(f"+{name}" for name in one.added),
            *(f"-{name}" for name in one.removed),
            *(f"~{name}" for name in one.changed),
        )
        yield f"{one.kind}: {', '.join(names)}"


def _segments(report: Report) -> Iterator[str]:
    for change in report.comparison.segments.values():
        yield f"segment {change.name}: {_size(change.before)} -> {_size(change.after)}"
        yield from _group(report, change.entered, "enter")
        yield from _group(report, change.left, "leave")


def _lifecycles(report: Report) -> Iterator[str]:
    for change in report.comparison.lifecycles.values():
        stages = dict.fromkeys([*sorted(change.before), *sorted(change.after)])
        sizes = (f"{stage} {change.before[stage]:,} -> {change.after[stage]:,}" for stage in stages)
        yield f"lifecycle {change.name}: {', '.join(sizes)}"
        for (was, is_now), group in sorted(change.moves.items(), key=lambda move: str(move[0])):
            yield from _group(report, group, f"move from {was or NOT_THERE} to {is_now or NOT_THERE}")


def _blocks(report: Report) -> Iterator[str]:
    for change in report.comparison.blocks.values():
        count = share_text(moved(change), report.comparison.customers)
        yield f"block {change.name}: {count} get other content"
        for was, is_now, group in moves(report, change):
            before, after = _clause(in_brief(was)), _clause(in_brief(is_now))
            yield f"  {before} -> {after}"
            yield from (f"  {line}" for line in _group(report, group, "customers"))


def _templates(report: Report) -> Iterator[str]:
    for name, group in report.comparison.templates.items():
        yield f"template {name}: {share_text(group.count, report.comparison.customers)} see it"
        yield from _ids(group)


def _values(report: Report) -> Iterator[str]:
    for change in report.comparison.values.values():
        count = share_text(change.changed.count, report.comparison.customers)
        yield f"value {change.name}: {count} have another"
        for customer_id, was, is_now in change.examples:
            shown = example(report, change.name, was, is_now)
            yield f"    {customer_id}: {' -> '.join(shown) if shown else '(hidden: @sensitive)'}"


def _group(report: Report, group: Group, what: str) -> Iterator[str]:
    if group.count:
        yield f"  {share_text(group.count, report.comparison.customers)} {what}"
        yield from _ids(group)


def _ids(group: Group) -> Iterator[str]:
    if group.count:
        more = ", .." if group.count > len(group.sample) else ""
        yield f"    {', '.join(group.sample)}{more}"


def _size(count: int | None) -> str:
    return NOT_THERE if count is None else f"{count:,}"


def _clause(found: Clause | None) -> str:
    return NOT_THERE if found is None else f"{found.place} {found.words}"
