"""Guards between hostile data and a mail: for URLs, for subjects, and for characters that no text needs."""

from __future__ import annotations

import re
from ipaddress import IPv6Address

FALLBACK_URL = "#"
"""What stands in the place of a URL that is refused: it leads nowhere."""

MAX_SUBJECT_BYTES = 998
"""The longest line of a mail, in bytes (RFC 5322, section 2.1.1)."""

# No user name, no backslash, no blank or control character; a host of letters, digits, hyphens and dots.
_WEB = re.compile(
    r"https?://(?:[\w-]+(?:\.[\w-]+)*\.?|\[(?P<ipv6>[0-9a-f:.]+)\])(?::\d{1,5})?(?:[/?#][^\s\\\x00-\x1f\x7f-\x9f]*)?",
    re.IGNORECASE,
)
_MAIL = re.compile(
    r"mailto:[^\s\\\x00-\x1f\x7f-\x9f?@]+@[\w.-]+(?:\?[^\s\\\x00-\x1f\x7f-\x9f]*)?", re.IGNORECASE
)
_ENCODED_LINE_BREAK = re.compile(r"%0[ad]", re.IGNORECASE)


def guarded_url(url: str) -> str:
    """The URL, when it is a whole one of http, https or mailto; else :data:`FALLBACK_URL`.

    Refused are: other schemes and relative URLs, user names (``https://shop.example@evil.test/``), blanks,
    control characters, backslashes, hosts that are none, and line breaks encoded into a mailto.
    """
    if found := _WEB.fullmatch(url):
        address = found["ipv6"]
        return url if address is None or _is_ipv6(address) else FALLBACK_URL
    if _MAIL.fullmatch(url) and not _ENCODED_LINE_BREAK.search(url):
        return url
    return FALLBACK_URL


def _is_ipv6(address: str) -> bool:
    try:
        IPv6Address(address)
    except ValueError:
        return False
    return True


# C0 but tab and line ends, DEL, C1, surrogates, and the code points that are no characters.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0x110000, 0x10000))
    + "]"
)


def printable(text: str) -> str:
    """The text without control characters and code points that HTML and mail do not allow.

    What sets the direction of text stays: languages written from right to left need it, and in a body it ends
    with its paragraph, where a reader sees what it does.
    """
    return text if text.isprintable() else _UNPRINTABLE.sub("", text)


_LINE_BREAKS = re.compile("[\n\r\x85\u2028\u2029]+")
_DIRECTIONS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What turns the direction of text (Unicode's Bidi_Control)."""


def guarded_subject(text: str) -> str:
    """The text as one line that can be nothing but a subject.

    Line breaks become blanks, runs of blanks become one, control characters go, and so does what turns the
    direction of text (with it a name could rearrange what stands around it); the start of an encoded word
    (``=?``, RFC 2047) is broken by a blank, and what is longer than :data:`MAX_SUBJECT_BYTES` is cut.
    """
    line = _DIRECTIONS.sub("", printable(_LINE_BREAKS.sub(" ", text)))
    line = " ".join(line.split()).replace("=?", "= ?")
    if len(line) * 4 <= MAX_SUBJECT_BYTES:
        return line
    return line.encode()[:MAX_SUBJECT_BYTES].decode("utf-8", "ignore").rstrip()
