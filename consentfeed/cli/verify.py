"""`consentfeed verify`: whether the log is whole."""

import sys

import click

from consentfeed import settings
from consentfeed.cli import terminal
from consentfeed.cli.deployment import DATA_DIR, with_database
from consentfeed.errors import EmptyLog
from consentfeed.log.ids import PLAIN
from consentfeed.log.position import ORIGIN, Position
from consentfeed.postgres.database import Database


@click.command()
@click.option("--expect", help="An event id noted earlier, which the log must contain.")
@DATA_DIR
def verify(expect: str | None, data_dir: str | None) -> None:
    """Recomputes the chain and compares every column with what was hashed."""
    noted = None if expect is None else PLAIN.read(expect)
    if expect is not None and noted is None:
        raise settings.SettingsError("--expect is an event id, such as 42-9f2ab1c3")

    async def check(database: Database) -> tuple[str | None, Position]:
        try:
            head = await database.log.log_head()
        except EmptyLog as error:
            return f"position 0: {error}", ORIGIN
        broken = await database.log.verify_log()
        if broken:
            return f"position {broken[0]}: {broken[1]}", head
        if noted is not None:
            verdict = (await database.log.judge_position(noted, None)).verdict
            if verdict != "ok":
                return f"position {noted.seq}: the log does not contain {expect} ({verdict})", head
        return None, head

    problem, head = with_database(data_dir, check)
    if problem:
        terminal.result(problem)
        sys.exit(1)
    terminal.result(f"the log is whole up to {PLAIN.write(head)}")
