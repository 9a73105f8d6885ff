"""The default store: one SQLite file, nothing to install."""

from dearly.store.sqlite.backup import KEPT
from dearly.store.sqlite.backup_files import look_into_backup, new_store_file, opened_backup
from dearly.store.sqlite.schema import migrate
from dearly.store.sqlite.store import SqliteStore

__all__ = ["KEPT", "SqliteStore", "look_into_backup", "migrate", "new_store_file", "opened_backup"]
