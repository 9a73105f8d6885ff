"""What generated code asks of the customer's calendar, each thing once."""

from __future__ import annotations

from dearly.evaluation.compiled.runtime import Evaluation
from dearly.language.calendar import local_day, period_start
from dearly.language.program import Period


def today(evaluation: Evaluation) -> int:
    """The local date, in days since the epoch."""
    days: int | None = evaluation.memo.get("today")
    if days is None:
        days = evaluation.memo["today"] = local_day(evaluation.zone, evaluation.now_us)
    return days


def period_began(evaluation: Evaluation, period: Period, at_us: int) -> int:
    """The first instant of the calendar period that contains ``at_us``: now, or the origin."""
    key = (period, at_us)
    began_us: int | None = evaluation.logs.get(key)
    if began_us is None:
        began_us = evaluation.logs[key] = period_start(period, evaluation.zone, at_us)
    return began_us
