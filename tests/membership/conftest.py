"""The stores that membership is tried on: the same as those that keep the store's own contract."""

from tests.store.conftest import store, store_url

__all__ = ["store", "store_url"]
