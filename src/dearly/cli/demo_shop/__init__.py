"""A believable invented shop: its goods, its customers, and what they did; all from one seed."""

from dearly.cli.demo_shop.goods import Goods, make_goods
from dearly.cli.demo_shop.history import Life, make_life
from dearly.cli.demo_shop.people import HISTORY_US, customer_id

__all__ = ["HISTORY_US", "Goods", "Life", "customer_id", "make_goods", "make_life"]
