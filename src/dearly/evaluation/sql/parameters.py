"""Literals as bound parameters: the text of a statement holds none of an author's."""

from __future__ import annotations

from typing import Final

from sqlglot import exp

from dearly.evaluation.sql.dialects import data_type
from dearly.evaluation.sql.relations import INSTANT_STORAGE, Storage, storage_of
from dearly.evaluation.sql.terms import cast
from dearly.language.types import DURATION, Type, Value

NOW: Final = "now"
"""The parameter that holds the instant asked about, in microseconds."""


class Parameters:
    """The parameters of a statement while it is built, named in the order in which they are met."""

    def __init__(self) -> None:
        self.values: dict[str, Value] = {}

    def bind(self, value: Value, kind: Type) -> exp.Expr:
        """A place for a value of that type."""
        name = f"p{len(self.values) + 1}"
        self.values[name] = value
        return _place(name, storage_of(kind))

    def now(self) -> exp.Expr:
        """The instant asked about."""
        return _place(NOW, INSTANT_STORAGE)

    def before_now(self, us: int) -> exp.Expr:
        """The instant so long before the one asked about."""
        return exp.Sub(this=self.now(), expression=self.bind(us, DURATION))


def _place(name: str, storage: Storage) -> exp.Expr:
    return cast(exp.Placeholder(this=name), data_type(storage))
