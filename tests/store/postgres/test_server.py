"""The PostgreSQL store and its server: what may be opened, and what happens when it is gone or locked."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from dearly.store import Outcome, StoreUnavailable, StoreUrlError, open_store, shown_url
from dearly.store.postgres import PostgresStore, parse_url
from dearly.store.postgres.schema import MIGRATIONS
from tests.postgres import needs_postgres
from tests.store.postgres.conftest import open_postgres
from tests.store.records import event, times

pytestmark = needs_postgres

SECRET = "hunter2"


# ------------------------------------------------------------------------------------------------------- URLs


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://ada:{SECRET}@host:port/db",
        f"postgresql://ada:{SECRET}/%zz@host/db",
        f"postgresql://ada@host/db?password={SECRET}&nonsense=1",
        f"postgres://ada:{SECRET}@[::1/db",
        f"postgresql://ada:x@{SECRET}@host/db",
        f"postgresql://ada:x/{SECRET}@host/db",
        f"postgresql://ada:{SECRET}/x@host/db",
    ],
)
def test_a_url_that_cannot_be_understood_is_refused_without_repeating_its_password(url: str) -> None:
    with pytest.raises(StoreUrlError, match=r"postgresql://user@host:5432/database") as caught:
        open_store(url)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("url", [f"mysql://ada:{SECRET}@host/db", f"pg://host/db?password={SECRET}"])
def test_a_url_of_another_kind_is_refused_without_repeating_its_password(url: str) -> None:
    with pytest.raises(StoreUrlError, match=r"Expected a store's URL") as caught:
        open_store(url)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"postgresql://ada:{SECRET}@host:5432/db", "postgresql://…host:5432/db"),
        (f"postgresql://ada:{SECRET}@x@host/db", "postgresql://…host/db"),
        (f"postgresql://host/db?user=ada&password={SECRET}", "postgresql://host/db…"),
        ("postgresql://host/db", "postgresql://host/db"),
        ("sqlite:///odd name?@x.db", "sqlite:///odd name?@x.db"),
    ],
)
def test_a_url_is_shown_without_what_is_secret(url: str, shown: str) -> None:
    assert shown_url(url) == shown


def test_a_database_is_shown_by_its_name_and_place_alone() -> None:
    database = parse_url(f"postgresql://ada:{SECRET}@db.example.com:6432/shop?sslpassword={SECRET}")
    assert database is not None
    assert database.name == "shop at db.example.com:6432"
    assert SECRET not in repr(database)


def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    with pytest.raises(StoreUnavailable, match=r"The store shop at 127\.0\.0\.1:1 does not answer") as caught:
        open_store(f"postgresql://ada:{SECRET}@127.0.0.1:1/shop")
    assert SECRET not in str(caught.value)


def test_why_a_server_does_not_answer_is_told_in_one_line() -> None:
    with pytest.raises(StoreUnavailable) as caught:
        open_store("postgresql://ada@127.0.0.1:1/shop")
    assert str(caught.value).endswith(
        'connection to server at "127.0.0.1", port 1 failed: Connection refused)'
    )
    assert str(caught.value).isprintable()


def test_without_the_extra_the_message_says_how_to_install_it() -> None:
    code = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from dearly.store import open_store, StoreUnavailable\n"
        "try: open_store('postgresql://host/db')\n"
        "except StoreUnavailable as error: print(error)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "pip install 'dearly[postgres]'" in said


# ------------------------------------------------------------------------------------- opening and migrating


def test_several_servers_may_open_a_new_store_at_once(url: str) -> None:
    problems: list[Exception] = []

    def open_one() -> None:
        try:
            open_postgres(url).close()
        except StoreUnavailable as error:
            problems.append(error)

    threads = [threading.Thread(target=open_one) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


def test_a_store_of_a_newer_version_is_refused(store: PostgresStore, other: Any, url: str) -> None:
    other.execute("UPDATE dearly_store SET version = version + 1")
    with pytest.raises(StoreUnavailable, match="made by a newer Dearly"):
        open_postgres(url)


def test_a_schema_of_that_name_that_is_no_store_is_refused_and_left_alone(other: Any, url: str) -> None:
    other.execute("CREATE SCHEMA dearly CREATE TABLE diary (day text)")
    with pytest.raises(StoreUnavailable, match="a schema `dearly` that is not a Dearly store"):
        open_postgres(url)
    tables = other.execute("SELECT relname FROM pg_class WHERE relnamespace = 'dearly'::regnamespace")
    assert tables.fetchall() == [("diary",)]


def test_a_failing_migration_leaves_nothing_behind(
    other: Any, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = (*MIGRATIONS, ("CREATE TABLE half (a text)", "SELECT 1 / 0"))
    monkeypatch.setattr("dearly.store.postgres.schema.MIGRATIONS", broken)
    with pytest.raises(StoreUnavailable):
        open_postgres(url)
    assert other.execute("SELECT to_regnamespace('dearly')").fetchone() == (None,)


def test_a_user_who_may_make_no_schema_may_use_one_that_was_made_for_them(other: Any, url: str) -> None:
    other.execute("CREATE ROLE guest LOGIN")
    guest_url = url.replace("postgres@", "guest@")
    try:
        with pytest.raises(StoreUnavailable, match="denies its user a permission"):
            open_postgres(guest_url)
        other.execute("CREATE SCHEMA dearly AUTHORIZATION guest")
        store = open_postgres(guest_url)
        assert store.append_events([event("1")]) == [Outcome.ACCEPTED]
        store.scrub()  # as far as a guest can
        store.close()
    finally:
        other.execute("DROP OWNED BY guest")
        other.execute("DROP ROLE guest")


def test_a_database_in_another_encoding_is_refused_with_the_statement_that_makes_one(
    other: Any, url: str
) -> None:
    other.execute("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    with pytest.raises(StoreUnavailable, match="keeps text as LATIN1"):
        open_postgres(url.rpartition("/")[0] + "/latin")


def test_whoever_only_reads_makes_no_store(other: Any, url: str) -> None:
    with pytest.raises(StoreUnavailable, match="There is no store"):
        open_store(url, create=False)
    assert other.execute("SELECT to_regnamespace('dearly')").fetchone() == (None,)


# ------------------------------------------------------------------------------------------ a server's moods


def test_a_missing_database_is_named_with_what_makes_it(url: str) -> None:
    with pytest.raises(StoreUnavailable, match=r"nowhere at .* does not exist\. Make it with: createdb"):
        open_store(url.rpartition("/")[0] + "/nowhere")


def test_a_user_without_a_connection_left_is_told_so(other: Any, url: str) -> None:
    other.execute("CREATE ROLE busy LOGIN SUPERUSER CONNECTION LIMIT 0")
    other.execute("ALTER ROLE busy NOSUPERUSER")
    try:
        with pytest.raises(StoreUnavailable, match="has no connection left"):
            open_store(url.replace("postgres@", "busy@"))
    finally:
        other.execute("DROP ROLE busy")


def test_a_read_only_server_refuses_writes_and_says_why(other: Any, url: str, store: PostgresStore) -> None:
    (name,) = other.execute("SELECT current_database()").fetchone()
    other.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    reader = open_postgres(url)
    assert times(reader) == []
    with pytest.raises(StoreUnavailable, match="it is a standby, or read-only"):
        reader.append_events([event("1")])
    reader.close()


@contextmanager
def held(other: Any, statement: str) -> Iterator[None]:
    """Another session's lock."""
    with other.transaction(force_rollback=True):
        other.execute(statement)
        yield


def test_reads_hardly_wait_for_a_lock_and_writes_two_seconds(store: PostgresStore) -> None:
    def patience(connection: Any) -> str:
        return str(connection.execute("SHOW lock_timeout").fetchone()[0])

    assert store._readers.read(patience) == "50ms"
    assert store._writers.write(patience) == "2s"


def test_a_locked_table_refuses_reads_and_writes_and_recovers(store: PostgresStore, other: Any) -> None:
    with held(other, "LOCK TABLE events"):
        with pytest.raises(StoreUnavailable, match="is locked by others"):
            times(store)
        with pytest.raises(StoreUnavailable, match="is locked by others"):
            store.append_events([event("1")])
    assert times(store) == []
    assert store.append_events([event("1")]) == [Outcome.ACCEPTED]


def test_reads_go_on_while_a_write_waits(store: PostgresStore, other: Any) -> None:
    store.append_events([event("1")])
    with held(other, "SELECT FROM customers FOR UPDATE"):
        assert times(store) == [1_000]


def test_a_dropped_store_is_missed_at_once(store: PostgresStore, other: Any) -> None:
    store.append_events([event("1")])
    other.execute("DROP SCHEMA dearly CASCADE")
    with pytest.raises(StoreUnavailable, match="no Dearly store any more"):
        times(store)
    with pytest.raises(StoreUnavailable, match="no Dearly store any more"):
        store.append_events([event("1")])


def test_a_lost_session_is_replaced_without_a_word(store: PostgresStore, other: Any) -> None:
    store.append_events([event("1")])
    assert times(store) == [1_000]
    other.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
        "WHERE application_name = 'dearly' AND datname = current_database()"
    )
    assert times(store) == [1_000]
    assert store.append_events([event("2", at=2_000)]) == [Outcome.ACCEPTED]


def test_a_commit_is_waited_for_even_where_the_server_is_told_not_to(other: Any, url: str) -> None:
    (name,) = other.execute("SELECT current_database()").fetchone()
    other.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    store = open_postgres(url)
    shown = store._writers.read(lambda session: session.execute("SHOW synchronous_commit").fetchone())
    assert shown == ("on",)
    store.close()


def test_a_closed_store_says_so_and_may_be_closed_again(store: PostgresStore) -> None:
    store.get_profile("ada")
    store.close()
    store.close()
    with pytest.raises(StoreUnavailable, match="is closed"):
        store.get_profile("ada")
    with pytest.raises(StoreUnavailable, match="is closed"):
        store.append_events([event("1")])


def test_a_server_that_comes_back_is_used_without_a_restart(own_server: Any) -> None:
    store = open_postgres(own_server.get_uri())
    store.append_events([event("1")])
    assert times(store) == [1_000]
    own_server.stop()
    with pytest.raises(StoreUnavailable, match=r"(?s)does not answer|shutting down"):
        times(store)
    with pytest.raises(StoreUnavailable):
        store.append_events([event("2", at=2_000)])
    own_server.ensure_postgres_running()
    assert times(store) == [1_000]
    assert store.append_events([event("1"), event("2", at=2_000)]) == [Outcome.DUPLICATE, Outcome.ACCEPTED]
    store.close()


def test_a_wrong_password_is_refused_and_never_repeated(own_server: Any) -> None:
    rules = own_server.pgdata / "pg_hba.conf"
    with psycopg.connect(own_server.get_uri(), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE ada LOGIN PASSWORD '{SECRET}x'")
        rules.write_text("local all ada scram-sha-256\n" + rules.read_text())
        connection.execute("SELECT pg_reload_conf()")
    url = own_server.get_uri().replace("postgres:@", f"ada:{SECRET}@")
    with pytest.raises(StoreUnavailable, match=r"refuses us\. See the user and the password") as caught:
        open_store(url)
    assert SECRET not in str(caught.value)
