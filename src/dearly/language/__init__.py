"""Text -> checked program. Knows no store and no server.

The public face: read a package, check it, show what was found. The parts of a checked program are in
:mod:`dearly.language.program`, the types in :mod:`dearly.language.types`.
"""

from dearly.language.checking.checker import CheckReport
from dearly.language.codes import CODES
from dearly.language.diagnostics import Diagnostic, render_text
from dearly.language.package import Package, PackageError, check_package, package_version, read_package
from dearly.language.program import Program
from dearly.language.suggestions import nearest

__all__ = [
    "CODES",
    "CheckReport",
    "Diagnostic",
    "Package",
    "PackageError",
    "Program",
    "check_package",
    "nearest",
    "package_version",
    "read_package",
    "render_text",
]
