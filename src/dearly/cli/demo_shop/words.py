"""The words that the demo shop is made of: invented goods, books, articles, and first names.

Gear titles are ``MODEL STYLE NOUN``; book titles are made from a place of their style. The style is the
second thing, beside the category, that people have a taste for.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shelf:
    """One category: what it sells, at which price, and when in the year people want it."""

    category: str
    nouns: tuple[tuple[str, float], ...]
    """Kinds of goods, each with its usual price in euros."""
    peak_month: float
    """1.0 is the start of January; interest follows a cosine around it."""
    book: bool = False


SHELVES = (
    Shelf("tents", (("Tent", 240), ("Tarp", 95), ("Dome", 390), ("Shelter", 160), ("Footprint", 45)), 6.5),
    Shelf("sleeping bags", (("Sleeping Bag", 190), ("Quilt", 210), ("Mat", 85), ("Liner", 32)), 6.0),
    Shelf(
        "backpacks",
        (("Pack 25", 85), ("Pack 40", 140), ("Pack 60", 210), ("Daypack", 60), ("Hip Bag", 32)),
        6.0,
    ),
    Shelf("boots", (("Boots", 195), ("Shoes", 120), ("Sandals", 75), ("Gaiters", 38)), 4.5),
    Shelf(
        "jackets",
        (("Shell", 260), ("Fleece", 85), ("Down Jacket", 230), ("Wind Shirt", 90), ("Parka", 320)),
        11.0,
    ),
    Shelf("camp kitchen", (("Stove", 75), ("Pot", 34), ("Mug", 14), ("Kettle", 29), ("Spork", 8)), 6.5),
    Shelf(
        "climbing",
        (("Rope", 150), ("Harness", 70), ("Helmet", 62), ("Chalk Bag", 18), ("Quickdraws", 85)),
        5.0,
    ),
    Shelf(
        "cycling",
        (("Pannier", 95), ("Rain Cape", 60), ("Bar Bag", 70), ("Light", 38), ("Repair Kit", 16)),
        5.5,
    ),
    Shelf("maps", (("Map", 11), ("Route Guide", 19), ("Atlas", 34)), 5.0),
    Shelf("novels", (("A Novel", 17), ("Stories", 14)), 12.5, book=True),
    Shelf("travel writing", (("A Journey", 20), ("Letters Home", 16)), 12.0, book=True),
    Shelf("nature guides", (("A Field Guide", 29), ("A Year's Notes", 21)), 4.0, book=True),
)

STYLES = ("Trail", "Family", "Winter", "Classic")

BRANDS = (
    ("Halden", "Norrvik", "Tarnhow", "Kestrel & Son", "Loftwater", "Brackenfell"),
    ("Juniper Press", "Quarto Lane", "Salt & Stone", "Harbour Books"),
)
"""Makers of gear, then publishers."""

# fmt: off
MODELS = (
    "Alder", "Birk", "Corrie", "Dunlin", "Eider", "Fjell", "Garnet", "Hawk",
    "Isel", "Jura", "Kvist", "Larch", "Merlin", "Nuthatch", "Osprey", "Petrel",
    "Quarry", "Rowan", "Sorrel", "Tormentil", "Ursa", "Vetch", "Wren", "Yarrow",
)
# fmt: on

PLACES = (
    ("the Long Ridge", "Seven Passes", "the Col of Swifts", "the Drovers' Road", "Ashen Fell"),
    ("the Orchard House", "Pebble Bay", "Miller's Lake", "the Hazel Wood", "Little Harbour"),
    ("the White Valley", "Frost Island", "the Last Hut", "the Northern Line", "Ice Month"),
    ("the Old Ferry", "Stone Village", "the Botanist's Garden", "Market Street", "the Blue Archive"),
)
"""For each style, where its books are set."""

BOOK_TITLES = (
    "The Keeper of {}",
    "A Summer near {}",
    "Leaving {}",
    "The Birds of {}",
    "On Foot to {}",
    "What We Found at {}",
    "Returning to {}",
    "The Weather over {}",
    "Lanterns for {}",
    "Nine Days at {}",
)

TOPICS = (
    ("hiking", ("boots", "backpacks", "maps")),
    ("camping", ("tents", "sleeping bags", "camp kitchen")),
    ("climbing", ("climbing",)),
    ("cycling", ("cycling", "maps")),
    ("winter", ("jackets", "sleeping bags")),
    ("cooking outdoors", ("camp kitchen",)),
    ("novels", ("novels",)),
    ("travel", ("travel writing", "maps")),
    ("birds and plants", ("nature guides",)),
    ("repair", ("jackets", "boots", "tents")),
)
"""Each topic of the journal with the categories whose buyers read it."""

FIRST_ARTICLES = (
    ("How to choose a tent you will still like in ten years", "camping"),
    ("Boots that fit: an hour well spent", "hiking"),
    ("What to read on a long train", "novels"),
)
"""The editors' first three, always ``a001`` to ``a003``."""

ARTICLE_TITLES = (
    "A beginner's week of {}",
    "{}: what we got wrong",
    "Twelve questions about {}",
    "{} with children",
    "{} on a small budget",
    "The quiet pleasures of {}",
    "{} after rain",
    "Letters from readers: {}",
    "{}, a short history",
    "What the experts pack for {}",
    "{} close to home",
    "A notebook of {}",
    "One weekend of {}",
    "{} in four seasons",
    "Why {} is worth the bother",
)

COUNTRIES = (
    (
        "DE",
        0.20,
        "Europe/Berlin",
        ("Jörg", "Anneliese", "Björn", "Käthe", "Moritz", "Sabine", "Jürgen", "Lena"),
    ),
    ("GB", 0.17, "Europe/London", ("Ada", "Callum", "Priya", "Siobhán", "Oliver", "Zoë", "Angus", "Grace")),
    (
        "US",
        0.17,
        "America/New_York",
        ("Emma", "José", "Tyler", "Aaliyah", "Noah", "Mary-Ann", "O'Neil", "Renée"),
    ),
    ("FR", 0.11, "Europe/Paris", ("Chloé", "François", "Maëlle", "Gaël", "Inès", "Étienne", "Noémie", "Léo")),
    ("CA", 0.07, "America/Toronto", ("Liam", "Geneviève", "Amélie", "Ravi", "Sophie", "Wyatt")),
    ("SE", 0.07, "Europe/Stockholm", ("Åsa", "Göran", "Linnéa", "Östen", "Maja", "Björn")),
    ("PL", 0.06, "Europe/Warsaw", ("Łukasz", "Małgorzata", "Zofia", "Paweł", "Agnieszka", "Święcisława")),
    ("NL", 0.05, "Europe/Amsterdam", ("Sanne", "Daan", "Fleur", "Jan-Willem", "Noor")),
    ("GR", 0.04, "Europe/Athens", ("Ελένη", "Γιώργος", "Δήμητρα", "Νίκος")),
    ("JP", 0.04, "Asia/Tokyo", ("さくら", "陽翔", "由美子", "Kenji")),
    ("BR", 0.02, "America/Sao_Paulo", ("João", "Conceição", "Thiago", "Antônia")),
)
"""Each country: its share of customers, the time zone of most, and first names."""

INTERESTS = {
    "tents": "camping",
    "sleeping bags": "camping",
    "backpacks": "hiking",
    "boots": "hiking",
    "jackets": "winter",
    "camp kitchen": "cooking",
    "climbing": "climbing",
    "cycling": "cycling",
    "maps": "travel",
    "novels": "reading",
    "travel writing": "travel",
    "nature guides": "birds",
}
"""What a buyer of the category says they are interested in."""
