"""Profiles and consents, which id stands for whom, and who is due."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from functools import partial
from typing import NamedTuple

from dearly.store.records import AT_ONCE_US, PROFILE_TOUCHED, Consent, ProfilePatch
from dearly.store.refusals import readmitted_by, refused_patches
from dearly.store.rows import Fields, change_fields, decode_fields, decode_times, encode
from dearly.store.sqlite.tombstones import erased_among, readmit


class Touch(NamedTuple):
    """What came in of a customer: a type of event and the least time, or fields of the profile (None)."""

    number: int
    what: str
    time_us: int | None


def resolve(connection: sqlite3.Connection, customer_id: str) -> str:
    """The id that stands for the customer now."""
    found = connection.execute("SELECT customer FROM aliases WHERE id = ?", (customer_id,)).fetchone()
    return str(found[0]) if found else customer_id


def ids_of(connection: sqlite3.Connection, customer_id: str) -> list[str]:
    """See :meth:`dearly.store.Store.ids_of`."""
    who = resolve(connection, customer_id)
    rows = connection.execute("SELECT id FROM aliases WHERE customer = ? ORDER BY id", (who,))
    return [who, *(alias for (alias,) in rows)]


def number_of(connection: sqlite3.Connection, customer_id: str) -> int:
    """The number of a customer (never an alias), who is known from now on."""
    found = connection.execute("SELECT no FROM customers WHERE id = ?", (customer_id,)).fetchone()
    if found is None:
        return int(connection.execute("INSERT INTO customers (id) VALUES (?)", (customer_id,)).lastrowid or 0)
    return int(found[0])


def numbers_of(connection: sqlite3.Connection, customer_ids: Collection[str]) -> dict[str, int]:
    """The numbers of customers, aliases or not, all of whom are known from now on."""
    rows = connection.execute(
        """SELECT given.value, coalesce(aliases.customer, given.value), customers.no
           FROM json_each(?) AS given
           LEFT JOIN aliases ON aliases.id = given.value
           LEFT JOIN customers ON customers.id = coalesce(aliases.customer, given.value)""",
        (json.dumps(list(customer_ids)),),
    ).fetchall()
    return {
        customer_id: number_of(connection, who) if number is None else int(number)
        for customer_id, who, number in rows
    }


def touch(connection: sqlite3.Connection, touches: Iterable[Touch]) -> None:
    """Make customers due at once."""
    connection.executemany(
        f"""INSERT INTO standings (customer, due_us, touched, touched_since_us)
            VALUES (?1, {AT_ONCE_US}, ' ' || ?2 || ' ', ?3)
            ON CONFLICT (customer) DO UPDATE SET
              due_us = {AT_ONCE_US},
              version = version + 1,
              touched = CASE
                WHEN touched = '' THEN ' ' || ?2 || ' '
                WHEN instr(touched, ' ' || ?2 || ' ') THEN touched
                ELSE touched || ?2 || ' ' END,
              touched_since_us = coalesce(min(touched_since_us, ?3), touched_since_us, ?3)""",  # noqa: S608
        touches,
    )


def upsert_profiles(
    connection: sqlite3.Connection, patches: Sequence[ProfilePatch], now_us: int
) -> list[int]:
    """See :meth:`dearly.store.Store.upsert_profiles`."""
    refused = refused_patches(patches, partial(erased_among, connection))
    if refused:
        return refused
    readmit(connection, readmitted_by(patches))
    touched: set[int] = set()
    for patch in patches:
        number = number_of(connection, resolve(connection, patch.customer_id))
        kept = read_fields(connection, number) or Fields({}, {})
        change_fields(kept, ((name, value, patch.time_us) for name, value in patch.fields.items()))
        write_fields(connection, number, kept, now_us)
        touched.add(number)
    touch(connection, [Touch(number, PROFILE_TOUCHED, None) for number in touched])
    return []


def read_fields(connection: sqlite3.Connection, number: int) -> Fields | None:
    """A customer's profile; None when there is none."""
    fields, times = connection.execute(
        "SELECT fields, field_times FROM customers WHERE no = ?", (number,)
    ).fetchone()
    return None if fields is None else Fields(decode_fields(fields), decode_times(times or "{}"))


def read_standing(connection: sqlite3.Connection, number: int) -> str | None:
    """What the last look at a customer left; None when there was none."""
    found = connection.execute("SELECT standing FROM standings WHERE customer = ?", (number,)).fetchone()
    return found[0] if found else None


def write_fields(connection: sqlite3.Connection, number: int, kept: Fields, now_us: int) -> None:
    """Keep a profile whole."""
    connection.execute(
        "UPDATE customers SET fields = ?, field_times = ?, updated_us = ? WHERE no = ?",
        (encode(kept.values).decode(), encode(kept.times_us).decode(), now_us, number),
    )


def set_consents(connection: sqlite3.Connection, customer_id: str, consents: Sequence[Consent]) -> bool:
    """See :meth:`dearly.store.Store.set_consents`."""
    if erased_among(connection, {customer_id}):
        return False
    who = resolve(connection, customer_id)
    if consents:
        is_new = connection.execute("SELECT 1 FROM customers WHERE id = ?", (who,)).fetchone() is None
        number = number_of(connection, who)
        if is_new:  # what holds of everybody holds of them from now on
            touch(connection, [Touch(number, PROFILE_TOUCHED, None)])
        write_consents(connection, who, consents)
    return True


def write_consents(connection: sqlite3.Connection, customer_id: str, consents: Iterable[Consent]) -> None:
    """Keep the latest of each purpose, of two at one instant the refusal, of two alike the greater source."""
    connection.executemany(
        """INSERT INTO consents AS kept (customer, purpose, granted, source, time_us) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT (customer, purpose) DO UPDATE SET
             granted = excluded.granted, source = excluded.source, time_us = excluded.time_us
           WHERE (excluded.time_us, NOT excluded.granted, excluded.source)
              > (kept.time_us, NOT kept.granted, kept.source)""",
        [(customer_id, one.purpose, one.granted, one.source, one.time_us) for one in consents],
    )


def get_consents(connection: sqlite3.Connection, customer_id: str) -> list[Consent]:
    """See :meth:`dearly.store.Store.get_consents`."""
    rows = connection.execute(
        "SELECT purpose, granted, source, time_us FROM consents WHERE customer = ? ORDER BY purpose",
        (resolve(connection, customer_id),),
    )
    return [Consent(purpose, bool(granted), source, time_us) for purpose, granted, source, time_us in rows]
