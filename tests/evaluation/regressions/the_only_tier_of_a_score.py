"""Whether a score lies in its only tier was told by the likelihood itself, not by true or false."""

from dearly.evaluation.facts import Facts
from dearly.language.program import Segment, TierIs
from tests.evaluation.cases import Case, program_of

CASE = Case(
    program_of(Segment(name="a", title="", condition=TierIs(score="interest", tier="some"))),
    customers=(Facts(scores={"interest": 0.5999999999999999}), Facts()),
    instants=(1541300400000000,),
)
