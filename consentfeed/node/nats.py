"""The parts of a node that talk to NATS, where CONSENTFEED_NATS_URL names servers; else none of it is even imported."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Coroutine
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from consentfeed.feed.live import Feed
from consentfeed.postgres.database import Database
from consentfeed.settings import Settings, SettingsError, variable

if TYPE_CHECKING:
    from consentfeed.relay.connection import Connection
    from consentfeed.relay.relay import Relay


class NatsParts(NamedTuple):
    """The connection and the relay, and what is run of them."""

    connection: Connection
    relay: Relay
    runs: tuple[Callable[[], Coroutine[Any, Any, None]], ...]

    async def stop(self) -> None:
        """Last words; nothing runs any more."""
        await self.relay.stop()
        await self.connection.close()


def require_nats(settings: Settings) -> None:
    """Raises SettingsError where NATS is asked for and cannot be had."""
    if settings.nats_url is None:
        return
    if find_spec("nats") is None:
        raise SettingsError(f"{variable('nats_url')} needs a library: pip install 'consentfeed[nats]'")
    _require_file("nats_credentials", settings.nats_credentials, lambda file: Path(file).read_bytes())
    _require_file("nats_ca", settings.nats_ca, lambda file: ssl.create_default_context(cafile=file))


def _require_file(name: str, file: str | None, read: Callable[[str], object]) -> None:
    if file is None:
        return
    try:
        read(file)
    except OSError as error:
        raise SettingsError(f"{variable(name)}: {file}: {error.strerror or type(error).__name__}") from None


def nats_parts(settings: Settings, database: Database, feed: Feed) -> NatsParts | None:
    """The parts, where servers are named."""
    if settings.nats_url is None:
        return None
    from consentfeed.relay.connection import Connection  # noqa: PLC0415 - the library is an extra
    from consentfeed.relay.message import Messages  # noqa: PLC0415
    from consentfeed.relay.receiver import Receiver  # noqa: PLC0415
    from consentfeed.relay.relay import Relay  # noqa: PLC0415
    from consentfeed.relay.stream import Stream  # noqa: PLC0415

    secret = settings.secret or ""
    connection, messages = Connection(settings, feed.supply.lose), Messages(secret)
    stream = Stream(connection, messages, settings, secret)
    relay = Relay(database.relay, database.log, feed, connection, stream, messages, settings.poll_seconds)
    receiver = Receiver(feed, messages)

    async def receive() -> None:
        await connection.run(receiver.take)

    return NatsParts(connection, relay, (receive, relay.run))
