"""What migrate sees of a database as its owner: whether it may change it, and where it is other than sql/ made it."""

from collections.abc import Iterable, Mapping
from typing import Final

import psycopg

from consentfeed.errors import ConsentfeedError
from consentfeed.postgres.damages import Damage, of_rows

Object = tuple[str, str, str, str]
_OWNERS: Final = """
    SELECT current_user::text, pg_get_userbyid(space.nspowner)::text, ARRAY(
        SELECT DISTINCT pg_get_userbyid(owned.owner)::text
        FROM (
            SELECT relowner AS owner FROM pg_class WHERE relnamespace = space.oid
            UNION SELECT proowner FROM pg_proc WHERE pronamespace = space.oid
            UNION SELECT typowner FROM pg_type WHERE typnamespace = space.oid
        ) AS owned
        WHERE owned.owner <> space.nspowner
    ), EXISTS (SELECT FROM pg_class WHERE relnamespace = space.oid)
    FROM pg_namespace AS space WHERE space.nspname = 'consentfeed'
"""


class MigrationError(ConsentfeedError):
    """The database cannot be brought to this version; the message says what to do."""


def refuse(connection: psycopg.Connection) -> None:
    """Raises MigrationError where this role must not migrate, or this database cannot hold the schema."""
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise MigrationError(
            f"the encoding of this database is {encoding}, and consentfeed needs UTF8. Make another:"
            " CREATE DATABASE consentfeed ENCODING 'UTF8' TEMPLATE template0."
        )
    row = connection.execute(_OWNERS).fetchone()
    if row is None:
        return
    user, owner, others, is_filled = row
    if user != owner:
        raise MigrationError(
            f"the schema consentfeed belongs to {owner}, and this is {user}; nothing was changed. Connect as {owner}"
            + (f", or as a superuser with PGOPTIONS='-c role={owner}'." if is_filled else
               f", or have it given to {user}: ALTER SCHEMA consentfeed OWNER TO {user}.")
        )  # fmt: skip
    if others:
        raise MigrationError(
            f"parts of the schema belong to {', '.join(others)} and not to {owner}, as after a restore by another role;"
            f" nothing was changed. Give everything to {owner} first: docs/operations.md has the statement."
        )


def refuse_rules(damages: Iterable[Damage]) -> None:
    """Raises MigrationError where somebody rewrites our statements: nothing of ours is sure to do what it says."""
    for damage in damages:
        if damage.kind == "rule":
            raise MigrationError(f"{damage}; nothing was changed. {damage.cure}")


def is_superuser(connection: psycopg.Connection) -> bool:
    """Whether all that this role makes can do everything."""
    return connection.info.parameter_status("is_superuser") == "on"


def mend_instruments(connection: psycopg.Connection, instruments: Mapping[str, str]) -> list[Damage]:
    """Makes the functions that look at all others what they are in sql/; returns which were not.

    instruments: the text of each file, by the function's name.
    """
    mended: list[Damage] = []
    for name, text in instruments.items():
        source = connection.execute(
            "SELECT prosrc FROM pg_proc WHERE oid = to_regprocedure(%s)", (f"consentfeed.{name}()",)
        ).fetchone()
        if source is None or source[0] != text.split("$$")[1]:
            connection.execute(text.encode())
            mended.append(Damage("function", "", f"{name}()", "as in sql/", "otherwise" if source else None))
    return mended


def damages(connection: psycopg.Connection) -> list[Damage]:
    """Where the schema is other than sql/ made it."""
    return of_rows(connection.execute("SELECT * FROM consentfeed.differing_objects()").fetchall())


def objects(connection: psycopg.Connection) -> set[Object]:
    """What there is, to be compared with what there is later."""
    return {*connection.execute("SELECT * FROM consentfeed.present_objects()").fetchall()}


def note_changes(connection: psycopg.Connection, before: set[Object], damages: Iterable[Damage]) -> None:
    """Notes what has changed since, and what was made again, as what should be; all else keeps its note, damaged too.

    What was made again may look as before: a newer PostgreSQL words it differently than the one that noted it.
    """
    after = objects(connection)
    partitions = {name for kind, _, name, _ in before | after if kind == "partition"}
    again = {damage[:3] for damage in damages if damage.is_made_again and damage.noted is not None}
    new = (after - before) | {one for one in after if one[:3] in again}
    changed = [one for one in new if one[0] not in {"owner", "partition"} and one[1] not in partitions]
    gone = {one[:3] for one in before} - {one[:3] for one in after}
    with connection.cursor() as cursor:
        cursor.executemany("DELETE FROM consentfeed.inventory WHERE (kind, relation, name) = (%s, %s, %s)", list(gone))
        cursor.executemany(
            "INSERT INTO consentfeed.inventory VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (kind, relation, name) DO UPDATE SET state = excluded.state",
            changed,
        )
