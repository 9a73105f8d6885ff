"""How often something may be: ``at most N per ..``, of caps and of triggers."""

from __future__ import annotations

from itertools import permutations
from math import ceil

from dearly.language.checking.findings import Findings
from dearly.language.checking.selections import whole_number
from dearly.language.program import Limit
from dearly.language.spelling import spell_duration, spell_limit
from dearly.language.syntax import tree
from dearly.language.types import DAY_US, HOUR_US, MINUTE_US

MAX_TIMES = 1_000
"""More often than this in any window is no limit to speak of."""
MAX_LIMITS = 10
"""A cap or a trigger has this many limits at most."""
MIN_WINDOW_US = MINUTE_US
MAX_WINDOW_US = 366 * DAY_US

_LONGEST = {"day": DAY_US + HOUR_US, "week": 7 * DAY_US + HOUR_US, "month": 31 * DAY_US + HOUR_US}
_SHORTEST = {"day": DAY_US - HOUR_US, "week": 7 * DAY_US - HOUR_US, "month": 28 * DAY_US - HOUR_US}
"""How long calendar units are when clocks are set back or forward within them."""

_WITHIN = {"day": {"week": 7, "month": 31}, "week": {"month": 6}, "month": {"week": 2}}
"""How many of one calendar unit another of the same zone touches at most, where it is not just one."""


def check_limits(declared: tuple[tree.LimitDeclaration, ...], findings: Findings) -> tuple[Limit, ...] | None:
    """The limits; None when one of them is wrong, which is reported. Those that say nothing are warned of."""
    if len(declared) > MAX_LIMITS:
        message = f"There are {len(declared):,} limits here; {MAX_LIMITS} are the most."
        findings.add("bad-limit", declared[MAX_LIMITS].span, message, "Keep those that matter.")
        return None
    checked = [_limit(written, findings) for written in declared]
    limits = tuple(limit for limit in checked if limit is not None)
    if len(limits) < len(checked):
        return None
    _report_pointless(limits, findings)
    return limits


def _limit(declared: tree.LimitDeclaration, findings: Findings) -> Limit | None:
    what = "How often something may be"
    count = whole_number(declared.count, what, 1, MAX_TIMES, "bad-limit", findings)
    rolling = declared.rolling
    if rolling is not None and not MIN_WINDOW_US <= rolling.us <= MAX_WINDOW_US:
        message = f"A limit looks at 1 minute to 366 days; this is {spell_duration(rolling.us)}."
        findings.add("bad-limit", rolling.span, message, "Write, for example, `at most 2 per 7 days`.")
        return None
    if count is None:
        return None
    return Limit(count, rolling.us if rolling else None, declared.calendar, declared.zone, declared.span)


def _report_pointless(limits: tuple[Limit, ...], findings: Findings) -> None:
    """Report each limit that another one keeps already, the later of two that say the same."""
    told: set[int] = set()
    for given, other in permutations(range(len(limits)), 2):
        if other in told or given in told or not _keeps(limits[given], limits[other]):
            continue
        told.add(other)
        strict, idle = spell_limit(limits[given]), spell_limit(limits[other])
        message = f"`{idle}` is never what holds somebody back: `{strict}` allows no more than that already."
        findings.add("pointless-limit", limits[other].span, message, "Leave it out, or make it stricter.")


def _keeps(given: Limit, other: Limit) -> bool:
    """Whether whoever keeps to ``given`` keeps to ``other`` too."""
    return given.count * _touched(given, other) <= other.count


def _touched(given: Limit, other: Limit) -> int:
    """How many windows of ``given`` suffice to cover any window of ``other``."""
    longest_us = other.rolling_us or _LONGEST[other.calendar or "day"]
    if given.rolling_us is not None:
        return ceil(longest_us / given.rolling_us)
    unit = given.calendar or "day"
    if other.calendar is not None and other.zone == given.zone:
        return _WITHIN.get(unit, {}).get(other.calendar, 1)
    return ceil(longest_us / _SHORTEST[unit]) + 1
