"""Where in HTML a piece of text ends: the tokenizer of the HTML standard, followed only as far as places go.

A template is HTML with holes in it. Reading its constant text piece by piece, :func:`advance` knows at every
hole whether what is printed there would stand in text, in an attribute's value, or where it must not.

Source: WHATWG HTML, section 13.2.5 "Tokenization".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto

MAX_VALUE = 500
"""Of an attribute's value this many characters are kept: enough to see a URL's scheme and host."""

PRINTED = "\0"
"""Stands for something printed in :attr:`HtmlPlace.value`."""

VARIES = "\1"
"""Stands in :attr:`HtmlPlace.value` for a value that the template's branches write differently."""


class State(Enum):
    """What a place is inside of: the tokenizer's states, as far as they differ for places."""

    TEXT = auto()
    ONLY_TEXT = auto()
    """``<title>``, ``<textarea>``: text in which tags are not read."""
    RAW = auto()
    """``<style>``, ``<script>`` and their like: not text at all."""
    TAG_NAME = auto()
    TAG = auto()
    """Between the attributes of a tag."""
    ATTRIBUTE_NAME = auto()
    AFTER_NAME = auto()
    BEFORE_VALUE = auto()
    VALUE = auto()
    """A value in quotes."""
    BARE_VALUE = auto()
    """A value without."""
    COMMENT_START = auto()
    COMMENT = auto()
    DECLARATION = auto()
    """``<!doctype ...>``, ``<?...>`` and what programs take for such."""


@dataclass(frozen=True, slots=True)
class HtmlPlace:
    """A place in HTML. ``pending`` is what may yet become markup (``<``, ``<!-``, ``</sty``).

    ``tag`` is lower-case, with a ``/`` before it in an end tag; ``value`` is the attribute's value so far, as
    written, cut at :data:`MAX_VALUE`.
    """

    state: State = State.TEXT
    tag: str = ""
    attribute: str = ""
    quote: str = ""
    value: str = ""
    pending: str = ""


START = HtmlPlace()

_RAW_ELEMENTS = frozenset({"style", "script", "xmp", "iframe", "noembed", "noframes"})
_TEXT_ONLY_ELEMENTS = frozenset({"title", "textarea"})

UNFOLLOWED_ELEMENTS = frozenset({"svg", "math", "noscript", "plaintext", "select", "frameset"})
"""Elements in which markup is read by other rules than elsewhere, or by some programs and not by others."""


class UnfollowedHtml(Exception):
    """Markup in which places cannot be told; ``offset`` is where in the text it stands."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


Step = tuple[HtmlPlace, int]


def advance(place: HtmlPlace, text: str) -> HtmlPlace:
    """The place after this much more constant text.

    Raises:
        UnfollowedHtml: the text opens an element of :data:`UNFOLLOWED_ELEMENTS`, or a comment in a script.
    """
    text, offset = place.pending + text, len(place.pending)
    place = replace(place, pending="")
    index = 0
    try:
        while index < len(text):
            place, index = _STEPS[place.state](place, text, index)
    except UnfollowedHtml as error:
        raise UnfollowedHtml(error.message, max(0, error.offset - offset)) from None
    return place


def printed(place: HtmlPlace) -> HtmlPlace:
    """The place after something was printed here: something that has no markup in it."""
    if place.state is State.VALUE:
        return replace(place, value=(place.value + PRINTED)[:MAX_VALUE])
    if place.state is State.BEFORE_VALUE:
        return replace(place, state=State.BARE_VALUE)
    return replace(place, pending="")


def _text(place: HtmlPlace, text: str, index: int) -> Step:
    start = text.find("<", index)
    if start < 0:
        return place, len(text)
    rest = text[start + 1 : start + 4]
    if rest in ("", "/", "!", "!-"):
        return replace(place, pending=text[start:]), len(text)
    if rest.startswith("!--"):
        return HtmlPlace(State.COMMENT_START), start + 4
    if rest[0] in "!?":
        return HtmlPlace(State.DECLARATION), start + 2
    if rest[0] == "/":
        return _end_tag(place, text, start)
    if _is_letter(rest[0]):
        return HtmlPlace(State.TAG_NAME), start + 1
    return place, start + 1


def _end_tag(place: HtmlPlace, text: str, start: int) -> Step:
    after = text[start + 2]
    if after == ">":
        return place, start + 3
    if _is_letter(after):
        return HtmlPlace(State.TAG_NAME, tag="/"), start + 2
    return HtmlPlace(State.DECLARATION), start + 2


def _raw(place: HtmlPlace, text: str, index: int) -> Step:
    # The content ends only at its own end tag; anything else in it is not markup.
    if place.tag == "script" and (comment := text.find("<!--", index)) >= 0:
        raise UnfollowedHtml("A comment inside `<script>` changes where the script ends.", comment)
    closing = re.compile(rf"</{re.escape(place.tag)}(?=[\t\n\f\r />])", re.IGNORECASE)
    if found := closing.search(text, index):
        return HtmlPlace(State.TAG, tag=f"/{place.tag}"), found.end()
    last = text.rfind("<", index)
    tail = text[last:].lower() if last >= 0 else ""
    maybe_closing = tail and (
        f"</{place.tag}".startswith(tail) or (place.tag == "script" and "<!--".startswith(tail))
    )
    return replace(place, pending=text[last:] if maybe_closing else ""), len(text)


_TAG_NAME = re.compile(r"[^\t\n\f\r />]*")
_NAME_REST = re.compile(r"[^\t\n\f\r />=]*")
_SPACES = re.compile(r"[\t\n\f\r ]*")
_BETWEEN = re.compile(r"[\t\n\f\r /]*")
_BARE = re.compile(r"[^\t\n\f\r >]*")


def _tag_name(place: HtmlPlace, text: str, index: int) -> Step:
    found = _match(_TAG_NAME, text, index)
    place = replace(place, tag=place.tag + found.lower())
    end = index + len(found)
    return (place, end) if end == len(text) else (replace(place, state=State.TAG), end)


def _tag(place: HtmlPlace, text: str, index: int) -> Step:
    index += len(_match(_BETWEEN, text, index))
    if index == len(text):
        return place, index
    if text[index] == ">":
        return _entered(place.tag, index), index + 1
    # A first `=` belongs to the name.
    first = text[index].lower()
    return HtmlPlace(State.ATTRIBUTE_NAME, tag=place.tag, attribute=first), index + 1


def _entered(tag: str, offset: int) -> HtmlPlace:
    """The place after the ``>`` of this tag."""
    if tag in UNFOLLOWED_ELEMENTS:
        raise UnfollowedHtml(
            f"`<{tag}>` cannot be used in a template: mail programs disagree on what it holds.", offset
        )
    if tag in _RAW_ELEMENTS:
        return HtmlPlace(State.RAW, tag=tag)
    if tag in _TEXT_ONLY_ELEMENTS:
        return HtmlPlace(State.ONLY_TEXT, tag=tag)
    return START


def _attribute_name(place: HtmlPlace, text: str, index: int) -> Step:
    found = _match(_NAME_REST, text, index)
    place = replace(place, attribute=place.attribute + found.lower())
    index += len(found)
    if index == len(text):
        return place, index
    if text[index] == "=":
        return replace(place, state=State.BEFORE_VALUE), index + 1
    return replace(place, state=State.AFTER_NAME), index


def _after_name(place: HtmlPlace, text: str, index: int) -> Step:
    index += len(_match(_SPACES, text, index))
    if index == len(text):
        return place, index
    if text[index] == "=":
        return replace(place, state=State.BEFORE_VALUE), index + 1
    return HtmlPlace(State.TAG, tag=place.tag), index


def _before_value(place: HtmlPlace, text: str, index: int) -> Step:
    index += len(_match(_SPACES, text, index))
    if index == len(text):
        return place, index
    if text[index] in "\"'":
        return replace(place, state=State.VALUE, quote=text[index]), index + 1
    if text[index] == ">":
        return HtmlPlace(State.TAG, tag=place.tag), index
    return replace(place, state=State.BARE_VALUE), index


def _value(place: HtmlPlace, text: str, index: int) -> Step:
    end = text.find(place.quote, index)
    if end < 0:
        return replace(place, value=(place.value + text[index:])[:MAX_VALUE]), len(text)
    return HtmlPlace(State.TAG, tag=place.tag), end + 1


def _bare_value(place: HtmlPlace, text: str, index: int) -> Step:
    end = index + len(_match(_BARE, text, index))
    return (place, end) if end == len(text) else (HtmlPlace(State.TAG, tag=place.tag), end)


def _comment_start(place: HtmlPlace, text: str, index: int) -> Step:
    # `<!-->` and `<!--->` are whole comments.
    for abrupt in (">", "->"):
        if text.startswith(abrupt, index):
            return START, index + len(abrupt)
    if text[index:] == "-":
        return replace(place, pending="-"), len(text)
    return HtmlPlace(State.COMMENT), index


_COMMENT_END = re.compile(r"--!?>")
_COMMENT_ENDING = re.compile(r"--!?\Z|-\Z")


def _comment(place: HtmlPlace, text: str, index: int) -> Step:
    if found := _COMMENT_END.search(text, index):
        return START, found.end()
    ending = _COMMENT_ENDING.search(text, index)
    return replace(place, pending=ending[0] if ending else ""), len(text)


def _declaration(place: HtmlPlace, text: str, index: int) -> Step:
    end = text.find(">", index)
    return (place, len(text)) if end < 0 else (START, end + 1)


def _match(pattern: re.Pattern[str], text: str, index: int) -> str:
    found = pattern.match(text, index)
    return found[0] if found else ""


def _is_letter(character: str) -> bool:
    return character.isascii() and character.isalpha()


_STEPS: Mapping[State, Callable[[HtmlPlace, str, int], Step]] = {
    State.TEXT: _text,
    State.ONLY_TEXT: _raw,
    State.RAW: _raw,
    State.TAG_NAME: _tag_name,
    State.TAG: _tag,
    State.ATTRIBUTE_NAME: _attribute_name,
    State.AFTER_NAME: _after_name,
    State.BEFORE_VALUE: _before_value,
    State.VALUE: _value,
    State.BARE_VALUE: _bare_value,
    State.COMMENT_START: _comment_start,
    State.COMMENT: _comment,
    State.DECLARATION: _declaration,
}
