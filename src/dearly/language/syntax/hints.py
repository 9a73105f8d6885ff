"""What to do about a syntax error: the habits of other languages, forgotten signs, words nearly right."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from dearly.language.suggestions import nearest
from dearly.language.syntax.declaration_hints import DECLARATION_HINTS
from dearly.language.syntax.problem import Problem
from dearly.language.syntax.sections import DECLARATION_KEYWORDS
from dearly.language.syntax.words import (
    ENDING_WORDS,
    KEYWORDS,
    OPERAND,
    PHRASES,
    UNIT_WORDS,
    WEEKDAYS,
    in_lower_case,
)

_COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
_AGGREGATES = ("count", "sum", "average", "min", "max")
_MAX_SHOWN = 40

COMMENT = "A comment begins with `#`."
_PAST_WORDS = ("last", "past", "the", "during")
_COUNTED: Mapping[str, str] = {
    ">": "more than",
    ">=": "at least",
    "<": "fewer than",
    "<=": "at most",
    "==": "exactly",
}
_TURNED_COUNTS: Mapping[tuple[str, str], str] = {
    ("or", "more"): "at least",
    ("or", "fewer"): "at most",
    ("or", "less"): "at most",
}
"""``2 or more``, as people say it."""


def hint_for(problem: Problem) -> str | None:
    """What to write instead, where that can be guessed."""
    for rule in _RULES:
        if hint := rule(problem):
            return hint
    return None


def _on_name(problem: Problem) -> str | None:
    """A declaration's name that goes on with a sign."""
    if problem.came != "-" or len(problem.before) != 2 or "LBRACE" not in problem.accepted:
        return None
    whole = f"{problem.previous}_{problem.after}" if problem.after.isidentifier() else problem.previous
    return f"Names are of letters, digits and `_`: `{whole[:_MAX_SHOWN]}`."


def _on_braces(problem: Problem) -> str | None:
    if "LBRACE" in problem.accepted:
        return (
            f"Write a `{{` after `{problem.previous[:_MAX_SHOWN]}`."
            if "NAME" not in problem.accepted
            else None
        )
    if not problem.came and "RBRACE" in problem.accepted:
        return "Add the `}` where it ends."
    if problem.came in DECLARATION_KEYWORDS and "$END" in problem.accepted:
        return "Begin the next declaration on a new line."
    return None


def _on_case(problem: Problem) -> str | None:
    lower = problem.came.lower()
    if problem.came == lower or re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", problem.came) is None:
        return None
    if lower in KEYWORDS:
        return f"Write `{lower}`: the words of the language are in lower case."
    if "NAME" not in problem.accepted:
        return None
    return f"Names are in lower case: `{in_lower_case(problem.came)[:_MAX_SHOWN]}`."


def _on_where(problem: Problem) -> str | None:
    if problem.came in ("within", "older", "where") and {"where", "and"} <= set(problem.before):
        return (
            "The `and` ended the `where`. Put several conditions in parentheses: `where (A and B) within D`."
        )
    if problem.came == "." and "WITHIN" in problem.accepted:
        return "An event stands here by its name alone; ask for its properties in a `where`."
    return None


def _on_lists(problem: Problem) -> str | None:
    before, came = problem.before, problem.came
    if "WITHIN" in problem.accepted and before[-2:-1] == ("trending",):
        return f"Say how far back: `trending {problem.previous[:_MAX_SHOWN]} within 30 days`."
    if "SEMICOLON" not in problem.accepted:
        return None
    if came == "and":
        return f"Put a `;` between two lists: `; and {problem.after[:_MAX_SHOWN]} = ..`."
    if came == "=" and before[-2:-1] == ("and",):
        return f"Put a `;` between two lists: `; and {problem.previous[:_MAX_SHOWN]} = ..`."
    return None


def _on_counts(problem: Problem) -> str | None:
    """Events counted with signs, or in another order of words."""
    before, came = problem.before, problem.came
    if len(before) < 4:
        return None
    owner, name, sign, number = before[-4:]
    if turned := _TURNED_COUNTS.get((sign, number)):
        is_meant = _is_number(name) and came.isidentifier()
        return f"Write `{turned} {name} {came[:_MAX_SHOWN]}`." if is_meant else None
    counted = _COUNTED.get(sign)
    if counted is None or not _is_number(number) or came not in ("within", "older", "where"):
        return None
    if owner in (".", "of", "last", "first"):
        return f"`{came}` stands before the comparison: `.. {came} .. {sign} {number}`."
    return f"Events are counted in words: `{counted} {number} {name[:_MAX_SHOWN]} {came} ..`."


def _on_events(problem: Problem) -> str | None:
    """Events that are not counted at all."""
    came, name = problem.came, problem.previous
    if came not in ("within", "where", "older", "followed") or not name.isidentifier() or name in KEYWORDS:
        return None
    if "OR" not in problem.accepted or problem.before[-2:-1] not in (
        ("{",),
        ("and",),
        ("or",),
        ("(",),
        ("when",),
    ):
        return None
    return f"Say how many: `any {name[:_MAX_SHOWN]} {came} ..`, `no ..`, `at least 2 ..`."


def _is_number(token: str) -> bool:
    return token.isascii() and token.isdigit()


def _on_within(problem: Problem) -> str | None:
    is_set_meant = problem.previous == "in" and "LSQB" in problem.accepted
    if is_set_meant and _is_number(problem.came) and problem.after in UNIT_WORDS:
        return f"Write `within {problem.came} {problem.after}`; `in` asks for one of a list."
    if problem.came in _PAST_WORDS and (is_set_meant or "WITHIN" in problem.accepted):
        return "Write `within` and a length of time: `within 60 days`."
    return None


def _on_dates(problem: Problem) -> str | None:
    if problem.before[-4:-2] == ("time", "since"):
        return "Did you mean `time since last`?"
    if problem.previous not in ("since", "before") or not {"DATE", "TIME"} <= problem.accepted:
        return None
    if problem.accepted >= OPERAND:
        return None
    if problem.before[-3:-2] == (".",):
        return f"To compare a date, write `(..) {problem.previous} {problem.came[:_MAX_SHOWN]}`."
    return f"Write a day, `{problem.previous} 2026-01-01`, or how long ago: `within 7 days`."


def _on_clock(problem: Problem) -> str | None:
    if problem.accepted == {"CLOCK"} and problem.before[-6:-5] == ("at",):
        return f"Say the time of day, too: `at {''.join(problem.before[-5:])} 10:00`."
    return None


def _on_calendar(problem: Problem) -> str | None:
    if problem.came == "this" and "PERIOD" in problem.accepted:
        return "Write `today`, `this week`, `this month` or `this year`."
    if problem.came == "," and problem.previous in WEEKDAYS:
        return "Join days with `or`: `on monday or friday`."
    return None


def _on_sets(problem: Problem) -> str | None:
    before, came = problem.before, problem.came
    if came in ("any", "all", "none") and "SET_MATCH" in problem.accepted:
        return f"Write `{came} of` and a list: `{came} of [..]`."
    if came == "not" and problem.after in ("any", "all", "none") and "SET_MATCH" in problem.accepted:
        return f"Write `not (SET {problem.after} of ..)`, or `none of`."
    if came == "[" and before[-1:] == ("of",) and before[-3:-2] == ("contains",):
        return f"Leave `contains` out: `SET {before[-2]} of [..]`."
    return None


def _on_between(problem: Problem) -> str | None:
    before, came = problem.before[-8:], problem.came
    is_open = "between" in before and "and" not in before
    if is_open and (came in ("or", ",", "to") or (before[-1], came) == ("between", "[")):
        return "Both ends stand after `between`, and belong to it: `x between 1 and 3`."
    return None


def _on_comment(problem: Problem) -> str | None:
    if problem.came in ("/", "*") and "/" in (problem.previous, problem.after):
        return COMMENT
    return None


def _on_unit(problem: Problem) -> str | None:
    if problem.came == "-" and problem.previous in ("within", "than"):
        return "A length of time is more than nothing: `7 days`."
    if problem.accepted == {"UNIT"} and not problem.came.isalpha():
        return f"Say in which unit: `{problem.previous} days`."
    if problem.came in ("when", "otherwise") and problem.previous in ENDING_WORDS:
        return f"`{problem.previous}` was taken for a part of the condition before it; choose another name."
    together = re.fullmatch(r"([0-9]+)([a-z]+)", problem.came)
    number, unit = together.groups() if together else (problem.previous, problem.came)
    if not (together or "UNIT" in problem.accepted):
        return None
    meant = _SHORT_UNITS.get(unit) or (unit if unit in UNIT_WORDS else nearest(unit, UNIT_WORDS))
    if meant is None:
        return None
    return f"Write `{meant}`." if meant[0].isdigit() else f"Write `{number} {meant}`."


def _on_sign(problem: Problem) -> str | None:
    if problem.came == "(" and problem.previous in _AGGREGATES:
        return f"Write `{problem.previous} of EVENT{'' if problem.previous == 'count' else '.PROPERTY'}`."
    if problem.previous == "top" and problem.came.isidentifier():
        return "Write `top EVENT.PROPERTY`."
    if problem.came == "(" and re.fullmatch(r"\w+", problem.previous):
        return "There are no functions; parentheses stand around conditions only."
    if problem.came == "." and (problem.previous.isdigit() or problem.after.isdigit()):
        return "A number has digits before and after its point: `0.5`."
    if problem.came in _COMPARISONS and "OR" in problem.accepted:
        return "Compare two things at a time, and join them with `and`: `1 < x and x < 5`."
    if problem.came == ";" and "COMMA" in problem.accepted:
        return "Put a comma or a new line between two fields."
    if problem.came in ("=", ":"):
        return "Write `==` to compare." if "COMPARISON" in problem.accepted else _meant_sign(problem)
    return _SIGNS.get(problem.came)


def _meant_sign(problem: Problem) -> str | None:
    for terminal, sign in (("COLON", ":"), ("EQUAL", "=")):
        if terminal in problem.accepted:
            return f"Write `{sign}`."
    return f"Leave the `{problem.came}` out." if len(problem.accepted) == 1 else None


def _on_quotes(problem: Problem) -> str | None:
    is_word = re.fullmatch(r"[^\W\d]\w*", problem.came) is not None
    is_text = problem.came.startswith('"')
    if problem.previous == "is" and (is_text or problem.came.isdigit()):
        return "Compare with `==`; `is` asks for a lifecycle's stage."
    if is_text and "NAME" in problem.accepted and not problem.accepted >= OPERAND:
        return "Names are written without quotes."
    if is_word and "TEXT" in problem.accepted and problem.accepted.isdisjoint({"NAME", "AND"}):
        return f'A text stands in double quotes: `"{problem.came[:_MAX_SHOWN]}"`.'
    return None


def _on_word(problem: Problem) -> str | None:
    if problem.came == "," and "AND" in problem.accepted:
        return "Join conditions with `and` or `or`."
    if problem.came == "else" and "OTHERWISE" in problem.accepted:
        return "Write `otherwise`."
    if problem.came == "in" and problem.previous == "not":
        return f"Of a segment, write `not {problem.after[:_MAX_SHOWN]}`; `not in` asks for none of a list."
    if problem.came == "not" and problem.after == "contains":
        return "Write `not (SET contains ELEMENT)`."
    return _WORDS.get(problem.came)


def _on_spelling(problem: Problem) -> str | None:
    """A word or phrase that is nearly one that could stand here, or that could have stood just before."""
    came, previous = problem.came, problem.previous
    fitting = [phrase for phrase, terminal in PHRASES.items() if terminal in problem.accepted]
    longer = [phrase for phrase in PHRASES if len(phrase) > 3]
    found = (
        _nearest_phrase((came, came + problem.after), fitting)
        or _nearest_phrase(
            (previous + came + problem.after, previous + came), [p for p in longer if " " in p]
        )
        or (_nearest_phrase((previous,), longer) if previous not in KEYWORDS else None)
    )
    return f"Did you mean `{found}`?" if found else None


def _on_measure(problem: Problem) -> str | None:
    is_word = problem.came.isidentifier() and problem.came not in KEYWORDS
    if is_word and "UNIT" in problem.accepted:
        return f"Numbers have no unit (only lengths of time have): write `{problem.previous}`."
    return None


def _nearest_phrase(words: Iterable[str], phrases: Iterable[str]) -> str | None:
    by_letters = {phrase.replace(" ", ""): phrase for phrase in phrases}
    for word in words:
        if word.isalpha() and word.isascii():
            found = by_letters.get(word) or by_letters.get(nearest(word, by_letters) or "")
            if found:
                return found
    return None


_SIGNS: Mapping[str, str] = {
    "&&": "Write `and`.",
    "&": "Write `and`.",
    "||": "Write `or`.",
    "|": "Write `or`.",
    "!": "Write `not`, or `!=` to compare.",
    "<>": "Write `!=`.",
    "=>": "Write `>=`.",
    "=<": "Write `<=`.",
    "%": "Write the share as a number: `0.2`.",
    "++": "Write `+ 1`.",
}
"""What to write in place of a sign of another language."""

_WORDS: Mapping[str, str] = {
    "equals": "Write `==`.",
    "starts_with": "Write `starts with`.",
    "startswith": "Write `starts with`.",
    "ends_with": "Write `ends with`.",
    "endswith": "Write `ends with`.",
    "is": 'Write `is present`, `is missing`, `is like "TEXT"`, or `LIFECYCLE is STAGE`; compare with `==`.',
    "has": "Write `contains`.",
    "includes": "Write `contains`.",
    "like": "Write `is like`.",
    "matches": "There are no patterns; write `contains`, `starts with`, `ends with` or `is like`.",
    "less": "Write `fewer than` of events, `<` of numbers.",
    "after": "Write `>`, or `since`, which includes the day itself.",
    "yesterday": "Write a window: `within 2 days older than 1 day`.",
    "tomorrow": "Write `today + 1 day`.",
    "unless": "Write `and not (..)`.",
    "if": "Write `when` in a block or lifecycle; in a segment the condition stands alone.",
    "then": "Write `followed by`.",
    "null": "Write `is missing`.",
    "never": "Write `no EVENT`.",
    "default": "Write `otherwise`.",
    "when": "`when` stands in a block or a lifecycle; elsewhere the condition stands alone.",
}
"""What to write in place of a word that has no meaning where it stands."""

_SHORT_UNITS: Mapping[str, str] = {
    "s": "seconds",
    "sec": "seconds",
    "secs": "seconds",
    "m": "minutes",
    "min": "minutes",
    "mins": "minutes",
    "h": "hours",
    "hr": "hours",
    "hrs": "hours",
    "d": "days",
    "w": "weeks",
    "month": "30 days",
    "months": "30 days",
    "year": "365 days",
    "years": "365 days",
}
"""Units as people shorten them."""

_RULES: tuple[Callable[[Problem], str | None], ...] = (
    _on_name,
    _on_braces,
    _on_case,
    _on_where,
    _on_lists,
    *DECLARATION_HINTS,
    _on_counts,
    _on_events,
    _on_within,
    _on_dates,
    _on_calendar,
    _on_clock,
    _on_sets,
    _on_between,
    _on_comment,
    _on_unit,
    _on_sign,
    _on_quotes,
    _on_word,
    _on_spelling,
    _on_measure,
)
