"""The one layout of a rules file: where lines break, what stands in columns, where comments go."""

from __future__ import annotations

from textwrap import dedent

import pytest

from dearly.language.formatting import Unformattable, format_rules
from dearly.language.formatting.printing import WIDTH
from dearly.language.syntax.source import MAX_FILE_BYTES
from tests.steps import steps_of

LAYOUTS = {
    "spaces between words, and none where signs hold together": (
        'segment   s"t"{(a .b)in["x",-1 ,]and not(c+-1)*2  is   not\nmissing}',
        'segment s "t" { (a.b) in ["x", -1] and not (c + -1) * 2 is not missing }',
    ),
    "words of a phrase on one line": (
        "segment s { at\n least 2 e where p starts \t with \"x   y\" not  followed\nby f }",
        'segment s { at least 2 e where p starts with "x   y" not followed by f }',
    ),
    "a brace that its author opened stays open": (
        "segment s {\na }\nsegment t { b\n}",
        "segment s {\n  a\n}\n\nsegment t { b }",
    ),
    "the conditions of an open segment, a line each": (
        "segment s {\n a and b or (c and d) or e }",
        "segment s {\n  a and b\n  or (c and d)\n  or e\n}",
    ),
    "an empty body": ("profile  {\n}\ntrigger t { when entering s emit { } }", (
        "profile {}\n\ntrigger t { when entering s  emit {} }"
    )),
    "fields in columns, without commas": (
        "profile {\n a text?, long_name set of text\n b number=1 @sensitive, c date? @stale( 3 days )\n}",
        """
        profile {
          a          text?
          long_name  set of text
          b          number = 1  @sensitive
          c          date?       @stale(3 days)
        }
        """,
    ),
    "fields on one line, with commas": (
        "event e { a text\n b number? = 1, c set of text }",
        "event e { a text, b number? = 1, c set of text }",
    ),
    "when a catalog's items return": (
        "catalog p {\n title text\n again   after 60 days }",
        "catalog p {\n  title  text\n  again after 60 days\n}",
    ),
    "neighbours of one kind in columns": (
        'segment a "A" { x }\nsegment long "Longer" { y }\nsegment b { z }\n\nvalue c=1\nvalue long=22',
        """
        segment a    "A"      { x }
        segment long "Longer" { y }
        segment b             { z }

        value c    = 1
        value long = 22
        """,
    ),
    "no columns where an empty line, another kind or an open brace parts them": (
        "event a { x text }\n\nevent longer { x text }\nvalue v = 1\nevent b {\n x text }",
        """
        event a { x text }

        event longer { x text }

        value v = 1

        event b {
          x  text
        }
        """,
    ),
    "one empty line between two declarations, and two parts at most": (
        "lifecycle l {\n\n\n a when b\n\n\n\n longer when c\n z otherwise\n\n}\n\n\n\nvalue v = 1\n\n\n",
        """
        lifecycle l {
          a       when b

          longer  when c
          z       otherwise
        }

        value v = 1
        """,
    ),
    "parts on one line with two spaces between": (
        'settings { timezone "UTC"\n locale "de" }\ncap c { at most 2 per day at most 3 per week }',
        'settings { timezone "UTC"  locale "de" }\n\ncap c { at most 2 per day  at most 3 per week }',
    ),
    "parts in columns": (
        "score s {\n predict a and b\n features auto,c tiers high>=0.5,low\n}",
        """
        score s {
          predict   a and b
          features  auto, c
          tiers     high >= 0.5, low
        }
        """,
    ),
    "a block": (
        """
        block b { purpose x,y counts toward z when a and b show "t" with i=recommended p,limit 3
        otherwise show "u" with one=listed p["1"]; and other=recently e . p,limit 2 }
        """,
        """
        block b {
          purpose x, y
          counts toward z
          when a and b
            show "t" with i = recommended p, limit 3
          otherwise
            show "u"
            with one   = listed p ["1"];
             and other = recently e.p, limit 2
        }
        """,
    ),
    "a trigger": (
        """
        trigger t {
        when stage becomes vip at most 1 per 7 days quiet 21:00 to 08:00 in customer  timezone
        emit { a:1,b:latest e.p, } }
        """,
        """
        trigger t {
          when stage becomes vip
          at most 1 per 7 days
          quiet 21:00 to 08:00 in customer timezone
          emit { a: 1, b: latest e.p }
        }
        """,
    ),
    "a test": (
        """
        test "t" { given profile { a:"x",b:[1,-2] } consents to p,q at 2026-03-01 10:00 e{p:1} expect a
        at +1:00 expect b,not h shows "x" at +48:00:10 f { } }
        """,
        """
        test "t" {
          given profile { a: "x", b: [1, -2] } consents to p, q
          at 2026-03-01 10:00  e { p: 1 } expect a
          at +1:00             expect b, not h shows "x"
          at +48:00:10         f {}
        }
        """,
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", LAYOUTS)
def test_a_file_has_one_layout(what: str) -> None:
    text, expected = LAYOUTS[what]
    assert format_rules(dedent(text), "x.rules") == dedent(expected).strip() + "\n"


LONG = "a_rather_long_name"
TEXT = f'"{LONG}"'

BROKEN = {
    "a chain of conditions, before each of them": (
        f"segment s {{ {' and '.join([LONG] * 6)} }}",
        "segment s {\n  " + "\n  and ".join([LONG] * 6) + "\n}",
    ),
    "a chain within another, further in": (
        f"segment s {{ a or {' and '.join([LONG] * 6)} }}",
        "segment s {\n  a\n  or " + "\n    and ".join([LONG] * 6) + "\n}",
    ),
    "parentheses": (
        f"segment s {{ a and ({' or '.join([LONG] * 6)}) }}",
        "segment s {\n  a\n  and (\n    " + "\n    or ".join([LONG] * 6) + "\n  )\n}",
    ),
    "the clauses of events": (
        f"""
        segment s {{
        any {LONG} where (a == "{LONG * 2}" and b) within 3 days followed by {LONG} where p > 3 }}
        """,
        f"""
        segment s {{
          any {LONG}
            where (a == "{LONG * 2}" and b)
            within 3 days
            followed by {LONG} where p > 3
        }}
        """,
    ),
    "a list, as many on a line as fit": (
        f"segment s {{ a in [{', '.join([TEXT] * 7)}] }}",
        f"""
        segment s {{
          a in [
            {", ".join([TEXT] * 4)},
            {", ".join([TEXT] * 3)}
          ]
        }}
        """,
    ),
    "a value, after its sign": (
        f"value v = {' + '.join([LONG] * 6)}",
        "value v =\n  " + "\n  + ".join([LONG] * 6),
    ),
    "the condition of a branch": (
        f'block b {{ when {" and ".join([LONG] * 6)} show "t" otherwise show "u" }}',
        "block b {\n  when "
        + "\n      and ".join([LONG] * 6)
        + '\n    show "t"\n  otherwise\n    show "u"\n}',
    ),
    "a stage, below its condition": (
        f"lifecycle l {{\n a when {' and '.join([LONG] * 6)}\n longer otherwise }}",
        "lifecycle l {\n  a       when " + "\n            and ".join([LONG] * 6) + "\n  longer  otherwise\n}",
    ),
    "a list of items, on its own line and then before its options": (
        f"""
        block b {{ when a show "t" with i = recommended {LONG}, limit 3, where {LONG} and {LONG} and c
        otherwise show "u" with i = recommended {LONG} or else trending {LONG} within 7 days, limit 3,
        diverse by {LONG}, where {LONG} }}
        """,
        f"""
        block b {{
          when a
            show "t"
            with i = recommended {LONG}, limit 3, where {LONG} and {LONG} and c
          otherwise
            show "u"
            with i = recommended {LONG}
                or else trending {LONG} within 7 days,
                limit 3,
                diverse by {LONG},
                where {LONG}
        }}
        """,
    ),
    "expectations, below each other": (
        f'test "t" {{ at +1:00 expect {", ".join([LONG] * 6)} }}',
        'test "t" {\n  at +1:00  expect ' + (",\n" + " " * 19).join([LONG] * 6) + "\n}",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_what_does_not_fit_on_a_line_is_broken(what: str) -> None:
    text, expected = BROKEN[what]
    formatted = format_rules(text, "x.rules")
    assert formatted == dedent(expected).strip() + "\n"
    assert all(len(line) <= WIDTH for line in formatted.splitlines())


def test_a_line_of_the_greatest_width_is_not_broken() -> None:
    text = f'segment s {{ a == "{"x" * (WIDTH - 21)}" }}'
    assert len(text) == WIDTH
    assert format_rules(text, "x.rules") == f"{text}\n"
    longer = format_rules(text.replace("x", "xx", 1), "x.rules")
    assert longer.startswith("segment s {\n")


def test_neighbours_that_would_not_fit_in_columns_stay_out_of_them() -> None:
    long = f'segment s {{ a == "{"x" * (WIDTH - 21)}" }}'
    text = f"segment b {{ x }}\n{long}\nsegment longer {{ y }}"
    assert format_rules(text, "x.rules") == f"segment b      {{ x }}\n{long}\nsegment longer {{ y }}\n"


COMMENTS = {
    "at their places": (
        """
        #one


        # two
        segment s { # three
         # four
         a # five
          # six
         and b
         # seven
        } # eight
        # nine
        """,
        """
        #one

        # two
        segment s {  # three
          # four
          a  # five
          # six
          and b
          # seven
        }  # eight
        # nine
        """,
    ),
    "in a column of their own": (
        "profile {\n a text # one\n longer number = 3 # two\n b text\n\n c text # three\n}",
        """
        profile {
          a       text        # one
          longer  number = 3  # two
          b       text

          c       text  # three
        }
        """,
    ),
    "at the next place where there is one": (
        "segment s { any # one\n e # two\n # three\n }",
        """
        segment s {
          any e  # one
          # two
          # three
        }
        """,
    ),
    "behind the comma": (
        "test \"t\" { at +1:00 expect a # one\n , b # two\n at +2:00 e { p: 1 # three\n , q: 2 } }",
        """
        test "t" {
          at +1:00  expect a,  # one
                           b  # two
          at +2:00  e {
                      p: 1,  # three
                      q: 2
                    }
        }
        """,
    ),
    "within a list": (
        "segment s { a in [ # one\n 1, # two\n 2, 3\n # three\n ] }",
        """
        segment s {
          a in [  # one
            1,  # two
            2, 3
            # three
          ]
        }
        """,
    ),
    "between neighbours": (
        "event a { x text } # one\n# two\nevent longer { x text }\n# three\n\nevent b { x text }",
        """
        event a      { x text }  # one
        # two
        event longer { x text }
        # three

        event b { x text }
        """,
    ),
    "alone": ("\n\n # one\n\n\n\t# two", "# one\n\n# two"),
    "none, and nothing else": ("  \n\n", ""),
}  # fmt: skip


@pytest.mark.parametrize("what", COMMENTS)
def test_comments_stay(what: str) -> None:
    text, expected = COMMENTS[what]
    formatted = format_rules(dedent(text), "x.rules")
    assert formatted == (dedent(expected).strip() + "\n" if expected else "")
    assert format_rules(formatted, "x.rules") == formatted


def test_a_file_with_errors_is_not_formatted_but_told_of() -> None:
    with pytest.raises(Unformattable) as refused:
        format_rules("segment a { b }\nsegment c { x > }", "x.rules")
    assert [found.span.line for found in refused.value.diagnostics] == [2]


COMMENT_LINES = "#\n" * 6_000


def test_a_file_that_would_grow_beyond_the_limit_is_not_formatted() -> None:
    text = f"segment x {{ {'(' * 95}a\n{COMMENT_LINES}{')' * 95} }}"
    assert len(text) < MAX_FILE_BYTES
    with pytest.raises(Unformattable) as refused:
        format_rules(text, "x.rules")
    assert [found.code for found in refused.value.diagnostics] == ["file-too-large"]


LARGE = {
    "nested parentheses": f"segment x {{ {'(' * 99}a{')' * 99} }}",
    "nested negations": f"segment x {{ {'not ' * 98}(a) }}",
    "nested conditions": f"segment x {{ {'any e where (a and ' * 30}b{')' * 30} }}",
    "a long chain": f"segment x {{ {' or '.join(['spend > 1'] * 1_000)} }}",
    "a long sum": f"value x = {' + '.join(['spend'] * 100)}",
    "a long list": f"segment x {{ a in [{', '.join(map(str, range(2_000)))}] }}",
    "many neighbours": "\n".join(f"segment s{number} {{ a > {number} }}" for number in range(500)),
    "many comments": "segment x { a # one\n" + "# two\n" * 10_000 + " and b }",
    "many empty lines": "segment x { a\n" + "\n" * 900_000 + " and b }",
    "a long word": f'segment x {{ a == "{"x" * 60_000}" }}',
}


@pytest.mark.timeout(60)  # against what hangs in a regular expression, which takes no steps
@pytest.mark.parametrize("what", LARGE)
def test_formatting_takes_steps_in_proportion_to_the_text(what: str) -> None:
    text = LARGE[what]
    formatted = format_rules(text, "x.rules")
    assert format_rules(formatted, "x.rules") == formatted
    assert steps_of(lambda: format_rules(text, "x.rules")) < 3_000_000  # its square is an hour
