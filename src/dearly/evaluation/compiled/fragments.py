"""Pieces of generated code, and how they are put together: three-valued logic as Python expressions.

Every combination evaluates from left to right and no further than it must. Temporary names (``t1``) keep a
value between its check against None and its use.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from dearly.evaluation.compiled.source import Fragment, Source
from dearly.language.types import NUMBER, Type, Value

Test = Callable[..., str]
"""The text of a test or computation, given the texts of its sides, each of which is known not to be None."""


def constant(source: Source, value: Value, kind: Type) -> Fragment:
    """A constant: numbers stand in the source, everything else is handed in beside it."""
    if kind == NUMBER:
        value = float(value)  # type: ignore[arg-type]  # a literal of type number is a number
    if isinstance(value, bool):
        return Fragment(repr(value), optional=False)
    if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return Fragment(f"({value!r})" if value < 0 else repr(value), optional=False)
    return Fragment(source.constant(value), optional=False)


def joined(word: str, parts: Sequence[Fragment]) -> Fragment:
    """Parts that give bools, joined by ``and`` or ``or``."""
    text = f" {word} ".join(part.text for part in parts)
    return Fragment(f"({text})", optional=False, height=_above(parts))


def all_of(source: Source, parts: Sequence[Fragment]) -> Fragment:
    """Kleene's and: False at the first False; or None if any is None; or True."""
    if not any(part.optional for part in parts):
        return joined("and", parts)
    texts, unknown = _named(source, parts)
    early = [
        f"{text} is False" if part.optional else f"not {text}"
        for text, part in zip(texts, parts, strict=True)
    ]
    text = f"(False if {' or '.join(early)} else None if {' or '.join(unknown)} else True)"
    return Fragment(text, optional=True, height=_above(parts))


def any_of(source: Source, parts: Sequence[Fragment]) -> Fragment:
    """Kleene's or: True at the first True; or None if any is None; or False."""
    if not any(part.optional for part in parts):
        return joined("or", parts)
    texts, unknown = _named(source, parts)
    text = f"(True if {' or '.join(texts)} else None if {' or '.join(unknown)} else False)"
    return Fragment(text, optional=True, height=_above(parts))


def is_true(fragment: Fragment) -> Fragment:
    """Whether a condition is true, unknown told as not."""
    if not fragment.optional:
        return fragment
    return Fragment(f"({fragment.text} is True)", optional=False, height=_above([fragment]))


def is_false(fragment: Fragment) -> Fragment:
    """Whether a condition is false, unknown told as not."""
    text = f"({fragment.text} is False)" if fragment.optional else f"(not {fragment.text})"
    return Fragment(text, optional=False, height=_above([fragment]))


def presence(operand: Fragment, *, missing: bool) -> Fragment:
    """Whether the operand is there or, with ``missing``, is not."""
    if not operand.optional:
        return Fragment(repr(not missing), optional=False)
    text = f"({operand.text} {'is' if missing else 'is not'} None)"
    return Fragment(text, optional=False, height=_above([operand]))


def otherwise(source: Source, operand: Fragment, default: Fragment) -> Fragment:
    """The operand, unless it is None; then the default."""
    if not operand.optional:
        return operand
    name = source.name("t")
    text = f"({name} if ({name} := {operand.text}) is not None else {default.text})"
    return Fragment(text, default.optional, height=_above([operand, default]))


def known_or_none(source: Source, sides: Sequence[Fragment], test: Test) -> Fragment:
    """The test of the sides; None as soon as one of them is."""
    texts, guards = _guarded(source, sides, "is None")
    if not guards:
        return Fragment(f"({test(*texts)})", optional=False, height=_above(sides))
    text = f"(None if {' or '.join(guards)} else {test(*texts)})"
    return Fragment(text, optional=True, height=_above(sides))


def known_and(source: Source, sides: Sequence[Fragment], test: Test, unguarded: int = 0) -> Fragment:
    """Whether all sides are known and the test holds of them; it sees to the first ``unguarded`` itself."""
    plain = [side.text for side in sides[:unguarded]]
    texts, guards = _guarded(source, sides[unguarded:], "is not None")
    text = " and ".join([*guards, test(*plain, *texts)])
    return Fragment(f"({text})", optional=False, height=_above(sides))


def arithmetic(source: Source, first: Fragment, steps: Sequence[tuple[str, Fragment]]) -> Fragment:
    """A chain of operations from left to right, given up as soon as an operand or a result is missing.

    It is written without nesting: it may be as long as a rules file.
    """
    total = source.name("t")
    checks = [f"({total} := {first.text}) is None"] if first.optional else []
    left = total if first.optional else first.text
    for operator, right in steps:
        texts, missing = _guarded(source, [right], "is None")
        checks.extend(missing)
        if operator == "/":
            checks.append(f"{texts[0]} == 0.0")
        # 1e999 is how a literal spells infinity: it needs no name to be looked up.
        checks.append(f"not -1e999 < ({total} := {left} {operator} {texts[0]}) < 1e999")
        left = total
    operands = [first, *(right for _, right in steps)]
    return Fragment(f"(None if {' or '.join(checks)} else {total})", optional=True, height=_above(operands))


def _named(source: Source, parts: Sequence[Fragment]) -> tuple[list[str], list[str]]:
    """The parts, those that may be None under a name; and the checks whether one was."""
    texts, unknown = [], []
    for part in parts:
        if part.optional:
            name = source.name("t")
            texts.append(f"({name} := {part.text})")
            unknown.append(f"{name} is None")
        else:
            texts.append(part.text)
    return texts, unknown


def _guarded(source: Source, sides: Sequence[Fragment], check: str) -> tuple[list[str], list[str]]:
    """The texts to use for the sides once the checks, one for each that may be None, have been run."""
    texts, guards = [], []
    for side in sides:
        if side.optional:
            name = source.name("t")
            texts.append(name)
            guards.append(f"({name} := {side.text}) {check}")
        else:
            texts.append(side.text)
    return texts, guards


def _above(parts: Sequence[Fragment]) -> int:
    return 1 + max(part.height for part in parts)
