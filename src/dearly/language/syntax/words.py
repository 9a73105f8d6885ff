"""The grammar's terminals as its readers know them, and what people write in their place."""

from __future__ import annotations

import re
from collections.abc import Mapping

from dearly.language.syntax.literals import UNITS
from dearly.language.syntax.sections import DECLARATION_KEYWORDS

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""In the order of their numbers: 0 is Monday."""

PHRASES: Mapping[str, str] = {
    # declarations
    "timezone": "TIMEZONE",
    "locale": "LOCALE",
    "keep events": "KEEP_EVENTS",
    "set of": "SET_OF",
    "again after": "AGAIN_AFTER",
    "predict": "PREDICT",
    "among": "AMONG",
    "features": "FEATURES",
    "tiers": "TIERS",
    "purpose": "PURPOSE",
    "counts toward": "COUNTS_TOWARD",
    "when": "WHEN",
    "otherwise": "OTHERWISE",
    "show": "SHOW",
    "with": "WITH",
    "recommended": "RECOMMENDED",
    "similar to": "SIMILAR_TO",
    "bought together with": "BOUGHT_TOGETHER_WITH",
    "trending": "TRENDING",
    "recently": "RECENTLY",
    "listed": "LISTED",
    "or else": "OR_ELSE",
    "limit": "LIMIT",
    "excluding": "EXCLUDING",
    "diverse by": "DIVERSE_BY",
    "per": "PER",
    "day": "CALENDAR",
    "week": "CALENDAR",
    "month": "CALENDAR",
    "in customer timezone": "IN_CUSTOMER_TIMEZONE",
    "audience": "AUDIENCE",
    "variants": "VARIANTS",
    "holdout": "HOLDOUT",
    "goal": "GOAL",
    "entering": "ENTERING",
    "leaving": "LEAVING",
    "becomes": "BECOMES",
    "quiet": "QUIET",
    "to": "TO",
    "emit": "EMIT",
    "given": "GIVEN",
    "consents to": "CONSENTS_TO",
    "nothing": "NOTHING",
    "at": "AT_MOMENT",
    "expect": "EXPECT",
    "shows": "SHOWS",
    "emitted": "EMITTED",
    # events
    "where": "WHERE",
    "within": "WITHIN",
    "older than": "OLDER_THAN",
    "since": "SINCE",
    "before": "BEFORE",
    "today": "PERIOD",
    "this week": "PERIOD",
    "this month": "PERIOD",
    "this year": "PERIOD",
    "on": "ON",
    **dict.fromkeys(WEEKDAYS, "WEEKDAY"),
    "weekdays": "WEEKDAYS",
    "weekends": "WEEKENDS",
    "followed by": "FOLLOWED_BY",
    "not followed by": "NOT_FOLLOWED_BY",
    "any": "ANY",
    "no": "NO",
    "at least": "AT_LEAST",
    "at most": "AT_MOST",
    "exactly": "EXACTLY",
    "more than": "MORE_THAN",
    "fewer than": "FEWER_THAN",
    "count of": "COUNT_OF",
    "sum of": "SUM_OF",
    "average of": "AVERAGE_OF",
    "min of": "MIN_OF",
    "max of": "MAX_OF",
    "distinct of": "DISTINCT_OF",
    "latest": "LATEST",
    "first": "FIRST",
    "top": "TOP",
    "time since last": "TIME_SINCE_LAST",
    "time since first": "TIME_SINCE_FIRST",
    # expressions
    "and": "AND",
    "or": "OR",
    "not": "NOT",
    "in": "IN",
    "not in": "NOT_IN",
    "contains": "MATCH",
    "starts with": "MATCH",
    "ends with": "MATCH",
    "is like": "MATCH",
    "any of": "SET_MATCH",
    "all of": "SET_MATCH",
    "none of": "SET_MATCH",
    "between": "BETWEEN",
    "not between": "NOT_BETWEEN",
    "is": "IS",
    "present": "PRESENT",
    "missing": "MISSING",
    "else": "ELSE",
    "true": "TRUE",
    "false": "FALSE",
    "now": "NOW",
}
"""Every word or phrase of the language within a declaration, with its terminal."""

KEYWORDS = frozenset(word for phrase in PHRASES for word in phrase.split()) | frozenset(DECLARATION_KEYWORDS)
"""Every word that the language uses."""

RESERVED_WORDS = frozenset(
    [
        "and",
        "any",
        "contains",
        "else",
        "exactly",
        "false",
        "first",
        "in",
        "is",
        "latest",
        "like",
        "missing",
        "no",
        "not",
        "or",
        "otherwise",
        "present",
        "show",
        "true",
        "when",
        "where",
        "with",
        "within",
    ]
)
"""Words that cannot be names: they would be taken for the language's own where a name may stand."""

MOMENT_WORDS = ("today", "now")
"""Operands of their own wherever a condition may name something; a field so called is `customer.today`."""

UNIT_WORDS = (*(f"{unit}s" for unit in UNITS), *UNITS)
"""``seconds``, ``second`` .."""

ENDING_WORDS = (*UNIT_WORDS, "today")
"""What is taken for the end of the condition before it, where a stage's name could stand."""

OPERAND = frozenset(
    [
        "NAME",
        "TEXT",
        "NUMBER",
        "TRUE",
        "FALSE",
        "DATE",
        "TIME",
        "TODAY",
        "NOW",
        "LPAR",
        "ANY",
        "NO",
        "AT_LEAST",
        "AT_MOST",
        "EXACTLY",
        "MORE_THAN",
        "FEWER_THAN",
        "COUNT_OF",
        "SUM_OF",
        "AVERAGE_OF",
        "MIN_OF",
        "MAX_OF",
        "DISTINCT_OF",
        "LATEST",
        "FIRST",
        "TOP",
        "TIME_SINCE_LAST",
        "TIME_SINCE_FIRST",
    ]
)
"""What an operand may begin with."""

_CONSTANT = frozenset({"TEXT", "NUMBER", "TRUE", "FALSE", "DATE", "TIME", "MINUS"})
_ARITHMETIC = frozenset({"PLUS", "MINUS", "TIMES", "OVER", "ELSE"})
_COMPARING = frozenset(
    [
        "COMPARISON",
        "IN",
        "NOT_IN",
        "MATCH",
        "SET_MATCH",
        "BETWEEN",
        "NOT_BETWEEN",
        "SINCE",
        "BEFORE",
        "IS",
    ]
)
_GROUPS: tuple[tuple[frozenset[str], frozenset[str], str], ...] = (
    (OPERAND, OPERAND | {"NOT", "MINUS"}, "a condition or a value"),
    (_CONSTANT, _CONSTANT, "a constant (a text, a number, a date, `true` or `false`)"),
    (
        frozenset({"WITHIN", "PERIOD"}),
        frozenset({"WITHIN", "OLDER_THAN", "SINCE", "BEFORE", "PERIOD", "ON"}),
        "a window such as `within` or `older than`",
    ),
    (frozenset({"COMPARISON", "PLUS"}), _ARITHMETIC | _COMPARING, "an operator such as `==`"),
    (frozenset({"PLUS", "TIMES"}), _ARITHMETIC, "an operator such as `+`"),
    (frozenset({"FOLLOWED_BY"}), frozenset({"FOLLOWED_BY", "NOT_FOLLOWED_BY"}), "`followed by`"),
)
"""When all of the first are possible, the second are told by the third."""

_SINGLE = {
    **{terminal: f"`{phrase}`" for phrase, terminal in PHRASES.items()},
    "NAME": "a name",
    "TEXT": "a text in double quotes",
    "NUMBER": "a number",
    "DATE": "a date",
    "TIME": "a time",
    "UNIT": "a unit of time such as `days`",
    "WEEKDAY": "a day such as `monday`",
    "OR_WEEKDAY": "",
    "CALENDAR": "`day`, `week` or `month`",
    "CLOCK": "a time of day such as `21:00`",
    "OFFSET": "a time since the first `at`, such as `+48:00`",
    "COMPARISON": "a comparison such as `==`",
    "PLUS": "`+`",
    "MINUS": "`-`",
    "TIMES": "`*`",
    "OVER": "`/`",
    "LBRACE": "`{`",
    "RBRACE": "`}`",
    "LPAR": "`(`",
    "RPAR": "`)`",
    "LSQB": "`[`",
    "RSQB": "`]`",
    "EQUAL": "`=`",
    "COMMA": "`,`",
    "DOT": "`.`",
    "SEMICOLON": "`;`",
    "PROFILE": "`profile`",
    "CONTEXT": "`context`",
    "COLON": "`:`",
    "PERCENT": "`%`",
    "REACHES": "`>=`",
    "QMARK": "`?`",
    "AT": "an annotation such as `@sensitive`",
    "$END": "",
}

_COUNTS = (("at", "least"), ("at", "most"), ("more", "than"), ("fewer", "than"))
_EVENT_BEFORE = frozenset({"any", "no", "of", "last", "first", "by", "latest", "recently"})


def expected_phrases(accepted: frozenset[str], before: tuple[str, ...]) -> list[str]:
    """What could have come, as a reader says it: a few phrases, the telling ones first."""
    left = set(accepted)
    phrases = []
    for needed, told, phrase in _GROUPS:
        if needed <= left:
            phrases.append(phrase)
            left -= told
    if "AND" in accepted:
        left.discard("DOT")
    if "SET_OF" in left:
        return ["a type such as `text`"]
    if "NAME" in left:
        left.discard("NAME")
        phrases.insert(0, _name_phrase(before))
    if before[-1:] == ("within",) or before[-2:] == ("older", "than"):
        return ["a length of time such as `7 days`"]
    singles = [_SINGLE[terminal] for terminal in _SINGLE if terminal in left]
    return [phrase for phrase in phrases + singles if phrase]


def _name_phrase(before: tuple[str, ...]) -> str:
    previous = before[-1] if before else ""
    if len(before) == 1:
        return f"the {previous}'s name"
    if previous in _EVENT_BEFORE or before[-3:-1] in _COUNTS:
        return "an event's name"
    if before[0] == "lifecycle":
        return "a stage's name"
    return "a name"


def in_lower_case(name: str) -> str:
    """A name as the language writes it: ``night_owls`` for ``NightOwls``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def reserved(word: str) -> str:
    """What is said of a reserved word in a name's place."""
    return f"`{word}` is a word of the language, so nothing can be named so."
