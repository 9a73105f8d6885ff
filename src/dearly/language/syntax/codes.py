"""The codes of what may be wrong with a rules file as text: stable names, each with one sentence.

All of them are errors. docs/language.md has the same list with an example each.
"""

from __future__ import annotations

from collections.abc import Mapping

SYNTAX_CODES: Mapping[str, str] = {
    # the file
    "bad-encoding": "A rules file is UTF-8 text.",
    "file-too-large": "A rules file has at most 1 MiB.",
    "too-many-declarations": "A rules file has at most 20,000 declarations.",
    "too-many-errors": "After 100 errors in one file the rest of it is not read.",
    # its characters
    "hidden-character": "What cannot be seen, or turns the direction of text, hides what a rule says.",
    "foreign-letter": "Names are made of a to z, digits and _, so that none looks like another.",
    # the shape of a declaration
    "syntax-error": "Something else is expected at this place.",
    "unknown-declaration": "A declaration begins with one of the words that the language has for it.",
    "unclosed-text": "A text that begins with a double quote ends with one, on the same line.",
    "unclosed-bracket": "Every bracket and brace that is opened is closed.",
    "unmatched-bracket": "A bracket or brace closes one that was opened before it.",
    "reserved-word": "A word that the language needs cannot be a name.",
    "missing-separator": "Two fields stand on two lines, or with a comma between them.",
    "repeated-clause": "A condition has one `where`, one `within` and one `older than`.",
    # literals
    "bad-escape": "In a text, a backslash stands before a double quote, a backslash, n or t.",
    "bad-text": "A text is made of Unicode characters, with at most 30 combining marks in a row.",
    "bad-date": "A date is a day of the calendar, as 2026-03-01.",
    "bad-time": "A time is written as RFC 3339 has it, with its offset: 2026-03-01T10:00:00Z.",
    "number-out-of-range": "Numbers lie between -1,000,000,000,000 and 1,000,000,000,000.",
    "duration-out-of-range": "A length of time is more than nothing and at most 100 years.",
    # limits
    "name-too-long": "A name has at most 100 characters.",
    "text-too-long": "A text has at most 64 KiB.",
    "list-too-long": "A list has at most 10,000 elements.",
    "nesting-too-deep": "Expressions are nested, or chained, at most 100 levels deep.",
    "too-many-operands": "At most 1,000 conditions are joined by one chain of `and` or `or`.",
    "declaration-too-large": "A declaration has at most 10,000 words and signs, lists not counted.",
}
"""Every code that reading a rules file may report, with what it says in general."""
