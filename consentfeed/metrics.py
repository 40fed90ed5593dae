"""The metrics: one list, shown at /metrics and in docs/operations.md."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, generate_latest

registry = CollectorRegistry()

not_ready = Gauge(
    "consentfeed_not_ready", "1 while /readyz fails for this reason, else 0.", ["reason"], registry=registry
)
streams_open = Gauge("consentfeed_streams_open", "Streams open now.", registry=registry)
streams_behind = Gauge(
    "consentfeed_streams_behind", "Open streams that are being sent older events.", registry=registry
)
streams_opened = Counter("consentfeed_streams_opened", "Streams that began.", registry=registry)
streams_closed = Counter("consentfeed_streams_closed", "Streams ended, by reason.", ["reason"], registry=registry)
slow_writes = Counter("consentfeed_slow_writes", "Writes that a client did not take at once.", registry=registry)
resets = Counter("consentfeed_resets", "Resets told to clients, by reason.", ["reason"], registry=registry)
events_read = Counter("consentfeed_events", "Events read from the log into memory.", registry=registry)
deliveries = Counter("consentfeed_deliveries", "Event frames handed to streams.", registry=registry)
feed_head = Gauge("consentfeed_feed_head", "Position of the newest event in memory.", registry=registry)
feed_lag_events = Gauge(
    "consentfeed_feed_lag_events", "Events in the log that are not in memory yet, when last looked.", registry=registry
)
feed_lag_seconds = Gauge(
    "consentfeed_feed_lag_seconds",
    "Seconds since memory was last known to be complete; 0 between two reads in time.",
    registry=registry,
)
feed_memory_bytes = Gauge("consentfeed_feed_memory_bytes", "Bytes of frames in memory.", registry=registry)
feed_failures = Counter("consentfeed_feed_failures", "Reads of the log that failed.", registry=registry)
history_lost = Counter(
    "consentfeed_history_lost",
    "Times the log no longer held what this node had read of it, and all streams were reset.",
    registry=registry,
)
table_reads = Counter("consentfeed_table_reads", "Pages of older events read for streams.", registry=registry)
listener_age = Gauge(
    "consentfeed_listener_age_seconds", "Seconds since the listener last proved that it hears.", registry=registry
)
listener_reconnects = Counter("consentfeed_listener_reconnects", "Times the listener reconnected.", registry=registry)
commits = Counter("consentfeed_commits", "Transactions of the writer.", registry=registry)
decisions = Counter("consentfeed_decisions", "Decisions by outcome.", ["outcome"], registry=registry)
decisions_per_commit = Histogram(
    "consentfeed_decisions_per_commit",
    "Decisions in one transaction.",
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000),
    registry=registry,
)
batches_repeated = Counter(
    "consentfeed_batches_repeated", "Batches of decisions repeated after a lost race.", registry=registry
)
batches_halved = Counter(
    "consentfeed_batches_halved", "Batches halved to find the one decision that fails.", registry=registry
)
decisions_waiting = Gauge("consentfeed_decisions_waiting", "Decisions waiting to be written.", registry=registry)
trail_lines = Counter("consentfeed_trail_lines", "Lines of the access trail written by this node.", registry=registry)
trail_commits = Counter("consentfeed_trail_commits", "Transactions that wrote them.", registry=registry)
trail_failures = Counter(
    "consentfeed_trail_failures", "Transactions of the access trail that failed; so did the answers.", registry=registry
)
trail_waiting = Gauge("consentfeed_trail_waiting", "Lines waiting to be written.", registry=registry)
imported = Counter("consentfeed_imported", "Rows imported, by outcome.", ["outcome"], registry=registry)
exports = Counter("consentfeed_exports", "Exports ended, by outcome.", ["outcome"], registry=registry)
workers_running = Gauge("consentfeed_workers", "Workers of this machine that answer.", registry=registry)
workers_replaced = Counter(
    "consentfeed_workers_replaced", "Workers that were replaced, by why: died or hung.", ["why"], registry=registry
)
tasks = Gauge("consentfeed_tasks", "Tasks of the event loop.", registry=registry)
expired = Counter("consentfeed_expired", "Consents that this node turned to expired.", registry=registry)
erasures = Counter("consentfeed_erasures", "Customers that this node erased.", registry=registry)
chores_failed = Counter(
    "consentfeed_chores_failed", "Work in the background that failed, by kind.", ["chore"], registry=registry
)
checkpoints_made = Counter("consentfeed_checkpoints", "Checkpoints that this node made.", registry=registry)
checkpoint_size = Gauge(
    "consentfeed_checkpoint_size", "Events that the newest checkpoint of this node covers.", registry=registry
)
checkpoint_age = Gauge(
    "consentfeed_checkpoint_age_seconds",
    "Seconds for which the log has had events that no checkpoint covers; 0 where no key is set.",
    registry=registry,
)
checkpoint_contradicted = Gauge(
    "consentfeed_checkpoint_contradicted",
    "1 while no checkpoint is made because it would contradict an earlier one, else 0.",
    registry=registry,
)
rights_open = Gauge(
    "consentfeed_rights_requests_open", "Open requests in the database, by kind.", ["kind"], registry=registry
)
rights_overdue = Gauge(
    "consentfeed_rights_requests_overdue", "Open requests whose last day is over, by kind.", ["kind"], registry=registry
)
rights_due_soon = Gauge(
    "consentfeed_rights_requests_due_soon", "Open requests that are due within 72 hours, by kind.", ["kind"],
    registry=registry,
)  # fmt: skip
webhook_events = Counter(
    "consentfeed_webhook_events", "Events that an endpoint has taken from this node.", ["webhook"], registry=registry
)
webhook_failures = Counter(
    "consentfeed_webhook_failures", "Deliveries to an endpoint by this node that failed.", ["webhook"],
    registry=registry,
)  # fmt: skip
webhook_behind = Gauge(
    "consentfeed_webhook_behind",
    "Events of the log after the position of an endpoint, whoever delivers it.",
    ["webhook"],
    registry=registry,
)
webhook_disabled = Gauge(
    "consentfeed_webhook_disabled", "1 for an endpoint that was given up, else 0.", ["webhook"], registry=registry
)
feed_reads = Counter(
    "consentfeed_feed_reads", "Reads of the log from the table by the feed, whether there was something new or not.",
    registry=registry,
)  # fmt: skip
nats_away = Gauge(
    "consentfeed_nats_away", "1 while this node should be connected to NATS and is not, else 0.", registry=registry
)
nats_events = Counter(
    "consentfeed_nats_events", "Events that came into memory by NATS, and were not read from the table.",
    registry=registry,
)  # fmt: skip
nats_missed = Counter(
    "consentfeed_nats_missed", "Times that an event did not come by NATS in time, and the table was read.",
    registry=registry,
)  # fmt: skip
nats_refused = Counter(
    "consentfeed_nats_refused",
    "Messages of NATS that were not taken: gap (it does not follow on what is in memory) or unreadable.",
    ["reason"],
    registry=registry,
)
relay_held = Gauge("consentfeed_relay_held", "1 on the node that relays the log to NATS, else 0.", registry=registry)
relay_position = Gauge(
    "consentfeed_relay_position", "Position of the last event that this node has relayed.", registry=registry
)
relay_behind = Gauge(
    "consentfeed_relay_behind", "Events that this node, which relays, has still to relay; 0 on others.",
    registry=registry,
)  # fmt: skip
relay_published = Counter("consentfeed_relay_published", "Messages that this node has relayed.", registry=registry)
relay_streams = Counter(
    "consentfeed_relay_streams", "Times that this node has made the stream, or made it anew.", registry=registry
)
relay_failures = Counter(
    "consentfeed_relay_failures", "Times that this node could not relay, by reason.", ["reason"], registry=registry
)
database_wait = Histogram(
    "consentfeed_database_wait_seconds",
    "Time until a connection of the pool was free, or made.",
    buckets=(0.001, 0.01, 0.1, 0.5, 1, 5),
    registry=registry,
)
database_errors = Counter(
    "consentfeed_database_errors", "What PostgreSQL could not do, by kind.", ["kind"], registry=registry
)
reads = Counter(
    "consentfeed_reads",
    "Reads that a replica may serve, by source: replica or primary; none where no replica is set.",
    ["source"],
    registry=registry,
)
replica_fallbacks = Counter(
    "consentfeed_replica_fallbacks",
    "Reads that the primary served in the place of the replica, by reason.",
    ["reason"],
    registry=registry,
)
replica_lag = Gauge(
    "consentfeed_replica_lag_seconds",
    "Seconds that the replica lags at most, to about a second; 0 where none is set.",
    registry=registry,
)
replica_unusable = Gauge(
    "consentfeed_replica_unusable", "1 while the replica is not read for this reason, else 0.", ["reason"],
    registry=registry,
)  # fmt: skip
requests = Counter(
    "consentfeed_requests", "Answers of the API by route and status.", ["route", "status"], registry=registry
)
refused = Counter("consentfeed_refused", "What was refused for now, by reason.", ["reason"], registry=registry)
sign_ins = Counter("consentfeed_sign_ins", "Sign-ins by way and outcome.", ["way", "outcome"], registry=registry)
issuer_requests = Counter(
    "consentfeed_issuer_requests", "Times the identity provider was asked for its keys, by outcome.", ["outcome"],
    registry=registry,
)  # fmt: skip


def total(metric: Counter | Gauge, **labels: str) -> float:
    """What a metric stands at, summed over those of its labels that are not given."""
    return sum(
        sample.value
        for family in metric.collect()
        for sample in family.samples
        if not sample.name.endswith("_created") and labels.items() <= sample.labels.items()
    )


Numbers = Iterable[tuple[str, dict[str, str], float]]


class _Listed:
    """Metrics that were collected elsewhere, as the library wants them."""

    def __init__(self, families: Iterable[tuple[str, str, str, Numbers]]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        """Each of them."""
        for name, meaning, kind, numbers in self._families:
            family = Metric(name, meaning, kind)
            for number in numbers:
                family.add_sample(*number)
            yield family


def exposition(families: Iterable[tuple[str, str, str, Numbers]] | None = None) -> bytes:
    """The text for Prometheus: of this process, or of metrics given as (name, meaning, type, numbers with labels)."""
    return generate_latest(registry if families is None else _Listed(families))


def _begin_at_zero(metric: Counter, *values: str) -> None:
    """A counter that first appears at 1 has not increased, as far as Prometheus can tell."""
    for value in values:
        metric.labels(value)


_begin_at_zero(streams_closed, "client", "lifetime", "shutdown", "signed-out", "stalled")
_begin_at_zero(resets, "unknown", "forked", "pruned")
_begin_at_zero(decisions, "changed", "outcome-unknown", "database-away", "read-only", "busy", "internal")
_begin_at_zero(database_errors, "away", "not-admitted", "read-only", "busy", "outcome-unknown", "crowded")
_begin_at_zero(chores_failed, "expire", "house", "report", "checkpoints", "webhooks", "requests")
_begin_at_zero(workers_replaced, "died", "hung")
_begin_at_zero(imported, "recorded", "unchanged", "superseded", "skipped", "erased", "refused")
_begin_at_zero(exports, "whole", "too-slow", "gone", "failed")
_begin_at_zero(issuer_requests, "answered", "failed")
_begin_at_zero(reads, "replica", "primary")
_begin_at_zero(replica_fallbacks, "behind", "away", "lags", "other-log", "conflict", "crowded", "cancels-exports")
_begin_at_zero(refused, "streams-of-node", "decisions", "trail", "sign-ins", "tokens")
_begin_at_zero(nats_refused, "gap", "unreadable")
_begin_at_zero(
    relay_failures, "away", "no-jetstream", "no-quorum", "full", "too-few-servers", "foreign", "newer", "lost",
    "fenced", "refused", "database", "denied", "unanswered",
)  # fmt: skip
sign_ins.labels("password", "wrong-password")
