"""The demo shop's goods: products and articles, the same whatever the seed, since rules name some of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from dearly.cli.demo_shop.words import (
    ARTICLE_TITLES,
    BOOK_TITLES,
    BRANDS,
    FIRST_ARTICLES,
    MODELS,
    PLACES,
    SHELVES,
    STYLES,
    TOPICS,
    Shelf,
)
from dearly.store import ItemRecord, Stored

Floats: TypeAlias = NDArray[np.float64]

PRODUCTS_A_SHELF = 66
GOODS_SEED = 20_240_229
SITE = "https://shop.example"
CATEGORIES = tuple(shelf.category for shelf in SHELVES)


@dataclass(frozen=True, slots=True)
class Goods:
    """All items, and beside the products (sorted by category) and articles what decides who wants them.

    Arrays over products are parallel to ``products``; ``first_of[c]:first_of[c + 1]`` is category c.
    """

    products: tuple[ItemRecord, ...]
    articles: tuple[ItemRecord, ...]
    prices: Floats
    price_levels: Floats
    """Log prices in standard deviations from their category's mean."""
    categories: NDArray[np.int64]
    styles: NDArray[np.int64]
    brands: NDArray[np.int64]
    popularity: Floats
    first_of: NDArray[np.int64]
    article_topics: NDArray[np.int64]
    article_popularity: Floats
    topic_by_category: Floats
    """Shape (topics, categories): how much a taste for the category is one for the topic; rows sum to 1."""


@cache
def make_goods() -> Goods:
    """The shop: 792 products in 12 categories, 150 articles in 10 topics; popularity by Zipf's law."""
    rng = np.random.default_rng(GOODS_SEED)
    products, traits = _make_products(rng)
    articles, topics = _make_articles(rng)
    categories, styles, brands = np.array(traits, dtype=np.int64).T
    prices = np.array([product.fields["price"] for product in products], dtype=np.float64)
    return Goods(
        products=products,
        articles=articles,
        prices=prices,
        price_levels=_levels(prices),
        categories=categories,
        styles=styles,
        brands=brands,
        popularity=np.concatenate([_zipf(PRODUCTS_A_SHELF, rng) for _ in SHELVES]),
        first_of=np.arange(len(SHELVES) + 1, dtype=np.int64) * PRODUCTS_A_SHELF,
        article_topics=np.array(topics, dtype=np.int64),
        article_popularity=_zipf(len(articles), rng),
        topic_by_category=_topic_weights(),
    )


def _make_products(rng: np.random.Generator) -> tuple[tuple[ItemRecord, ...], list[tuple[int, int, int]]]:
    products: list[ItemRecord] = []
    traits: list[tuple[int, int, int]] = []
    for category, shelf in enumerate(SHELVES):
        titles = _book_titles(shelf) if shelf.book else _gear_titles(shelf)
        chosen = rng.permutation(len(titles))[:PRODUCTS_A_SHELF]
        for title, style, usual in (titles[int(index)] for index in chosen):
            brand = int(rng.integers(len(BRANDS[shelf.book])))
            price = usual * float(rng.lognormal(0.0, 0.3))
            names = {"title": title, "category": shelf.category, "brand": BRANDS[shelf.book][brand]}
            products.append(_product(f"p{len(products) + 1:04d}", names, price, rng))
            traits.append((category, style, brand + shelf.book * len(BRANDS[0])))
    return tuple(products), traits


def _product(item_id: str, names: Mapping[str, str], price: float, rng: np.random.Generator) -> ItemRecord:
    fields: dict[str, Stored] = {
        **names,
        "url": f"{SITE}/p/{item_id}-{slug(names['title'])}",
        "price": round(round(price) - 0.05, 2),
        "available": bool(rng.random() > 0.05),
    }
    if rng.random() > 0.04:
        fields["image_url"] = f"{SITE}/img/{item_id}.jpg"
    return ItemRecord("product", item_id, fields)


def _gear_titles(shelf: Shelf) -> list[tuple[str, int, float]]:
    """Every title of the shelf with its style and usual price."""
    return [
        (f"{model} {name} {noun}", style, price)
        for model in MODELS
        for style, name in enumerate(STYLES)
        for noun, price in shelf.nouns
    ]


def _book_titles(shelf: Shelf) -> list[tuple[str, int, float]]:
    """The same for books; the subtitle tells two shelves' books of one title apart."""
    return [
        (f"{title.format(place)}: {noun}", style, price)
        for title in BOOK_TITLES
        for style, places in enumerate(PLACES)
        for place in places
        for noun, price in shelf.nouns
    ]


def _make_articles(rng: np.random.Generator) -> tuple[tuple[ItemRecord, ...], list[int]]:
    names = [topic for topic, _ in TOPICS]
    written = [(title, names.index(topic)) for title, topic in FIRST_ARTICLES]
    rest = [
        (_sentence(pattern.format(name)), topic)
        for topic, name in enumerate(names)
        for pattern in ARTICLE_TITLES
    ]
    shuffled = [rest[int(index)] for index in rng.permutation(len(rest))]
    written += shuffled[: len(rest) - len(FIRST_ARTICLES)]
    articles = tuple(_article(number, title, topic, rng) for number, (title, topic) in enumerate(written, 1))
    return articles, [topic for _, topic in written]


def _article(number: int, title: str, topic: int, rng: np.random.Generator) -> ItemRecord:
    name, categories = TOPICS[topic]
    fields: dict[str, Stored] = {
        "title": title,
        "topic": name,
        "url": f"{SITE}/journal/{slug(title)}",
        "tags": sorted({name, *categories}),
    }
    if rng.random() > 0.1:
        fields["minutes"] = float(rng.integers(2, 19))
    return ItemRecord("article", f"a{number:03d}", fields)


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def slug(title: str) -> str:
    """The title as the last part of an address: lower case, words joined by hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower().replace("'", "")).strip("-")


def _levels(prices: Floats) -> Floats:
    shelves = np.log(prices).reshape(len(SHELVES), PRODUCTS_A_SHELF)
    spread = shelves.std(axis=1, keepdims=True)
    return np.asarray(((shelves - shelves.mean(axis=1, keepdims=True)) / spread).reshape(-1))


def _zipf(count: int, rng: np.random.Generator) -> Floats:
    """Weights 1 / (rank + 2)^0.9 in random order; they sum to 1."""
    weights = 1.0 / (rng.permutation(count) + 2.0) ** 0.9
    return np.asarray(weights / weights.sum())


def _topic_weights() -> Floats:
    weights = np.full((len(TOPICS), len(CATEGORIES)), 0.01)
    for topic, (_, categories) in enumerate(TOPICS):
        for category in categories:
            weights[topic, CATEGORIES.index(category)] = 1.0 / len(categories)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))
