"""Puts the parts of a node together: the only file that knows everyone."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import structlog
from starlette.applications import Starlette

from consentfeed import metrics
from consentfeed.api.accesses import AccessApi
from consentfeed.api.auth import AuthApi
from consentfeed.api.bulk_decisions import BulkDecisionApi
from consentfeed.api.checkpoints import CheckpointApi
from consentfeed.api.checks import CheckApi
from consentfeed.api.consents import ConsentApi
from consentfeed.api.contact_preferences import ContactPreferencesApi
from consentfeed.api.customer_history import CustomerHistoryApi
from consentfeed.api.customers import CustomerApi
from consentfeed.api.deadlines import DeadlineApi
from consentfeed.api.decisions import DecisionApi
from consentfeed.api.erasures import ErasureApi, Erasures
from consentfeed.api.events import EventApi
from consentfeed.api.evidence import EvidenceApi
from consentfeed.api.exports import ExportApi
from consentfeed.api.imports import ImportApi
from consentfeed.api.log_history import LogHistoryApi
from consentfeed.api.nodes import NodeApi
from consentfeed.api.notices import NoticeApi
from consentfeed.api.operator import OperatorApi
from consentfeed.api.ops import OpsApi
from consentfeed.api.own_account import OwnAccountApi
from consentfeed.api.password_check import PasswordCheck
from consentfeed.api.passwords import PasswordApi
from consentfeed.api.phones import Phones
from consentfeed.api.preferences import PreferenceApi
from consentfeed.api.proofs import ProofApi
from consentfeed.api.purposes import PurposeApi
from consentfeed.api.revocations import RevocationApi
from consentfeed.api.rights_actions import RightsActionApi
from consentfeed.api.rights_package import RightsPackageApi
from consentfeed.api.rights_requests import RightsRequestApi
from consentfeed.api.sessions import SessionApi
from consentfeed.api.sso import SsoApi
from consentfeed.api.sso_logout import SsoLogoutApi
from consentfeed.api.statistics import StatisticsApi
from consentfeed.api.users import UserApi
from consentfeed.api.verify import VerifyApi
from consentfeed.api.webhooks import WebhookApi
from consentfeed.feed.live import Feed
from consentfeed.feed.replay import Replay
from consentfeed.http.authenticate import Authenticator
from consentfeed.http.endpoint import Endpoint
from consentfeed.http.hosts import Hosts
from consentfeed.http.limits import Limits
from consentfeed.http.middleware import Front, Routed
from consentfeed.http.origin import Origins
from consentfeed.http.pages import Pages, is_page
from consentfeed.http.routing import Gate, paths
from consentfeed.http.terms import Sizes
from consentfeed.http.times import OwnTimes
from consentfeed.identity.browser_sessions import BrowserSessions
from consentfeed.identity.demo_accounts import DemoAccounts
from consentfeed.identity.jwks import Jwks
from consentfeed.identity.oidc import OidcClient
from consentfeed.identity.provider_sessions import ProviderSessions
from consentfeed.identity.sessions import Sessions
from consentfeed.identity.signin import ways
from consentfeed.identity.tokens import BearerTokens
from consentfeed.log.ids import SealedIds
from consentfeed.log.seal import Seal
from consentfeed.node import checkpoint_files
from consentfeed.node.checkpoints import Checkpoints
from consentfeed.node.chores import Chores
from consentfeed.node.guards import Guards
from consentfeed.node.nats import nats_parts
from consentfeed.node.reporter import Reporter
from consentfeed.node.worker import Worker
from consentfeed.postgres import fit
from consentfeed.postgres.database import Database
from consentfeed.postgres.exports import Exports
from consentfeed.postgres.listener import Listener
from consentfeed.postgres.replica import REASONS, Replica
from consentfeed.postgres.replica_monitor import ReplicaMonitor
from consentfeed.settings import Settings, require
from consentfeed.stream.admission import OwnCounts
from consentfeed.stream.streams import Streams
from consentfeed.stream.watchdog import Watchdog
from consentfeed.tracing import switch
from consentfeed.webhooks.addresses import Addresses
from consentfeed.webhooks.source import Source
from consentfeed.webhooks.webhooks import Webhooks
from consentfeed.writes.trail import Trail
from consentfeed.writes.writer import Writer

logger = structlog.get_logger()
# Of the newest, as they were read: what the relay has not passed on by then it reads from the table.
_RELAYED_ROWS = 2000

_REASONS = {
    "draining": "draining",
    "deaf": "deaf: the listener does not hear notifications",
    "behind": "behind: the log has not been read to its end",
    "damaged": "damaged: guards or rights in the database are missing; `consentfeed doctor` names them",
    "read-only": "read-only: PostgreSQL takes no writes (it is a standby, or default_transaction_read_only is on)",
}


class Node:
    """One process's parts, wired."""

    def __init__(self, settings: Settings, demo: Mapping[str, str] | None = None, worker: Worker | None = None) -> None:
        """demo: hashes of the demo's password by account, of `dev` alone. worker: where it is one of several."""
        require(settings, "database_url", "secret")
        assert settings.database_url
        assert settings.secret
        self.settings = settings
        self._worker = worker
        self._demo = demo or {}
        self.failed = False
        self.replica = Replica.of(settings.replica_url, settings.pool_size, settings.replica_lag_seconds)
        self.database = database = Database(settings.database_url, settings.pool_size, logs=True, replica=self.replica)
        self.reporter = Reporter(database.operations, worker.number if worker else None)
        self.guards = Guards(database.operations)
        self.chores = Chores(
            database.consents,
            database.operations,
            database.trail,
            database.rights_requests,
            settings.trail_days,
            settings.request_text_days,
            settings.time_zone,
        )
        self.signer = checkpoint_files.signer(settings)
        self.checkpoints = Checkpoints(
            database.checkpoints, self.signer, checkpoint_files.folder(settings), settings.checkpoint_seconds
        )
        self.feed = Feed(
            database.log.events_after,
            database.log.log_head,
            max_events=settings.memory_events,
            max_bytes=settings.memory_bytes,
            poll_seconds=settings.poll_seconds,
            keep_rows=_RELAYED_ROWS if settings.nats_url else 0,
        )
        if self.replica:
            self.replica.newest = lambda: self.feed.head
        self.nats = nats_parts(settings, database, self.feed)
        self.listener = Listener(settings.database_url, self._wake, settings.probe_seconds)
        self.replay = Replay(database.log, self.feed, max(settings.pool_size // 2, 1))
        self.streams = Streams(
            self.feed, self.replay, settings, worker.memory.counts(worker.number) if worker else OwnCounts()
        )
        self.webhooks = Webhooks(
            database.webhooks,
            self.feed,
            Source(self.feed, self.replay, database.log.judge_position),
            Seal(settings.secret, "webhook secrets"),
            Addresses(settings.webhook_networks),
        )
        accounts = database.accounts
        self.watchdog = Watchdog(self.streams, self.feed, accounts.ended, accounts.touch_sessions, settings)
        self.writer = Writer(
            partial(database.consents.record_decisions, self.feed.offer_own),
            batch=settings.write_batch,
            waiting=settings.write_waiting,
            busy_seconds=settings.busy_seconds,
        )
        self.trail = Trail(database.trail.record_accesses)
        self.jwks = _jwks(settings)
        self.oidc = OidcClient(settings, self.jwks) if self.jwks and settings.client_id else None
        tokens = BearerTokens(settings, self.jwks, database.customers.has_customer)
        self.sessions = Sessions(
            tokens.principal,
            accounts.find_sessions,
            accounts.touch_sessions,
            accounts.ended,
            accounts.why_session_ended,
        )
        self.feed.follow(self.sessions.forget_customer)
        limits = Limits(settings, worker.memory.new_times if worker else OwnTimes)
        allowed = settings.cors_origins.split()
        self._ops = OpsApi(self._all_reasons, self._exposition, settings.metrics_token)
        self.endpoints = self._endpoints(limits)
        self._ops.describe(self.endpoints)
        authenticate = Authenticator(self.sessions, limits)
        gate = Gate(authenticate, Origins(allowed, settings.public_url), limits, Sizes.of(settings))
        pages = Pages(authenticate)
        self.app = Routed(routes=[paths(self.endpoints, gate), *pages.routes()], lifespan=self._lifespan)
        https = settings.secure_cookie or (settings.public_url or "").startswith("https:")
        self.front = Front(self.app, limits, Hosts(settings), pages.missing, origins=allowed, https=https)

    def _wake(self, seq: int | None, process: int) -> None:
        self.feed.wake(seq, own=self.database.pool.is_committing(process))

    def _endpoints(self, limits: Limits) -> list[Endpoint]:
        """All routes of the API."""
        settings, database, trail = self.settings, self.database, self.trail
        erasures = Erasures(database.customers, settings.secret or "")
        sealed_ids, phones = SealedIds(settings.secret or ""), Phones(settings.phone_region)
        browser_sessions = BrowserSessions(database.accounts, self.sessions, settings)
        provider_sessions = ProviderSessions(database.accounts, browser_sessions, settings)
        check, offered = PasswordCheck(limits), ways(settings)
        demo = DemoAccounts(self._demo, database.accounts.find_user)
        sso = SsoApi(self.oidc, provider_sessions, settings, limits, is_page)
        parts = (
            AuthApi(database.accounts, check, browser_sessions, offered, demo, sso.end_session_url),
            OwnAccountApi(database.accounts, database.customers),
            PasswordApi(database.accounts, check, limits, offered, trail, settings.public_url),
            sso,
            SsoLogoutApi(database.accounts.end_provider_sessions, self.jwks, settings),
            ConsentApi(database.consents, database.log, sealed_ids, phones, trail),
            DecisionApi(self.writer, sealed_ids, trail),
            BulkDecisionApi(database.consents, self.writer, limits, trail),
            RevocationApi(database.consents, database.purposes, self.writer, phones, trail),
            CheckApi(database.consents, phones, trail),
            ExportApi(
                Exports(settings.database_url or "", settings.exports, self.replica),
                database.consents,
                phones,
                trail,
                settings.export_seconds,
            ),
            CustomerApi(database.customers, phones, trail),
            ContactPreferencesApi(database.customers, trail),
            ErasureApi(erasures),
            RightsRequestApi(database.rights_requests, database.accounts, sealed_ids, trail),
            RightsActionApi(database.rights_requests, erasures, sealed_ids, trail),
            RightsPackageApi(database.rights_requests, database.checkpoints, self.signer, sealed_ids, trail),
            DeadlineApi(database.rights_requests),
            ImportApi(database.imports, erasures, phones, trail),
            CustomerHistoryApi(database.customers, database.log, sealed_ids, trail),
            LogHistoryApi(database.log, trail),
            PurposeApi(database.purposes),
            NoticeApi(database.purposes),
            EventApi(database.purposes, self.feed, self.replay, self.streams, sealed_ids, trail),
            PreferenceApi(database.accounts),
            UserApi(database.accounts, trail),
            SessionApi(database.accounts, trail),
            NodeApi(database.operations),
            StatisticsApi(database.operations, database.log, database.consents),
            VerifyApi(database.log),
            EvidenceApi(database.evidence, database.checkpoints, self.signer, sealed_ids, trail),
            CheckpointApi(database.checkpoints, self.signer),
            ProofApi(database.log, database.checkpoints, self.signer, sealed_ids),
            WebhookApi(database.webhooks, database.purposes, self.webhooks, self.replay, trail),
            AccessApi(database.trail, database.customers, database.accounts, trail),
            OperatorApi(settings),
            self._ops,
        )
        return [endpoint for part in parts for endpoint in part.endpoints()]

    async def _all_reasons(self) -> list[str]:
        return await self._worker.reasons() if self._worker else self.reasons()

    async def _exposition(self) -> bytes:
        return await self._worker.exposition() if self._worker else metrics.exposition()

    async def _answer_supervisor(self) -> None:
        if self._worker:
            await self._worker.run(self.reasons)
        await asyncio.Event().wait()

    def reasons(self) -> list[str]:
        """Why this node is not ready."""
        return [_REASONS[reason] for reason, true in self._ailing().items() if true()]

    def _ailing(self) -> dict[str, Callable[[], bool]]:
        return {
            "draining": lambda: self.streams.admission.draining,
            "deaf": lambda: not self.listener.hears,
            "behind": lambda: self.feed.age > 3 * self.settings.poll_seconds,
            "damaged": lambda: bool(self.guards.damage),
            "read-only": lambda: bool(self.database.pool.why_read_only),
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
                self.watchdog.run,
                self.writer.run,
                self.chores.expire,
                self.chores.keep_house,
                self.chores.count_requests,
                self.checkpoints.run,
                self.webhooks.run,
                self.guards.run,
                self.reporter.run,
                *((ReplicaMonitor(self.database.pool, self.replica).run,) if self.replica else ()),
                *(self.nats.runs if self.nats else ()),
                self._answer_supervisor,
            )
        ]
        # Asked when they are looked at: what is set now and then stops being true when something hangs.
        loop = asyncio.get_running_loop()
        metrics.tasks.set_function(lambda: len(asyncio.all_tasks(loop)))
        metrics.listener_age.set_function(lambda: self.listener.age)
        metrics.feed_lag_seconds.set_function(lambda: self.feed.lag)
        metrics.checkpoint_age.set_function(lambda: self.checkpoints.age)
        if self.replica:
            _show(self.replica)
        for reason, true in self._ailing().items():
            metrics.not_ready.labels(reason).set_function(true)
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.trail.close()
            await self.reporter.stop()
            await self.checkpoints.stop()
            await self.webhooks.stop()
            if self.nats:
                await self.nats.stop()
            if self.oidc:
                await self.oidc.close()
            if self.jwks:
                await self.jwks.close()
            await self.database.close()
            await switch.stop()

    async def start(self) -> None:
        """Opens the database and loads the feed; raises Unfit where the schema does not fit."""
        if self.settings.traces:
            switch.start()
        await self.database.open()
        await fit.check(self.database)
        await self.feed.load()
        self.streams.pump.follower.restart()

    async def drain(self) -> None:
        """Says goodbye to streams, takes decisions until they have gone, and lets those that wait be written."""
        seconds = self.settings.drain_seconds
        await self.streams.drain(seconds * 0.75)
        await self.writer.drain(seconds * 0.25)

    async def _forever(self, part: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """A part that ends is a bug: the process says so and goes down, rather than serve half."""
        try:
            await part()
            logger.error("a part of the service ended", part=part.__qualname__)
        except asyncio.CancelledError:
            raise
        except BaseException:
            logger.exception("a part of the service failed", part=part.__qualname__)
        self.failed = True
        signal.raise_signal(signal.SIGTERM)


def _show(replica: Replica) -> None:
    metrics.replica_lag.set_function(lambda: replica.shown_lag)
    for reason in REASONS:
        metrics.replica_unusable.labels(reason).set_function(partial(_is_unusable, replica, reason))


def _is_unusable(replica: Replica, reason: str) -> bool:
    return replica.unusable == reason


def _jwks(settings: Settings) -> Jwks | None:
    if settings.issuer is None:
        return None
    algorithms = settings.token_algorithms.split()
    return Jwks(settings.issuer, algorithms, skew=settings.clock_skew_seconds, renew=settings.keys_seconds)
