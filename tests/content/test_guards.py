"""The guards for URLs, subjects and characters."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dearly.content.guards import FALLBACK_URL, MAX_SUBJECT_BYTES, guarded_subject, guarded_url, printable

WHOLE_URLS = [
    "https://shop.example",
    "http://shop.example/",
    "HTTPS://Shop.Example:8443/a/b.html?x=1&y=%20#z",
    "https://shop.example?x",
    "https://shop.example./a",
    "https://bücher.example/straße",
    "https://127.0.0.1/a",
    "https://[2001:db8::1]:8080/a",
    "https://shop.example/@name",
    "mailto:help@shop.example",
    "mailto:help@shop.example?subject=hello%20there",
]

REFUSED_URLS = [
    "",
    "#",
    "/products/1",
    "products/1",
    "//evil.test/",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "java\nscript:alert(1)",
    "\x01javascript:alert(1)",
    "vbscript:msgbox(1)",
    "data:text/html;base64,PHNjcmlwdD4=",
    "file:///etc/passwd",
    "ftp://shop.example/",
    "https:",
    "https:///a",
    "https:shop.example",
    "https://",
    "https://shop.example@evil.test/",
    "https://user:secret@shop.example/",
    "https://shop.example\\@evil.test/",
    "https://shop.example/a\\b",
    "https://shop.example\t/",
    " https://shop.example/",
    "https://shop.example/\n",
    "https://shop.example/a b",
    "https://shop.example/\x00",
    "https://shop.example/\x7f",
    "https://shop.example/\x85",
    "https://shop.example/\u2028x",
    "https://shop.example:port/",
    "https://shop.example:123456/",
    "https://shop..example/",
    "https://[::1",
    "https://[::zz]/",
    "https://[1:2]/",
    "https://shop.example%2f@evil.test/",
    "https://shop.example\uff0f@evil.test/",
    "https://evil\u2100.test/",
    "mailto:",
    "mailto:help",
    "mailto:a@b.example,c@d.example\nx",
    "mailto:a@b.example?subject=x%0ABcc:c@d.example",
    "mailto:a@b.example?subject=x%0d%0aBcc:c@d.example",
]


@pytest.mark.parametrize("url", WHOLE_URLS)
def test_a_whole_web_or_mail_address_is_kept_as_it_is(url: str) -> None:
    assert guarded_url(url) == url


@pytest.mark.parametrize("url", REFUSED_URLS)
def test_any_other_url_is_replaced_by_one_that_leads_nowhere(url: str) -> None:
    assert guarded_url(url) == FALLBACK_URL


def test_a_very_long_url_is_judged_at_once() -> None:
    assert guarded_url("https://" + "a." * 500_000 + "!") == FALLBACK_URL
    assert guarded_url("https://" + "a-" * 500_000 + "@") == FALLBACK_URL
    assert guarded_url("mailto:" + "a@" * 500_000) == FALLBACK_URL


SUBJECTS = [
    ("Ann\r\nBcc: all@evil.test", "Ann Bcc: all@evil.test"),
    ("Ann\nBcc: x", "Ann Bcc: x"),
    ("Ann\rBcc: x", "Ann Bcc: x"),
    ("Ann\u2028Bcc: x\u2029y\x85z", "Ann Bcc: x y z"),
    ("An\x00n\x1b[31m", "Ann[31m"),
    ("Ann 💩=?UTF-8?Q?=0A?=Bcc: x", "Ann 💩= ?UTF-8?Q?=0A?=Bcc: x"),
    ("a==??b", "a== ??b"),
    ("  two\t  words \n", "two words"),
    ("Grüße, 李雷 👨‍👩‍👧", "Grüße, 李雷 👨‍👩‍👧"),
    ("Ann\u202eelpmaxe@\u202c \u2066x\u2069\u200e\u200f\u061c, hello", "Annelpmaxe@ x, hello"),
    ("=\u200f?UTF-8?Q?x", "= ?UTF-8?Q?x"),
    ("a \u202a b", "a b"),
    ("שלום Ann", "שלום Ann"),
    ("", ""),
]


@pytest.mark.parametrize(("text", "subject"), SUBJECTS)
def test_a_subject_is_one_clean_line(text: str, subject: str) -> None:
    assert guarded_subject(text) == subject


def test_a_long_subject_is_cut_between_characters() -> None:
    assert guarded_subject("é" * 600) == "é" * (MAX_SUBJECT_BYTES // 2)
    assert guarded_subject("x" * 600) == "x" * 600


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_no_text_makes_more_of_a_subject_than_a_subject(text: str) -> None:
    subject = guarded_subject(text)

    message = EmailMessage(policy=policy.SMTP)
    message["Subject"] = subject
    message.set_content("x")
    read = message_from_bytes(message.as_bytes(), policy=policy.SMTP)
    assert read["Subject"].strip() == subject.strip()
    assert len(read.keys()) == len(message.keys())
    assert len(subject.encode()) <= MAX_SUBJECT_BYTES
    assert "=?" not in subject
    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in subject)
    assert guarded_subject(subject) == subject


@pytest.mark.parametrize(
    "text",
    ["plain", "tab\tand\nline", "Grüße", "nbsp\xa0", "זה\u200f", "\u2067שלום\u2069", "e\u0301", "👨‍👩‍👧"],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert printable(text) == text


def test_characters_that_html_and_mail_forbid_are_dropped() -> None:
    assert printable("a\x00b\x08c\x0bd\x1be\x7ff\x9fg\ud800h\ufdd0i\uffffj\U0001fffek") == "abcdefghijk"
