"""What the language has and this version does not serve yet: found before a package is put to use."""

from __future__ import annotations

from collections.abc import Iterator

from dearly.language import Diagnostic, Program
from dearly.language.diagnostics import in_order
from dearly.language.program import Block, BoughtTogether, Span


def find_unserved(program: Program) -> tuple[Diagnostic, ...]:
    """An error for each declaration that a server could not honour, by file and line."""
    return in_order(
        Diagnostic(
            "not-yet-served",
            "error",
            f"{what} is checked, but this version of Dearly does not serve it yet.",
            place,
            hint,
        )
        for what, place, hint in _unserved(program)
    )


def unserved_names(program: Program) -> tuple[str, ...]:
    """What each of them is called, by file and line."""
    found = sorted((place.file, place.line, what) for what, place, _ in _unserved(program))
    return tuple(what for _, _, what in found)


def _unserved(program: Program) -> Iterator[tuple[str, Span, str]]:
    """What each is called, where it stands, and what to leave out."""
    yield from _whole_declarations(program)
    for field in program.profile.values():
        if field.stale_after_us is not None:
            hint = "Leave `@stale(..)` out; a value counts until then, however old it is."
            yield f"The `@stale` of `{field.name}`", field.span, hint
    for catalog in program.catalogs.values():
        if catalog.again_after_us is not None:
            hint = "Leave `again after` out of the catalog."
            yield f"The `again after` of `{catalog.name}`", catalog.span, hint
    for block in program.blocks.values():
        yield from _of_block(block)


def _whole_declarations(program: Program) -> Iterator[tuple[str, Span, str]]:
    for score in program.scores.values():
        hint = f"Leave it out, with every `{score.name} is ..` and all else that asks for it."
        yield f"The score `{score.name}`", score.span, hint
    for cap in program.caps.values():
        hint = f"Leave it out, with every `counts toward {cap.name}`."
        yield f"The cap `{cap.name}`", cap.span, hint
    for experiment in program.experiments.values():
        hint = f"Leave it out, with every `when {experiment.name} is ..`."
        yield f"The experiment `{experiment.name}`", experiment.span, hint


def _of_block(block: Block) -> Iterator[tuple[str, Span, str]]:
    if block.purposes:
        hint = "Leave `purpose ..` out of it; whoever sends the mail asks for consent until then."
        yield f"The `purpose` of the block `{block.name}`", block.span, hint
    together = [
        strategy.span
        for branch in block.branches
        for items in branch.lists
        for strategy in (items.strategy, *items.fillers)
        if isinstance(strategy, BoughtTogether)
    ]
    if together:
        hint = "Take `similar to ..` instead."
        yield f"`bought together with`, in the block `{block.name}`,", together[0], hint
