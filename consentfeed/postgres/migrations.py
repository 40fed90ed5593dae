"""Applies sql/ as the owner: migrations once; functions, triggers and grants whenever they or the database changed."""

import random
import time
from typing import NamedTuple

import psycopg
from psycopg import errors

from consentfeed.postgres import mending, owner, session, sql_files
from consentfeed.postgres.damages import Damage
from consentfeed.postgres.mending import MigrationError
from consentfeed.postgres.sql_files import File

# One lock for all who migrate this database; an advisory one, because the first of them finds no table to lock.
_LOCK = 0x636F6E73656E74
# Everybody who uses a table waits behind a migration that waits for it. So it waits for a moment alone, lets them pass,
# and tries again; behind a transaction that stays open, such as a dump, it gives up.
_WAIT = "300ms"
_PATIENCE = 8.0


class Done(NamedTuple):
    """What migrate() did: the files of a new version, what it mended, and the damages that it could not mend.

    by_superuser: a superuser has made the schema, so whatever runs as its owner can do everything.
    """

    applied: list[str]
    mended: list[Damage]
    left: list[Damage]
    by_superuser: bool


def status(url: str) -> list[tuple[str, str]]:
    """(name, "applied" | "pending" | "unknown to this code") for each migration, and for the functions."""
    with owner.connect(url) as connection:
        applied = _applied(connection)
    known = [file.key for file in sql_files.files() if file.migrates]
    lines = [(key, "applied" if key in applied else "pending") for key in known]
    lines += [(key, "unknown to this code") for key in sorted(set(applied) - set(known) - {sql_files.FUNCTIONS})]
    return [*lines, (sql_files.FUNCTIONS, "pending" if _is_new(applied) else "applied")]


def pending(url: str) -> str:
    """The SQL that migrate() would run; nothing is changed."""
    with owner.connect(url) as connection:
        mending.refuse(connection)
        applied = _applied(connection)
        _check(applied)
        if applied:
            mending.mend_instruments(connection, sql_files.instruments())
        due = _due(applied, mending.damages(connection) if applied else [])
        connection.rollback()
    return "".join(f"-- {file.name}\n{file.text}\n" for file in due)


def migrate(url: str) -> Done:
    """Applies what is pending, and again what is damaged, in one transaction; waits for others who migrate."""
    began = time.monotonic()
    while True:
        try:
            with owner.connect(url) as connection:
                return _migrate(connection)
        except errors.ReadOnlySqlTransaction as error:
            raise MigrationError(
                f"nothing was changed, for nothing can be: {session.STANDBY}, or {session.READ_ONLY}."
            ) from error
        except (errors.LockNotAvailable, errors.DeadlockDetected) as error:
            if time.monotonic() - began > _PATIENCE:
                raise MigrationError(
                    "an open transaction, such as a dump, holds what has to be changed; nothing was changed."
                    " Wait for it, or end it (pg_stat_activity shows it, by its xact_start), and repeat."
                ) from error
            time.sleep(random.uniform(0.5, 1.0))


def _migrate(connection: psycopg.Connection) -> Done:
    mending.refuse(connection)
    # Held until the connection is closed. Only a new transaction surely sees what others have made meanwhile: in the
    # one that waited, PostgreSQL may still have in its cache that there is no such schema.
    connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
    connection.commit()
    applied = _applied(connection)
    _check(applied)
    connection.execute("SELECT set_config('lock_timeout', %s, true)", (_WAIT,))
    if not applied:
        return Done(_run(connection, sql_files.files()), [], [], mending.is_superuser(connection))
    is_new = _is_new(applied)
    mended = mending.mend_instruments(connection, sql_files.instruments())
    damages, before = mending.damages(connection), mending.objects(connection)
    mending.refuse_rules(damages)
    names = _run(connection, _due(applied, damages))
    mending.note_changes(connection, before, damages)
    left = mending.damages(connection)
    mended += [damage for damage in damages if damage.is_made_again and damage not in left]
    return Done(names if is_new else [], mended, left, by_superuser=False)


def _run(connection: psycopg.Connection, due: list[File]) -> list[str]:
    """Runs these files, notes that, and returns their names."""
    for file in due:
        connection.execute(file.text.encode())
    if due:
        _note(connection)
    return [file.name for file in due]


def _due(applied: dict[str, str | None], damages: list[Damage]) -> list[File]:
    """The files that have to be run, in their order."""
    is_new, kinds = _is_new(applied), {damage.kind for damage in damages if damage.is_made_again}
    # Triggers take locks that others wait behind; nothing else that is made again does.
    has_triggers, has_others = bool(kinds & {"trigger", "inventory"}), bool(kinds - {"trigger"})

    def is_due(file: File) -> bool:
        if file.migrates:
            return file.key not in applied
        return is_new or (has_triggers if file.name == "triggers.sql" else has_others)

    return list(filter(is_due, sql_files.files()))


def _is_new(applied: dict[str, str | None]) -> bool:
    """Whether functions, triggers and grants are of another version than this code's."""
    return applied.get(sql_files.FUNCTIONS) != sql_files.functions_checksum()


def _applied(connection: psycopg.Connection) -> dict[str, str | None]:
    """Name and checksum of what is applied; installed with psql, checksums are missing. Raises MigrationError."""
    row = connection.execute("SELECT to_regclass('consentfeed.migrations')").fetchone()
    if row is None or row[0] is None:
        return {}
    applied: dict[str, str | None] = dict(
        connection.execute("SELECT name, checksum FROM consentfeed.migrations").fetchall()
    )
    if not applied:
        raise MigrationError(
            f"{sql_files.NO_ROWS}; nothing was changed. Restore the rows as well, or DROP SCHEMA consentfeed CASCADE"
            " and repeat."
        )
    return applied


def _check(applied: dict[str, str | None]) -> None:
    if sql_files.UNRELEASED in applied:
        raise MigrationError(f"{sql_files.NO_UPGRADE}.")
    known = {file.key: file.checksum for file in sql_files.files() if file.migrates}
    if unknown := sorted(set(applied) - set(known) - {sql_files.FUNCTIONS}):
        raise MigrationError(
            f"the database is newer than this code: it has {', '.join(unknown)}. Install a newer consentfeed."
        )
    edited = sorted(key for key, checksum in applied.items() if checksum and known.get(key, checksum) != checksum)
    if edited := [key for key in edited if key != sql_files.FUNCTIONS]:
        raise MigrationError(
            f"{', '.join(edited)} was edited after it had been applied. Restore the file; put changes into a new one."
        )


def _note(connection: psycopg.Connection) -> None:
    """Checksums of what has been applied, by psql too."""
    for file in sql_files.files():
        if file.migrates:
            connection.execute(
                "UPDATE consentfeed.migrations SET checksum = %s WHERE name = %s", (file.checksum, file.key)
            )
    connection.execute(
        "INSERT INTO consentfeed.migrations (name, checksum) VALUES (%s, %s)"
        " ON CONFLICT (name) DO UPDATE SET checksum = excluded.checksum, applied_at = statement_timestamp()",
        (sql_files.FUNCTIONS, sql_files.functions_checksum()),
    )
