"""What an answer depends on, known before it is asked."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from dearly.evaluation.facts import EventLog, Facts
from dearly.evaluation.reference import branch_of, next_branch_flip, next_flip, value_of
from dearly.language.program import (
    Aggregate,
    And,
    Block,
    BoughtTogether,
    Branch,
    Compare,
    ContextField,
    DayStart,
    EventProperty,
    ExcludeItems,
    ExcludeTouched,
    Expression,
    Field,
    ItemList,
    ItemProperty,
    Lifecycle,
    Listed,
    Literal,
    NamedValue,
    Now,
    Occurs,
    Pick,
    ProfileField,
    Program,
    Recently,
    Recommended,
    ScoreRef,
    Segment,
    SegmentRef,
    Selection,
    Sequence,
    SimilarTo,
    Stage,
    StageIs,
    Strategy,
    Template,
    TierIs,
    Today,
    Trending,
    ValueRef,
    VariantIs,
)
from dearly.language.requirements import (
    RECOMMENDATION_HORIZON_US,
    Requirements,
    block_requirements,
    combine_requirements,
    expression_requirements,
    names_requirements,
    touching_events,
)
from dearly.language.traversal import list_expressions
from dearly.language.types import DATE, DAY_US, NUMBER, TEXT, TIME
from tests.evaluation.cases import TEMPLATE, Case, program_of
from tests.evaluation.generator import cases
from tests.evaluation.vocabulary import PRODUCT


def any_of(event: str, within_us: int | None = None) -> Occurs:
    return Occurs("at least", 1, Selection(event, within_us=within_us))


def of(*expressions: Expression) -> Requirements:
    return expression_requirements(program_of(), expressions)


def test_a_window_needs_its_events_as_far_back_as_it_reaches() -> None:
    assert of(any_of("viewed", DAY_US)) == Requirements(frozenset(), {"viewed": DAY_US})


def test_the_widest_window_of_a_type_decides_and_no_window_needs_all() -> None:
    assert of(any_of("viewed", DAY_US), any_of("viewed", 3 * DAY_US)).events == {"viewed": 3 * DAY_US}
    assert of(any_of("viewed", DAY_US), any_of("viewed")).events == {"viewed": None}
    assert of(any_of("viewed"), any_of("viewed", DAY_US)).events == {"viewed": None}


@pytest.mark.parametrize(
    ("selection", "horizon_us"),
    [
        (Selection("viewed", period="today"), 2 * DAY_US),
        (Selection("viewed", period="this week"), 8 * DAY_US),
        (Selection("viewed", period="this month"), 32 * DAY_US),
        (Selection("viewed", period="this year"), 367 * DAY_US),
        (Selection("viewed", period="this year", within_us=DAY_US), DAY_US),
        (Selection("viewed", period="today", within_us=9 * DAY_US), 2 * DAY_US),
        (Selection("viewed", since=DayStart(20_000)), None),
        (Selection("viewed", since=DayStart(20_000), within_us=DAY_US), DAY_US),
        (Selection("viewed", before=Literal(0, TIME)), None),
        (Selection("viewed", weekdays=frozenset([0])), None),
    ],
)
def test_a_calendar_window_needs_the_longest_that_its_period_can_be(
    selection: Selection, horizon_us: int | None
) -> None:
    assert of(Occurs("at least", 1, selection)).events == {"viewed": horizon_us}


ZONED = replace(program_of(), profile={"timezone": Field("timezone", TEXT, True)})


@pytest.mark.parametrize(
    "asked",
    [
        Compare("==", ProfileField("birthday", DATE), Today()),
        Compare("<", ProfileField("joined", TIME), DayStart(20_000)),
        Occurs("at least", 1, Selection("viewed", period="today")),
        Occurs("at least", 1, Selection("viewed", weekdays=frozenset([0]))),
        Occurs("at least", 1, Selection("viewed", since=DayStart(20_000))),
        Occurs("at least", 1, Selection("viewed", before=DayStart(20_000))),
        Occurs("at least", 1, Selection("viewed", Compare("<", EventProperty("at", TIME), DayStart(1)))),
    ],
)
def test_the_customers_time_zone_is_needed_wherever_it_matters(asked: Expression) -> None:
    assert "timezone" in expression_requirements(ZONED, [asked]).profile_fields
    assert "timezone" not in expression_requirements(replace(ZONED, profile={}), [asked]).profile_fields


@pytest.mark.parametrize(
    "asked",
    [
        Compare("<", ProfileField("joined", TIME), Now(DAY_US)),
        Occurs("at least", 1, Selection("viewed", since=Literal(0, TIME), within_us=DAY_US)),
    ],
)
def test_the_customers_time_zone_is_not_needed_where_it_does_not_matter(asked: Expression) -> None:
    assert "timezone" not in expression_requirements(ZONED, [asked]).profile_fields


def test_what_a_call_brings_along_scores_and_variants_are_told() -> None:
    asked = And(
        (
            Compare(">", ContextField("cart_total", NUMBER), Literal(3.0, NUMBER)),
            Compare(">", ScoreRef("conversion"), Literal(0.5, NUMBER)),
            TierIs("engagement", "high"),
            VariantIs("offer", "discount"),
        )
    )

    assert of(asked) == Requirements(
        context_fields=frozenset({"cart_total"}),
        scores=frozenset({"conversion", "engagement"}),
        experiments=frozenset({"offer"}),
    )


def test_older_than_alone_needs_all() -> None:
    assert of(Occurs("exactly", 0, Selection("viewed", older_than_us=DAY_US))).events == {"viewed": None}


def test_what_follows_is_needed_as_far_back_as_what_it_follows() -> None:
    sequence = Sequence(True, "bought", None, 2 * DAY_US)
    selection = Selection("viewed", within_us=9 * DAY_US, sequence=sequence)
    assert of(Occurs("at least", 1, selection)).events == {"viewed": 9 * DAY_US, "bought": 9 * DAY_US}


def test_fields_are_found_wherever_they_stand() -> None:
    where = Compare("==", EventProperty("category", TEXT), ProfileField("country", TEXT))
    later = Compare("==", EventProperty("price", NUMBER), ProfileField("points", NUMBER))
    selection = Selection("viewed", where=where, sequence=Sequence(False, "bought", later, None))
    asked = And((Occurs("at least", 1, selection), ProfileField("member", NUMBER)))
    assert of(asked).profile_fields == {"country", "points", "member"}


def test_names_are_followed_however_long_the_chain() -> None:
    links = [Segment(f"s{n}", "", SegmentRef(f"s{n - 1}")) for n in range(1, 20_000)]
    program = program_of(Segment("s0", "", any_of("viewed", DAY_US)), *links)
    assert names_requirements(program, ["s19999"]).events == {"viewed": DAY_US}


def test_values_and_stages_are_followed_too() -> None:
    program = program_of(
        NamedValue("seen", Aggregate("count", Selection("viewed"), None, NUMBER), NUMBER, False),
        Lifecycle("life", (Stage("new", any_of("bought", DAY_US)), Stage("old", None))),
        Segment(
            "both",
            "",
            And((StageIs("life", "new"), Compare(">", ValueRef("seen", NUMBER), Literal(1.0, NUMBER)))),
        ),
    )
    assert names_requirements(program, ["both"]).events == {"viewed": None, "bought": DAY_US}
    assert names_requirements(program, ["life"]).events == {"bought": DAY_US}


def test_requirements_combine_to_what_suffices_for_each() -> None:
    combined = combine_requirements(
        [
            Requirements(frozenset({"age"}), {"viewed": DAY_US, "bought": None}, scores=frozenset({"a"})),
            Requirements(
                frozenset({"country"}), {"viewed": 2 * DAY_US, "bought": DAY_US}, frozenset({"cart_total"})
            ),
            Requirements(scores=frozenset({"b"}), experiments=frozenset({"offer"})),
        ]
    )
    assert combined == Requirements(
        frozenset({"age", "country"}),
        {"viewed": 2 * DAY_US, "bought": None},
        frozenset({"cart_total"}),
        frozenset({"a", "b"}),
        frozenset({"offer"}),
    )
    assert combine_requirements([]) == Requirements()


def block_with(strategy: Strategy, where: Expression | None = None) -> Program:
    items = ItemList("items", "product", strategy, 6, where)
    return program_of(block=Block("hero", (Branch(None, TEMPLATE, (items,)),)))


@pytest.mark.parametrize(
    ("strategy", "events"),
    [
        (Recommended(), {"bought": RECOMMENDATION_HORIZON_US, "viewed": RECOMMENDATION_HORIZON_US}),
        (Recently("viewed", "product"), {"viewed": None}),
        (
            SimilarTo(Pick("latest", Selection("bought", within_us=DAY_US), "item", PRODUCT)),
            {"bought": DAY_US},
        ),
        (Trending(DAY_US), {}),
        (Listed(("X",)), {}),
    ],
)
def test_an_item_list_needs_what_its_strategy_starts_from(
    strategy: Strategy, events: dict[str, int | None]
) -> None:
    assert block_requirements(block_with(strategy), "hero") == Requirements(frozenset(), events)


def test_what_fills_up_a_list_and_what_is_left_out_of_it_counts() -> None:
    excluded = Selection("bought", Compare("==", EventProperty("x", TEXT), ProfileField("y", TEXT)), DAY_US)
    items = ItemList(
        "items",
        "product",
        Trending(DAY_US),
        6,
        None,
        fillers=(BoughtTogether(Pick("latest", Selection("viewed", within_us=DAY_US), "item", PRODUCT)),),
        excluding=(ExcludeTouched(excluded, "item"), ExcludeItems(ProfileField("favourite", PRODUCT))),
    )
    program = program_of(block=Block("hero", (Branch(None, TEMPLATE, (items,)),)))

    assert block_requirements(program, "hero") == Requirements(
        frozenset({"y", "favourite"}), {"viewed": DAY_US, "bought": DAY_US}
    )
    assert [type(one) for one in list_expressions(items)] == [Pick, Compare, ProfileField]


def test_a_list_filled_by_what_was_touched_needs_that() -> None:
    items = ItemList("items", "product", Trending(DAY_US), 6, None, (Recently("viewed", "product"),))
    program = program_of(block=Block("hero", (Branch(None, TEMPLATE, (items,)),)))

    assert block_requirements(program, "hero").events == {"viewed": None}


def test_translations_of_a_template_count() -> None:
    german = Template("greeting", "", profile_fields=frozenset({"title"}), context_fields=frozenset({"shop"}))
    greeting = Template("greeting", "", locales={"de": german}, context_fields=frozenset({"cart"}))
    program = program_of(block=Block("hero", (Branch(None, "greeting", ()),)))
    program = replace(program, templates={"greeting": greeting})

    assert block_requirements(program, "hero") == Requirements(
        frozenset({"title"}), context_fields=frozenset({"shop", "cart"})
    )


def test_an_item_lists_condition_counts() -> None:
    where = Compare("==", ItemProperty("title", TEXT), ProfileField("country", TEXT))
    assert block_requirements(block_with(Trending(DAY_US), where), "hero").profile_fields == {"country"}


def test_every_branch_and_template_of_a_block_counts() -> None:
    greeting = Template(
        "greeting", "", profile_fields=frozenset({"first_name"}), names=frozenset({"viewers"})
    )
    branches = (Branch(any_of("bought"), TEMPLATE, ()), Branch(None, "greeting", ()))
    program = program_of(Segment("viewers", "", any_of("viewed", DAY_US)), block=Block("hero", branches))
    program = replace(program, templates={**program.templates, "greeting": greeting})
    assert block_requirements(program, "hero") == Requirements(
        frozenset({"first_name"}), {"bought": None, "viewed": DAY_US}
    )


def test_the_events_that_touch_a_catalog_are_those_with_a_property_of_its_type() -> None:
    assert touching_events(program_of(), "product") == (("viewed", "product"), ("bought", "item"))


def needed(facts: Facts, requirements: Requirements, now_us: int) -> Facts:
    """The facts as a store gives them that reads only what is required."""
    logs = {}
    for kind, horizon_us in requirements.events.items():
        log = facts.events.get(kind, EventLog())
        first = sum(1 for time in log.times_us if horizon_us is not None and time <= now_us - horizon_us)
        logs[kind] = EventLog(log.times_us[first:], log.properties[first:])
    return Facts(
        {name: value for name, value in facts.profile.items() if name in requirements.profile_fields},
        logs,
        {name: value for name, value in facts.context.items() if name in requirements.context_fields},
        {name: score for name, score in facts.scores.items() if name in requirements.scores},
        {name: variant for name, variant in facts.variants.items() if name in requirements.experiments},
    )


@given(cases())
@settings(
    max_examples=150, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
)
def test_what_is_required_suffices_for_the_answer_and_its_next_flip(case: Case) -> None:
    program = case.program
    for facts in case.customers:
        for now_us in case.instants:
            for name in program.evaluation_order:
                less = needed(facts, names_requirements(program, [name]), now_us)
                assert value_of(program, name, less, now_us) == value_of(program, name, facts, now_us)
                assert next_flip(program, name, less, now_us) == next_flip(program, name, facts, now_us)
            less = needed(facts, block_requirements(program, "hero"), now_us)
            assert branch_of(program, "hero", less, now_us) == branch_of(program, "hero", facts, now_us)
            flip_us = next_branch_flip(program, "hero", facts, now_us)
            assert next_branch_flip(program, "hero", less, now_us) == flip_us
