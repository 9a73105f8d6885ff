"""The report as a comment for a review: a line in sum, a table, and details to unfold."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from dearly.cli.diffing.comparison import Group
from dearly.cli.diffing.sides import Side
from dearly.cli.diffing.wording import (
    Clause,
    Report,
    example,
    in_brief,
    is_empty,
    moved,
    moves,
    share_text,
)
from dearly.cli.rules_package import version_text

NOT_THERE = "none"

_PLAIN_PLACE = re.compile(r"[A-Za-z0-9./:-]+(?:_[A-Za-z0-9./:-]+)*")
"""Places in which Markdown sees nothing but text."""


def report_markdown(report: Report) -> str:
    """What is otherwise, and for whom, in GitHub's Markdown; nothing in names or values can act on it."""
    comparison = report.comparison
    if is_empty(comparison):
        return f"**The rules mean the same** in {_side(report.before)} and {_side(report.after)}.\n"
    parts = [
        _summary(report),
        "\n".join(_table(report)),
        "\n".join(_declarations(report)),
        *_details(report),
        f"<sub>{_side(report.before)} → {_side(report.after)}, as of {report.as_of}</sub>",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _summary(report: Report) -> str:
    comparison = report.comparison
    if not comparison.customers:
        return "**The rules change, and no customer of the store is affected.**"
    affected = share_text(comparison.affected.count, comparison.customers)
    return f"**The rules change for {affected} of {comparison.customers:,} customers.**"


def _table(report: Report) -> Iterator[str]:
    rows = [*_segment_rows(report), *_lifecycle_rows(report), *_content_rows(report)]
    if rows:
        yield "| | before | after | change |"
        yield "|---|---:|---:|---|"
        yield from rows


def _segment_rows(report: Report) -> Iterator[str]:
    for change in report.comparison.segments.values():
        moves_ = f"+{change.entered.count:,} −{change.left.count:,}"
        yield f"| segment {code(change.name)} | {_size(change.before)} | {_size(change.after)} | {moves_} |"


def _lifecycle_rows(report: Report) -> Iterator[str]:
    for change in report.comparison.lifecycles.values():
        for stage in dict.fromkeys([*sorted(change.before), *sorted(change.after)]):
            entered = sum(group.count for (_, to), group in change.moves.items() if to == stage)
            left = sum(group.count for (out, _), group in change.moves.items() if out == stage)
            sizes = f"{change.before[stage]:,} | {change.after[stage]:,}"
            yield f"| {code(change.name)} is {code(stage)} | {sizes} | +{entered:,} −{left:,} |"


def _content_rows(report: Report) -> Iterator[str]:
    customers = report.comparison.customers
    for block in report.comparison.blocks.values():
        yield f"| block {code(block.name)} | | | {share_text(moved(block), customers)} get other content |"
    for name, group in report.comparison.templates.items():
        yield f"| template {code(name)} | | | {share_text(group.count, customers)} see it |"
    for value in report.comparison.values.values():
        yield f"| value {code(value.name)} | | | {share_text(value.changed.count, customers)} have another |"


def _declarations(report: Report) -> Iterator[str]:
    for one in report.comparison.structure.declarations:
        for what, names in (("new", one.added), ("gone", one.removed), ("changed", one.changed)):
            if names:
                yield f"- {what}: {one.kind} {', '.join(code(name) for name in names)}"


def _details(report: Report) -> Iterator[str]:
    """What unfolds: who enters and leaves, which clauses decided and decide."""
    for segment in report.comparison.segments.values():
        groups = [("enter", segment.entered), ("leave", segment.left)]
        rows = [_row([what, f"{group.count:,}", _ids(group)]) for what, group in groups if group.count]
        if rows:
            yield _unfolding(f"segment {segment.name}", ["", "customers", "for example"], rows)
    for lifecycle in report.comparison.lifecycles.values():
        ordered = sorted(lifecycle.moves.items(), key=lambda move: str(move[0]))
        rows = [
            _row([_name(was), _name(is_now), f"{group.count:,}", _ids(group)])
            for (was, is_now), group in ordered
        ]
        if rows:
            title = f"lifecycle {lifecycle.name}"
            yield _unfolding(title, ["before", "after", "customers", "for example"], rows)
    for block in report.comparison.blocks.values():
        rows = [
            _row([_clause(in_brief(was)), _clause(in_brief(is_now)), f"{group.count:,}", _ids(group)])
            for was, is_now, group in moves(report, block)
        ]
        if rows:
            yield _unfolding(f"block {block.name}", ["before", "after", "customers", "for example"], rows)
    yield from _value_details(report)


def _value_details(report: Report) -> Iterator[str]:
    for value in report.comparison.values.values():
        rows = []
        for customer_id, was, is_now in value.examples:
            shown = example(report, value.name, was, is_now)
            cells = [code(text) for text in shown] if shown else ["hidden", "hidden"]
            rows.append(_row([code(customer_id), *cells]))
        if rows:
            yield _unfolding(f"value {value.name}", ["for example", "before", "after"], rows)


def _unfolding(title: str, columns: list[str], rows: list[str]) -> str:
    table = "\n".join([_row(columns), f"|{'---|' * len(columns)}", *rows])
    return f"<details><summary>{html.escape(title)}</summary>\n\n{table}\n\n</details>"


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def code(text: str) -> str:
    """Any text as code within a table's cell."""
    plain = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
    longest = max((len(run) for run in re.findall("`+", plain)), default=0)
    fence = "`" * (longest + 1)
    padding = " " if longest or not plain.strip() else ""
    return f"{fence}{padding}{plain}{padding}{fence}".replace("|", "\\|")


def _ids(group: Group) -> str:
    more = " …" if group.count > len(group.sample) else ""
    return ", ".join(code(customer_id) for customer_id in group.sample) + more


def _side(side: Side) -> str:
    return f"{code(side.name)} ({version_text(side.program.version, side.package.commit)})"


def _size(count: int | None) -> str:
    return NOT_THERE if count is None else f"{count:,}"


def _name(stage: str | None) -> str:
    return NOT_THERE if stage is None else code(stage)


def _clause(found: Clause | None) -> str:
    if found is None:
        return NOT_THERE
    place = found.place if _PLAIN_PLACE.fullmatch(found.place) else code(found.place)
    return f"{code(found.words)} {place}"
