"""`consentfeed erased` and `consentfeed erase`: who was erased, and erasing them again after a restore."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

import click
import msgspec

from consentfeed.api.decision_request import CodedReason
from consentfeed.api.erasures import Eraser, Erasures
from consentfeed.cli import terminal
from consentfeed.cli.deployment import DATA_DIR, load, with_database
from consentfeed.errors import Problem
from consentfeed.log.event import rfc3339
from consentfeed.postgres.database import Database
from consentfeed.settings import SettingsError

_PAGE: Final = 1000
_AGAIN: Final = Eraser("system", "erase-again", "command")


class Line(msgspec.Struct):
    """One line of the list: who, and when."""

    customer_id: UUID
    erased_at: datetime


@click.command()
@DATA_DIR
def erased(data_dir: str | None) -> None:
    """Prints who was erased, a line of JSON each: to be kept apart from backups, and given to erase --again."""

    async def write(database: Database) -> None:
        async for customer, at in _all(database):
            terminal.result_json({"customer_id": str(customer), "erased_at": rfc3339(at)})

    with_database(data_dir, write)


async def _all(database: Database) -> AsyncIterator[tuple[UUID, datetime]]:
    after: tuple[datetime | None, UUID | None] = (None, None)
    while page := await database.customers.list_erased(*after, _PAGE):
        for row in page:
            yield row["id"], row["erased_at"]
        after = (page[-1]["erased_at"], page[-1]["id"])


@click.command()
@click.option("--again", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True)
@DATA_DIR
def erase(file: Path, data_dir: str | None) -> None:
    """Erases again whom `consentfeed erased` listed: after a restore from before they were erased."""
    customers = _read(file)
    secret = load(data_dir, "database_url", "secret").secret or ""

    async def again(database: Database) -> tuple[int, int]:
        erasures, done, unknown = Erasures(database.customers, secret), 0, 0
        for customer in customers:
            try:
                _, position = await erasures.erase(str(customer), _AGAIN, CodedReason(code="erased-before"))
                done += position is not None
            except Problem as problem:
                if problem.code != "not-found":
                    raise
                unknown += 1
        return done, unknown

    done, unknown = with_database(data_dir, again)
    rest = len(customers) - done - unknown
    terminal.result(f"erased {done} again; {rest} were erased already, and {unknown} are not in this database")


def _read(file: Path) -> list[UUID]:
    """All of it before anything is done; raises SettingsError for a line that is none."""
    found = []
    for number, line in enumerate(file.read_bytes().splitlines(), 1):
        try:
            found.append(msgspec.json.decode(line, type=Line).customer_id)
        except msgspec.DecodeError:
            raise SettingsError(f"{file}: line {number} is not of `consentfeed erased`; nothing was erased") from None
    return found
