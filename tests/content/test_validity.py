"""Until when a reply holds: to the very instant at which time alone changes something, and no longer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dearly.content import Reason, RenderReply
from dearly.language.types import DAY_US, HOUR_US
from tests.content.shop import (
    NOW_US,
    Shop,
    open_shop,
    program_of,
)

VALIDITY_RULES = """
segment warm { any viewed within 7 days }
value recent_views = count of viewed within 3 days
value limit_price  = 20 + 10 * count of viewed within 2 days
lifecycle stage {
  customer when any bought within 5 days
  visitor  otherwise
}
block branchy {
  when at least 2 viewed within 4 days
    show "hot.html"
  when warm
    show "warm.html"
  otherwise
    show "cold.html"
}
block printing {
  when true
    show "printing.html"
  otherwise
    show "cold.html"
}
block alike {
  when true
    show "items.html"
    with items = similar to latest viewed.product_id within 6 days, limit 3
  otherwise
    show "cold.html"
}
block filtered {
  when true
    show "items.html"
    with items = listed product ["p1", "p2", "p3", "p5", "p6"], where price < limit_price
  otherwise
    show "cold.html"
}
block last_seen {
  when true
    show "items.html" with items = recently viewed.product_id, limit 2
  otherwise
    show "cold.html"
}
block for_you {
  when true
    show "items.html" with items = recommended product, limit 8
  otherwise
    show "cold.html"
}
"""
ITEMS = "{% for item in items %}{{ item.id }} {% endfor %}"
VALIDITY_TEMPLATES = {
    "hot.html": "hot",
    "warm.html": "warm",
    "cold.html": "cold",
    "printing.html": "{{ recent_views }} {{ stage }} {% if warm %}warm{% endif %}",
    "items.html": ITEMS,
}
TIMED_BLOCKS = ("branchy", "printing", "alike", "filtered", "last_seen", "for_you")


@pytest.fixture(scope="module")
def timed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    program = program_of(VALIDITY_RULES, VALIDITY_TEMPLATES)
    with open_shop(tmp_path_factory.mktemp("timed"), program) as shop:
        yield shop


HISTORIES = st.lists(
    st.tuples(
        st.sampled_from(["viewed", "viewed", "bought"]),
        st.integers(-8 * 4, 4).map(lambda quarters: NOW_US + quarters * DAY_US // 4),
        st.sampled_from(["p1", "p2", "p3"]),
    ),
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(history=HISTORIES, block=st.sampled_from(TIMED_BLOCKS))
def test_nothing_changes_before_the_reply_says_it_may(
    timed: Shop, history: list[tuple[str, int, str]], block: str
) -> None:
    customer_id = f"{block} {history}"
    for event, time_us, product_id in history:
        extra = {"total": 5.0} if event == "bought" else {}
        timed.track(event, time_us, customer_id, product_id=product_id, **extra)

    def shown(at_us: int) -> tuple[RenderReply, str]:
        reply = timed.render(block, customer_id=customer_id, now_us=at_us)
        return reply, reply.blocks[0].html

    reply, before = shown(NOW_US)
    if reply.blocks[0].reason not in (Reason.MATCHED, Reason.DEFAULT):
        assert reply.valid_until_us == NOW_US
        return
    until_us = reply.valid_until_us
    assert until_us is None or until_us > NOW_US
    horizon_us = NOW_US + 10 * DAY_US if until_us is None else until_us
    steps = (HOUR_US, DAY_US // 4, DAY_US, 3 * DAY_US)
    for at_us in (*(NOW_US + step for step in steps if NOW_US + step < horizon_us), horizon_us - 1):
        assert shown(at_us)[1] == before


@pytest.mark.parametrize(
    ("block", "after_us", "before", "then"),
    [
        ("branchy", 7 * DAY_US, "warm", "cold"),
        ("printing", 3 * DAY_US, "1 visitor warm", "0 visitor warm"),
        ("alike", 6 * DAY_US, "1 p1 p3", "cold"),
        ("filtered", 2 * DAY_US, "p1 p2", "p1"),
    ],
)
def test_a_reply_holds_until_the_very_instant_at_which_something_changes(
    timed: Shop, block: str, after_us: int, before: str, then: str
) -> None:
    seen_us = NOW_US - HOUR_US
    timed.track("viewed", seen_us, "exact", product_id="p2")
    reply = timed.render(block, customer_id="exact")
    assert reply.valid_until_us == seen_us + after_us
    for at_us, html in ((seen_us + after_us - 1, before), (seen_us + after_us, then)):
        shown = timed.render(block, customer_id="exact", now_us=at_us)
        assert shown.blocks[0].html.strip() == html


@pytest.mark.parametrize("block", ["branchy", "printing", "last_seen", "for_you", "alike"])
def test_an_event_stamped_in_the_future_is_waited_for(timed: Shop, block: str) -> None:
    customer_id = f"early {block}"
    due_us = NOW_US + 5 * HOUR_US
    timed.track("viewed", NOW_US - HOUR_US, customer_id, product_id="p1")
    timed.track("viewed", due_us, customer_id, product_id="p3")
    reply = timed.render(block, customer_id=customer_id)
    assert reply.blocks[0].reason is Reason.MATCHED
    assert reply.valid_until_us == due_us
    html = reply.blocks[0].html
    assert timed.render(block, customer_id=customer_id, now_us=due_us - 1).blocks[0].html == html


def test_a_reply_holds_as_long_as_the_first_of_its_blocks(timed: Shop) -> None:
    timed.track("viewed", NOW_US, "several", product_id="p2")
    blocks = ("branchy", "printing", "filtered")
    each = [timed.render(block, customer_id="several").valid_until_us for block in blocks]
    assert each == [NOW_US + 7 * DAY_US, NOW_US + 3 * DAY_US, NOW_US + 2 * DAY_US]
    assert timed.render(*blocks, customer_id="several").valid_until_us == NOW_US + 2 * DAY_US
