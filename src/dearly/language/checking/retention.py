"""Windows held against how long events are kept: what looks further back asks of events that are gone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from dearly.language.checking.findings import Findings
from dearly.language.program import Block, ExcludeTouched, Expression, Program, Selection, Settings, Trending
from dearly.language.requirements import PERIOD_HORIZONS_US, horizon_us
from dearly.language.spelling import spell_duration
from dearly.language.syntax import tree
from dearly.language.traversal import OverEvents, block_expressions, definitions, list_strategies, walk
from dearly.language.types import DAY_US


def check_reach(node: tree.Events, selection: Selection, settings: Settings, findings: Findings) -> bool:
    """Whether a selection looks no further back than events are kept; if it does, that is reported."""
    kept_us = settings.keep_events_us
    if kept_us is None:
        return True
    if node.older_than is not None and node.older_than.us >= kept_us:
        message = f"No event is older than {spell_duration(node.older_than.us)}: {_kept(settings)}."
        hint = f"Give `older than` a shorter time, or keep them longer: {_setting(node.older_than.us + 1)}."
        findings.add("window-beyond-retention", node.older_than.span, message, hint)
        return False
    reach_us = horizon_us(selection)
    if reach_us is None or reach_us <= kept_us:
        return True
    if node.within is not None:
        window, place = f"`within {spell_duration(node.within.us)}` looks back", node.within.span
    elif node.period is not None:
        reach = spell_duration(PERIOD_HORIZONS_US[node.period.name])
        window, place = f"`{node.period.name}` looks back, up to {reach},", node.period.span
    else:
        return True
    message = f"{window} to events that are gone by then: {_kept(settings)}."
    hint = f"Write `within {spell_duration(kept_us)}`, or keep them longer: {_setting(reach_us)}."
    findings.add("window-beyond-retention", place, message, hint)
    return False


def check_retention(program: Program, findings: Findings) -> None:
    """Warn, once in each declaration, of what asks of all events there ever were although they are not kept.

    What has a window was held against the settings where it was written; ``trending`` is here.
    """
    if program.settings.keep_events_us is None:
        return
    for selections in _by_declaration(program):
        unbounded = next((one for one in selections if horizon_us(one) is None), None)
        if unbounded is not None:
            _warn_of_unbounded(unbounded, program.settings, findings)
    for block in program.blocks.values():
        _check_trends(block, program.settings, findings)


def _warn_of_unbounded(selection: Selection, settings: Settings, findings: Findings) -> None:
    kept = spell_duration(settings.keep_events_us or 0)
    message = f"This asks of all `{selection.event}` there ever were, but {_kept(settings)}."
    hint = f"Add `within {kept}` to it, say: older ones do not count, once they are gone."
    findings.add("unbounded-window", selection.span, message, hint)


def _check_trends(block: Block, settings: Settings, findings: Findings) -> None:
    kept_us = settings.keep_events_us or 0
    for items in chain.from_iterable(branch.lists for branch in block.branches):
        for strategy in list_strategies(items):
            if isinstance(strategy, Trending) and strategy.within_us > kept_us:
                window = f"`within {spell_duration(strategy.within_us)}`"
                message = f"{window} looks back to events that are gone by then: {_kept(settings)}."
                hint = f"Write `within {spell_duration(kept_us)}`."
                findings.add("window-beyond-retention", strategy.span, message, hint)


def _by_declaration(program: Program) -> Iterator[Iterable[Selection]]:
    for name in program.evaluation_order:
        # What is faulty stands in the order, but was reported already and is no part of the program.
        if name in program.segments or name in program.values or name in program.lifecycles:
            yield _selections(definitions(program, name))
    for score in program.scores.values():
        yield _selections([score.label] if score.among is None else [score.label, score.among])
    for experiment in program.experiments.values():
        yield _selections([experiment.audience] if experiment.audience is not None else [])
    for trigger in program.triggers.values():
        yield _selections(trigger.emit.values())
    for block in program.blocks.values():
        yield chain(_selections(block_expressions(block)), _exclusions(block))


def _selections(expressions: Iterable[Expression]) -> Iterator[Selection]:
    for expression in expressions:
        for part in walk(expression):
            if isinstance(part, OverEvents):
                yield part.selection


def _exclusions(block: Block) -> Iterator[Selection]:
    for items in chain.from_iterable(branch.lists for branch in block.branches):
        for exclusion in items.excluding:
            if isinstance(exclusion, ExcludeTouched):
                yield exclusion.selection


def _kept(settings: Settings) -> str:
    return f"events are kept for {spell_duration(settings.keep_events_us or 0)} (set at {settings.span})"


def _setting(us: int) -> str:
    return f"`keep events {-(-us // DAY_US)} days`"
