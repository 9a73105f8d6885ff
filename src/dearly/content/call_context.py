"""What a call brings along: values of this one send, held against what the rules declare."""

from __future__ import annotations

from collections.abc import Mapping

from dearly.language.program import Field
from dearly.language.types import Value
from dearly.language.values import check_fields, stored_reader


def read_context(fields: Mapping[str, Field], incoming: Mapping[str, object]) -> dict[str, Value]:
    """The typed values of a call's context; null is the same as absent. Declared defaults are not in it.

    Raises:
        FieldProblem: a name that the rules' ``context`` does not declare, or a value that does not fit.
    """
    stored = check_fields(fields, incoming, partial=True)
    read = {name: stored_reader(fields[name].type)(value) for name, value in stored.items()}
    return {name: value for name, value in read.items() if value is not None}
