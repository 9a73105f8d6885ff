"""Program + facts + now -> answers. Pure: no I/O, no clock.

A program is compiled once and then asked: ``compile_program(program).at(facts, now_us).value("vip")``.
The plain ``reference`` evaluator says the same, slowly and readably; explanations and proofs use it.
"""

from dearly.evaluation.compiled.compiler import compile_program
from dearly.evaluation.compiled.runtime import (
    CompiledProgram,
    Evaluation,
    UnknownNameError,
    Watch,
)
from dearly.evaluation.facts import (
    NO_EVENTS,
    EventLog,
    Facts,
    FactsReader,
    build_facts,
    facts_reader,
    fold_case,
    read_facts,
)

__all__ = [
    "NO_EVENTS",
    "CompiledProgram",
    "Evaluation",
    "EventLog",
    "Facts",
    "FactsReader",
    "UnknownNameError",
    "Watch",
    "build_facts",
    "compile_program",
    "facts_reader",
    "fold_case",
    "read_facts",
]
