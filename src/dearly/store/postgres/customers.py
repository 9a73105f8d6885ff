"""Profiles and consents, and the row of each customer that whoever changes them locks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from dearly.store.postgres.reads import WHO, resolve
from dearly.store.postgres.schema import Connection
from dearly.store.postgres.tombstones import erased_among, readmit
from dearly.store.records import AT_ONCE_US, PROFILE_TOUCHED, Consent, ProfilePatch
from dearly.store.refusals import readmitted_by, refused_patches
from dearly.store.rows import Fields, change_fields, decode_fields, decode_times, encode


def ids_of(connection: Connection, customer_id: str) -> list[str]:
    """See :meth:`dearly.store.Store.ids_of`."""
    who = resolve(connection, customer_id)
    rows = connection.execute("SELECT id FROM aliases WHERE customer = %s ORDER BY id", (who,))
    return [who, *(alias for (alias,) in rows)]


def touch(connection: Connection, customer_ids: Iterable[str], what: str) -> None:
    """Make customers due at once, and those known who were not; their rows are locked, in order of ids."""
    connection.execute(
        touching("(SELECT id, %s::text, NULL::bigint FROM unnest(%s::text[]) AS id)"),
        (what, list(customer_ids)),
    )


def touching(touches: str) -> str:
    """The statement that makes customers due at once: ``touches`` has ids, what came in, and times of events.

    Each touch makes the version another: what a look has read that is under way is not all there is.
    """
    return f"""INSERT INTO customers AS known (id, due_us, touched, touched_since_us)
           SELECT id, {AT_ONCE_US}, array_agg(DISTINCT what ORDER BY what), min(time_us)
           FROM {touches} AS given (id, what, time_us)
           GROUP BY id ORDER BY id COLLATE "C"
           ON CONFLICT (id) DO UPDATE SET
             due_us = excluded.due_us,
             touched = (SELECT array_agg(DISTINCT what) FROM unnest(known.touched || excluded.touched) what),
             touched_since_us = least(known.touched_since_us, excluded.touched_since_us),
             version = known.version + 1"""  # noqa: S608 (words of our own)


def upsert_profiles(connection: Connection, patches: Sequence[ProfilePatch], now_us: int) -> list[int]:
    """See :meth:`dearly.store.Store.upsert_profiles`."""
    refused = refused_patches(patches, partial(erased_among, connection))
    if refused or not patches:
        return refused
    readmit(connection, readmitted_by(patches))
    who = resolve_all(connection, [patch.customer_id for patch in patches])
    changes: dict[str, list[ProfilePatch]] = {}
    for patch in patches:
        changes.setdefault(who[patch.customer_id], []).append(patch)
    touch(connection, changes, PROFILE_TOUCHED)
    profiles = read_fields(connection, list(changes))
    for customer_id, made in changes.items():
        kept = profiles.setdefault(customer_id, Fields({}, {}))
        for patch in made:
            change_fields(kept, ((name, value, patch.time_us) for name, value in patch.fields.items()))
    write_fields(connection, profiles, now_us)
    return []


def read_fields(connection: Connection, customer_ids: Sequence[str]) -> dict[str, Fields]:
    """The profiles of those who have one."""
    rows = connection.execute(
        "SELECT customer, fields, times FROM profiles WHERE customer = ANY(%s::text[])", (customer_ids,)
    )
    return {customer: Fields(decode_fields(fields), decode_times(times)) for customer, fields, times in rows}


def write_fields(connection: Connection, profiles: Mapping[str, Fields], now_us: int) -> None:
    """Keep profiles whole."""
    connection.execute(
        """INSERT INTO profiles (customer, fields, times, updated_us)
           SELECT *, %s FROM unnest(%s::text[], %s::text[], %s::text[])
           ON CONFLICT (customer) DO UPDATE SET
             fields = excluded.fields, times = excluded.times, updated_us = excluded.updated_us""",
        (
            now_us,
            list(profiles),
            [encode(kept.values).decode() for kept in profiles.values()],
            [encode(kept.times_us).decode() for kept in profiles.values()],
        ),
    )


def set_consents(connection: Connection, customer_id: str, consents: Sequence[Consent]) -> bool:
    """See :meth:`dearly.store.Store.set_consents`."""
    if erased_among(connection, {customer_id}):
        return False
    who = resolve(connection, customer_id)
    if consents:
        made = connection.execute("INSERT INTO customers (id) VALUES (%s) ON CONFLICT DO NOTHING", (who,))
        if made.rowcount:  # what holds of everybody holds of them from now on
            touch(connection, [who], PROFILE_TOUCHED)
        write_consents(connection, who, consents)
    return True


def write_consents(connection: Connection, customer_id: str, consents: Iterable[Consent]) -> None:
    """Keep the latest of each purpose, of two at one instant the refusal, of two alike the greater source."""
    for consent in sorted(consents, key=lambda each: each.purpose):
        connection.execute(
            """INSERT INTO consents AS kept (customer, purpose, granted, source, time_us)
               VALUES (%s, %s, %s, %s, %s)
               ON CONFLICT (customer, purpose) DO UPDATE SET
                 granted = excluded.granted, source = excluded.source, time_us = excluded.time_us
               WHERE (excluded.time_us, NOT excluded.granted, excluded.source COLLATE "C")
                 > (kept.time_us, NOT kept.granted, kept.source COLLATE "C")""",
            (customer_id, consent.purpose, consent.granted, consent.source, consent.time_us),
        )


def get_consents(connection: Connection, customer_id: str) -> list[Consent]:
    """See :meth:`dearly.store.Store.get_consents`."""
    rows = connection.execute(
        f"""SELECT purpose, granted, source, time_us FROM consents
            WHERE customer = {WHO} ORDER BY purpose""",  # noqa: S608
        {"id": customer_id},
    )
    return [Consent(*row) for row in rows]


def resolve_all(connection: Connection, customer_ids: Iterable[str]) -> dict[str, str]:
    """The id that stands for each."""
    who = {customer_id: customer_id for customer_id in customer_ids}
    rows = connection.execute("SELECT id, customer FROM aliases WHERE id = ANY(%s::text[])", (list(who),))
    return who | {str(alias): str(customer) for alias, customer in rows}
