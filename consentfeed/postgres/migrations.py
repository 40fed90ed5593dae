"""Applies sql/ as the owner: migrations once; functions, triggers and grants whenever they or the database changed."""

import hashlib
import random
import re
import time
from pathlib import Path
from typing import NamedTuple

import psycopg
from psycopg import errors

from consentfeed.postgres import mending, owner, session
from consentfeed.postgres.damages import Damage
from consentfeed.postgres.mending import MigrationError

_PACKAGE = Path(__file__).parent.parent
# Where sql/ lies: inside the installed package, or beside it in a checkout.
SQL = next(folder for folder in (_PACKAGE / "sql", _PACKAGE.parent / "sql") if (folder / "install.sql").exists())
FUNCTIONS = "functions"
# The functions that look at all others. Each is looked at by its text, because it could say anything of itself.
INSTRUMENTS = ("present_objects", "differing_objects")
# One lock for all who migrate this database; an advisory one, because the first of them finds no table to lock.
_LOCK = 0x636F6E73656E74
# Everybody who uses a table waits behind a migration that waits for it. So it waits for a moment alone, lets them pass,
# and tries again; behind a transaction that stays open, such as a dump, it gives up.
_WAIT = "300ms"
_PATIENCE = 8.0
# A name that databases made before 0.1.0 have noted, and later ones never.
_UNRELEASED = "0001_schema"
_NO_UPGRADE = (
    "the schema was made before consentfeed 0.1.0, and there is no upgrade from then: make a new database"
    " (for `consentfeed dev` another --data-dir) and run `consentfeed migrate` there"
)


_NO_ROWS = "the schema is here without its rows, as after a restore with --schema-only"


class File(NamedTuple):
    """One file of sql/, in the order of install.sql."""

    name: str
    text: str

    @property
    def migrates(self) -> bool:
        """Whether it is applied once, and never edited after."""
        return self.name.startswith("migrations/")

    @property
    def key(self) -> str:
        """Its name in consentfeed.migrations."""
        return Path(self.name).stem

    @property
    def checksum(self) -> str:
        """SHA-256 of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def files() -> list[File]:
    """All files, in the order of install.sql."""
    names = re.findall(r"^\\ir (\S+)$", (SQL / "install.sql").read_text(), re.MULTILINE)
    return [File(name, (SQL / name).read_text()) for name in names]


def functions_checksum() -> str:
    """SHA-256 of all files that are re-created at every migrate."""
    return hashlib.sha256("".join(file.checksum for file in files() if not file.migrates).encode()).hexdigest()


def expected() -> set[str]:
    """Names that consentfeed.migrations holds when the schema fits this code (functions only after migrate)."""
    return {file.key for file in files() if file.migrates}


def misfit(applied: set[str]) -> str | None:
    """Why a schema with these migrations does not fit this code, or None."""
    applied = applied - {FUNCTIONS}
    if not applied:
        return f"{_NO_ROWS}: restore the rows as well"
    if _UNRELEASED in applied:
        return _NO_UPGRADE
    if missing := sorted(expected() - applied):
        return f"the schema lacks {', '.join(missing)}: run `consentfeed migrate` as the owner"
    if unknown := sorted(applied - expected()):
        return f"the schema is newer than this code (it has {', '.join(unknown)}): install a newer consentfeed"
    return None


def body(instrument: str) -> str:
    """The text of a function as PostgreSQL has it."""
    return _instruments()[instrument].split("$$")[1]


def _instruments() -> dict[str, str]:
    return {name: (SQL / f"functions/operations/{name}.sql").read_text() for name in INSTRUMENTS}


def called() -> list[str]:
    """Signatures of the functions that grants.sql lets the service call."""
    return re.findall(r"^(consentfeed\.\w+\(.*?\)),?$", _grants(), re.MULTILINE)


def readable() -> list[str]:
    """The tables that grants.sql lets the service read, whole or in part."""
    granted = re.findall(r"^GRANT SELECT (?:\(.*?\) )?ON\s(.*?)\sTO consentfeed_app;$", _grants(), re.M | re.S)
    return [table for tables in granted for table in re.split(r",\s*", tables)]


def _grants() -> str:
    return (SQL / "grants.sql").read_text()


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
    known = [file.key for file in files() if file.migrates]
    lines = [(key, "applied" if key in applied else "pending") for key in known]
    lines += [(key, "unknown to this code") for key in sorted(set(applied) - set(known) - {FUNCTIONS})]
    return [*lines, (FUNCTIONS, "applied" if applied.get(FUNCTIONS) == functions_checksum() else "pending")]


def pending(url: str) -> str:
    """The SQL that migrate() would run; nothing is changed."""
    with owner.connect(url) as connection:
        mending.refuse(connection)
        applied = _applied(connection)
        _check(applied)
        if applied:
            mending.mend_instruments(connection, _instruments())
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
        return Done(_run(connection, files()), [], [], mending.is_superuser(connection))
    is_new = _is_new(applied)
    mended = mending.mend_instruments(connection, _instruments())
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

    return list(filter(is_due, files()))


def _is_new(applied: dict[str, str | None]) -> bool:
    """Whether functions, triggers and grants are of another version than this code's."""
    return applied.get(FUNCTIONS) != functions_checksum()


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
            f"{_NO_ROWS}; nothing was changed. Restore the rows as well, or DROP SCHEMA consentfeed CASCADE and repeat."
        )
    return applied


def _check(applied: dict[str, str | None]) -> None:
    if _UNRELEASED in applied:
        raise MigrationError(f"{_NO_UPGRADE}.")
    known = {file.key: file.checksum for file in files() if file.migrates}
    if unknown := sorted(set(applied) - set(known) - {FUNCTIONS}):
        raise MigrationError(
            f"the database is newer than this code: it has {', '.join(unknown)}. Install a newer consentfeed."
        )
    edited = sorted(key for key, checksum in applied.items() if checksum and known.get(key, checksum) != checksum)
    if edited := [key for key in edited if key != FUNCTIONS]:
        raise MigrationError(
            f"{', '.join(edited)} was edited after it had been applied. Restore the file; put changes into a new one."
        )


def _note(connection: psycopg.Connection) -> None:
    """Checksums of what has been applied, by psql too."""
    for file in files():
        if file.migrates:
            connection.execute(
                "UPDATE consentfeed.migrations SET checksum = %s WHERE name = %s", (file.checksum, file.key)
            )
    connection.execute(
        "INSERT INTO consentfeed.migrations (name, checksum) VALUES (%s, %s)"
        " ON CONFLICT (name) DO UPDATE SET checksum = excluded.checksum, applied_at = statement_timestamp()",
        (FUNCTIONS, functions_checksum()),
    )
