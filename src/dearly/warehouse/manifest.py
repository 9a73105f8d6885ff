"""What an export says of itself: of which declarations it is, of when, and how much there is."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path

import msgspec

from dearly import DearlyError
from dearly.evaluation.sql import tables
from dearly.language.program import Program

MANIFEST = "manifest.json"
FORMAT = 2


class ExportRefused(DearlyError):
    """A directory holds no export, or one that was made for other declarations."""


class Manifest(msgspec.Struct, frozen=True):
    """The contents of ``manifest.json``."""

    format: int
    store: str
    """Which store it is of: see :meth:`dearly.store.Store.identity`."""
    declarations: str
    """See :func:`declarations_hash`."""
    rules_version: str
    exported_us: int
    customers: int
    events: Mapping[str, int]
    """How many there are by type."""
    zones: tuple[str, ...]
    """Every customer's time zone is one of these."""
    earliest_us: int
    """No event is earlier."""


def declarations_hash(program: Program) -> str:
    """Changes with whatever tables are made by: the fields, their types and defaults, the package's zone.

    Rules may change as they like: what was exported holds for them all.
    """
    columns = [
        (table.name, column.name, column.role, column.storage.scalar, column.storage.many)
        for table in tables(program)
        for column in table.columns
    ]
    schemas = [("", program.profile), *((name, each.fields) for name, each in program.events.items())]
    defaults = [
        (owner, name, repr(field.default))
        for owner, fields in schemas
        for name, field in fields.items()
        if field.default is not None
    ]
    told = msgspec.json.encode((columns, defaults, program.settings.timezone))
    return blake2b(told, digest_size=16).hexdigest()


def write_manifest(directory: Path, manifest: Manifest) -> None:
    """Write it into an export's directory."""
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
    (directory / MANIFEST).write_bytes(text + b"\n")


def read_manifest(directory: Path, program: Program) -> Manifest:
    """The manifest of an export that this program's statements can read.

    Raises:
        ExportRefused: there is none, or it is of other declarations.
    """
    path = directory / MANIFEST
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except FileNotFoundError:
        raise ExportRefused(f"{directory} holds no export: there is no {MANIFEST} in it.") from None
    except (OSError, msgspec.DecodeError) as error:
        raise ExportRefused(
            f"{path} cannot be read: {error}. Export anew: `dearly query .. --refresh`."
        ) from None
    if manifest.format != FORMAT or manifest.declarations != declarations_hash(program):
        raise ExportRefused(
            f"The export in {directory} is stale: it was made for other declarations of profile and events "
            "than the rules have now. Export anew: `dearly query .. --refresh`."
        )
    return manifest
