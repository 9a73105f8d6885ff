"""Who is in which segment and lifecycle: kept as time passes and events come, told to whoever listens.

``MembershipEngine(store, watched, now_us, hash_of).step()`` does some of the work that is to be done;
``watch_program`` makes a program ready for it. All but the engine is pure.
"""

from dearly.membership.engine import MembershipEngine, Progress
from dearly.membership.exported import exported_standing
from dearly.membership.feed_records import merge_body
from dearly.membership.firing import Firing, Move, run_trigger
from dearly.membership.flips import MOST_FLIPS, Course, follow
from dearly.membership.members import NotKeptYet
from dearly.membership.standing import (
    NOT_FIRED,
    State,
    TriggerStanding,
    UnreadableStanding,
    join_standings,
    state_of,
)
from dearly.membership.watching import Watched, subject_of, watch_program

__all__ = [
    "MOST_FLIPS",
    "NOT_FIRED",
    "Course",
    "Firing",
    "MembershipEngine",
    "Move",
    "NotKeptYet",
    "Progress",
    "State",
    "TriggerStanding",
    "UnreadableStanding",
    "Watched",
    "exported_standing",
    "follow",
    "join_standings",
    "merge_body",
    "run_trigger",
    "state_of",
    "subject_of",
    "watch_program",
]
