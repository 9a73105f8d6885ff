"""Tests that authors write: what the grammar's rules for them become."""

from __future__ import annotations

from collections.abc import Mapping

from dearly.language.syntax import tree
from dearly.language.syntax.building import Building, Built, Part, Rule, of_kind, part_of_all
from dearly.language.types import DAY_US


def _test(building: Building, children: list[Built]) -> Built:
    given = tuple(of_kind(children, tree.GivenDeclaration))
    steps = tuple(of_kind(children, tree.StepDeclaration))
    return tree.TestDeclaration(children[1], given, steps, building.around(children))


def _given(building: Building, children: list[Built]) -> Built:
    found = building.each_once(of_kind(children, Part), "`given`")
    profile, context, consents = (found.get(kind) for kind in ("profile", "context", "consents to"))
    return tree.GivenDeclaration(profile, context, consents, building.around(children))


def _given_field(building: Building, children: list[Built]) -> Built:
    name, _, value = children
    return tree.GivenField(name, value, building.around(children))


def _step(building: Building, children: list[Built]) -> Built:
    happens = next(iter(of_kind(children, tree.HappensDeclaration)), None)
    expects = tuple(of_kind(children, tree.ExpectDeclaration))
    return tree.StepDeclaration(children[1], happens, expects, building.around(children))


def _at_moment(building: Building, children: list[Built]) -> Built:
    date, clock = children
    return tree.AtMoment(date.days * DAY_US + clock.us, building.around(children))


def _at_offset(building: Building, children: list[Built]) -> Built:
    return tree.AtOffset(children[0].us, building.around(children))


def _happens(building: Building, children: list[Built]) -> Built:
    properties = tuple(of_kind(children, tree.GivenField))
    return tree.HappensDeclaration(children[0], properties, building.around(children))


def _holds(building: Building, children: list[Built]) -> Built:
    return tree.ExpectHolds(children[0], building.around(children))


def _shows(building: Building, children: list[Built]) -> Built:
    *negation, block, _, template = children
    return tree.ExpectShows(block, template, bool(negation), building.around(children))


def _has_emitted(building: Building, children: list[Built]) -> Built:
    return tree.ExpectEmitted(children[-1], len(children) == 3, building.around(children))


SCENARIO_RULES: Mapping[str, Rule] = {
    "test": _test,
    "given": _given,
    "given_profile": part_of_all("profile", tree.GivenField),
    "given_context": part_of_all("context", tree.GivenField),
    "consents": part_of_all("consents to", tree.Name),
    "given_field": _given_field,
    "step": _step,
    "at_moment": _at_moment,
    "at_offset": _at_offset,
    "happens": _happens,
    "holds": _holds,
    "shows": _shows,
    "has_emitted": _has_emitted,
}
"""How each rule of a test becomes a node."""
