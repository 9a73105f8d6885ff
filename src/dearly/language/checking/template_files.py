"""The files of templates: how they are named, which part each makes, and their text."""

from __future__ import annotations

import re
from collections.abc import Mapping

from dearly.language.checking.findings import Findings
from dearly.language.program import Span
from dearly.language.templates.source import Part

FOLDER = "templates/"
"""Where templates lie in a package."""

PARTS: Mapping[str, Part] = {".html": "html", ".txt": "text", ".subject": "subject"}
"""The endings of a template's files, and what each makes."""

NAMING = "its name has at most 120 small letters, digits, `_`, `-` and `/`."
"""What :func:`is_template_name` asks for, in words."""

_NAME = re.compile(r"[a-z0-9_/-]{1,120}")


def is_template_name(name: str) -> bool:
    """Whether a template may be named so (without its ending)."""
    return _NAME.fullmatch(name) is not None


def shown_name(written: str) -> str | None:
    """The name of the template that ``show "hero/cart.html"`` shows; None when none can be named so."""
    name = written.removesuffix(".html")
    return name if name != written and is_template_name(name) else None


def read_templates(files: Mapping[str, bytes], findings: Findings) -> dict[str, dict[Part, str]]:
    """The text of every template by name and part; ``files`` are those under ``templates/``, by path."""
    texts: dict[str, dict[Part, str]] = {}
    for path, data in sorted(files.items()):
        named = _split(path)
        if named is None:
            message = f"A template's file ends in {', '.join(PARTS)}; {NAMING}"
            findings.add("template-name", start_of(path), message, "Rename it, or move it out of templates/.")
            continue
        texts.setdefault(named[0], {})[named[1]] = _decode(path, data, findings)
    return texts


def start_of(path: str) -> Span:
    """The first place in a file."""
    return Span(path, 1, 1, 1, 2)


def _split(path: str) -> tuple[str, Part] | None:
    for ending, part in PARTS.items():
        name = path.removeprefix(FOLDER).removesuffix(ending)
        if path.endswith(ending) and is_template_name(name):
            return name, part
    return None


def _decode(path: str, data: bytes, findings: Findings) -> str:
    """The text; one that cannot be read is reported, and empty from here on."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        offset = len(data) - len(error.object) + error.start
        line = data.count(b"\n", 0, offset) + 1
        message = f"Byte {offset:,} (0x{data[offset]:02x}) is not UTF-8, which is expected."
        findings.add("bad-encoding", Span(path, line, 1, line, 2), message, "Save the file as UTF-8.")
        return ""
