"""The default store: one SQLite file, nothing to install."""

from dearly.store.sqlite.store import SqliteStore

__all__ = ["SqliteStore"]
