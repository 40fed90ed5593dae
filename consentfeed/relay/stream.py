"""The stream in JetStream: one for the log, whose sequence numbers are the positions of its events."""

import asyncio
import hmac
from collections.abc import Iterable
from typing import Final

import nats.errors
import nats.js.api
import nats.js.errors
import structlog

from consentfeed import metrics
from consentfeed.log.position import Position
from consentfeed.log.seal import Unreadable
from consentfeed.relay.connection import Connection
from consentfeed.relay.message import CONTENT_TYPE, SCHEMA, SUBJECTS, Messages, Outgoing
from consentfeed.relay.trouble import ERRORS, Trouble, trouble
from consentfeed.setting_groups import NatsSettings

logger = structlog.get_logger()
NAME: Final = "consentfeed"
_DUPLICATE_SECONDS: Final = 120
_LOG, _DEPLOYMENT, _SCHEMA = "consentfeed-log", "consentfeed-deployment", "consentfeed-schema"
_ABSENT: Final = frozenset({10037, 10043, 10057})  # there is no such message, or no longer
UNUSABLE: Final = Position(-1, b"")
Info = nats.js.api.StreamInfo


def mark(secret: str, origin: bytes) -> str:
    """What shows that a stream is of this deployment: nobody makes it without the secret, or for another log."""
    return hmac.digest(secret.encode(), b"consentfeed stream\0" + origin, "sha256").hex()


def why_not_ours(info: Info, secret: str, origin: bytes) -> str:
    """A code of trouble.ADVICE where a stream is not this deployment's, or not for this version; else nothing."""
    metadata = info.config.metadata or {}
    if not hmac.compare_digest(metadata.get(_DEPLOYMENT, ""), mark(secret, origin)):
        return "foreign"
    written = metadata.get(_SCHEMA, "")
    return "newer" if written.isdecimal() and int(written) > SCHEMA else ""


class Stream:
    """The stream, as the relay keeps it. Its methods raise Trouble."""

    def __init__(self, connection: Connection, messages: Messages, settings: NatsSettings, secret: str) -> None:
        self._connection = connection
        self._messages = messages
        self._settings = settings
        self._secret = secret
        self._origin = b""
        self._is_ours = False
        self.first = 0

    async def find(self, origin: bytes) -> Position | None:
        """The position of its last message, with an empty hash where that cannot be read; None: there is no stream.

        UNUSABLE: it is ours, and has to be made anew.
        """
        self._origin = origin
        self._is_ours = False
        self._messages.source = f"urn:consentfeed:{origin.hex()}"
        try:
            info = await self._connection.stream.stream_info(NAME)
        except nats.js.errors.NotFoundError:
            return None
        except ERRORS as error:
            raise trouble(error) from None
        if why := why_not_ours(info, self._secret, origin):
            raise Trouble(why)
        self._is_ours = True
        if info.config.metadata and info.config.metadata.get(_SCHEMA) != str(SCHEMA):
            return UNUSABLE
        self.first = info.state.first_seq
        await self._adjust(info)
        if not info.state.messages:  # JetStream has lost them, or they were too old
            return Position(info.state.last_seq, b"")
        return await self._last(info.state.last_seq)

    async def _adjust(self, info: Info) -> None:
        """Gives it the bounds of the settings. Where they cannot be had, those it has are good enough."""
        wanted = self._config()
        differing = [name for name in ("max_bytes", "max_age", "num_replicas")
                     if getattr(info.config, name) != getattr(wanted, name)]  # fmt: skip
        if not differing:
            return
        try:
            await self._connection.stream.update_stream(wanted.evolve(first_seq=info.config.first_seq))
        except ERRORS as error:
            metrics.relay_failures.labels(trouble(error).code).inc()
            logger.warning("the stream keeps its bounds", differing=differing, reason=str(trouble(error)))

    async def _last(self, seq: int) -> Position:
        try:
            found = await self._connection.stream.get_msg(NAME, seq)
            return self._messages.position(found.data or b"")
        except nats.js.errors.NotFoundError:
            return Position(seq, b"")
        except Unreadable:
            return Position(seq, b"")
        except ERRORS as error:
            raise trouble(error) from None

    async def make(self, after: Position) -> None:
        """A new stream, whose first message is that of the event after a position. An old one is deleted where find()
        has seen that it is ours: another that has been made meanwhile may be anybody's."""
        if self._is_ours:
            await self._delete()
        try:
            await self._connection.stream.add_stream(self._config().evolve(first_seq=after.seq + 1))
        except ERRORS as error:
            raise trouble(error) from None
        self.first = after.seq + 1
        metrics.relay_streams.inc()
        logger.info("a stream was made", after=after.seq)

    async def _delete(self) -> None:
        try:
            await self._connection.stream.delete_stream(NAME)
        except nats.js.errors.NotFoundError:
            pass
        except ERRORS as error:
            raise trouble(error) from None
        self._is_ours = False

    def _config(self) -> nats.js.api.StreamConfig:
        return nats.js.api.StreamConfig(
            name=NAME,
            description="The log of consentfeed: docs/nats.md",
            subjects=[f"{SUBJECTS}.>"],
            storage=nats.js.api.StorageType.FILE,
            compression=nats.js.api.StoreCompression.S2,
            num_replicas=self._settings.nats_replicas,
            max_bytes=self._settings.nats_stream_bytes,
            max_age=self._settings.nats_stream_hours * 3600,
            duplicate_window=_DUPLICATE_SECONDS,
            allow_direct=True,
            metadata={
                _LOG: self._origin.hex(), _DEPLOYMENT: mark(self._secret, self._origin), _SCHEMA: str(SCHEMA),
            },
        )  # fmt: skip

    async def publish(self, seq: int, outgoing: Iterable[Outgoing]) -> None:
        """Messages that follow on position seq, all under way at once: each is taken only where the last message of
        the stream is the one before it."""
        stream = self._connection.stream
        # Not publish_async(): nats-py 2.16 loses what JetStream refuses there, and the answer seems not to come.
        waiting = [
            stream.publish(one.subject, one.content, headers=_headers(one, last))
            for last, one in enumerate(outgoing, seq)
        ]
        answers = await asyncio.gather(*waiting, return_exceptions=True)
        for answer in answers:
            if isinstance(answer, nats.errors.TimeoutError):
                raise Trouble("unanswered")  # the stream has just been looked at, by the same connection
            if isinstance(answer, (*ERRORS, asyncio.CancelledError)):
                raise trouble(answer)
            if isinstance(answer, BaseException):
                raise answer

    async def erase(self, seqs: Iterable[int]) -> None:
        """Deletes messages, and has what they held written over."""
        for seq in seqs:
            try:
                await self._connection.stream.delete_msg(NAME, seq)
            except nats.js.errors.APIError as error:
                if error.err_code not in _ABSENT:
                    raise trouble(error) from None
            except ERRORS as error:
                raise trouble(error) from None

    async def drop_before(self, seq: int) -> None:
        """Lets go of the messages of events that the log does not keep any more."""
        try:
            await self._connection.stream.purge_stream(NAME, seq=seq)
        except ERRORS as error:
            raise trouble(error) from None
        self.first = max(self.first, seq)


def _headers(outgoing: Outgoing, last: int) -> dict[str, str]:
    return {
        "Nats-Msg-Id": outgoing.id,
        "Nats-Expected-Stream": NAME,
        "Nats-Expected-Last-Sequence": str(last),
        "Content-Type": CONTENT_TYPE,
    }
