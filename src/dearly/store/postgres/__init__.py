"""The store for several servers on one truth: a schema in a PostgreSQL database.

Needs the extra ``postgres``.
"""

from dearly.store.postgres.connections import parse_url
from dearly.store.postgres.store import PostgresStore

__all__ = ["PostgresStore", "parse_url"]
