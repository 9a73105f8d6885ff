"""What the demo shop's customers did: visits, baskets, orders, reading, mail, as events.

One customer's history is drawn from that customer's own random stream, so it is the same however many
customers are made. Everything after ``now`` is left out at the end, in one place.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from dearly.cli.demo_shop.goods import Floats, Goods
from dearly.cli.demo_shop.people import HISTORY_DAYS, Person, make_person
from dearly.cli.demo_shop.words import BRANDS, SHELVES
from dearly.language.types import DAY_US, HOUR_US, MINUTE_US, SECOND_US, WEEK_US
from dearly.store import EventRecord, Stored

SOURCE = "demo"
WELCOME = "welcome"
"""The campaign of everybody's first mail, at the very moment they joined."""

_HOUR_WEIGHTS = np.array(
    [1, 1, 1, 1, 1, 2, 5, 8, 9, 9, 9, 10, 12, 11, 9, 9, 10, 12, 15, 20, 24, 22, 14, 5], float
)
_HOURS = np.cumsum(_HOUR_WEIGHTS) / _HOUR_WEIGHTS.sum()
_WEEKDAY_WEIGHTS = np.array([1.0, 0.95, 0.95, 1.0, 0.9, 1.25, 1.45])
_PEAK_MONTHS = np.array([shelf.peak_month for shelf in SHELVES])
_THURSDAY_8_US = 8 * HOUR_US
"""The first Thursday, 8:00 UTC: the epoch's own day was one."""


@dataclass(slots=True)
class Diary:
    """One customer's events as they are drawn, in no order, and all that they are drawn from."""

    person: Person
    goods: Goods
    rng: np.random.Generator
    entries: list[tuple[int, str, dict[str, Stored]]] = field(default_factory=list)

    def note(self, time_us: int, event_type: str, **properties: Stored | None) -> None:
        """Write one event down; a property that is None is missing."""
        present = {name: value for name, value in properties.items() if value is not None}
        self.entries.append((time_us, event_type, present))


@dataclass(frozen=True, slots=True)
class Life:
    """One customer, as the store is told of them."""

    customer_id: str
    fields: dict[str, Stored]
    events: list[EventRecord]


def make_life(seed: int, number: int, now_us: int, goods: Goods) -> Life:
    """Customer ``number`` of a seed with a whole history up to ``now_us``, events ascending by time."""
    rng = np.random.default_rng([seed, number])
    person = make_person(seed, number, now_us, rng)
    diary = Diary(person, goods, rng)
    _visit(diary)
    _read(diary)
    _receive_mail(diary, now_us)
    past = sorted((entry for entry in diary.entries if entry[0] <= now_us), key=lambda entry: entry[:2])
    events = [
        EventRecord(
            person.customer_id, event_type, time_us, SOURCE, f"{person.customer_id}-{place}", properties
        )
        for place, (time_us, event_type, properties) in enumerate(past)
    ]
    spent = sum(float(str(properties["total"])) for _, kind, properties in past if kind == "order_completed")
    fields = {**person.fields, "points": float(int(spent))} if spent else person.fields
    return Life(person.customer_id, fields, events)


def _visit(diary: Diary) -> None:
    """Visits: some views of mostly one category, what goes into the basket, and what becomes of it."""
    person, goods, rng = diary.person, diary.goods, diary.rng
    wanted = _wanted(person, goods)
    reach = np.concatenate([[0.0], np.cumsum(wanted)])
    for start_us in _moments(person, person.visits_per_day, rng):
        category = _in_season(person.taste, start_us, rng)
        views = min(int(rng.geometric(0.28)), 14)
        low, high = reach[goods.first_of[category]], reach[goods.first_of[category + 1]]
        astray = rng.random(views) < 0.15
        spots = np.where(astray, rng.random(views), low + rng.random(views) * (high - low))
        seen = np.minimum(np.searchsorted(reach, spots, side="right") - 1, len(wanted) - 1)
        end_us, basket = _browse(diary, start_us, [int(index) for index in seen])
        if basket:
            _decide(diary, end_us, basket)


def _browse(diary: Diary, start_us: int, seen: list[int]) -> tuple[int, dict[int, int]]:
    """View products one after the other; when the visit ends, and the basket: quantities by product."""
    time_us = start_us
    basket: dict[int, int] = {}
    for index in seen:
        product = diary.goods.products[index]
        dwell, add, twice, silent = diary.rng.random(4)
        seconds = 5 + int(170 * dwell**2)
        diary.note(
            time_us,
            "product_viewed",
            product_id=product.item_id,
            category=product.fields["category"] if silent < 0.96 else None,
            seconds=float(seconds) if silent > 0.12 else None,
        )
        if add < diary.person.adds_per_view and index not in basket:
            basket[index] = 2 if twice < 0.06 else 1
            diary.note(
                time_us + seconds * SECOND_US,
                "product_added",
                product_id=product.item_id,
                category=product.fields["category"] if silent < 0.97 else None,
                quantity=2.0 if basket[index] == 2 else None,
            )
        time_us += (seconds + 4) * SECOND_US
    return time_us, basket


def _decide(diary: Diary, time_us: int, basket: dict[int, int]) -> None:
    """A basket is bought at once (half of them), days later (a sixth), or never."""
    fate, wait = diary.rng.random(2)
    if fate < 0.50:
        order_us = time_us + int((2 + 13 * wait) * MINUTE_US)
    elif fate < 0.66:
        order_us = time_us + int((1.5 + 8 * wait) * DAY_US)
    else:
        return
    prices = {
        index: round(float(diary.goods.prices[index]) * quantity, 2) for index, quantity in basket.items()
    }
    for index, price in prices.items():
        product = diary.goods.products[index]
        diary.note(
            order_us,
            "product_purchased",
            product_id=product.item_id,
            category=product.fields["category"],
            price=price,
        )
    order_id = f"o-{diary.person.customer_id}-{order_us // SECOND_US}"
    diary.note(
        order_us + SECOND_US, "order_completed", order_id=order_id, total=round(sum(prices.values()), 2)
    )


def _read(diary: Diary) -> None:
    """Articles, by topics that go with the customer's taste."""
    person, goods, rng = diary.person, diary.goods, diary.rng
    liking = goods.article_popularity * (0.05 + goods.topic_by_category @ person.taste)[goods.article_topics]
    reach = np.cumsum(liking) / liking.sum()
    for time_us in _moments(person, person.reads_per_day, rng):
        article = min(int(np.searchsorted(reach, rng.random())), len(reach) - 1)
        seconds = float(int(rng.lognormal(4.2, 0.9))) if rng.random() < 0.85 else None
        diary.note(time_us, "article_read", article_id=goods.articles[article].item_id, seconds=seconds)


def _receive_mail(diary: Diary, now_us: int) -> None:
    """A welcome on joining; for subscribers a mail each Thursday at 8:00 UTC, some opened, few clicked."""
    person, rng = diary.person, diary.rng
    diary.note(person.joined_us, "email_received", campaign=WELCOME)
    if not person.subscribed:
        return
    first_week = (person.joined_us - _THURSDAY_8_US) // WEEK_US + 1
    last_week = (now_us - _THURSDAY_8_US) // WEEK_US
    for week in range(first_week, last_week + 1):
        send_us = week * WEEK_US + _THURSDAY_8_US + int(rng.integers(20 * 60)) * SECOND_US
        campaign = f"letter-{week}"
        diary.note(send_us, "email_received", campaign=campaign)
        open_us = send_us + int(rng.exponential(5 * HOUR_US)) + SECOND_US
        opened, clicked = rng.random(2)
        if opened < person.opens and open_us < person.quiet_from_us:
            diary.note(open_us, "email_opened", campaign=campaign)
            if clicked < 0.2:
                diary.note(open_us + 40 * SECOND_US, "email_clicked", campaign=campaign, url=_link(diary))


def _link(diary: Diary) -> Stored | None:
    """Where a mail's link led; now and then the mail program does not say."""
    goods, rng = diary.goods, diary.rng
    product = goods.products[int(rng.choice(len(goods.products), p=goods.popularity / len(SHELVES)))]
    return product.fields["url"] if rng.random() > 0.05 else None


def _moments(person: Person, per_day: float, rng: np.random.Generator) -> list[int]:
    """Times of visits, ascending: Poisson in number, more at weekends and on evenings in local time."""
    span_us = person.quiet_from_us - person.joined_us
    count = min(int(rng.poisson(per_day * span_us / DAY_US)), HISTORY_DAYS)
    if not count:
        return []
    days = np.arange(person.joined_us // DAY_US, person.quiet_from_us // DAY_US + 1)
    reach = np.cumsum(_WEEKDAY_WEIGHTS[(days + 3) % 7])
    chosen = days[np.searchsorted(reach / reach[-1], rng.random(count))]
    hours = np.searchsorted(_HOURS, rng.random(count)) - person.hours_from_utc
    times_us = chosen * DAY_US + hours * HOUR_US + (rng.random(count) * HOUR_US).astype(np.int64)
    inside = times_us[(times_us > person.joined_us) & (times_us < person.quiet_from_us)]
    return [int(time_us) for time_us in np.sort(inside)]


def _wanted(person: Person, goods: Goods) -> Floats:
    """How much the customer is drawn to each product; sums to 1. Taste, style, price and maker multiply."""
    pull = np.exp(-0.5 * ((goods.price_levels - person.price_level) / 0.8) ** 2)
    loyal = np.where(goods.brands % len(BRANDS[0]) == person.brand, 2.5, 1.0)
    weights = (
        goods.popularity * (0.002 + person.taste[goods.categories]) * (0.02 + person.style[goods.styles])
    )
    weights = weights * (0.05 + pull) * loyal
    return np.asarray(weights / weights.sum())


def _in_season(taste: Floats, time_us: int, rng: np.random.Generator) -> int:
    month = 1.0 + 12.0 * ((time_us / DAY_US / 365.2425) % 1.0)
    weights = taste * (1.0 + 0.6 * np.cos((month - _PEAK_MONTHS) * (2 * np.pi / 12)))
    return min(int(np.searchsorted(np.cumsum(weights), rng.random() * weights.sum())), len(taste) - 1)
