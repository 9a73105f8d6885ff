"""Asking one segment for its next flip left a shared window unwatched when the other was asked."""

from dearly.evaluation.facts import EventLog, Facts
from dearly.language.program import Aggregate, And, Compare, Literal, Occurs, Segment, Selection
from dearly.language.types import BOOL, NUMBER
from tests.evaluation.cases import Case, program_of

CASE = Case(
    program_of(
        Segment(
            name="a",
            title="",
            condition=And(
                operands=(
                    Compare(
                        operator="==",
                        left=Literal(value=-1.0, type=NUMBER),
                        right=Aggregate(
                            kind="average",
                            selection=Selection(event="viewed", within_us=3600000000),
                            property="seconds",
                            type=NUMBER,
                        ),
                    ),
                    Occurs(
                        quantifier="at least",
                        count=1,
                        selection=Selection(event="opened", within_us=3600000000),
                    ),
                    Literal(value=True, type=BOOL),
                )
            ),
        ),
        Segment(
            name="b",
            title="",
            condition=Occurs(
                quantifier="at least", count=1, selection=Selection(event="opened", within_us=3600000000)
            ),
        ),
    ),
    customers=(
        Facts(
            profile={},
            events={
                "viewed": EventLog(times_us=(1772323200000000,), properties=({"seconds": 1.0},)),
                "opened": EventLog(times_us=(1772323200000000,), properties=({},)),
            },
        ),
    ),
    instants=(1772323200000000,),
    items=(),
)
