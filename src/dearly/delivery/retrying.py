"""How long to try, and how long to wait between two tries. Pure: time and chance are arguments."""

from __future__ import annotations

from dataclasses import dataclass

from dearly.delivery.sinks import Failure
from dearly.language.types import DAY_US, HOUR_US, MINUTE_US, SECOND_US
from dearly.store import FeedRecord

_MOST_DOUBLINGS = 30


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Pauses between tries, and the age at which a record that is not taken is given up."""

    first_us: int = SECOND_US
    longest_us: int = 15 * MINUTE_US
    longest_asked_us: int = HOUR_US
    """The most that is waited because the other side asks for it."""
    give_up_us: int = DAY_US


def pause_us(policy: RetryPolicy, failures: int, failure: Failure, chance: float) -> int:
    """How long to wait after so many failures in a row, the last of which was this one.

    Exponential with full jitter: anything from nothing up to a bound that doubles
    (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/); ``chance`` is of [0, 1).
    Never less than the other side asks for.
    """
    doublings = min(max(failures - 1, 0), _MOST_DOUBLINGS)
    bound_us = min(policy.longest_us, policy.first_us << doublings)
    return max(int(bound_us * chance), min(failure.retry_after_us, policy.longest_asked_us))


def is_given_up(policy: RetryPolicy, record: FeedRecord, failing_since_us: int, now_us: int) -> bool:
    """Whether a record that fails now has waited long enough: it, and the sink's failing, are old enough.

    So a record is tried for the whole time since it was recorded, even behind others that failed first.
    """
    return max(record.recorded_us, failing_since_us) <= now_us - policy.give_up_us
