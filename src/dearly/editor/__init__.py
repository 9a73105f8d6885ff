"""What an editor asks of a rules package: positions in, answers out. Knows neither store nor server.

The public face: an :class:`Analysis` is a package at one moment, made by :func:`analyse`; the other functions
answer a question about one. Lines and columns are counted from 1, as in findings; :mod:`positions` turns them
into those of an editor. ``memory`` keeps what was read before, so that an edit is checked in a moment.
"""

from dearly.editor.analysis import Analysis, analyse
from dearly.editor.completion import Completion, complete_rules
from dearly.editor.hover import Hover, hover
from dearly.editor.memory import Memory
from dearly.editor.navigation import definitions_of, references_to, symbols_at
from dearly.editor.outline import Entry, find_symbols, folds, outline
from dearly.editor.positions import (
    Document,
    Encoding,
    Position,
    from_editor,
    offset_of,
    open_document,
    plain_text,
    range_of,
    to_editor,
)
from dearly.editor.renaming import CannotRename, renamable, rename
from dearly.editor.symbols import Occurrence, Symbol
from dearly.editor.template_completion import complete_template

__all__ = [
    "Analysis",
    "CannotRename",
    "Completion",
    "Document",
    "Encoding",
    "Entry",
    "Hover",
    "Memory",
    "Occurrence",
    "Position",
    "Symbol",
    "analyse",
    "complete_rules",
    "complete_template",
    "definitions_of",
    "find_symbols",
    "folds",
    "from_editor",
    "hover",
    "offset_of",
    "open_document",
    "outline",
    "plain_text",
    "range_of",
    "references_to",
    "renamable",
    "rename",
    "symbols_at",
    "to_editor",
]
