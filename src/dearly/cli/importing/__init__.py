"""From files as they are to profiles, items and events: mapping, reading, folding, writing."""

from dearly.cli.importing.mapping import read_mapping
from dearly.cli.importing.plan import Plan, make_plans
from dearly.cli.importing.rejects import RejectsFile
from dearly.cli.importing.run import Counts, run_plan
from dearly.cli.importing.tables import count_rows

__all__ = [
    "Counts",
    "Plan",
    "RejectsFile",
    "count_rows",
    "make_plans",
    "read_mapping",
    "run_plan",
]
