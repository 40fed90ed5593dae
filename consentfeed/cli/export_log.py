"""`consentfeed export-log`: a copy of the log that can be verified without a database."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import click

from consentfeed.cli import terminal
from consentfeed.cli.deployment import DATA_DIR, with_database
from consentfeed.log import copy
from consentfeed.log.ids import PLAIN
from consentfeed.log.position import Position
from consentfeed.postgres.database import Database

_PAGE: Final = 5000


@click.command("export-log")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The file to be written.")
@DATA_DIR
def export_log(output: Path, data_dir: str | None) -> None:
    """Copies the log to a file, a line of JSON for each event; `consentfeed verify --log` checks it."""
    scratch = output.with_name(f"{output.name}.part")

    async def go(database: Database) -> Position:
        position = Position(-1, b"")
        with scratch.open("wb") as file:
            async for position, body in _events(database, await database.log.log_head()):
                file.write(copy.line(position.seq, body, position.hash))
            file.flush()
            os.fsync(file.fileno())
        return position

    try:
        head = with_database(data_dir, go)
        scratch.replace(output)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise
    terminal.note(f"{head.seq + 1} events up to {PLAIN.write(head)}")


async def _events(database: Database, head: Position) -> AsyncIterator[tuple[Position, str | None]]:
    """Every event up to the head, of dropped ones their hashes alone."""
    first, end = await database.log.first_kept(), head.seq + 1
    for start in range(0, first, _PAGE):
        for seq, hash_ in await database.checkpoints.event_hashes(start, min(_PAGE, first - start)):
            yield Position(seq, hash_), None
    for start in range(first, end, _PAGE):
        for seq, body, hash_ in await database.log.log_copy(start, min(_PAGE, end - start)):
            yield Position(seq, hash_), body
