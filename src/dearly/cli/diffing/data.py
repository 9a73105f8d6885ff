"""The report as JSON."""

from __future__ import annotations

from typing import Any

import msgspec

from dearly.cli.diffing.comparison import Group
from dearly.cli.diffing.sides import Side
from dearly.cli.diffing.wording import Clause, Report, example, moves, share


def report_json(report: Report) -> str:
    """One object; counts with the first ids by each, and shares in percent."""
    comparison = report.comparison
    told = {
        "before": _side(report.before),
        "after": _side(report.after),
        "as_of": report.as_of,
        "customers": comparison.customers,
        "affected": _group(report, comparison.affected),
        "declarations": [
            {"kind": one.kind, "added": one.added, "removed": one.removed, "changed": one.changed}
            for one in comparison.structure.declarations
        ],
        "segments": [
            {
                "name": change.name,
                "before": change.before,
                "after": change.after,
                "entered": _group(report, change.entered),
                "left": _group(report, change.left),
            }
            for change in comparison.segments.values()
        ],
        "lifecycles": _lifecycles(report),
        "blocks": [
            {
                "name": change.name,
                "moves": [
                    {"before": _clause(was), "after": _clause(is_now), **_group(report, group)}
                    for was, is_now, group in moves(report, change)
                ],
            }
            for change in comparison.blocks.values()
        ],
        "templates": [
            {"name": name, **_group(report, group)} for name, group in comparison.templates.items()
        ],
        "values": _values(report),
    }
    return msgspec.json.format(msgspec.json.encode(told), indent=2).decode()


def _lifecycles(report: Report) -> list[dict[str, Any]]:
    return [
        {
            "name": change.name,
            "before": dict(sorted(change.before.items())),
            "after": dict(sorted(change.after.items())),
            "moves": [
                {"before": was, "after": is_now, **_group(report, group)}
                for (was, is_now), group in sorted(change.moves.items(), key=lambda move: str(move[0]))
            ],
        }
        for change in report.comparison.lifecycles.values()
    ]


def _values(report: Report) -> list[dict[str, Any]]:
    found = []
    for change in report.comparison.values.values():
        shown = [
            (customer_id, example(report, change.name, was, is_now))
            for customer_id, was, is_now in change.examples
        ]
        examples = [
            {"customer_id": customer_id, "before": texts[0], "after": texts[1]}
            for customer_id, texts in shown
            if texts is not None
        ]
        found.append({"name": change.name, **_group(report, change.changed), "examples": examples})
    return found


def _side(side: Side) -> dict[str, Any]:
    return {"name": side.name, "version": side.program.version, "commit": side.package.commit}


def _clause(found: Clause | None) -> dict[str, str] | None:
    return None if found is None else {"rule": found.place, "words": found.words}


def _group(report: Report, group: Group) -> dict[str, Any]:
    percent = round(share(group.count, report.comparison.customers), 4)
    return {"count": group.count, "percent": percent, "sample": group.sample}
