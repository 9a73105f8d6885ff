"""What happens around content: what the grammar's rules for caps, experiments and triggers become."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

from dearly.language.syntax import tree
from dearly.language.syntax.building import (
    Building,
    Built,
    Clock,
    Rule,
    of_kind,
    part,
    part_of_all,
    values_of,
)
from dearly.language.syntax.segmentation_rules import named, title_of
from dearly.language.types import MINUTE_US


def _cap(building: Building, children: list[Built]) -> Built:
    limits = tuple(of_kind(children, tree.LimitDeclaration))
    return tree.CapDeclaration(children[1], limits, building.around(children))


def _at_most(building: Building, children: list[Built]) -> Built:
    _, count, _, period, *zone = children
    rolling, calendar = (period, None) if isinstance(period, tree.Duration) else (None, str(period))
    span = building.around(children)
    return tree.LimitDeclaration(count, rolling, calendar, _whose(zone), span)  # type: ignore[arg-type]


def _whose(zone: list[Built]) -> tree.Whose:
    return "customer" if zone else "package"


def _experiment(building: Building, children: list[Built]) -> Built:
    return tree.ExperimentDeclaration(
        named(children, building),
        title_of(children),
        values_of(children, "audience"),
        tuple(itertools.chain.from_iterable(values_of(children, "variants"))),
        values_of(children, "holdout"),
        values_of(children, "goal"),
        building.around(children),
    )


def _variant(building: Building, children: list[Built]) -> Built:
    name, weight = children
    return tree.VariantDeclaration(name, weight, building.around(children))


def _trigger(building: Building, children: list[Built]) -> Built:
    return tree.TriggerDeclaration(
        children[1],
        tuple(of_kind(children, tree.MembershipMoment | tree.StateMoment)),
        tuple(of_kind(children, tree.LimitDeclaration)),
        tuple(of_kind(children, tree.QuietDeclaration)),
        values_of(children, "emit"),
        building.around(children),
    )


def _moment(building: Building, children: list[Built]) -> Built:
    span = building.around(children)
    if len(children) == 3:
        _, change, segment = children
        return tree.MembershipMoment(str(change), segment, span)  # type: ignore[arg-type]
    _, subject, _, state = children
    return tree.StateMoment(subject, state, span)


def _quiet(building: Building, children: list[Built]) -> Built:
    _, start, _, end, *zone = children
    span = building.around(children)
    from_minute, until_minute = (_minute(clock, building) for clock in (start, end))
    return tree.QuietDeclaration(from_minute, until_minute, _whose(zone), span)


def _minute(clock: Clock, building: Building) -> int:
    minute, rest_us = divmod(clock.us, MINUTE_US)
    if rest_us:
        building.report("bad-time", "Quiet hours have no seconds.", clock.span, "Write `21:00`.")
    return minute


def _emitted(building: Building, children: list[Built]) -> Built:
    name, _, value = children
    return tree.EmitDeclaration(name, value, building.around(children))


CAMPAIGN_RULES: Mapping[str, Rule] = {
    "cap": _cap,
    "at_most": _at_most,
    "experiment": _experiment,
    "audience": part("audience"),
    "variants": part_of_all("variants", tree.VariantDeclaration),
    "variant": _variant,
    "holdout": part("holdout"),
    "goal": part("goal"),
    "trigger": _trigger,
    "moment": _moment,
    "quiet": _quiet,
    "emit": part_of_all("emit", tree.EmitDeclaration),
    "emitted": _emitted,
}
"""How each rule about caps, experiments and triggers becomes a node."""
