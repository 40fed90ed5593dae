"""Puts the parts together, and runs them: the only file that knows everyone."""

import asyncio
import gc
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

import structlog
from starlette.applications import Starlette

from consentfeed import metrics
from consentfeed.api.accesses import AccessApi
from consentfeed.api.auth import Login
from consentfeed.api.bulk import BulkApi
from consentfeed.api.consents import ConsentApi
from consentfeed.api.customers import CustomerApi
from consentfeed.api.decisions import DecisionApi
from consentfeed.api.nodes import NodeApi
from consentfeed.api.notices import NoticeApi
from consentfeed.api.ops import Ops
from consentfeed.api.phones import Phones
from consentfeed.api.preferences import PreferenceApi
from consentfeed.api.purposes import PurposeApi
from consentfeed.api.sessions import SessionApi
from consentfeed.api.sso import SingleSignOn
from consentfeed.api.sso_logout import BackChannel
from consentfeed.api.users import UserApi
from consentfeed.api.verify import VerificationApi
from consentfeed.errors import ConsentfeedError, DatabaseAway, NotAdmitted, StatementFailed
from consentfeed.feed.live import Feed
from consentfeed.http.authenticate import Authenticator
from consentfeed.http.endpoint import Endpoint, Gate, routes
from consentfeed.http.limits import Limits
from consentfeed.http.middleware import Front, Routed
from consentfeed.http.origin import Origins
from consentfeed.http.pages import PAGES, Pages
from consentfeed.http.server import listening_socket, server
from consentfeed.identity.jwks import Keys
from consentfeed.identity.oidc import Provider
from consentfeed.identity.sessions import Sessions
from consentfeed.identity.signin import SignIns, ways
from consentfeed.identity.tokens import Tokens
from consentfeed.log.event import Seal
from consentfeed.node import logs
from consentfeed.node.reporter import Reporter
from consentfeed.postgres import migrations
from consentfeed.postgres.consents import Database
from consentfeed.postgres.listener import Listener
from consentfeed.postgres.operations import Administration
from consentfeed.settings import Settings, require, require_whole_provider
from consentfeed.stream.streams import Streams
from consentfeed.writes.trail import Trail
from consentfeed.writes.writer import Writer

log = structlog.get_logger()
_EXPIRE_SECONDS = 5.0
_EXPIRE_BATCH = 500
_HOUSE_SECONDS = 600.0
_FORGET_BATCH = 10_000

_REASONS = {
    "draining": "draining",
    "deaf": "deaf: the listener does not hear notifications",
    "behind": "behind: the log has not been read to its end",
}


class Unfit(ConsentfeedError):
    """The service cannot start; the message says why."""


class Node:
    """One process's parts, wired."""

    def __init__(self, settings: Settings) -> None:
        require(settings, "database_url", "secret")
        assert settings.database_url
        assert settings.secret
        self.settings = settings
        self.failed = False
        self.database = Database(settings.database_url, settings.pool_size)
        administration = Administration(self.database)
        self.reporter = Reporter(administration)
        self.feed = Feed(
            self.database.events_after,
            self.database.log_head,
            max_events=settings.memory_events,
            max_bytes=settings.memory_bytes,
            poll_seconds=settings.poll_seconds,
        )
        self.listener = Listener(settings.database_url, self.feed.wake, settings.probe_seconds)
        self.writer = Writer(
            self.database.record_decisions,
            batch=settings.write_batch,
            waiting=settings.write_waiting,
            busy_seconds=settings.busy_seconds,
        )
        self.keys = _keys(settings)
        tokens = Tokens(settings, self.keys, self.database.one_customer)
        self.sessions = Sessions(
            tokens.read, self.database.find_sessions, self.database.touch_sessions, self.database.ended
        )
        seal, phones, limits = Seal(settings.secret), Phones(settings.phone_region), Limits(settings)
        self.trail = Trail(self.database.record_accesses)
        self.streams = Streams(self.database, self.feed, seal, settings, self.trail)
        signins = SignIns(self.database, self.sessions, settings)
        self.provider = Provider(settings, self.keys) if self.keys and settings.client_id else None
        sso = SingleSignOn(self.database, self.provider, signins, settings, limits, PAGES)
        self._ops = Ops(self.reasons, settings.metrics_token)
        self.endpoints: list[Endpoint] = [
            *Login(self.database, limits, signins, ways(settings), sso.leave).endpoints(),
            *sso.endpoints(),
            *BackChannel(self.database.end_provider_sessions, self.keys, settings).endpoints(),
            *ConsentApi(self.database, seal, phones, self.trail).endpoints(),
            *DecisionApi(self.writer, seal, self.trail).endpoints(),
            *BulkApi(self.database, self.writer, limits, self.trail).endpoints(),
            *CustomerApi(self.database, phones, self.trail).endpoints(),
            *PurposeApi(self.database, administration).endpoints(),
            *NoticeApi(self.database, administration).endpoints(),
            *self.streams.endpoints(),
            *PreferenceApi(administration).endpoints(),
            *UserApi(self.database, administration, self.trail).endpoints(),
            *SessionApi(self.database, administration, self.trail).endpoints(),
            *NodeApi(administration).endpoints(),
            *VerificationApi(self.database).endpoints(),
            *AccessApi(administration, self.trail).endpoints(),
            *self._ops.endpoints(),
        ]
        self._ops.describe(self.endpoints)
        authenticate, allowed = Authenticator(self.sessions, limits), settings.cors_origins.split()
        gate = Gate(authenticate, Origins(allowed, settings.public_url), limits)
        self.app = Routed(
            routes=[*routes(self.endpoints, gate), *Pages(authenticate).routes()], lifespan=self._lifespan
        )
        self.app.state.settings = settings
        https = settings.secure_cookie or (settings.public_url or "").startswith("https:")
        self.front = Front(self.app, limits, origins=allowed, https=https)

    def reasons(self) -> list[str]:
        """Why this node is not ready."""
        return [_REASONS[reason] for reason, true in self._ailing().items() if true()]

    def _ailing(self) -> dict[str, Callable[[], bool]]:
        return {
            "draining": lambda: self.streams.draining,
            "deaf": lambda: not self.listener.hears,
            "behind": lambda: self.feed.age > 3 * self.settings.poll_seconds,
        }

    @asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        await self.start()
        tasks = [
            asyncio.create_task(self._forever(part), name=part.__qualname__)
            for part in (
                self.listener.run,
                self.feed.run,
                self.streams.pump.run,
                self.streams.watch,
                self.writer.run,
                self.trail.run,
                self._expire,
                self._keep_house,
                self.reporter.run,
            )
        ]
        # Asked when they are looked at: what is set now and then stops being true when something hangs.
        loop = asyncio.get_running_loop()
        metrics.tasks.set_function(lambda: len(asyncio.all_tasks(loop)))
        metrics.listener_age.set_function(lambda: self.listener.age)
        metrics.feed_lag_seconds.set_function(lambda: self.feed.lag)
        for reason, true in self._ailing().items():
            metrics.not_ready.labels(reason).set_function(true)
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.reporter.stop()
            if self.provider:
                await self.provider.close()
            if self.keys:
                await self.keys.close()
            await self.database.close()

    async def start(self) -> None:
        """Opens the database and loads the feed; raises Unfit where the schema does not fit."""
        await self.database.open()
        await _check_fit(self.database)
        await self.feed.load()
        self.streams.pump.place = self.feed.head
        self.streams.pump.generation = self.feed.generation

    async def drain(self) -> None:
        """Says goodbye to streams, takes decisions until they have gone, and lets those that wait be written."""
        seconds = self.settings.drain_seconds
        await self.streams.drain(seconds * 0.75)
        await self.writer.drain(seconds * 0.25)

    async def _forever(self, part: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """A part that ends is a bug: the process says so and goes down, rather than serve half."""
        try:
            await part()
        except asyncio.CancelledError:
            raise
        except BaseException:
            log.exception("a part of the service failed", part=part.__qualname__)
        self.failed = True
        signal.raise_signal(signal.SIGTERM)

    async def _expire(self) -> None:
        while True:
            try:
                while count := await self.database.expire_consents(_EXPIRE_BATCH):
                    metrics.expired.inc(count)
            except ConsentfeedError as error:
                metrics.chores_failed.labels("expire").inc()
                log.warning("cannot expire consents now", error=type(error).__name__)
            await asyncio.sleep(_EXPIRE_SECONDS)

    async def _keep_house(self) -> None:
        while True:
            try:
                await self.database.keep_house()
                while await self.database.forget_accesses(self.settings.trail_days, _FORGET_BATCH) == _FORGET_BATCH:
                    pass
            except ConsentfeedError as error:
                metrics.chores_failed.labels("house").inc()
                log.warning("cannot keep house now", error=type(error).__name__)
            await asyncio.sleep(_HOUSE_SECONDS)


def _keys(settings: Settings) -> Keys | None:
    if settings.issuer is None:
        return None
    algorithms = settings.token_algorithms.split()
    return Keys(settings.issuer, algorithms, skew=settings.clock_skew_seconds, renew=settings.keys_seconds)


async def check(settings: Settings) -> None:
    """Whether a node could serve; raises Unfit, saying why."""
    require(settings, "database_url", "secret")
    require_whole_provider(settings)
    database = Database(settings.database_url or "", 1)
    try:
        await database.open()
        await _check_fit(database)
    except DatabaseAway as error:
        raise Unfit(f"PostgreSQL cannot be reached ({error}): check CONSENTFEED_DATABASE_URL") from None
    finally:
        await database.close()


async def _check_fit(database: Database) -> None:
    try:
        misfit = migrations.misfit(set(await database.migrations()))
        if not misfit and (missing := await database.not_callable(migrations.called())):
            misfit = f"this role cannot call {missing[0]}: run `consentfeed migrate` as the owner"
    except (StatementFailed, NotAdmitted) as error:
        why = {
            "42P01": "the schema is not installed: run `consentfeed migrate` as the owner",
            "3F000": "the schema is not installed: run `consentfeed migrate` as the owner",
            "42501": "this role may not read the schema: connect as consentfeed_app, after `consentfeed migrate`",
            "28P01": "the password in CONSENTFEED_DATABASE_URL is wrong",
            "28000": "this role may not log in: ALTER ROLE consentfeed_app LOGIN PASSWORD …",
            "3D000": "there is no such database: check CONSENTFEED_DATABASE_URL",
        }.get(error.sqlstate, f"PostgreSQL refused with SQLSTATE {error.sqlstate}")
        raise Unfit(why) from None
    if misfit:
        raise Unfit(misfit)


def serve(settings: Settings, announce: Callable[[int], None] = lambda _port: None) -> int:
    """Runs a node until SIGTERM or SIGINT; the exit status."""
    logs.configure(settings.log_level)
    try:
        asyncio.run(check(settings))
    except Unfit as error:
        print(f"consentfeed: {error}", file=sys.stderr)
        return 1
    try:
        listening = listening_socket(settings.host, settings.port)
    except OSError as error:
        print(f"cannot listen on {settings.host}:{settings.port}: {error.strerror}; use --port", file=sys.stderr)
        return 1
    announce(listening.getsockname()[1])
    node = Node(settings)
    running = server(node.front, node.drain, settings)
    # The events in memory are many objects and no garbage: looked through at Python's usual pace, they took a third of
    # the time of a node that writes, in pauses of up to 0.1 s.
    gc.freeze()
    gc.set_threshold(10_000, 20, 100)
    # uvicorn exits by itself when the start failed; it has been logged.
    with suppress(SystemExit):
        running.run(sockets=[listening])
    return 0 if running.started and not node.failed else 1
