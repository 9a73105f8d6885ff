"""The tests that rule authors write, run on a fake clock: no store, no server, no waiting.

``run_scenarios(rehearsal, program.scenarios)`` gives a result a scenario; ``coverage_of`` says what of the
package they have seen.
"""

from dearly.scenarios.coverage import Coverage, Measure, coverage_of
from dearly.scenarios.running import Outcome, Rehearsal, ScenarioResult, prepare_rehearsal, run_scenario

__all__ = [
    "Coverage",
    "Measure",
    "Outcome",
    "Rehearsal",
    "ScenarioResult",
    "coverage_of",
    "prepare_rehearsal",
    "run_scenario",
]
