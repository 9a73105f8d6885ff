"""What to do about a syntax error within a declaration, its conditions apart: parts, commas, moments."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dearly.language.syntax.problem import Problem

_WITHOUT_COMMAS = ("settings", "score", "cap", "experiment", "trigger")
_PARTS = ("predict", "among", "features", "tiers", "audience", "variants", "holdout", "goal")
_OPTIONS = ("limit", "where", "excluding", "diverse")
_LIST_WORDS: Mapping[str, tuple[str, str]] = {
    "popular": ("TRENDING", "trending CATALOG within 30 days"),
    "viewed": ("RECENTLY", "recently EVENT.PROPERTY"),
    "bought": ("BOUGHT_TOGETHER_WITH", "bought together with ITEM"),
    "max": ("LIMIT", "limit 3"),
    "top": ("LIMIT", "limit 3"),
    "exclude": ("EXCLUDING", "excluding EVENT.PROPERTY"),
    "except": ("EXCLUDING", "excluding EVENT.PROPERTY"),
    "without": ("EXCLUDING", "excluding EVENT.PROPERTY"),
    "not": ("EXCLUDING", "excluding EVENT.PROPERTY"),
}
"""What people write of lists: the terminal that must be possible there, and what is meant."""
_MAX_SHOWN = 40


def _on_commas(problem: Problem) -> str | None:
    if problem.came == "," and problem.keyword in _WITHOUT_COMMAS:
        return "No comma stands between two parts; leave it out."
    if problem.previous in _PARTS and problem.before[-2:-1] == (",",):
        return f"No comma stands before `{problem.previous}`; leave it out."
    if problem.came in ("and", "or") and "COMMA" in problem.accepted and "OR" not in problem.accepted:
        return "Put a comma between two names."
    return None


def _on_parts(problem: Problem) -> str | None:
    accepted, came = problem.accepted, problem.came
    if came == "again" and problem.keyword != "catalog":
        return "`again after` belongs to a catalog."
    if came.isdigit() and problem.before[-2:-1] == ("@",):
        return f"Put it in parentheses: `@{problem.previous[:_MAX_SHOWN]}({came} ..)`."
    if "REACHES" in accepted and came in ("<", ">", "<=", "==", "="):
        return "Say where a tier begins: `high >= 0.6`; the last one has no number."
    if problem.keyword == "experiment" and came == "%":
        return "Weights have no `%`: `control 50, discount 50`."
    if accepted == {"PERCENT"}:
        return "Say what share is held out: `holdout 5%`."
    if accepted == {"NUMBER"} and problem.keyword == "experiment":
        return "Give each variant a weight: `control 50, discount 50`."
    if problem.previous == "goal":
        return "Name the event alone: `goal order_completed within 7 days`."
    return None


def _on_limits(problem: Problem) -> str | None:
    if problem.accepted == {"PER"}:
        return "Write `per`: `at most 2 per 7 days`, or `per day`."
    if problem.keyword in ("cap", "trigger") and problem.came == "in":
        if "IN_CUSTOMER_TIMEZONE" in problem.accepted:
            return "Write `in customer timezone`."
        return "A length of time is the same in every zone; leave this out."
    if problem.keyword == "cap" and problem.came.isdigit() and "AT_MOST" in problem.accepted:
        return f"Write `at most {problem.came} per ..`."
    return None


def _on_triggers(problem: Problem) -> str | None:
    if problem.keyword != "trigger":
        return None
    if problem.accepted == {"BECOMES"} and problem.came not in ("become", "became"):
        return "Write `when entering SEGMENT`, `when leaving SEGMENT` or `when LIFECYCLE becomes STAGE`."
    if problem.accepted in ({"CLOCK"}, {"TO"}):
        return "Write `quiet 21:00 to 08:00`."
    if "COMMA" in problem.accepted and problem.after == ":":
        return "Put a comma between two."
    return None


def _on_tests(problem: Problem) -> str | None:
    if problem.keyword != "test":
        return None
    if problem.previous == "given" and problem.came == "{":
        return "Write `given profile { .. }` or `given context { .. }`."
    if "OFFSET" in problem.accepted:
        return "Write the customer's clock, `at 2026-03-01 10:00`, or hours after the first: `at +48:00`."
    if problem.came == "expect" and "AT_MOMENT" in problem.accepted:
        return "Say when first: `at 2026-03-01 10:00 expect ..`."
    if problem.previous in ("emit", "emits"):
        return f"Write `emitted {problem.came[:_MAX_SHOWN]}`."
    if problem.came == "show" and "SHOWS" in problem.accepted:
        return "Write `shows`."
    if problem.came == "after" and "AT_MOMENT" in problem.accepted:
        return "Write `at +48:00`."
    is_next = problem.came in (";", "and", "shows") or problem.came.isidentifier()
    if is_next and "COMMA" in problem.accepted and "AT_MOMENT" in problem.accepted:
        return "Put a comma between two expectations."
    return None


def _on_blocks(problem: Problem) -> str | None:
    if problem.keyword != "block":
        return None
    if problem.came in ("purpose", "counts") and "PURPOSE" not in problem.accepted:
        return f"`{problem.came}` stands before the first `when`."
    if (meant := _LIST_WORDS.get(problem.came)) and meant[0] in problem.accepted:
        return f"Write `{meant[1]}`."
    if "SEMICOLON" not in problem.accepted:
        return None
    if problem.came in _OPTIONS:
        return f"Put a comma before `{problem.came}`."
    if problem.came == "else":
        return "Write `or else`."
    if (problem.came, problem.after) == ("or", "else"):
        return "`or else` stands after the strategy, before the first comma."
    return None


DECLARATION_HINTS: tuple[Callable[[Problem], str | None], ...] = (
    _on_blocks,
    _on_parts,
    _on_limits,
    _on_triggers,
    _on_tests,
    _on_commas,
)
"""Each gives what to write, or nothing where it does not know."""
