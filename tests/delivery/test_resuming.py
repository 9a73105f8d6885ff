"""Resume tokens: opaque, checked, and good for one store's feed alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dearly.delivery import ResumeToken, TokenRefused, read_token, resume_position
from tests.delivery.feeding import opened, put
from tests.delivery.records import NOON_US

IDENTITIES = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=40)


@given(IDENTITIES, st.integers(0, 2**63 - 1))
def test_a_token_is_read_as_what_was_written(store: str, position: int) -> None:
    token = ResumeToken(store, position)

    assert read_token(str(token)) == token
    assert str(token).replace("-", "").replace("_", "").isalnum()


@given(IDENTITIES, st.integers(0, 2**63 - 1), st.data())
def test_a_token_in_which_one_letter_differs_is_refused(
    store: str, position: int, data: st.DataObject
) -> None:
    text = str(ResumeToken(store, position))
    place = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from("ABCxyz019-_").filter(lambda each: each != text[place]))

    with pytest.raises(TokenRefused):
        read_token(text[:place] + letter + text[place + 1 :])


@pytest.mark.parametrize("text", ["", "x", "7", "MQ", "grüße", "A" * 10_000, "====", "MTAwMDAwOjU=", "\x00"])
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(TokenRefused, match="Send it just as it came"):
        read_token(text)


def test_a_reader_goes_on_behind_what_it_read(tmp_path: Path) -> None:
    with opened(f"sqlite:///{tmp_path}/a.db") as store:
        put(store, "anna", "vip", "regular", "lapsed")
        first = store.read_feed(0, 1)[0]
        token = str(ResumeToken(store.identity(), first.position))
    with opened(f"sqlite:///{tmp_path}/a.db") as store:
        assert resume_position(store, token) == first.position


def test_a_token_of_another_store_is_refused(tmp_path: Path) -> None:
    with opened(f"sqlite:///{tmp_path}/a.db") as store, opened(f"sqlite:///{tmp_path}/b.db") as other:
        put(store, "anna", "vip")
        put(other, "anna", "vip")
        token = str(ResumeToken(other.identity(), other.feed_ends()[1]))

        with pytest.raises(TokenRefused, match="of another store's feed"):
            resume_position(store, token)


def test_a_token_before_what_is_kept_or_behind_what_there_is_is_refused(tmp_path: Path) -> None:
    with opened(f"sqlite:///{tmp_path}/a.db") as store:
        put(store, "anna", "vip", "regular")
        oldest, newest = store.feed_ends()
        beyond = str(ResumeToken(store.identity(), newest + 1))
        early = str(ResumeToken(store.identity(), oldest))
        assert resume_position(store, early) == oldest

        with pytest.raises(TokenRefused, match="feed ends at"):
            resume_position(store, beyond)
        assert len(store.trim_feed(NOON_US + 1, NOON_US + 1, 10)) == 2
        with pytest.raises(TokenRefused, match="are not kept"):
            resume_position(store, early)


def test_a_token_before_what_was_erased_goes_on_with_the_others(tmp_path: Path) -> None:
    with opened(f"sqlite:///{tmp_path}/a.db") as store:
        put(store, "anna", "vip", "regular")
        put(store, "bob", "vip")
        beginning = str(ResumeToken(store.identity(), 0))
        store.erase_customer("anna", NOON_US)

        assert resume_position(store, beginning) == 0
        assert [record.customer_id for record in store.read_feed(0, 9)] == ["bob"]
