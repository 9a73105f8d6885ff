"""The grammar's terminals as its readers know them, and what people write in their place."""

from __future__ import annotations

from collections.abc import Mapping

from dearly.language.literals import UNITS

PHRASES: Mapping[str, str] = {
    "when": "WHEN",
    "otherwise": "OTHERWISE",
    "show": "SHOW",
    "with": "WITH",
    "limit": "LIMIT",
    "set of": "SET_OF",
    "recommended": "RECOMMENDED",
    "similar to": "SIMILAR_TO",
    "trending": "TRENDING",
    "recently": "RECENTLY",
    "listed": "LISTED",
    "or": "OR",
    "and": "AND",
    "not": "NOT",
    "in": "IN",
    "not in": "NOT_IN",
    "contains": "MATCH",
    "starts with": "MATCH",
    "ends with": "MATCH",
    "is like": "MATCH",
    "is": "IS",
    "present": "PRESENT",
    "missing": "MISSING",
    "else": "ELSE",
    "true": "TRUE",
    "false": "FALSE",
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
    "latest": "LATEST",
    "first": "FIRST",
    "time since last": "TIME_SINCE_LAST",
    "time since first": "TIME_SINCE_FIRST",
    "where": "WHERE",
    "within": "WITHIN",
    "older than": "OLDER_THAN",
    "followed by": "FOLLOWED_BY",
    "not followed by": "NOT_FOLLOWED_BY",
}
"""Every word or phrase of the language within a declaration, with its terminal."""

KEYWORDS = frozenset(word for phrase in PHRASES for word in phrase.split()) | frozenset(
    ("profile", "catalog", "event", "segment", "value", "lifecycle", "block")
)
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

UNIT_WORDS = (*(f"{unit}s" for unit in UNITS), *UNITS)
"""``seconds``, ``second`` .."""

OPERAND = frozenset(
    [
        "NAME",
        "TEXT",
        "NUMBER",
        "TRUE",
        "FALSE",
        "DATE",
        "TIME",
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
        "LATEST",
        "FIRST",
        "TIME_SINCE_LAST",
        "TIME_SINCE_FIRST",
    ]
)
"""What an operand may begin with."""

_CONSTANT = frozenset({"TEXT", "NUMBER", "TRUE", "FALSE", "DATE", "TIME", "MINUS"})
_GROUPS: tuple[tuple[frozenset[str], frozenset[str], str], ...] = (
    (OPERAND, OPERAND | {"NOT", "MINUS"}, "a condition or a value"),
    (_CONSTANT, _CONSTANT, "a constant (a text, a number, a date, `true` or `false`)"),
    (
        frozenset(("COMPARISON", "PLUS")),
        frozenset({"COMPARISON", "PLUS", "MINUS", "TIMES", "OVER", "IN", "NOT_IN", "MATCH", "IS", "ELSE"}),
        "an operator such as `==`",
    ),
    (
        frozenset(("PLUS", "TIMES")),
        frozenset({"PLUS", "MINUS", "TIMES", "OVER", "ELSE"}),
        "an operator such as `+`",
    ),
    (
        frozenset(("WITHIN", "FOLLOWED_BY")),
        frozenset({"WHERE", "WITHIN", "OLDER_THAN", "FOLLOWED_BY", "NOT_FOLLOWED_BY"}),
        "`where`, `within`, `older than`, `followed by`",
    ),
    (
        frozenset(("RECOMMENDED", "LISTED")),
        frozenset({"RECOMMENDED", "SIMILAR_TO", "TRENDING", "RECENTLY", "LISTED"}),
        "`recommended`, `similar to`, `trending`, `recently` or `listed`",
    ),
    (frozenset(("AND", "OR")), frozenset(("AND", "OR")), "`and`, `or`"),
)
"""When all of the first are possible, the second are told by the third."""

_SINGLE = {
    "NAME": "a name",
    "TEXT": "a text in double quotes",
    "NUMBER": "a number",
    "DATE": "a date",
    "TIME": "a time",
    "UNIT": "a unit of time such as `days`",
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
    "QMARK": "`?`",
    "AT": "an annotation such as `@sensitive`",
    "MATCH": "`contains`",
    "$END": "",
} | {terminal: f"`{phrase}`" for phrase, terminal in PHRASES.items() if terminal != "MATCH"}

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
    if "NAME" in left:
        left.discard("NAME")
        phrases.insert(0, _name_phrase(before))
    singles = [_SINGLE[terminal] for terminal in _SINGLE if terminal in left]
    return [phrase for phrase in phrases + singles if phrase]


def _name_phrase(before: tuple[str, ...]) -> str:
    previous = before[-1] if before else ""
    if previous in ("catalog", "event", "segment", "value", "lifecycle", "block") and len(before) == 1:
        return f"the {previous}'s name"
    if previous in _EVENT_BEFORE or before[-3:-1] in (
        ("at", "least"),
        ("at", "most"),
        ("more", "than"),
        ("fewer", "than"),
    ):
        return "an event's name"
    if before[:1] == ("lifecycle",):
        return "a stage's name"
    return "a name"


SIGN_HINTS: Mapping[str, str] = {
    "=": "Write `==` to compare.",
    "&&": "Write `and`.",
    "&": "Write `and`.",
    "||": "Write `or`.",
    "|": "Write `or`.",
    "!": "Write `not`, or `!=` to compare.",
    "<>": "Write `!=`.",
    "=>": "Write `>=`.",
    "=<": "Write `<=`.",
    "%": "Write the share as a number: `0.2`.",
    ":": "Write `=`.",
    "++": "Write `+ 1`.",
}
"""What to write in place of a sign of another language."""

WORD_HINTS: Mapping[str, str] = {
    "equals": "Write `==`.",
    "is": 'Write `is present`, `is missing`, `is like "TEXT"`, or `LIFECYCLE is STAGE`; compare with `==`.',
    "has": "Write `contains`.",
    "includes": "Write `contains`.",
    "like": "Write `is like`.",
    "matches": "There are no patterns; write `contains`, `starts with`, `ends with` or `is like`.",
    "less": "Write `fewer than` of events, `<` of numbers.",
    "before": "Write `<`.",
    "after": "Write `>`.",
    "unless": "Write `and not (..)`.",
    "if": "Write `when` in a block or lifecycle; in a segment the condition stands alone.",
    "then": "Write `followed by`.",
    "null": "Write `is missing`.",
    "never": "Write `no EVENT`.",
    "default": "Write `otherwise`.",
    "when": "`when` stands in a block or a lifecycle; elsewhere the condition stands alone.",
}
"""What to write in place of a word that has no meaning where it stands."""

UNIT_HINTS: Mapping[str, str] = {
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

LATER_PHRASES: tuple[tuple[str, str, str | None], ...] = (
    ("purpose", "purpose", "WHEN"),
    ("counts toward", "counts toward", None),
    ("excluding", "excluding", "LIMIT"),
    ("excluding", "excluding", "WHERE"),
    ("diverse by", "diverse by", None),
    ("bought together", "bought together with", None),
    ("or else", "or else", None),
    ("since", "since", "WITHIN"),
    ("before", "before", "WITHIN"),
    ("today", "today", "WITHIN"),
    ("this week", "this week", None),
    ("this month", "this month", None),
    ("on weekday", "on weekday", None),
    ("between", "between", "COMPARISON"),
    ("distinct of", "distinct of", None),
    ("any of", "any of", None),
    ("all of", "all of", None),
    ("none of", "none of", None),
    ("again after", "again after", None),
    ("stale (", "@stale(..)", None),
)
"""Parts of the language that this version does not serve: how they begin, what they are called, and the
terminal beside which alone they are meant (None: anywhere)."""


def reserved(word: str) -> str:
    """What is said of a reserved word in a name's place."""
    return f"`{word}` is a word of the language, so nothing can be named so."
