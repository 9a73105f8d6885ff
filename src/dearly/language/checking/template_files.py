"""The files of templates: how they are named, which part each makes, and their text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from dearly.language.checking.findings import Findings
from dearly.language.locales import locale_tags, nearest_locale, usual_spelling
from dearly.language.program import Span
from dearly.language.templates.source import Part

FOLDER = "templates/"
"""Where templates lie in a package."""

PARTS: Mapping[str, Part] = {".html": "html", ".txt": "text", ".subject": "subject"}
"""The endings of a template's files, and what each makes."""

NAMING = "its name has at most 120 small letters, digits, `_`, `-` and `/`."
"""What :func:`is_template_name` asks for, in words."""

Texts = dict[Part, str]
"""Sources by the part that each makes."""

_NAME = re.compile(r"[a-z0-9_/-]{1,120}")


def is_template_name(name: str) -> bool:
    """Whether a template may be named so (without its ending)."""
    return _NAME.fullmatch(name) is not None


def shown_name(written: str) -> str | None:
    """The name of the template that ``show "hero/cart.html"`` shows; None when none can be named so."""
    name = written.removesuffix(".html")
    return name if name != written and is_template_name(name) else None


@dataclass(frozen=True, slots=True)
class Sources:
    """A template's texts, and those of its translations by language tag, as in the names of their files."""

    texts: Texts = field(default_factory=dict)
    translations: dict[str, Texts] = field(default_factory=dict)


def read_templates(files: Mapping[str, bytes], findings: Findings) -> dict[str, Sources]:
    """The texts of every template by name; ``files`` are those under ``templates/``, by path."""
    read: dict[str, Sources] = {}
    for path, data in sorted(files.items()):
        named = _split(path)
        if named is None:
            message = f"A template's file ends in {', '.join(PARTS)}; {NAMING}"
            findings.add("template-name", start_of(path), message, "Rename it, or move it out of templates/.")
            continue
        name, tag, part = named
        sources = read.setdefault(name, Sources())
        if tag is None:
            sources.texts[part] = _decode(path, data, findings)
        elif _is_locale(tag, path, sources, findings):
            sources.translations.setdefault(tag, {})[part] = _decode(path, data, findings)
    return read


def start_of(path: str) -> Span:
    """The first place in a file."""
    return Span(path, 1, 1, 1, 2)


def _split(path: str) -> tuple[str, str | None, Part] | None:
    """The name, the language tag where there is one, and the part: of ``hero/cart.de.html`` and the like."""
    for ending, part in PARTS.items():
        name, dot, tag = path.removeprefix(FOLDER).removesuffix(ending).partition(".")
        if path.endswith(ending) and is_template_name(name):
            return name, tag if dot else None, part
    return None


def _is_locale(tag: str, path: str, sources: Sources, findings: Findings) -> bool:
    """Whether a translation is named by the tag of a locale that no other one is for; else it is reported."""
    if tag.lower() not in locale_tags():
        message = f"`{tag}` in this file's name is no language that is known."
        near = findings.did_you_mean(tag.lower(), locale_tags())
        hint = near or "A translation is named like cart.de.html or cart.pt-BR.html."
    elif tag != (usual := usual_spelling(tag)):
        message, hint = f"The language tag `{tag}` is written `{usual}`.", "Rename the file."
    elif same := [one for one in sources.translations if one != tag and _are_one(one, tag)]:
        message = f"`{tag}` means the same as `{same[0]}`, for which there is a translation already."
        hint = "Keep one of them."
    else:
        return True
    findings.add("template-locale", start_of(path), message, hint)
    return False


def _are_one(tag: str, other: str) -> bool:
    return nearest_locale(tag) == nearest_locale(other)


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
