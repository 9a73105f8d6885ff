"""Where in HTML a template prints: every value stands in text or in a quoted attribute, or it is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from jinja2 import nodes

from dearly.language.templates.html import (
    START,
    VARIES,
    HtmlPlace,
    State,
    UnfollowedHtml,
    advance,
    printed,
)
from dearly.language.templates.presence import key_of
from dearly.language.templates.source import Finding, Position, start_of

URL_ATTRIBUTES = frozenset(
    {"action", "background", "cite", "classid", "codebase", "data", "dynsrc", "formaction", "href", "icon"}
    | {"longdesc", "lowsrc", "manifest", "poster", "profile", "src", "usemap", "xlink:href"}
)
"""Attributes that hold a URL: a whole one through the guard, or parts of a constant one, encoded."""

REFUSED_ATTRIBUTES = frozenset(
    {"attributionsrc", "content", "http-equiv", "imagesrcset", "is", "ping", "sandbox", "srcdoc", "srcset"}
    | {"style", "target"}
)
"""Attributes whose value is a language of its own, or steers what shows the mail. So is every ``on...``."""

REFUSED_ELEMENTS = frozenset(
    {"applet", "base", "embed", "frame", "iframe", "link", "meta", "object", "param", "script", "style"}
)
"""Elements that bring in other documents or programs: nothing is printed into their attributes."""


@dataclass(frozen=True, slots=True)
class Printing:
    """Where a template's values are printed.

    ``whole_urls`` are the expressions (by ``id``) that are printed where a URL begins: they need the guard.
    """

    findings: tuple[Finding, ...]
    whole_urls: frozenset[int]


def printing_of(tree: nodes.Template) -> Printing:
    """Follow the HTML of a template through all its branches."""
    walk = _Walk()
    try:
        end = walk.through(tree.body, START)
    except _Lost:
        return walk.result()
    if end != START:
        walk.report(
            "template-html-unfinished",
            f"The template ends {_inside(end)}: what follows it in the mail would be swallowed.",
            walk.last,
            hint="Close it in the same template.",
        )
    return walk.result()


class _Lost(Exception):
    """From here on places cannot be told."""


@dataclass(slots=True)
class _Walk:
    """One pass over a template; what it found so far."""

    findings: list[Finding] = field(default_factory=list)
    places: dict[int, HtmlPlace] = field(default_factory=dict)
    last: int = 1

    def result(self) -> Printing:
        urls = frozenset(key for key, place in self.places.items() if _begins_url(place))
        return Printing(tuple(self.findings), urls)

    def report(self, code: str, message: str, at: int, near: str = "", hint: str | None = None) -> None:
        self.findings.append(Finding(code, message, at, near, hint))

    def through(self, body: Sequence[nodes.Node], place: HtmlPlace) -> HtmlPlace:
        for node in body:
            self.last = node.lineno
            match node:
                case nodes.Output():
                    for part in node.nodes:
                        place = self._output(part, place)
                case nodes.If():
                    place = self._branches(node, place)
                case nodes.For():
                    place = self._loop(node, place)
        return place

    def _output(self, node: nodes.Expr, place: HtmlPlace) -> HtmlPlace:
        return self._text(node, place) if isinstance(node, nodes.TemplateData) else self._value(node, place)

    def _text(self, node: nodes.TemplateData, place: HtmlPlace) -> HtmlPlace:
        try:
            return advance(place, node.data)
        except UnfollowedHtml as error:
            self.report("template-html-element", error.message, _inner(node, error.offset))
            raise _Lost from None

    def _value(self, node: nodes.Expr, place: HtmlPlace) -> HtmlPlace:
        self.places[id(node)] = place
        if problem := _problem(place, node):
            code, message, hint = problem
            self.report(code, message, start_of(node), key_of(node), hint)
        return printed(place)

    def _branches(self, node: nodes.If, place: HtmlPlace) -> HtmlPlace:
        ways = [self.through(branch.body, place) for branch in (node, *node.elif_)]
        ways.append(self.through(node.else_, place))
        return self._joined(node, "{% if %}", ways)

    def _loop(self, node: nodes.For, place: HtmlPlace) -> HtmlPlace:
        # The second round begins where the first one may have ended; a third could learn nothing new.
        again = self._joined(node, "{% for %}", [place, self.through(node.body, place)])
        if again != place:
            self._joined(node, "{% for %}", [again, self.through(node.body, again)])
        return self._joined(node, "{% for %}", [again, self.through(node.else_, place)])

    def _joined(self, node: nodes.Node, statement: str, ways: list[HtmlPlace]) -> HtmlPlace:
        first = ways[0]
        for way in ways[1:]:
            if replace(way, value="") != replace(first, value=""):
                self.report(
                    "template-html-branch",
                    f"One way through this {statement} ends {_inside(first)}, another {_inside(way)}.",
                    node.lineno,
                    hint="Let each branch close what it opens; put the space before an attribute outside.",
                )
                raise _Lost
            first = replace(first, value=_joined_value(first.value, way.value))
        return first


_ANCHORED = re.compile(r"\s*(https?://[a-z0-9.-]+(:\d+)?[/?#]|\0[/?#]|mailto:[^?\0\1]*\?)", re.IGNORECASE)
"""A URL so far, whose host nothing printed after it can change."""


def _joined_value(left: str, right: str) -> str:
    if left == right or (_ANCHORED.match(left) and _ANCHORED.match(right)):
        return left
    return VARIES


def _begins_url(place: HtmlPlace) -> bool:
    return place.state is State.VALUE and place.attribute in URL_ATTRIBUTES and not place.value.strip()


def _problem(place: HtmlPlace, node: nodes.Expr) -> tuple[str, str, str] | None:
    if place.state in (State.TEXT, State.ONLY_TEXT) and not place.pending:
        return None
    if place.state is not State.VALUE:
        message = f"A value cannot be printed {_inside(place)}."
        return "template-html-context", message, "Print values in text, or in an attribute's value in quotes."
    if (
        place.tag in REFUSED_ELEMENTS
        or place.attribute in REFUSED_ATTRIBUTES
        or place.attribute.startswith("on")
    ):
        message = f"A value cannot be printed in `{place.attribute}` of `<{place.tag}>`."
        return (
            "template-html-context",
            message,
            _ATTRIBUTE_HINTS.get(place.attribute, "Write a constant there."),
        )
    if place.attribute in URL_ATTRIBUTES:
        return _url_problem(place, node)
    return None


_ATTRIBUTE_HINTS: Mapping[str, str] = {"style": "Choose between constant styles with {% if %}."}


def _url_problem(place: HtmlPlace, node: nodes.Expr) -> tuple[str, str, str] | None:
    if not place.value.strip():
        return None
    if not _ANCHORED.match(place.value):
        message = (
            f"In `{place.attribute}` a value may be the whole URL, or come after a constant `https://host/`."
        )
        return (
            "template-url",
            message,
            f'Write {place.attribute}="{{{{ item.url }}}}" or begin with `https://host/`.',
        )
    if not (isinstance(node, nodes.Filter) and node.name == "urlencode"):
        message = f"A value inside the URL of `{place.attribute}` must be encoded."
        return "template-url", message, "Put `| urlencode` at its end."
    return None


def _inside(place: HtmlPlace) -> str:
    match place.state:
        case State.TEXT | State.ONLY_TEXT:
            return f"after `{place.pending}`, which may begin a tag" if place.pending else "in text"
        case State.RAW:
            return f"in `<{place.tag}>`"
        case State.TAG_NAME:
            return "in the name of a tag"
        case State.ATTRIBUTE_NAME:
            return f"in the name of an attribute of `<{place.tag}>`"
        case State.TAG | State.AFTER_NAME:
            return f"between the attributes of `<{place.tag}>`"
        case State.BEFORE_VALUE | State.BARE_VALUE:
            return f"in `{place.attribute}` of `<{place.tag}>`, whose value has no quotes"
        case State.VALUE:
            return f"in the value of `{place.attribute}` of `<{place.tag}>`"
        case State.COMMENT_START | State.COMMENT:
            return "in a comment"
        case State.DECLARATION:
            return "in a declaration"


def _inner(node: nodes.TemplateData, offset: int) -> Position:
    """The position of a character of constant text."""
    before = node.data[:offset]
    breaks = before.count("\n")
    if breaks:
        return Position(node.lineno + breaks, offset - before.rindex("\n"))
    return Position(node.lineno, (node.lineno.column if isinstance(node.lineno, Position) else 1) + offset)
