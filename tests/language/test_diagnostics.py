"""Errors as their author reads them: what was expected, what came, where, and what to do."""

from __future__ import annotations

import pytest

from dearly.language.diagnostics import Diagnostic, in_order, render_text
from dearly.language.program import NOWHERE, Span
from dearly.language.syntax.parser import parse_rules
from dearly.language.syntax.source import decode_rules


def errors(text: str) -> tuple[Diagnostic, ...]:
    return parse_rules(text, "x.rules")[1]


def only_error(text: str) -> Diagnostic:
    (found,) = errors(text)
    return found


def pointed_at(text: str, found: Diagnostic) -> str:
    line = text.split("\n")[found.span.line - 1]
    return line[found.span.column - 1 : found.span.end_column - 1]


# Text, what the error points at, a part of its message, a part of its hint.
MISTAKES = [
    # words nearly right
    ("segmnt vip { a }", "segmnt", "Expected a declaration", "`segment`"),
    ("Segment vip { a }", "Segment", "Expected a declaration", "`segment`"),
    ("hello { a }", "hello", "Expected a declaration", "`profile`, `catalog`"),
    ("segment a { any e wihtin 3 days }", "wihtin", "`within`", "`within`"),
    ("segment a { atleast 2 e }", "2", "but `2` came", "`at least`"),
    ("segment a { at leest 2 e }", "leest", "but `leest` came", "`at least`"),
    ("segment a { morethan 2 e }", "2", "but `2` came", "`more than`"),
    ("segment a { time since latest e > 5 days }", ">", "", "`time since last`"),
    ("segment a { any e older then 3 days }", "older", "`older than`", "`older than`"),
    ("segment a { any x folowed by y }", "folowed", "`followed by`", "`followed by`"),
    ("segment a { x cotains y }", "cotains", "", "`contains`"),
    ('block b { wen a show "x" }', "wen", "`when` or `otherwise`", "`when`"),
    ("segment a { any e within 3 dyas }", "dyas", "a unit of time", "`3 days`"),
    ("segment a { any e within 24 h }", "h", "a unit of time", "`24 hours`"),
    ("segment a { any e within 24h }", "24h", "a length of time", "`24 hours`"),
    ("segment a { any e within 2 months }", "months", "a unit of time", "`30 days`"),
    ("segment a { any e within -1 days }", "-", "a length of time", "more than nothing"),
    # the habits of other languages
    ('segment a { x = "US" }', "=", "but `=` came", "`==`"),
    ("segment a { x == 1 && y == 2 }", "&&", "`and`", "Write `and`"),
    ("segment a { x == 1 || y == 2 }", "||", "`or`", "Write `or`"),
    ("segment a { x == 1 AND y == 2 }", "AND", "`and`", "`and`: the words"),
    ("segment a { !x }", "!", "Expected a condition", "`not`"),
    ("segment a { x <> 1 }", "<>", "", "`!=`"),
    ("segment a { x => 1 }", "=>", "", "`>=`"),
    ("segment a { x is 5 }", "5", "", "`==`"),
    ('segment a { x is "US" }', '"US"', "the text", "`==`"),
    ("segment a { count(orders) > 3 }", "(", "", "`count of EVENT`"),
    ("segment a { sum(orders) > 3 }", "(", "", "`sum of EVENT.PROPERTY`"),
    ("segment a { lower(x) == 1 }", "(", "", "no functions"),
    ("segment a { 1 < x < 3 }", "<", "", "join them with `and`"),
    ('segment a { x matches "a.*" }', "matches", "", "no patterns"),
    ("segment a { when x }", "when", "", "elsewhere the condition stands alone"),
    ("segment a { firstName == 1 }", "firstName", "", "`first_name`"),
    ("segment a { x > .5 }", ".", "", "`0.5`"),
    ("segment a { x > 1. }", ".", "", "`0.5`"),
    ("segment a { x == 'US' }", "'", "", "double quotes"),
    ("segment a { x == “US” }", "“", "LEFT DOUBLE QUOTATION MARK", "straight double quote"),
    ("segment a { x ≥ 3 }", "≥", "", "`>=`"),
    ('segment "vip" { a }', '"vip"', "the segment's name", "without quotes"),
    ("segment a { x in [US] }", "US", "a constant", '`"US"`'),
    ("block b { otherwise show hero/x }", "hero", "a text in double quotes", '`"hero"`'),
    ("segment a { any e in last 60 days }", "last", "but `last` came", "`within 60 days`"),
    ("segment a { e in last 60 days }", "last", "but `last` came", "`within 60 days`"),
    ("segment a { e in the last 60 days }", "the", "but `the` came", "`within 60 days`"),
    ("segment a { any e last 60 days }", "last", "but `last` came", "`within 60 days`"),
    ("segment a { 2 or more e }", "e", "but `e` came", "`at least 2 e`"),
    ("segment a { x and 2 or fewer e within 3 days }", "e", "but `e` came", "`at most 2 e`"),
    ("segment a { e > 3 within 7 days }", "within", "", "`more than 3 e within ..`"),
    ("segment a { e == 3 where p }", "where", "", "`exactly 3 e where ..`"),
    ("segment a { count of e > 3 within 7 days }", "within", "", "before the comparison: `.. within .. > 3`"),
    (
        "segment a { x < 100 EUR }",
        "EUR",
        "but `EUR` came",
        "no unit (only lengths of time have): write `100`",
    ),
    ("segment a { x < $100 }", "$", "", "no unit"),
    ("segment a { x < 100 € }", "€", "", "no unit"),
    ("// hello", "/", "Expected a declaration", "A comment begins with `#`"),
    ("/* hello */", "/", "Expected a declaration", "A comment begins with `#`"),
    ("segment a { x > 1 // hello\n}", "/", "but `/` came", "A comment begins with `#`"),
    ("event a { // hello\n}", "/", "but `/` came", "A comment begins with `#`"),
    ('block b { otherwise show "x" with a = trending p, limit 2 }', ",", "", "`trending p within 30 days`"),
    (
        'block b { otherwise show "x" with a = recommended p, limit 2 and c = recommended p }',
        "and",
        "",
        "`; and c = ..`",
    ),
    (
        'block b { otherwise show "x" with a = recommended p, where d and c = recommended p }',
        "=",
        "",
        "`; and c = ..`",
    ),
    # signs forgotten
    ("segment a any e }", "any", "`{`", "`{` after `a`"),
    ("event e { a text b text }", "b", "stands on the line of `a`", "comma"),
    ("event e { a text; b text }", ";", "", "comma or a new line"),
    ("segment a { (x > 1 }", "(", "never closed", "`)`"),
    ("segment a { x in [1, 2 }", "[", "never closed", "`]`"),
    ("segment a { x", "{", "never closed", "`}`"),
    ("segment a { x ) }", ")", "closes nothing", "Remove it"),
    ("}", "}", "closes nothing", "Remove it"),
    ('segment a { x == "US }', '"US }', 'no closing `"`', "same line"),
    ('value x = "a\\"', '"a\\"', 'no closing `"`', "same line"),
    ("value x = 1 value y = 2", "value", "", "new line"),
    ("value x = 1 +", "", "the end of this value", None),
    ("segment a { any e where p == 1 and q == 2 within 3 days }", "within", "", "parentheses"),
    ("segment a { any e within 3 days within 5 days }", "within 5 days", "second `within`", "Leave one out"),
    ("segment a { any e.p }", ".", "", "in a `where`"),
    ("segment a { count of e is churned }", "count of e", "a lifecycle", "LIFECYCLE is STAGE"),
    ('block b { otherwise show "x" with a = listed p [1] }', "1", "id is a text", "double quotes"),
    # days and sets
    ("segment a { any e sice 2026-01-01 }", "sice", "a window such as `within`", "`since`"),
    ("segment a { any e since today }", "today", "a date or a time", "`within 7 days`"),
    ("segment a { latest e.p before today }", "today", "", "`(..) before today`"),
    ("segment a { any e this quarter }", "this", "", "`this month`"),
    ("segment a { any e on mondays }", "mondays", "a day such as `monday`", "`monday`"),
    ("segment a { any e on monday, friday }", ",", "", "`on monday or friday`"),
    ("segment a { any e today this week }", "this week", "second calendar period", "Leave one out"),
    ("segment a { x betwen 1 and 3 }", "betwen", "", "`between`"),
    ("segment a { x between [1, 3] }", "[", "", "`x between 1 and 3`"),
    ('segment a { tags any ["a"] }', "any", "", "`any of [..]`"),
    ('segment a { tags not any of ["a"] }', "not", "", "`not (SET any of ..)`"),
    ("segment a { top e == 3 }", "e", "", "`top EVENT.PROPERTY`"),
    ("segment today { a }", "today", "a word of the language", "another name"),
    # what holds for the package
    ('settings { timezone = "x" }', "=", "a text in double quotes", "Leave the `=` out"),
    ("settings { keep events 400 }", "}", "a unit of time", "`400 days`"),
    ('settings { timezone "x", locale "de" }', ",", "", "leave it out"),
    ("profile { a text @stale 90 days }", "90", "", "`@stale(90 ..)`"),
    ("event e { a text\n again after 60 days }", "again", "", "belongs to a catalog"),
    ("catalog c { a text again after 60 days }", "again after 60 days", "", "a comma or a new line"),
    # campaigns
    ("score s { features auto, tiers high >= 0.5 }", "high", "", "No comma stands before `tiers`"),
    ("score s { tiers high > 0.5, low }", ">", "", "`high >= 0.6`"),
    ("cap c { at most 2 within 7 days }", "within", "Expected `per`", "`at most 2 per 7 days`"),
    ("cap c { at most 2 per 7 days in customer timezone }", "in", "", "the same in every zone"),
    ("cap c { at most 2 per day in customers timezone }", "in", "", "`in customer timezone`"),
    ("experiment e { variants a 50%, b 50% }", "%", "", "`control 50, discount 50`"),
    ("experiment e { holdout 5 }", "}", "Expected `%`", "`holdout 5%`"),
    ("experiment e { goal any bought }", "any", "Expected a name", "`goal order_completed within 7 days`"),
    ("trigger t { when abandoned }", "}", "Expected `becomes`", "`when entering SEGMENT`"),
    ("trigger t { quiet 21 to 8 }", "21", "a time of day such as `21:00`", "`quiet 21:00 to 08:00`"),
    ("trigger t { quiet 21:00 to 24:00 }", "24:00", "No clock shows 24:00", "`00:00` to `23:59:59`"),
    ("trigger t { emit { a: 1 b: 2 } }", "b", "", "Put a comma"),
    # tests
    ('test "x" { given { a: 1 } }', "{", "`profile` or `context`", "`given profile { .. }`"),
    ('test "x" { given profile { a = 1 } }', "=", "Expected `:`", "Write `:`"),
    ('test "x" { at 10:00 expect a }', "10", "a date or a time since the first `at`", "`at +48:00`"),
    ('test "x" { at +1:60 expect a }', "+1:60", "no length of time", "`+47:59:59`"),
    ('test "x" { at +1:00 expect a and b shows "x" }', "shows", "", "Put a comma"),
    ('test "x" { expect a }', "expect", "", "`at 2026-03-01 10:00 expect ..`"),
    # blocks
    ('block b { when a show "x" purpose p otherwise show "y" }', "purpose", "", "before the first `when`"),
    ('block b { purpose p and q otherwise show "y" }', "and", "", "Put a comma"),
    ('block b { otherwise show "x" with a = recommended p limit 3 }', "limit", "", "comma before `limit`"),
    (
        'block b { otherwise show "x" with a = recommended p else recently e.p }',
        "else",
        "",
        "Write `or else`",
    ),
    (
        'block b { otherwise show "x" with a = recommended p, limit 3 or else recently e.p }',
        "or",
        "",
        "stands after the strategy",
    ),
    (
        'block b { otherwise show "x" with a = recommended p, limit 3, limit 4 }',
        "limit 4",
        "second `limit` of one list",
        "Leave one out",
    ),
    ('block b { otherwise show "x" with a = popular p }', "popular", "", "`trending CATALOG"),
]


@pytest.mark.parametrize(("text", "place", "message", "hint"), MISTAKES)
def test_a_mistake_is_told_in_the_authors_words(
    text: str, place: str, message: str, hint: str | None
) -> None:
    found = only_error(text)
    assert pointed_at(text, found) == place
    assert message in found.message
    if hint is None:
        assert found.hint is None
    else:
        assert hint in (found.hint or "")


def test_no_message_speaks_of_terminals() -> None:
    for text, *_ in MISTAKES:
        for found in errors(text):
            assert not any(word.isupper() and "_" in word for word in found.message.split())


def test_a_broken_declaration_does_not_hide_the_errors_of_the_next() -> None:
    text = "\n".join(
        [
            "segment a { x > }",
            "segment b { (y }",
            'segment c { z == "open }',
            "segment d { fine }",
            "segmnt e { x }",
            "segment f { x > 1",
            'segment g "title" {',
            "  also_fine",
            "}",
            "value h = 1 +",
            "value i = 2 } }",
            "profile { name txt? }",
        ]
    )
    declarations, problems = parse_rules(text, "x.rules")
    lines = [problem.span.line for problem in problems]
    assert lines == [1, 2, 3, 5, 6, 10, 11, 11]
    assert len(declarations) == 3


def test_several_wrong_literals_of_one_declaration_are_told_at_once() -> None:
    found = errors('segment a { x > 1e400 or y == 2026-02-30 or any e within 0 days or z == "\\q" }')
    assert [problem.code for problem in found] == [
        "number-out-of-range",
        "bad-date",
        "duration-out-of-range",
        "bad-escape",
    ]


# ------------------------------------------------------------------------------------------------ rendering


def test_a_finding_is_shown_with_its_line_a_caret_and_what_to_do() -> None:
    text = 'segment a {\n  country = "US"\n}\n'
    assert render_text(only_error(text), {"x.rules": text}) == "\n".join(
        [
            "error[syntax-error]: Expected an operator such as `==`, `and`, `or` or `}`, but `=` came.",
            "  --> x.rules:2:11",
            "   |",
            ' 2 |   country = "US"',
            "   |           ^",
            "   = Write `==` to compare.",
        ]
    )


def test_a_file_that_is_not_at_hand_is_named_without_its_line() -> None:
    found = Diagnostic("cycle", "warning", "This turns.", Span("x.rules", 3, 1, 3, 2))
    assert render_text(found, {}) == "warning[cycle]: This turns.\n  --> x.rules:3:1"
    assert render_text(Diagnostic("cycle", "error", "So.", NOWHERE), {}) == "error[cycle]: So."


def test_bytes_are_shown_as_the_text_they_hold() -> None:
    found = Diagnostic("cycle", "error", "So.", Span("x.rules", 2, 1, 2, 3))
    shown = render_text(found, {"x.rules": b"\xef\xbb\xbfone\r\nt\xc3\xb6o\r\n"})
    assert shown.splitlines()[3:] == [" 2 | töo", "   | ^^"]


def shown_excerpt(line: str, column: int, end_column: int) -> tuple[str, str]:
    found = Diagnostic("cycle", "error", "So.", Span("x.rules", 1, column, 1, end_column))
    _, _, _, source, carets = render_text(found, {"x.rules": line}).split("\n")
    return source, carets


def test_tabs_and_wide_characters_keep_the_caret_under_its_place() -> None:
    assert shown_excerpt("\tab", 3, 4) == (" 1 |     ab", "   |      ^")
    assert shown_excerpt("字字ab", 3, 4) == (" 1 | 字字ab", "   |     ^")
    assert shown_excerpt("e\u0301xab", 4, 5) == (" 1 | e\u0301xab", "   |   ^")


def test_characters_that_act_on_a_terminal_are_written_out() -> None:
    source, carets = shown_excerpt("a\x1b[2J\u202eb", 7, 8)
    assert source == " 1 | a<U+001B>[2J<U+202E>b"
    assert carets == "   | " + " " * len("a<U+001B>[2J<U+202E>") + "^"
    hostile = Diagnostic("cycle", "error", "\x1b[2J", Span("\x07.rules", 1, 1, 1, 2), "\u202e")
    assert render_text(hostile, {}).isascii()
    assert "\x1b" not in render_text(hostile, {})


def test_a_long_line_is_cut_around_its_place() -> None:
    source, carets = shown_excerpt("a" * 5_000 + "b" + "a" * 5_000, 5_001, 5_002)
    assert len(source) < 130
    assert source[carets.index("^")] == "b"
    assert "…" in source[:6]
    assert source.endswith("…")


def test_a_place_over_several_lines_is_underlined_to_the_end_of_the_first() -> None:
    found = Diagnostic("cycle", "error", "So.", Span("x.rules", 1, 3, 2, 2))
    assert render_text(found, {"x.rules": "abcde\nf"}).split("\n")[3:] == [" 1 | abcde", "   |   ^^^"]


def test_a_place_past_the_end_of_its_line_still_has_a_caret() -> None:
    assert shown_excerpt("ab", 3, 4) == (" 1 | ab", "   |   ^")
    assert shown_excerpt("", 1, 1) == (" 1 |", "   | ^")


def test_findings_are_sorted_by_file_and_place() -> None:
    places = [("b", 1, 1), ("a", 10, 1), ("a", 2, 5), ("a", 2, 1)]
    found = [Diagnostic("cycle", "error", "So.", Span(file, line, column)) for file, line, column in places]
    ordered = [(one.span.file, one.span.line, one.span.column) for one in in_order(found)]
    assert ordered == sorted(places)


# ----------------------------------------------------------------------------------------------------- bytes


def test_a_file_is_read_as_utf8_whatever_system_saved_it() -> None:
    assert decode_rules(b"\xef\xbb\xbfa\r\nb\rc\n", "x.rules") == "a\nb\nc\n"


@pytest.mark.parametrize(
    ("data", "offset", "line", "column"),
    [
        (b"a\n\xc3\xb6\xff", 4, 2, 2),
        (b"\xef\xbb\xbfa\r\nb\xff", 7, 2, 2),
        (b"\xff", 0, 1, 1),
        (b"ab\xc3", 2, 1, 3),
        (b"\xed\xa0\x80", 0, 1, 1),
        ("segment".encode("utf-16"), 0, 1, 1),
        ("segment".encode("utf-16-be"), None, None, None),
    ],
)
def test_other_encodings_are_refused_with_the_offset_of_the_first_wrong_byte(
    data: bytes, offset: int | None, line: int | None, column: int | None
) -> None:
    found = decode_rules(data, "x.rules")
    if offset is None:  # without its mark, UTF-16 of ASCII is valid UTF-8 with NULs between
        assert isinstance(found, str)
        assert errors(found)[0].code == "hidden-character"
        return
    assert isinstance(found, Diagnostic)
    assert found.code == "bad-encoding"
    assert f"yte {offset} " in found.message
    assert (found.span.line, found.span.column) == (line, column)
