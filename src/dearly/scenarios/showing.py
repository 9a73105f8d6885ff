"""What a block shows a scenario's customer: its decision, and its template with made-up items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dearly.content import Rendered, Serving, rehearse
from dearly.evaluation import Evaluation, Facts
from dearly.language.program import Block, Branch, ItemList, Program
from dearly.language.template_data import TemplateData, template_data
from dearly.language.types import BOOL, DATE, NUMBER, TIME, ItemRef, SetOf, Type, Value
from dearly.recommendation import Item, Suggestion

_NOTHING = Rendered("", "", "")


@dataclass(frozen=True, slots=True)
class Shown:
    """The branch that decided, and what its template made; ``problem`` says why it made nothing.

    ``lacking`` are the purposes that the customer has not agreed to: then it is the ``otherwise``, unasked.
    """

    branch: int
    template: str
    rendered: Rendered = _NOTHING
    problem: str | None = None
    lacking: frozenset[str] = frozenset()

    def contains(self, text: str) -> bool:
        """Whether the HTML, the text or the subject does, as it is written there."""
        return any(text in part for part in (self.rendered.html, self.rendered.text, self.rendered.subject))


def show(
    serving: Serving, block: Block, consents: frozenset[str] | None, facts: Facts, at: Evaluation
) -> Shown:
    """Decide a block as a send would, and render it. Lists are filled with made-up items.

    Who has not agreed to all of the block's purposes is shown its ``otherwise``.
    """
    program = serving.program
    lacking = frozenset() if consents is None else _purposes(program, block) - consents
    index = len(block.branches) - 1 if lacking else at.branch(block.name)
    branch = block.branches[index]
    try:
        rendered = rehearse(serving, branch, facts, at.now_us, _made_up(program, branch))
    except Exception as error:  # noqa: BLE001 - whatever a template raises is what the test is to tell
        problem = f"{type(error).__name__}: {error}"
        return Shown(index, branch.template, problem=problem, lacking=lacking)
    return Shown(index, branch.template, rendered, lacking=lacking)


def _purposes(program: Program, block: Block) -> frozenset[str]:
    """What the block asks consent for; one that names nothing asks for all that the package names."""
    if block.purposes:
        return frozenset(block.purposes)
    return frozenset(purpose for other in program.blocks.values() for purpose in other.purposes)


def _made_up(program: Program, branch: Branch) -> Mapping[str, list[Suggestion]]:
    return {
        wanted.name: [_item(program, wanted, number) for number in range(1, wanted.limit + 1)]
        for wanted in branch.lists
    }


def _item(program: Program, wanted: ItemList, number: int) -> Suggestion:
    """An item with something in each of its fields: ``title 1``, ``price`` 1, .."""
    types = {name: field.type for name, field in program.catalogs[wanted.catalog].fields.items()}
    fields = {name: _value(kind, name, number) for name, kind in types.items()}
    shown: dict[str, TemplateData] = {
        name: template_data(types[name], value) for name, value in fields.items()
    }
    item = Item(wanted.catalog, f"{wanted.catalog} {number}", fields, shown)
    return Suggestion(item, 1.0 / number, "listed")


def _value(kind: Type, name: str, number: int) -> Value:
    if isinstance(kind, SetOf):
        return frozenset([_value(kind.element, name, number)])  # type: ignore[return-value]
    if isinstance(kind, ItemRef):
        return f"{kind.catalog} {number}"
    if kind == BOOL:
        return True
    if kind == NUMBER:
        return float(number)
    if kind in (DATE, TIME):
        return number
    return f"https://example.org/{name}/{number}" if str(kind) == "url" else f"{name} {number}"
