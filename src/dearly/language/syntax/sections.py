"""A rules file cut into its declarations before any of them is parsed.

So a declaration that cannot be read never hides the errors of the next one, and whatever is too large is
refused before the parser spends time on it. The cut understands no more than brackets, texts and comments,
and takes linear time and little memory on any input.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from dearly.language.diagnostics import Diagnostic
from dearly.language.syntax.characters import hidden_character, odd_character
from dearly.language.syntax.source import Source, place

DECLARATION_KEYWORDS = (
    "profile",
    "catalog",
    "event",
    "segment",
    "value",
    "lifecycle",
    "block",
    "score",
    "cap",
    "experiment",
    "trigger",
    "test",
    "context",
    "settings",
)
"""What declarations begin with."""

MAX_NESTING = 100
MAX_NAME_LENGTH = 100
MAX_TEXT_BYTES = 64 * 1024
MAX_LIST_LENGTH = 10_000
MAX_TOKENS = 10_000
MAX_FILE_TOKENS = 250_000
"""Words and signs that a file may hold: a mebibyte as people write it has 100,000 to 200,000."""

_KEYWORDS = frozenset(DECLARATION_KEYWORDS)
_ANY_KEYWORD = "|".join(sorted(_KEYWORDS))

_TOKEN = re.compile(
    r"""
      (?P<gap>(?:[ \t\r\n]++|\#[^\n]*+)++)
    | (?P<text>"(?:[^"\\\n]++|\\[^\n])*+(?P<closed>")?)
    | (?P<word>\w++)
    | (?P<open>[(\[{])
    | (?P<close>[)\]}])
    | (?P<sign>[-+*/=<>!.,;:?@%&|]++)
    | (?P<odd>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_HEAD = re.compile(rf'(?:{_ANY_KEYWORD})(?:[ \t]++[\w"]|\s*+\{{)')
"""At the beginning of a line outside of all brackets: another declaration."""
_HEAD_INSIDE = re.compile(
    rf'(?:{_ANY_KEYWORD})(?:[ \t]++(?:\w++|"[^"\n]*+")){{0,2}}+\s*+\{{|value[ \t]++\w++[ \t]*+='
)
"""Within brackets: no part of a declaration looks like this, so a bracket before it was left open."""
_NEXT_LINE_HEAD = re.compile(rf"^[ \t]*+{_HEAD.pattern}", re.MULTILINE)
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_FIELDS = ("profile", "catalog", "event", "context")
_GIVEN = ("profile", "context")
"""Declarations, and what a test gives."""
_PREFIXES = ("not", "-")


@dataclass(frozen=True, slots=True)
class Section:
    """One declaration's text, from ``start`` to ``end``, of so many ``tokens``; its first is ``keyword``.

    With a ``problem`` there is no sense in parsing it.
    """

    keyword: str
    start: int
    end: int
    tokens: int
    problem: Diagnostic | None


def split(source: Source) -> Iterator[Section]:
    """The declarations of a file one after the other; whatever is none is a section too."""
    position, end = 0, len(source.text)
    while position < end:
        reader = _Reader(source, position)
        section = reader.read()
        if reader.first is None and section.problem is None:
            return
        yield section
        position = section.end


@dataclass(slots=True)
class _Bracket:
    """An open bracket, and the commas seen directly inside."""

    opening: str
    offset: int
    commas: int = 0


@dataclass(slots=True)
class _Reader:
    """Reads one section, token by token."""

    source: Source
    start: int
    first: re.Match[str] | None = None
    """The first token that is no gap."""
    brackets: list[_Bracket] = field(default_factory=list)
    tokens: int = 0
    """Those outside of lists."""
    all_tokens: int = 0
    prefixes: int = 0
    """``not`` and ``-`` in a row, up to here."""
    problem: Diagnostic | None = None
    end: int | None = None

    def read(self) -> Section:
        is_line_start = True
        for match in _TOKEN.finditer(self.source.text, self.start):
            if match.lastgroup == "gap":
                is_line_start = is_line_start or "\n" in match[0]
                self._look_for_hidden(match)
                continue
            self.all_tokens += 1
            if is_line_start and match[0] in _KEYWORDS and self._is_next(match):
                self.end = match.start()
            else:
                self.first = self.first or match
                self._take(match)
            if self.end is not None:
                break
            is_line_start = False
        return self._close(len(self.source.text) if self.end is None else self.end)

    def _is_next(self, match: re.Match[str]) -> bool:
        if self.first is None:
            return False
        if not self.brackets:
            return _HEAD.match(self.source.text, match.start()) is not None
        if self.first[0] == "test" and match[0] in _GIVEN:
            return False
        head = _HEAD_INSIDE.match(self.source.text, match.start())
        # A field may be called `value` and have a default.
        return head is not None and not (head[0].endswith("=") and self.first[0] in _FIELDS)

    def _take(self, match: re.Match[str]) -> None:
        in_list = bool(self.brackets) and self.brackets[-1].opening == "["
        if not self._is_within_limits(match, in_list):
            return
        match match.lastgroup:
            case "word":
                self._take_word(match)
            case "text":
                self._take_text(match)
            case "open":
                self._take_opening(match)
            case "close":
                self._take_closing(match)
            case "sign" if in_list:
                self._take_commas(match)
            case "odd":
                self._note(odd_character(self.source, match.start()))

    def _is_within_limits(self, match: re.Match[str], in_list: bool) -> bool:
        text = match[0]
        if not in_list:
            self.tokens += len(text) if match.lastgroup == "sign" else 1
        if self.tokens > MAX_TOKENS:
            message = f"This declaration has more than {MAX_TOKENS:,} words and signs."
            return self._refuse(match, "declaration-too-large", message, "Split it.")
        self.prefixes = self.prefixes + 1 if text in _PREFIXES else 0
        if self.prefixes > MAX_NESTING:
            message = f"More than {MAX_NESTING} times `{text}` stand here in a row."
            return self._refuse(match, "nesting-too-deep", message, "Leave them out by twos.")
        return True

    def _take_word(self, match: re.Match[str]) -> None:
        word = match[0]
        if len(word) > MAX_NAME_LENGTH:
            what = "number" if word[0].isdigit() else "name"
            message = f"This {what} has {len(word):,} characters; at most {MAX_NAME_LENGTH} are allowed."
            self._refuse(match, "name-too-long", message, "Choose a shorter one.")
        elif not word.isascii():
            offset = next(at for at, letter in enumerate(word) if not letter.isascii())
            self._note(odd_character(self.source, match.start() + offset))

    def _take_text(self, match: re.Match[str]) -> None:
        text = match[0]
        if match["closed"] is None:
            hint = 'End the text with `"` on the same line; a quote inside of it is written `\\"`.'
            self._note(self._found(match, "unclosed-text", 'This text has no closing `"`.', hint))
        elif len(text) * 4 > MAX_TEXT_BYTES:
            size = len(text.encode("utf-8", "surrogatepass")) - 2
            if size > MAX_TEXT_BYTES:
                message = f"This text has {size:,} bytes; at most {MAX_TEXT_BYTES:,} are allowed."
                self._note(self._found(match, "text-too-long", message, "Long texts belong in templates."))

    def _take_opening(self, match: re.Match[str]) -> None:
        self.brackets.append(_Bracket(match[0], match.start()))
        # The braces of the declaration itself are no nesting.
        if len(self.brackets) > MAX_NESTING + 1:
            message = f"Brackets are nested more than {MAX_NESTING} deep here."
            hint = "Give parts of it names, with `value` or `segment`."
            self._refuse(match, "nesting-too-deep", message, hint)

    def _take_commas(self, match: re.Match[str]) -> None:
        self.brackets[-1].commas += match[0].count(",")
        if self.brackets[-1].commas >= MAX_LIST_LENGTH:
            message = f"This list has more than {MAX_LIST_LENGTH:,} elements."
            self._refuse(match, "list-too-long", message, "Ask for a property that they have in common.")

    def _take_closing(self, match: re.Match[str]) -> None:
        closing = match[0]
        if closing == "}":
            # A brace ends whatever was left open within it.
            while self.brackets and self.brackets[-1].opening != "{":
                self._note_unclosed(self.brackets.pop())
        if self.brackets and _CLOSING[self.brackets[-1].opening] == closing:
            self.brackets.pop()
        elif closing != "}" or match is self.first:
            message = f"This `{closing}` closes nothing."
            self._note(self._found(match, "unmatched-bracket", message, "Remove it, or open it before."))
        if closing == "}" and not self.brackets:
            self.end = match.end()

    def _look_for_hidden(self, gap: re.Match[str]) -> None:
        # Comments may be in any script; what hides or reorders text is refused there too.
        if (offset := hidden_character(gap[0])) is not None:
            self._note(odd_character(self.source, gap.start() + offset))

    def _close(self, end: int) -> Section:
        if self.brackets:
            self._note_unclosed(self.brackets[0])
        start = self.first.start() if self.first else self.start
        keyword = self.first[0] if self.first and self.first.lastgroup == "word" else ""
        return Section(keyword, start, end, self.all_tokens, self.problem)

    def _note_unclosed(self, bracket: _Bracket) -> None:
        span = place(self.source, bracket.offset, bracket.offset + 1)
        message = f"This `{bracket.opening}` is never closed."
        hint = f"Add the `{_CLOSING[bracket.opening]}` where it ends."
        self._note(Diagnostic("unclosed-bracket", "error", message, span, hint))

    def _found(self, match: re.Match[str], code: str, message: str, hint: str) -> Diagnostic:
        return Diagnostic(code, "error", message, place(self.source, match.start(), match.end()), hint)

    def _note(self, problem: Diagnostic) -> None:
        # The first one is the likeliest cause of the others.
        self.problem = self.problem or problem

    def _refuse(self, match: re.Match[str], code: str, message: str, hint: str) -> bool:
        """Beyond a limit: the rest of the declaration is not looked at, up to a line that begins another."""
        self._note(self._found(match, code, message, hint))
        self.brackets.clear()
        following = _NEXT_LINE_HEAD.search(self.source.text, match.end())
        self.end = following.start() if following else len(self.source.text)
        return False
