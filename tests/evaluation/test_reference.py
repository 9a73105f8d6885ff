"""The meaning of conditions, numbers, names and blocks, case by case, worked out by hand."""

from __future__ import annotations

import pytest

from dearly.evaluation import Facts
from dearly.evaluation.reference import branch_of, evaluate, excluded, value_of
from dearly.language.program import (
    And,
    Arithmetic,
    Block,
    Branch,
    Compare,
    ContextField,
    Else,
    ExcludeItems,
    ExcludeTouched,
    Expression,
    In,
    ItemList,
    ItemProperty,
    Lifecycle,
    Literal,
    NamedValue,
    Negate,
    Not,
    Or,
    Presence,
    ProfileField,
    Recommended,
    ScoreRef,
    Segment,
    SegmentRef,
    Selection,
    SetCompare,
    SetContains,
    Stage,
    StageIs,
    TextMatch,
    TierIs,
    ValueRef,
    VariantIs,
)
from dearly.language.types import NUMBER, TEXT, ItemRef, SetOf
from tests.evaluation.asking import AGE, FALSE, NOBODY, NOW, TRUE, UNKNOWN, ask, history, number, text
from tests.evaluation.cases import TEMPLATE, program_of

# ---------------------------------------------------------------------------------------------- three values


@pytest.mark.parametrize(
    ("left", "right", "both", "either"),
    [
        (TRUE, TRUE, True, True),
        (TRUE, FALSE, False, True),
        (TRUE, UNKNOWN, None, True),
        (FALSE, FALSE, False, False),
        (FALSE, UNKNOWN, False, None),
        (UNKNOWN, UNKNOWN, None, None),
    ],
)
def test_and_and_or_are_kleenes(left: Expression, right: Expression, both: object, either: object) -> None:
    assert ask(And((left, right))) is both
    assert ask(And((right, left))) is both
    assert ask(Or((left, right))) is either
    assert ask(Or((right, left))) is either


def test_not_unknown_is_unknown() -> None:
    assert ask(Not(UNKNOWN)) is None
    assert ask(Not(TRUE)) is False
    assert ask(Not(FALSE)) is True


@pytest.mark.parametrize("operator", ["==", "!=", "<", "<=", ">", ">="])
def test_a_comparison_with_a_missing_value_is_unknown_on_either_side(operator: str) -> None:
    assert ask(Compare(operator, AGE, number(1.0))) is None  # type: ignore[arg-type]
    assert ask(Compare(operator, number(1.0), AGE)) is None  # type: ignore[arg-type]


def test_every_question_about_a_missing_value_is_unknown() -> None:
    assert ask(In(AGE, (number(1.0),))) is None
    assert ask(TextMatch("contains", ProfileField("first_name", TEXT), text(""))) is None
    assert ask(TextMatch("is like", text("a"), ProfileField("first_name", TEXT))) is None
    assert ask(SetContains(ProfileField("interests", SetOf(TEXT)), text("a"))) is None


def test_presence_is_never_unknown() -> None:
    assert ask(Presence(AGE, missing=True)) is True
    assert ask(Presence(AGE, missing=False)) is False
    assert ask(Presence(AGE, missing=False), Facts({"age": 0.0})) is True
    assert ask(Presence(Compare("==", AGE, AGE), missing=True)) is True


def test_else_gives_its_default_only_for_what_is_missing() -> None:
    assert ask(Else(AGE, number(7.0))) == 7.0
    assert ask(Else(AGE, number(7.0)), Facts({"age": 0.0})) == 0.0
    assert ask(Else(UNKNOWN, FALSE)) is False
    assert ask(Else(AGE, AGE)) is None


# --------------------------------------------------------------------------------------- numbers, text, sets


@pytest.mark.parametrize(
    ("operator", "less", "equal", "more"),
    [
        ("==", False, True, False),
        ("!=", True, False, True),
        ("<", True, False, False),
        ("<=", True, True, False),
        (">", False, False, True),
        (">=", False, True, True),
    ],
)
def test_numbers_compare(operator: str, less: bool, equal: bool, more: bool) -> None:
    for left, expected in ((1.0, less), (2.0, equal), (3.0, more)):
        assert ask(Compare(operator, number(left), number(2.0))) is expected  # type: ignore[arg-type]


def test_text_compares_by_code_point_and_case() -> None:
    assert ask(Compare("<", text("\uffee"), text("\U00010000"))) is True  # UTF-16 has it the other way
    assert ask(Compare("<", text("Z"), text("a"))) is True
    assert ask(Compare("==", text("nl"), text("NL"))) is False


def test_is_like_folds_case_and_the_other_matches_do_not() -> None:
    assert ask(TextMatch("is like", text("Straße"), text("STRASSE"))) is True
    assert ask(TextMatch("is like", text("a"), text("b"))) is False
    assert ask(TextMatch("contains", text("winter sale"), text("Sale"))) is False
    assert ask(TextMatch("contains", text("winter sale"), text("sale"))) is True
    assert ask(TextMatch("starts with", text("winter"), text("win"))) is True
    assert ask(TextMatch("starts with", text("winter"), text("ter"))) is False
    assert ask(TextMatch("ends with", text("winter"), text("ter"))) is True


def test_in_and_set_membership_are_equality() -> None:
    assert ask(In(text("nl"), (text("be"), text("nl")))) is True
    assert ask(In(text("NL"), (text("be"), text("nl")))) is False
    interests = Facts({"interests": frozenset({"hiking"})})
    assert ask(SetContains(ProfileField("interests", SetOf(TEXT)), text("hiking")), interests) is True
    assert ask(SetContains(ProfileField("interests", SetOf(TEXT)), text("Hiking")), interests) is False


@pytest.mark.parametrize(
    ("own", "asked", "any_of", "all_of"),
    [
        ({"a", "b"}, {"b", "c"}, True, False),
        ({"a", "b"}, {"a", "b"}, True, True),
        ({"a", "b"}, {"b"}, True, True),
        ({"a", "b"}, {"c"}, False, False),
        ({"a"}, {"A"}, False, False),
        ({"a"}, set(), False, True),
        (set(), {"a"}, False, False),
        (set(), set(), False, True),
    ],
)
def test_sets_share_elements_lie_within_each_other_or_are_apart(
    own: set[str], asked: set[str], any_of: bool, all_of: bool
) -> None:
    facts = Facts({"interests": frozenset(own)})
    interests, right = ProfileField("interests", SetOf(TEXT)), Literal(frozenset(asked), SetOf(TEXT))
    assert ask(SetCompare("any of", interests, right), facts) is any_of
    assert ask(SetCompare("none of", interests, right), facts) is not any_of
    assert ask(SetCompare("all of", interests, right), facts) is all_of


@pytest.mark.parametrize("operator", ["any of", "all of", "none of"])
def test_of_a_missing_set_everything_is_unknown(operator: str) -> None:
    missing, known = ProfileField("interests", SetOf(TEXT)), Literal(frozenset({"a"}), SetOf(TEXT))
    assert ask(SetCompare(operator, missing, known)) is None  # type: ignore[arg-type]
    assert ask(SetCompare(operator, known, missing)) is None  # type: ignore[arg-type]


def test_arithmetic_is_that_of_doubles() -> None:
    assert ask(Arithmetic("+", number(0.1), number(0.2))) == 0.30000000000000004
    assert ask(Arithmetic("-", number(1.0), number(3.0))) == -2.0
    assert ask(Arithmetic("*", number(4.0), number(2.5))) == 10.0
    assert ask(Arithmetic("/", number(1.0), number(8.0))) == 0.125
    assert ask(Negate(number(2.0))) == -2.0


def test_arithmetic_without_a_result_is_missing() -> None:
    huge = number(1e300)
    assert ask(Arithmetic("/", number(1.0), number(0.0))) is None
    assert ask(Arithmetic("/", number(0.0), Negate(number(0.0)))) is None
    assert ask(Arithmetic("*", huge, huge)) is None
    assert ask(Arithmetic("+", AGE, number(1.0))) is None
    assert ask(Negate(AGE)) is None


# ---------------------------------------------------------------------------------------------------- names


def test_a_segment_referred_to_keeps_its_unknown() -> None:
    program = program_of(Segment("members", "", UNKNOWN), Segment("others", "", Not(SegmentRef("members"))))
    assert value_of(program, "members", NOBODY, NOW) is None
    assert value_of(program, "others", NOBODY, NOW) is None
    assert value_of(program, "others", Facts({"member": False}), NOW) is True


def test_a_lifecycle_stands_at_the_first_stage_that_is_true() -> None:
    old = Compare(">=", AGE, number(60.0))
    adult = Compare(">=", AGE, number(18.0))
    program = program_of(
        Lifecycle("life", (Stage("old", old), Stage("adult", adult), Stage("unsure", None))),
        Segment("grown", "", StageIs("life", "adult")),
    )
    stages = [value_of(program, "life", Facts({"age": age}), NOW) for age in (70.0, 20.0, 5.0)]
    assert stages == ["old", "adult", "unsure"]
    assert value_of(program, "life", NOBODY, NOW) == "unsure"
    assert value_of(program, "grown", Facts({"age": 20.0}), NOW) is True
    assert value_of(program, "grown", NOBODY, NOW) is False


def test_a_chain_of_twenty_thousand_names_is_evaluated() -> None:
    links = [
        NamedValue(f"v{n}", Arithmetic("+", ValueRef(f"v{n - 1}", NUMBER), number(1.0)), NUMBER, False)
        for n in range(1, 20_000)
    ]
    program = program_of(NamedValue("v0", number(1.0), NUMBER, False), *links)
    assert value_of(program, "v19999", NOBODY, NOW) == 20_000.0


def test_a_name_used_twice_at_every_level_is_evaluated_once() -> None:
    doubled = [
        NamedValue(
            f"v{n}",
            Arithmetic("+", ValueRef(f"v{n - 1}", NUMBER), ValueRef(f"v{n - 1}", NUMBER)),
            NUMBER,
            False,
        )
        for n in range(1, 40)
    ]
    program = program_of(NamedValue("v0", number(1.0), NUMBER, False), *doubled)
    assert value_of(program, "v39", NOBODY, NOW) == 2.0**39


# ----------------------------------------------------------------- what comes with a call, or from a model


def test_context_is_what_the_call_brought_along() -> None:
    coupon = ContextField("coupon", TEXT)
    assert ask(coupon, Facts(context={"coupon": "spring"})) == "spring"
    assert ask(Compare("==", coupon, text("spring")), Facts({"coupon": "spring"})) is None


@pytest.mark.parametrize(
    ("probability", "tier"),
    [
        (1.0, "high"),
        (0.6, "high"),
        (0.5999999999999999, "medium"),
        (0.25, "medium"),
        (0.2, "low"),
        (0.0, "low"),
    ],
)
def test_a_score_lies_in_the_first_tier_that_it_reaches(probability: float, tier: str) -> None:
    facts = Facts(scores={"conversion": probability})
    assert ask(ScoreRef("conversion"), facts) == probability
    for each in ("high", "medium", "low"):
        assert ask(TierIs("conversion", each), facts) is (each == tier)


def test_the_tier_of_a_missing_score_is_unknown() -> None:
    assert ask(ScoreRef("conversion")) is None
    assert ask(TierIs("conversion", "low"), Facts(scores={"churn": 0.5})) is None


def test_who_is_in_no_variant_is_known_not_to_be_in_this_one() -> None:
    discount = VariantIs("hero_offer", "discount")
    assert ask(discount, Facts(variants={"hero_offer": "discount"})) is True
    assert ask(discount, Facts(variants={"hero_offer": "control"})) is False
    assert ask(Not(discount)) is True


# --------------------------------------------------------------------------------------------------- blocks


def test_the_first_branch_whose_condition_is_true_decides() -> None:
    conditions = (UNKNOWN, Compare(">", AGE, number(1.0)), None)
    block = Block("hero", tuple(Branch(each, TEMPLATE, ()) for each in conditions))
    program = program_of(block=block)
    assert branch_of(program, "hero", NOBODY, NOW) == 2
    assert branch_of(program, "hero", Facts({"age": 2.0}), NOW) == 1
    assert branch_of(program, "hero", Facts({"member": True, "age": 2.0}), NOW) == 0


def test_an_items_condition_reads_the_item_the_customer_and_names() -> None:
    budget = NamedValue("budget", Else(AGE, number(10.0)), NUMBER, False)
    cheap = Compare("<", ItemProperty("price", NUMBER), ValueRef("budget", NUMBER))
    program = program_of(budget)
    assert evaluate(program, cheap, NOBODY, NOW, {"price": 9.0}) is True
    assert evaluate(program, cheap, Facts({"age": 9.0}), NOW, {"price": 9.0}) is False
    assert evaluate(program, cheap, NOBODY, NOW, {}) is None


def test_a_list_leaves_out_what_any_of_its_exclusions_names() -> None:
    seen, bought = Selection("viewed", within_us=10), Selection("bought")
    favourite = ExcludeItems(ProfileField("favourite", ItemRef("product")))
    wished = ExcludeItems(ProfileField("wishlist", SetOf(ItemRef("product"))))
    exclusions = (ExcludeTouched(seen, "product"), ExcludeTouched(bought, "item"), favourite, wished)
    items = ItemList("items", "product", Recommended(), 6, None, excluding=exclusions)
    events = history(viewed=[(-10, {"product": "old"}), (-1, {"product": "new"})], bought=[(-99, {})]).events
    profile = {"favourite": "X", "wishlist": frozenset({"Y", "new"})}
    assert excluded(program_of(), items, Facts(profile, events), NOW) == {"new", "X", "Y"}
    assert excluded(program_of(), items, NOBODY, NOW) == frozenset()
