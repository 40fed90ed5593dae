"""The connection to NATS of one process, made again for as long as the process runs."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import nats.js
import structlog
from nats.aio.msg import Msg

from consentfeed import metrics
from consentfeed.relay import servers
from consentfeed.relay.client import Client
from consentfeed.relay.credentials import Credentials
from consentfeed.relay.refusals import Refusals
from consentfeed.relay.trouble import ERRORS, Trouble, is_cancelled, trouble
from consentfeed.setting_groups import NatsSettings
from consentfeed.settings import nats_servers

logger = structlog.get_logger()
_ANSWER_SECONDS: Final = 5.0
_AGAIN_SECONDS: Final = 1
# A connection that died in silence is found out after two of them.
_PING_SECONDS: Final = 2
_SUBJECTS: Final = "consentfeed.>"
Take = Callable[[str, str, bytes], Awaitable[None]]


class Connection:
    """Publishes, and hands what others publish to `take`: subject, id and content, in the order of each sender.

    lose: is called when the connection is lost.
    """

    def __init__(self, settings: NatsSettings, lose: Callable[[], None] = lambda: None) -> None:
        self._settings = settings
        self._lose = lose
        self._client = Client()
        self._closed = asyncio.Event()
        self._failure = ""
        self.refusals = Refusals()

    @property
    def is_up(self) -> bool:
        """Whether it is connected now, as far as is known."""
        return self._client.is_connected

    async def servers(self) -> int:
        """How many servers there are, as far as is known from the URL and from one another."""
        discovered = set(self._client.discovered_servers)
        return await servers.count(set(self._client.servers) - discovered, discovered)

    @property
    def stream(self) -> nats.js.JetStreamContext:
        """JetStream, over this connection; raises Trouble."""
        if not self.is_up:
            raise Trouble("away")
        return self._client.jetstream(timeout=_ANSWER_SECONDS)

    async def send(self, subject: str, content: bytes, headers: Mapping[str, str] | None = None) -> None:
        """Publishes something that nobody has to keep. Raises Trouble."""
        try:
            await self._client.publish(subject, content, headers=dict(headers) if headers else None)
        except ERRORS as error:
            raise trouble(error) from None

    async def hear(self, subject: str) -> None:
        """Subscribes to something, and passes over what comes. Raises Trouble."""
        try:
            await self._client.subscribe(subject, cb=_pass_over)
        except ERRORS as error:
            raise trouble(error) from None

    async def flush(self) -> None:
        """Returns when the server has seen all that was sent and subscribed to. Raises Trouble."""
        try:
            for _ in range(2):  # in nats-py 2.16 the first ping overtakes what waits to be sent
                await self._client.flush(int(_ANSWER_SECONDS))
        except ERRORS as error:
            raise trouble(error) from None

    async def run(self, take: Take) -> None:
        """Until cancelled; the connection stays, for last words. Who is not let in tries again: rights change."""
        metrics.nats_away.set(1)
        while True:
            await self._live(take)
            await self.close()
            await asyncio.sleep(_AGAIN_SECONDS)

    async def open(self) -> None:
        """Connects once, for a look. Raises Trouble."""
        try:
            await self._connect(attempts=1, patience=0)
        except ERRORS as error:
            raise trouble(error) from None

    async def close(self) -> None:
        """Closes it."""
        try:
            await self._client.close()  # which sends what still waits to be sent
        except asyncio.CancelledError:
            if is_cancelled():
                raise
        except ERRORS:
            pass

    async def _live(self, take: Take) -> None:
        """One life of the library's client, which ends by itself where it is not let in."""

        async def hand_over(message: Msg) -> None:
            await take(message.subject, _id(message), message.data)

        self._closed.clear()
        self._client = Client()
        try:
            await self._connect(attempts=-1, patience=_AGAIN_SECONDS)
            await self._client.subscribe(_SUBJECTS, cb=hand_over)
            await self._connected()
            await self._closed.wait()
        except asyncio.CancelledError as error:
            if is_cancelled():
                raise
            await self._failed(ConnectionAbortedError(str(error)))
        except ERRORS as error:
            await self._failed(error)
        metrics.nats_away.set(1)

    async def _connect(self, *, attempts: int, patience: int) -> None:
        file = self._settings.nats_credentials
        credentials = Credentials(file) if file else None
        await self._client.connect(
            nats_servers(self._settings.nats_url or ""),
            name="consentfeed",
            tls=ssl.create_default_context(cafile=self._settings.nats_ca),
            user_jwt_cb=credentials.token if credentials else None,
            signature_cb=credentials.sign if credentials else None,
            no_echo=True,
            connect_timeout=int(_ANSWER_SECONDS),
            max_reconnect_attempts=attempts,
            reconnect_time_wait=patience,
            allow_reconnect=attempts < 0,
            ping_interval=_PING_SECONDS,
            error_cb=self._failed,
            disconnected_cb=self._disconnected,
            reconnected_cb=self._connected,
            closed_cb=self._is_closed,
        )

    async def _connected(self) -> None:
        metrics.nats_away.set(0)
        self._failure = ""
        logger.info("connected to NATS")

    async def _disconnected(self) -> None:
        metrics.nats_away.set(1)
        self._lose()

    async def _is_closed(self) -> None:
        self._closed.set()

    async def _failed(self, error: Exception) -> None:
        """Logged where it is another failure than the last: a server that is away fails each second."""
        code, reason = trouble(error).code, type(error).__name__
        if refused := self.refusals.note(error):
            code, reason = "denied", f"no right to {refused}"
        if reason != self._failure:
            logger.warning("NATS fails; the log is read from PostgreSQL meanwhile", code=code, error=reason)
        self._failure = reason


async def _pass_over(_message: Msg) -> None:
    pass


def _id(message: Msg) -> str:
    return (message.headers or {}).get("Nats-Msg-Id", "")
