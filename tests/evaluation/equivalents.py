"""Mutations that change no answer, each with the reason: they are no mistakes, so nothing can notice them.

A site is known by its file (in ``dearly/evaluation``), its function, what stands there, and what would.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

Key: TypeAlias = tuple[str, str, str, str]

_LONG_WAY = "an `or` is then worked out as a value first, which is slower and says the same"

_REFERENCE: Mapping[Key, str] = {
    (
        "reference/evaluator.py",
        "_first_difference",
        "instant_us > now_us",
        "instant_us >= now_us",
    ): "at now the answer is the one of now, so it is no difference",
    (
        "reference/flips.py",
        "_values_within",
        "type_ == kind and part.property is not None",
        "type_ == kind or part.property is not None",
    ): "candidates beyond those needed are looked at and found to change nothing",
}

_HEIGHT = "counts how deep code is nested, to split it early enough; a little earlier or later is as good"
_SHARING = "only decides what is remembered and what is worked out again"
_REFUSED = "the checker refuses `within D older than E` where E is not shorter than D"
_ENDLESS = "any instant that lies beyond all others"

_COMPILED: Mapping[Key, str] = {
    ("compiled/timeline.py", "(module)", "80", "81"): "later than all events is later than all events",
    ("compiled/expression_code.py", "_holds", "Or", "And"): _LONG_WAY,
    ("compiled/expression_code.py", "_fails", "Or", "And"): _LONG_WAY,
    (
        "compiled/codegen.py",
        "_write_lifecycle",
        "name not in source.plan.shared_names",
        "name in source.plan.shared_names",
    ): _SHARING,
    ("compiled/plan.py", "plan_program", "count > 1", "count >= 1"): _SHARING,
    (
        "compiled/timeline.py",
        "window_timeline",
        "within_us <= older_than_us",
        "within_us < older_than_us",
    ): _REFUSED,
    (
        "compiled/window_code.py",
        "never_opens",
        "selection.within_us <= (selection.older_than_us or 0)",
        "selection.within_us < (selection.older_than_us or 0)",
    ): _REFUSED,
    ("compiled/window_code.py", "never_opens", "0", "1"): _REFUSED,
    ("compiled/timeline.py", "(module)", "1", "2"): _ENDLESS,
    ("compiled/windows.py", "(module)", "1", "2"): _ENDLESS,
    ("compiled/fragments.py", "_above", "1", "2"): _HEIGHT,
    ("compiled/expression_code.py", "_watched_today", "1", "2"): _HEIGHT,
    (
        "compiled/tallies.py",
        "tally",
        "first < found.first",
        "first <= found.first",
    ): "a place put where it stands already",
    (
        "compiled/expression_code.py",
        "_watched_comparison",
        "1 + max((s.height for s in sides))",
        "1 - max((s.height for s in sides))",
    ): _HEIGHT,
    (
        "compiled/expression_code.py",
        "_is_moving",
        "part.type == DURATION",
        "part.type != DURATION",
    ): "what stands still may be watched as if it moved; a duration is only compared with an age",
    (
        "compiled/fragments.py",
        "constant",
        "isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))",
        "isinstance(value, int) and (isinstance(value, float) and math.isfinite(value))",
    ): "a number that does not stand in the source is handed in beside it",
    (
        "compiled/plan.py",
        "_earliest",
        "found.period is None",
        "found.period is not None",
    ): "windows looked at apart, or from further back, hold the same events",
    ("compiled/aggregates.py", "most_frequent", "1", "2"): "twice as many of each are in the same order",
    ("compiled/aggregates.py", "most_frequent", "0", "1"): "of no values, none is as frequent as that either",
    (
        "compiled/extremes.py",
        "(module)",
        "operator.gt",
        "operator.ge",
    ): "of two events with the same greatest value, either has it",
    ("compiled/compiler.py", "(module)", "16384", "16385"): "how much code is compiled at a time",
}

_DEPTH = "how large a name may be that is written out where it is used, instead of in a column of its own"
_NAMING = "names in statements only have to differ"

_SQL: Mapping[Key, str] = {
    (
        "sql/terms.py",
        "_chain",
        "len(conditions) > _WIDE",
        "len(conditions) >= _WIDE",
    ): "a chain of just that length is grouped, or is not; either is short enough to walk",
    ("sql/names.py", "_height", "max", "min"): _DEPTH,
    ("sql/names.py", "_is_small", "LARGEST_REPEATED + 1", "LARGEST_REPEATED - 1"): _DEPTH,
    (
        "sql/names.py",
        "plan_names",
        "once or (not referred and _is_small(program, form.name))",
        "once and (not referred and _is_small(program, form.name))",
    ): _DEPTH,
    (
        "sql/names.py",
        "plan_names",
        "not referred and _is_small(program, form.name)",
        "not referred or _is_small(program, form.name)",
    ): _DEPTH,
    (
        "sql/names.py",
        "plan_names",
        "uses[form] == 1 and height <= HIGHEST_INLINED",
        "uses[form] == 1 or height <= HIGHEST_INLINED",
    ): _DEPTH,
    ("sql/names.py", "(module)", "12", "13"): _DEPTH,
    ("sql/parameters.py", "bind", "1", "2"): _NAMING,
    ("sql/relations.py", "column_name", "6", "7"): _NAMING,
    ("sql/relations.py", "column_name", "LONGEST_NAME - 13", "LONGEST_NAME + 13"): _NAMING,
    ("sql/measures.py", "add", "1", "2"): _NAMING,
    (
        "sql/arithmetic.py",
        "_above",
        "exp.GTE",
        "exp.GT",
    ): "what is multiplied by 1, or divided, gets no larger",
    (
        "sql/zones.py",
        "_day_shifts",
        "end_us - start_us > DAY_US",
        "end_us - start_us >= DAY_US",
    ): "a day of 24 hours then has its one shift twice",
    ("sql/terms.py", "(module)", "64", "65"): "how many conditions stand in a row before they are grouped",
}

_CHAINS = "works out very long chains of names ahead, which changes how deep calls go and no answer"
_CODE = "how much is compiled at a time"

WHOLE_FUNCTIONS: Mapping[tuple[str, str], str] = {
    ("compiled/compiler.py", "_link"): _CHAINS,
    ("compiled/compiler.py", "_settling"): _CHAINS,
    ("compiled/compiler.py", "_settle"): _CHAINS,
    ("compiled/plan.py", "_deep_references"): _CHAINS,
    ("compiled/compiler.py", "_pieces"): _CODE,
}
"""Functions, by file and name, that have no part in what an answer is; their own tests try them."""

EQUIVALENT: Mapping[Key, str] = {**_REFERENCE, **_COMPILED, **_SQL}
"""The reason of each."""
