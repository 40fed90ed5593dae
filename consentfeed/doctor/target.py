"""What `consentfeed doctor` examines: a database, and the URL where clients find the service."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from consentfeed.log.checkpoint import Checkpoint
from consentfeed.postgres.database import Database
from consentfeed.settings import Settings


class DatabaseTarget(NamedTuple):
    """An open database and its URL.

    pool_size: connections that a node opens, its listener apart. nodes: how many run here. signs: whether a key
    for checkpoints is set. signed: the newest checkpoint in the directory. settings: those of NATS, and the secret.
    """

    database: Database
    url: str
    pool_size: int
    nodes: int = 1
    signs: bool = False
    signed: Checkpoint | None = None
    settings: Settings | None = None
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)


class UrlTarget(NamedTuple):
    """The URL, without a slash at its end, and a bearer token for the stream there."""

    url: str
    token: str | None
