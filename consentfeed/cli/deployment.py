"""Which deployment a command is about: the one of the settings of serve, or what dev runs."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click

from consentfeed import settings
from consentfeed.cli import credentials
from consentfeed.postgres.database import Database

T = TypeVar("T")
DATA_DIR = click.option("--data-dir", help="What `consentfeed dev` runs; instead of the settings of serve.")


def load(data_dir: str | None, *needed: str) -> settings.Settings:
    """The settings of serve; with data_dir, or where dev has run and they are not set, of what dev runs."""
    own = settings.load(data_dir=data_dir)
    folder = settings.data_path(own)
    if data_dir is not None or (own.database_url is None and own.secret is None and credentials.exist(folder)):
        dev = credentials.read(folder)
        key = None if own.checkpoint_key else str(credentials.checkpoint_key(folder))
        return settings.load(data_dir=data_dir, database_url=dev.app_url, secret=dev.secret, checkpoint_key=key)
    settings.require(own, *needed)
    return own


def with_database(data_dir: str | None, work: Callable[[Database], Awaitable[T]]) -> T:
    """Does some work with the database of the deployment; raises what Database raises."""
    url = load(data_dir, "database_url").database_url or ""

    async def go() -> T:
        database = Database(url, 1)
        try:
            await database.open()
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(go())
