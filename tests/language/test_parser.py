"""Rules text to syntax nodes: every form, what binds to what, places, and literals."""

from __future__ import annotations

from pathlib import Path

import pytest

from dearly.language.syntax import tree
from dearly.language.syntax.grammar import grammar
from dearly.language.syntax.parser import parse_rules
from dearly.language.syntax.words import RESERVED_WORDS
from dearly.language.types import DAY_US
from tests.language.shapes import declaration, expression, shape

EXAMPLES = Path(__file__).parents[2] / "rules"

CONDITIONS = {
    # operands
    "country": "country",
    "customer.country": "customer.country",
    "3": "3",
    "3.50": "3.50",
    "1e3": "1e3",
    '"US"': '"US"',
    "true": "true",
    "2026-03-01": "day 20513",
    "2026-03-01T10:00:00Z": "1772359200000000us",
    "2026-03-01T10:00:00.5+01:00": "1772355600500000us",
    "1 second": "1s",
    "2 minutes": "120s",
    "1.5 hours": "5400s",
    "1 day": "86400s",
    "2 weeks": "1209600s",
    "((country))": "country",
    # operators
    "a == 1": "(Compare == a 1)",
    "a != 1": "(Compare != a 1)",
    "a<1": "(Compare < a 1)",
    "a<=1": "(Compare <= a 1)",
    "a > -1": "(Compare > a (Negate 1))",
    "a >= 1": "(Compare >= a 1)",
    'a in ["x", -2, 3.5, true, 2026-03-01]': '(In a ["x", -2, 3.5, true, day 20513])',
    'a in ["x",]': '(In a ["x"])',
    "a not in [1]": "(Not (In a [1]))",
    'a contains "x"': '(Matches contains a "x")',
    'a starts with "x"': '(Matches starts with a "x")',
    'a ends  with "x"': '(Matches ends with a "x")',
    'a is like "x"': '(Matches is like a "x")',
    'a is not like "x"': '(Not (Matches is like a "x"))',
    "a is present": "(IsPresent a)",
    "a is not present": "(IsPresent a missing)",
    "a is missing": "(IsPresent a missing)",
    "a is not missing": "(IsPresent a)",
    "stage is churned": "(IsStage stage churned)",
    "stage is not churned": "(IsStage stage churned negated)",
    "not a": "(Not a)",
    "not not a": "(Not (Not a))",
    "a and b and c": "(And [a, b, c])",
    "a or b or c": "(Or [a, b, c])",
    "a else 1": "(Else a 1)",
    "a else -1": "(Else a -1)",
    "a else b else 1": "(Else (Else a b) 1)",
    # what binds to what
    "a or b and not c == d + e * -f else 1": "(Or [a, (And [b, (Not (Compare == c "
    "(Arithmetic + d (Arithmetic * e (Negate (Else f 1))))))])])",
    "(a or b) and c": "(And [(Or [a, b]), c])",
    "a and (b and c)": "(And [a, (And [b, c])])",
    "a - b - c": "(Arithmetic - (Arithmetic - a b) c)",
    "a / b * c": "(Arithmetic * (Arithmetic / a b) c)",
    "-a * b": "(Arithmetic * (Negate a) b)",
    "not a is missing": "(Not (IsPresent a missing))",
    "a + 1 in [2]": "(In (Arithmetic + a 1) [2])",
    # events
    "any bought": "(Quantified any (Events bought))",
    "no bought": "(Quantified no (Events bought))",
    "at least 2 bought": "(Quantified at least 2 (Events bought))",
    "at  most 2 bought": "(Quantified at most 2 (Events bought))",
    "exactly 2 bought": "(Quantified exactly 2 (Events bought))",
    "more than 2 bought": "(Quantified more than 2 (Events bought))",
    "fewer than 2 bought": "(Quantified fewer than 2 (Events bought))",
    "any bought within 7 days": "(Quantified any (Events bought 604800s))",
    "any bought older than 7 days": "(Quantified any (Events bought 604800s))",
    "any bought where price > 3 within 1 day older than 1 hour": (
        "(Quantified any (Events bought (Compare > price 3) 86400s 3600s))"
    ),
    "any bought older than 1 hour within 1 day where price > 3": (
        "(Quantified any (Events bought (Compare > price 3) 86400s 3600s))"
    ),
    "any bought where (a and b) and c": "(And [(Quantified any (Events bought (And [a, b]))), c])",
    "any bought where a and b": "(And [(Quantified any (Events bought a)), b])",
    "any bought where not a": "(Quantified any (Events bought (Not a)))",
    "any added followed by bought": "(Quantified any (Events added (Followed bought)))",
    "any added not followed by bought where a within 1 day": (
        "(Quantified any (Events added (Followed negated bought a 86400s)))"
    ),
    "any added within 2 days not followed by bought within 1 day and x": (
        "(And [(Quantified any (Events added 172800s (Followed negated bought 86400s))), x])"
    ),
    "count of bought within 1 day > 3": "(Compare > (Aggregated count (Events bought 86400s)) 3)",
    "(count of bought within 90 days) / 3": "(Arithmetic / (Aggregated count (Events bought 7776000s)) 3)",
    "5 * count of opened within 1 day + count of seen": (
        "(Arithmetic + (Arithmetic * 5 (Aggregated count (Events opened 86400s))) "
        "(Aggregated count (Events seen)))"
    ),
    "sum of bought.total within 1 day > 1000": (
        "(Compare > (Aggregated sum total (Events bought 86400s)) 1000)"
    ),
    'sum of bought.total where country == "US" > 1000': (
        '(Compare > (Aggregated sum total (Events bought (Compare == country "US"))) 1000)'
    ),
    "average of bought.total": "(Aggregated average total (Events bought))",
    "min of bought.total": "(Aggregated min total (Events bought))",
    "max of bought.total": "(Aggregated max total (Events bought))",
    "latest bought.category": "(Picked latest category (Events bought))",
    'first bought.name within 1 day else "x"': '(Else (Picked first name (Events bought 86400s)) "x")',
    "time since last bought > 60 days": "(Compare > (Elapsed latest (Events bought)) 5184000s)",
    "time since first bought where a else 1 day": "(Elapsed first (Events bought (Else a 86400s)))",
    "distinct of bought.category within 1 day > 3": (
        "(Compare > (Aggregated distinct category (Events bought 86400s)) 3)"
    ),
    'top bought.category == "x"': '(Compare == (Picked top category (Events bought)) "x")',
    # dates, ranges, sets
    "a < today": "(Compare < a (Today))",
    "a < today + 7 days": "(Compare < a (Today 604800s))",
    "a < (today - 1 day)": "(Compare < a (Today -86400s))",
    "now - 3 hours > a": "(Compare > (Now -10800s) a)",
    "today + 7": "(Arithmetic + (Today) 7)",
    "a before today": "(DateCompare before a (Today))",
    "a since 2026-03-01 and b": "(And [(DateCompare since a day 20513), b])",
    "a between 1 and 2 + 3 and b": "(And [(Between a 1 (Arithmetic + 2 3)), b])",
    "a not between -1 and 1": "(Not (Between a (Negate 1) 1))",
    'a any of ["x", "y"]': '(SetMatches any of a ["x", "y"])',
    "not a all of b": "(Not (SetMatches all of a b))",
    "a none  of latest e.p": "(SetMatches none of a (Picked latest p (Events e)))",
    # windows of the calendar
    "any e today": "(Quantified any (Events e (Period today)))",
    "any e this week older than 1 day": "(Quantified any (Events e 86400s (Period this week)))",
    "no e this  month and a": "(And [(Quantified no (Events e (Period this month))), a])",
    "any e this year on weekends": "(Quantified any (Events e (Period this year) (Weekdays {5, 6})))",
    "any e on weekdays": "(Quantified any (Events e (Weekdays {0, 1, 2, 3, 4})))",
    "any e on sunday or monday or b": "(Or [(Quantified any (Events e (Weekdays {0, 6}))), b])",
    "any e since 2026-03-01": "(Quantified any (Events e day 20513))",
    "any e before 2026-03-01T10:00:00Z within 1 day": (
        "(Quantified any (Events e 86400s 1772359200000000us))"
    ),
    "any e where a before 2026-03-01": "(Quantified any (Events e (DateCompare before a day 20513)))",
    "any e where (a and b) before 2026-03-01": "(Quantified any (Events e (And [a, b]) day 20513))",
    "latest e.p since 2026-03-01 == 3": "(Compare == (Picked latest p (Events e day 20513)) 3)",
    "(latest e.p) since 2026-03-01": "(DateCompare since (Picked latest p (Events e)) day 20513)",
}


@pytest.mark.parametrize("text", CONDITIONS)
def test_a_condition_is_read_as_its_author_means_it(text: str) -> None:
    assert shape(expression(text)) == CONDITIONS[text]


DECLARATIONS = {
    "profile {}": "(ProfileDeclaration)",
    'profile { name text?, zone text = "UTC", birthday date? @sensitive\n likes set of text }': (
        "(ProfileDeclaration [(FieldDeclaration name text optional), "
        '(FieldDeclaration zone text "UTC"), '
        "(FieldDeclaration birthday date optional [(Annotation sensitive)]), "
        "(FieldDeclaration likes text is_set)])"
    ),
    "catalog product { price number = -1\n days number = 3\n minutes number, }": (
        "(SchemaDeclaration catalog product [(FieldDeclaration price number -1), "
        "(FieldDeclaration days number 3), (FieldDeclaration minutes number)])"
    ),
    "event bought { item product }": ("(SchemaDeclaration event bought [(FieldDeclaration item product)])"),
    "event url { url url }": "(SchemaDeclaration event url [(FieldDeclaration url url)])",
    "segment vip { a }": "(SegmentDeclaration vip  a)",
    'segment vip "Our best" { a }': "(SegmentDeclaration vip Our best a)",
    "value x = a + 1": "(ValueDeclaration x (Arithmetic + a 1))",
    "lifecycle stage { old when a is missing\n days_old when 3 > b new otherwise }": (
        "(LifecycleDeclaration stage [(StageDeclaration old (IsPresent a missing)), "
        "(StageDeclaration days_old (Compare > 3 b)), (StageDeclaration new)])"
    ),
    'block hero { when a show "x.html" otherwise show "y.html" }': (
        '(BlockDeclaration hero [(BranchDeclaration a "x.html"), (BranchDeclaration "y.html")])'
    ),
    'block hero { otherwise show "y" with a = recommended product;\n'
    " and b = trending product within 1 day, limit 3 }": (
        '(BlockDeclaration hero [(BranchDeclaration "y" ['
        "(ItemListDeclaration a (RecommendedItems product)), "
        "(ItemListDeclaration b (TrendingItems product 86400s) 3)])])"
    ),
    'block hero { otherwise show "y" with a = similar to latest seen.item, limit 3, where a and b or c\n'
    ' ; and b = recently seen.item, where a; and c = listed product ["1", "2"] }': (
        '(BlockDeclaration hero [(BranchDeclaration "y" ['
        "(ItemListDeclaration a (SimilarItems (Picked latest item (Events seen))) 3 (Or [(And [a, b]), c])), "
        "(ItemListDeclaration b (RecentItems seen item) a), "
        '(ItemListDeclaration c (ListedItems product ["1", "2"]))])])'
    ),
    'block hero { purpose a, b counts toward c otherwise show "y" with x = recommended p or else '
    'bought together with latest e.p or else listed p ["1"], where a, limit 3, diverse by c }': (
        '(BlockDeclaration hero [a, b] [c] [(BranchDeclaration "y" [(ItemListDeclaration x '
        '(RecommendedItems p) [(TogetherItems (Picked latest p (Events e))), (ListedItems p ["1"])] '
        "3 c a)])])"
    ),
    'block hero { otherwise show "y" with x = recommended p, excluding e.p, excluding e.p where a today, '
    'excluding customer.q, excluding q, excluding ["1"] }': (
        '(BlockDeclaration hero [(BranchDeclaration "y" [(ItemListDeclaration x (RecommendedItems p) ['
        "(TouchedExclusion p (Events e)), (TouchedExclusion p (Events e a (Period today))), "
        '(ItemsExclusion customer.q), (ItemsExclusion q), (ItemsExclusion ["1"])])])])'
    ),
    'settings { timezone "Europe/Berlin" keep events 1 day locale "de" }': (
        '(SettingsDeclaration [(Setting timezone "Europe/Berlin"), (Setting keep events 86400s), '
        '(Setting locale "de")])'
    ),
    "context { total number? }": "(ContextDeclaration [(FieldDeclaration total number optional)])",
    "profile { a text @stale(1 day) @sensitive }": (
        "(ProfileDeclaration [(FieldDeclaration a text [(Annotation stale 86400s), (Annotation sensitive)])])"
    ),
    "catalog p { again after 1 day, again text }": (
        "(SchemaDeclaration catalog p [(FieldDeclaration again text)] 86400s)"
    ),
    'score s "t" { predict a and b  among c  features auto, x  tiers high >= 0.6, low }': (
        "(ScoreDeclaration s t [(And [a, b])] [c] [auto, x] "
        "[(TierDeclaration high 0.6), (TierDeclaration low)])"
    ),
    "score s { tiers a tiers b predict x predict y }": (
        "(ScoreDeclaration s  [x, y] [(TierDeclaration a), (TierDeclaration b)])"
    ),
    "cap c { at most 2 per 7 days  at most 1 per week in customer timezone  at most 3 per day }": (
        "(CapDeclaration c [(LimitDeclaration 2 604800s package), (LimitDeclaration 1 week customer), "
        "(LimitDeclaration 3 day package)])"
    ),
    "experiment e { goal bought within 1 day  variants a 50, b 0.5  holdout 5%  audience x is y }": (
        "(ExperimentDeclaration e  [(IsStage x y)] [(VariantDeclaration a 50), (VariantDeclaration b 0.5)] "
        "[5] [(Events bought 86400s)])"
    ),
    "trigger t { when leaving s  quiet 21:00 to 8:30 in customer timezone  emit { a: 1, b: x or y, } }": (
        "(TriggerDeclaration t [(MembershipMoment leaving s)] [(QuietDeclaration 1260 510 customer)] "
        "[[(EmitDeclaration a 1), (EmitDeclaration b (Or [x, y]))]])"
    ),
    "trigger t { when stage becomes vip  at most 1 per 7 days  emit {} }": (
        "(TriggerDeclaration t [(StateMoment stage vip)] [(LimitDeclaration 1 604800s package)] [[]])"
    ),
    'test "t" { given profile { a: "x", b: [1, -2] } consents to p, q given consents to nothing\n'
    'context { c: true } at 1970-01-02 00:00 e { p: -3 } at +1:00:01 expect a and b, not h shows "x" }': (
        '(TestDeclaration "t" [(GivenDeclaration [(GivenField a "x"), (GivenField b [1, -2])] [p, q]), '
        "(GivenDeclaration [(GivenField c true)])] [(StepDeclaration (AtMoment 86400000000) "
        "(HappensDeclaration e [(GivenField p -3)])), (StepDeclaration (AtOffset 3601000000) "
        '[(ExpectHolds (And [a, b])), (ExpectShows h "x" negated)])])'
    ),
    'test "t" { at +0:00 e {} expect h shows "x", h contains "y", not emitted w, emitted w, emitted is x }': (
        '(TestDeclaration "t" [(StepDeclaration (AtOffset 0) (HappensDeclaration e) [(ExpectShows h "x"), '
        '(ExpectHolds (Matches contains h "y")), (ExpectEmitted w negated), (ExpectEmitted w), '
        "(ExpectHolds (IsStage emitted x))])])"
    ),
}


@pytest.mark.parametrize("text", DECLARATIONS)
def test_a_declaration_is_read_as_its_author_means_it(text: str) -> None:
    assert shape(declaration(text)) == DECLARATIONS[text]


@pytest.mark.parametrize("path", sorted(EXAMPLES.rglob("*.rules")), ids=lambda path: path.name)
def test_the_example_package_has_nothing_wrong_with_it(path: Path) -> None:
    declarations, problems = parse_rules(path.read_text("utf-8"), path.name)
    assert problems == ()
    assert len(declarations) > 0


FREE_WORDS = [
    *("limit", "count", "sum", "at", "least", "time", "since", "by", "of", "set", "show_all", "days"),
    *(
        "before",
        "between",
        "top",
        "score",
        "on",
        "all",
        "none",
        "distinct",
        "purpose",
        "tiers",
        "goal",
        "per",
    ),
    *("expect", "emitted", "given", "test", "context", "monday", "again", "to", "this", "shows", "quiet"),
]


@pytest.mark.parametrize("word", FREE_WORDS)
def test_a_word_of_the_language_is_a_name_where_nothing_else_could_be_meant(word: str) -> None:
    assert shape(declaration(f"segment {word} {{ {word} > 3 and {word} is present }}")) == (
        f"(SegmentDeclaration {word}  (And [(Compare > {word} 3), (IsPresent {word})]))"
    )


@pytest.mark.parametrize("word", sorted(RESERVED_WORDS))
@pytest.mark.parametrize(
    "text",
    [
        "segment WORD { a }",
        "value WORD = 1",
        "event WORD {}",
        "profile { WORD text }",
        "lifecycle WORD { a otherwise }",
        "lifecycle s { WORD otherwise }",
        'block WORD { otherwise show "x" }',
        'block b { otherwise show "x" with WORD = recommended product }',
    ],
)
def test_a_word_that_could_be_misread_is_no_name(text: str, word: str) -> None:
    declarations, problems = parse_rules(text.replace("WORD", word), "x.rules")
    assert declarations == ()
    assert [problem.code for problem in problems] == ["reserved-word"]


def test_the_grammar_and_its_errors_reserve_the_same_words() -> None:
    assert f"(?:{'|'.join(sorted(RESERVED_WORDS))})" in grammar().get_terminal("NAME").pattern.value


STAGES = ["on", "since", "before", "between", "among", "features", "tiers", "goal", "variants", "at"]


@pytest.mark.parametrize("word", STAGES)
@pytest.mark.parametrize("condition", ["any e", "any e today", "a > 3", "count of e within 1 day > 3", "b"])
def test_a_stage_may_have_any_name_that_a_condition_could_go_on_with(word: str, condition: str) -> None:
    found = declaration(f"lifecycle l {{ a when {condition}\n {word} # then\n when c  z otherwise }}")
    assert isinstance(found, tree.LifecycleDeclaration)
    assert [stage.name.text for stage in found.stages] == ["a", word, "z"]
    assert shape(found.stages[0].condition) == shape(expression(condition))


def test_a_window_of_the_calendar_may_end_a_list_of_items() -> None:
    for word in ("today", "this week"):
        branches = f'when a show "x" with i = recommended p, excluding e.p {word} when b show "y"'
        found = declaration(
            f'block s {{ {branches} with i = similar to latest e.p {word} otherwise show "z" }}'
        )
        assert isinstance(found, tree.BlockDeclaration)
        assert len(found.branches) == 3


@pytest.mark.parametrize("word", ["today", "now"])
def test_a_moment_is_a_field_but_nothing_that_conditions_call_by_its_bare_name(word: str) -> None:
    assert shape(declaration(f"profile {{ {word} date? }}")) == (
        f"(ProfileDeclaration [(FieldDeclaration {word} date optional)])"
    )
    assert shape(expression(f"customer.{word}")) == f"customer.{word}"
    for text in (f"segment {word} {{ a }}", f"value {word} = 1", f"lifecycle {word} {{ a otherwise }}"):
        _, problems = parse_rules(text, "x.rules")
        assert [problem.code for problem in problems] == ["reserved-word"]


def test_what_a_test_gives_at_the_beginning_of_a_line_is_no_other_declaration() -> None:
    text = 'test "t" {\ngiven\nprofile { a: 1 }\ncontext { b: 2 }\nat +1:00 expect c\n}\nprofile { a number }'
    declarations, problems = parse_rules(text, "x.rules")
    assert problems == ()
    assert [type(found) for found in declarations] == [tree.TestDeclaration, tree.ProfileDeclaration]


@pytest.mark.parametrize(
    "text", ["today today", "today this week", "since 2026-01-01 since 2026-01-02", "on monday on friday"]
)
def test_a_clause_stands_once_at_most(text: str) -> None:
    _, problems = parse_rules(f"segment s {{ any e {text} }}", "x.rules")
    assert [problem.code for problem in problems] == ["repeated-clause"]


@pytest.mark.parametrize(
    ("unit", "condition"), [("second", "x > 3"), ("days", "x > 3"), ("week", "x > 3"), ("today", "any e")]
)
def test_a_unit_of_time_is_no_stage_but_is_a_field(unit: str, condition: str) -> None:
    _, problems = parse_rules(f"lifecycle s {{ a when {condition}\n {unit} otherwise }}", "x.rules")
    assert [problem.code for problem in problems] == ["syntax-error"]
    _, problems = parse_rules(f"lifecycle s {{ {unit} otherwise }}", "x.rules")
    assert [problem.code for problem in problems] == ["reserved-word"]
    assert shape(declaration(f"event e {{ {unit} number }}")) == (
        f"(SchemaDeclaration event e [(FieldDeclaration {unit} number)])"
    )


def test_words_of_a_phrase_may_stand_on_several_lines() -> None:
    text = 'at\n  least # comment\n 2 bought where a starts\t\n\twith "x" # and no more'
    assert shape(expression(text)) == '(Quantified at least 2 (Events bought (Matches starts with a "x")))'


# ------------------------------------------------------------------------------------------------- literals

TEXTS = {
    r'"a\"b"': 'a"b',
    r'"a\\b"': "a\\b",
    r'"a\nb\tc"': "a\nb\tc",
    r'"\\n"': "\\n",
    '"# no comment { } ("': "# no comment { } (",
    '""': "",
    '"e\u0301"': "\u00e9",
    '"\U0001f600 \u05d0\u202b"': "\U0001f600 \u05d0\u202b",
}


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_stands_for_its_characters_in_nfc(text: str) -> None:
    found = expression(text)
    assert isinstance(found, tree.TextLiteral)
    assert found.value == TEXTS[text]


WRONG_LITERALS = [
    (r'"a\qb"', "bad-escape", 13, 14),
    (r'"\u0041"', "bad-escape", 12, 13),
    ('"a\x00b"', "hidden-character", 13, 14),
    ('"a\ud800b"', "bad-text", 11, 16),
    ('"a' + "\u0301" * 31 + '"', "bad-text", 11, 45),
    ("1e13", "number-out-of-range", 11, 15),
    ("1e400", "number-out-of-range", 11, 16),
    ("1000000000001", "number-out-of-range", 11, 24),
    ("2026-02-30", "bad-date", 11, 21),
    ("0000-01-01", "bad-date", 11, 21),
    ("2026-01-01T10:00", "bad-time", 11, 27),
    ("2026-01-01T10:00:00", "bad-time", 11, 30),
    ("2026-01-01T25:00:00Z", "bad-time", 11, 31),
    ("2026-01-01T23:59:60Z", "bad-time", 11, 31),
    ("9999-12-31T23:59:59-23:59", "bad-time", 11, 36),
    ("x > 0 days", "duration-out-of-range", 15, 21),
    ("x > 0.0000001 seconds", "duration-out-of-range", 15, 32),
    ("x > 101 weeks and x > 36526 days", "duration-out-of-range", 33, 43),
    ("x > 999999999999 days", "duration-out-of-range", 15, 32),
    ("x > 1e12 weeks", "duration-out-of-range", 15, 25),
    ("any e since 2026-02-30", "bad-date", 23, 33),
    ("x < today + 0 days", "duration-out-of-range", 23, 29),
]


@pytest.mark.parametrize(("text", "code", "column", "end_column"), WRONG_LITERALS)
def test_a_literal_that_stands_for_nothing_is_refused_where_it_stands(
    text: str, code: str, column: int, end_column: int
) -> None:
    declarations, (problem, *others) = parse_rules(f"value x = {text}", "x.rules")
    assert declarations == ()
    assert others == []
    assert (problem.code, problem.span.column, problem.span.end_column) == (code, column, end_column)


def test_a_hundred_years_is_the_longest_duration() -> None:
    found = expression("36525 days")
    assert isinstance(found, tree.Duration)
    assert found.us == 36525 * DAY_US


# --------------------------------------------------------------------------------------------------- places


def test_places_count_characters_from_one_and_end_after_the_last() -> None:
    text = '\n  segment vip\t"\U0001f600" {\n\tcountry == "\U0001f600"\n}\n'
    found = declaration(text)
    assert isinstance(found, tree.SegmentDeclaration)
    assert isinstance(found.condition, tree.Compare)
    assert (found.span.line, found.span.column, found.span.end_line, found.span.end_column) == (2, 3, 4, 2)
    assert (found.name.span.column, found.name.span.end_column) == (11, 14)
    right = found.condition.right.span
    assert (right.line, right.column, right.end_line, right.end_column) == (3, 13, 3, 16)


def test_a_file_means_the_same_and_has_the_same_places_with_other_line_ends() -> None:
    text = "# one\nsegment a {\n  x > 1\n  and y\n}\nvalue b = \n 3\n"
    assert parse_rules(text.replace("\n", "\r\n"), "x.rules") == parse_rules(text, "x.rules")


def test_parentheses_belong_to_the_place_of_what_they_hold() -> None:
    found = expression("(a or b) and c")
    assert isinstance(found, tree.And)
    assert (found.span.column, found.operands[0].span.column, found.operands[0].span.end_column) == (
        11,
        11,
        19,
    )
