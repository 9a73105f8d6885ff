"""The default store: one SQLite file, nothing to install."""

from dearly.store.sqlite.backup import KEPT, new_store_file, opened_backup
from dearly.store.sqlite.schema import migrate
from dearly.store.sqlite.store import SqliteStore

__all__ = ["KEPT", "SqliteStore", "migrate", "new_store_file", "opened_backup"]
