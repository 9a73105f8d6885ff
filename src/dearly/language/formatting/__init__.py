"""Rules text in its one canonical layout.

The public face: :func:`format_rules`. Within: ``layouts`` and ``declaration_layouts`` say where each rule of
the grammar may be broken (``pieces``), ``comments`` finds the place of each comment, ``printing`` fits the
pieces into lines, ``files`` puts the declarations of a file together.
"""

from dearly.language.formatting.files import Unformattable, format_rules

__all__ = ["Unformattable", "format_rules"]
