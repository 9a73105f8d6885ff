"""Who somebody is: what the grammar's rules for segments, values, lifecycles and scores become."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

from dearly.language.syntax import tree
from dearly.language.syntax.building import Building, Built, Rule, of_kind, part, part_of_all, values_of
from dearly.language.syntax.words import ENDING_WORDS, MOMENT_WORDS, reserved


def title_of(children: list[Built]) -> str:
    """The title after a declaration's name, empty where there is none."""
    return children[2].value if isinstance(children[2], tree.TextLiteral) else ""


def named(children: list[Built], building: Building) -> tree.Name:
    """A declaration's name, by which conditions speak of it."""
    name: tree.Name = children[1]
    if name.text in MOMENT_WORDS:
        building.report("reserved-word", reserved(name.text), name.span, "Choose another name.")
    return name


def _segment(building: Building, children: list[Built]) -> Built:
    name, span = named(children, building), building.around(children)
    return tree.SegmentDeclaration(name, title_of(children), children[-2], span)


def _value(building: Building, children: list[Built]) -> Built:
    name, span = named(children, building), building.around(children)
    return tree.ValueDeclaration(name, children[-1], span)


def _lifecycle(building: Building, children: list[Built]) -> Built:
    name, span = named(children, building), building.around(children)
    return tree.LifecycleDeclaration(name, tuple(of_kind(children, tree.StageDeclaration)), span)


def _stage(building: Building, children: list[Built]) -> Built:
    name = children[0]
    if name.text in ENDING_WORDS:
        # After `when x > 3` on the line before, it would be taken for the 3's unit.
        building.report("reserved-word", reserved(name.text), name.span, "Choose another name.")
    condition = children[2] if len(children) == 3 else None
    return tree.StageDeclaration(name, condition, building.around(children))


def _score(building: Building, children: list[Built]) -> Built:
    return tree.ScoreDeclaration(
        named(children, building),
        title_of(children),
        values_of(children, "predict"),
        values_of(children, "among"),
        tuple(itertools.chain.from_iterable(values_of(children, "features"))),
        tuple(itertools.chain.from_iterable(values_of(children, "tiers"))),
        building.around(children),
    )


def _tier(building: Building, children: list[Built]) -> Built:
    name, *reaches = children
    return tree.TierDeclaration(name, reaches[1] if reaches else None, building.around(children))


SEGMENTATION_RULES: Mapping[str, Rule] = {
    "segment": _segment,
    "value": _value,
    "lifecycle": _lifecycle,
    "stage": _stage,
    "score": _score,
    "predict": part("predict"),
    "among": part("among"),
    "features": part_of_all("features", tree.Name),
    "tiers": part_of_all("tiers", tree.TierDeclaration),
    "tier": _tier,
}
"""How each rule about who somebody is becomes a node."""
