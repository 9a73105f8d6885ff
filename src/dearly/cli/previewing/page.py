"""The page that shows previews side by side."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, Template

from dearly import DearlyError
from dearly.cli.previewing.rendering import Asked, Preview
from dearly.cli.regular_file import replace_file
from dearly.language.values import time_to_stored


class PageNotWritten(DearlyError):
    """The page cannot be put where it was asked for."""


def write_page(
    path: Path, asked: Asked, rules_version: str, previews: Sequence[Preview], reload_s: int | None = None
) -> str:
    """Write the page, and give a line that tells so. With ``reload_s`` a browser loads it anew so often.

    Raises:
        PageNotWritten: the file cannot be written.
    """
    text = _page().render(
        block=asked.block,
        as_of=time_to_stored(asked.now_us),
        rules_version=rules_version,
        previews=previews,
        reload_s=reload_s,
    )
    try:
        replace_file(path, text.encode())
    except OSError as error:
        raise PageNotWritten(f"--html {path}: cannot be written ({error.strerror}).") from None
    told = "1 block" if len(previews) == 1 else f"{len(previews)} blocks side by side"
    return f"{path}: {told}"


@cache
def _page() -> Template:
    places = Environment(loader=PackageLoader("dearly.cli", "previewing"), autoescape=True)
    return places.get_template("page.html")
