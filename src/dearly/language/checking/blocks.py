"""Blocks: their purposes, the caps that they count toward, and their branches."""

from __future__ import annotations

from collections.abc import Iterator

from dearly.language.checking.branches import Way, check_ways
from dearly.language.checking.definitions import Definitions, may_be_missing
from dearly.language.checking.expressions import check_condition
from dearly.language.checking.item_lists import check_item_lists
from dearly.language.checking.parts import Owner, named, without_repeats
from dearly.language.checking.purposes import check_purposes
from dearly.language.checking.scopes import Scope
from dearly.language.checking.template_files import NAMING, shown_name
from dearly.language.program import (
    Block,
    Branch,
    ContextField,
    ExcludeTouched,
    ItemList,
    Listed,
    Literal,
    ProfileField,
    ScoreRef,
    SegmentRef,
    Span,
    StageIs,
    TierIs,
    Trending,
    ValueRef,
    VariantIs,
)
from dearly.language.syntax import tree
from dearly.language.traversal import walk

PERSONAL = (ProfileField, ContextField, SegmentRef, ValueRef, StageIs, ScoreRef, TierIs, VariantIs)
"""What reads the customer, or what a call brings along, in the ``where`` of an item list."""


def check_block(declared: tree.BlockDeclaration, scope: Scope, definitions: Definitions) -> Block:
    """The checked block; branches in which something is wrong, which is reported, are left out of it."""
    ways: list[Way] = []
    branches: list[Branch] = []
    for written in declared.branches:
        condition = check_condition(written.condition, scope) if written.condition is not None else None
        if condition is not None:
            may_be_missing(condition, scope, definitions)
        place = written.condition.span if written.condition is not None else written.template.span
        ways.append(Way(written.condition is None, condition, place))
        template = _template_name(written.template, scope)
        lists = check_item_lists(written.lists, scope, definitions)
        if written.condition is None:
            _check_impersonal(lists or (), scope)
        is_whole = (condition is None) == (written.condition is None)
        if is_whole and template is not None and lists is not None:
            branches.append(Branch(condition, template, lists, written.span))
    name, owner = declared.name, named("block", declared.name)
    check_ways(ways, owner, 'otherwise show "hero/all.html"', declared.span, scope)
    purposes = check_purposes(declared.purposes, owner, "purpose", scope.findings)
    return Block(name.text, tuple(branches), purposes, _caps(declared, owner, scope), name.span)


def _caps(declared: tree.BlockDeclaration, owner: Owner, scope: Scope) -> tuple[str, ...]:
    symbols, findings = scope.symbols, scope.findings
    names = without_repeats(declared.counts_toward, owner, "counts toward", findings)
    for name in names:
        if name.text not in symbols.caps and not symbols.is_excused(name.text):
            near = findings.did_you_mean(name.text, symbols.caps, at=name.span)
            hint = near or f"Declare it: `cap {name.text} {{ at most 2 per 7 days }}`."
            findings.add("unknown-cap", name.span, f"There is no cap `{name.text}`.", hint)
    return tuple(name.text for name in names)


def _template_name(written: tree.TextLiteral, scope: Scope) -> str | None:
    name = shown_name(written.value)
    if name is not None:
        return name
    message = f"A template is shown by its path under templates/, ending in .html; {NAMING}"
    hint = 'Write `show "hero/cart.html"` for templates/hero/cart.html; its .txt and .subject come along.'
    scope.findings.add("template-name", written.span, message, hint)
    return None


def _check_impersonal(lists: tuple[ItemList, ...], scope: Scope) -> None:
    """An ``otherwise`` is shown to those of whom nothing may be known, so its lists are the same for all."""
    for found in lists:
        place = next(_personal_parts(found), None)
        if place is not None:
            message = "This reads the customer, and an `otherwise` is for those of whom nothing may be known."
            hint = "Take `trending` or `listed` items here, and show this one under `when true` before it."
            scope.findings.add("personal-otherwise", place, message, hint)


def _personal_parts(found: ItemList) -> Iterator[Span]:
    """Where a list depends on the customer, or on what the call brought along."""
    for strategy in (found.strategy, *found.fillers):
        match strategy:
            case Trending() | Listed():
                pass
            case _:
                yield strategy.span
    for exclusion in found.excluding:
        if isinstance(exclusion, ExcludeTouched) or not isinstance(exclusion.items, Literal):
            yield exclusion.span
    if found.where is not None:
        yield from (one.span for one in walk(found.where) if isinstance(one, PERSONAL))
