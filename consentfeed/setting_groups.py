"""The settings, in groups: a class for each room that reads them. docs/settings.md shows each group as a section.

A group's docstring is the section's heading; what setting() is given are the default and the meaning, a whole sentence.
What reads the settings of one group alone asks for that class. They are dataclasses, for Settings is all of them at
once, and a msgspec.Struct cannot have several bases.
"""

from dataclasses import dataclass, field
from typing import Annotated, Literal, TypeVar

from msgspec import Meta

T = TypeVar("T")
Text = Annotated[str, Meta(min_length=1)]
Positive = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0)]


def setting(default: T, meaning: str) -> T:
    """A field of a group; None as default: unset."""
    return field(default=default, metadata={"meaning": meaning})


# As signed notes have it: ASCII, no white space, no +.
LOG_NAME = r"^[!-*,-~]{1,255}$(?!\n)"
# As a Host field names one, without its port.
HOST = r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])"


@dataclass(frozen=True, kw_only=True)
class NodeSettings:
    """The node."""

    host: Text = setting("127.0.0.1", "The address that `serve` and `dev` listen on.")
    port: Annotated[int, Meta(ge=0, le=65535)] = setting(3001, "The port that `serve` and `dev` listen on.")
    workers: Annotated[int, Meta(ge=0, le=256)] = setting(
        0,
        "Processes that `serve` runs on its port, each a node of its own; with 0 it is the only one, which nothing"
        " replaces.",
    )
    hang_seconds: Seconds = setting(
        10.0, "Seconds without an answer after which a worker is killed and replaced, as one that has died is."
    )
    secret: Annotated[str, Meta(min_length=32)] | None = setting(
        None, "The secret that signs tokens and seals ids: at least 32 characters, and the same on all nodes."
    )
    log_level: Literal["debug", "info", "warning", "error"] = setting(
        "info", "The lowest level that is logged: debug, info, warning or error."
    )
    drain_seconds: Seconds = setting(
        5.0, "Seconds in which streams and waiting decisions end when the node shuts down."
    )
    traces: bool = setting(
        False,
        "Whether spans are sent by OpenTelemetry (extra `otel`) to where the variables OTEL_EXPORTER_OTLP_… say.",
    )


@dataclass(frozen=True, kw_only=True)
class PostgresSettings:
    """PostgreSQL."""

    database_url: str | None = setting(None, "The database URL of the service, with the role consentfeed_app.")
    pool_size: Positive = setting(8, "Connections that a node keeps to PostgreSQL; its listener has one more.")
    replica_url: str | None = setting(
        None,
        "The database URL of a hot standby of that database, with the same role, which lists, search, histories,"
        " exports, older pages of the feed and verification are read from; if unset, all is read from the primary.",
    )
    replica_lag_seconds: Annotated[float, Meta(ge=1, le=3600)] = setting(
        10.0, "Seconds that the standby may lag behind; while it lags more, the primary is read; at least 1."
    )
    probe_seconds: Seconds = setting(
        1.5, "Seconds between two notifications by which the listener tests that it still hears."
    )


@dataclass(frozen=True, kw_only=True)
class FeedSettings:
    """The feed."""

    memory_events: Positive = setting(50_000, "Newest events that a node keeps in memory at most.")
    memory_bytes: Positive = setting(64 << 20, "Bytes that the frames of the events in memory take at most.")
    poll_seconds: Seconds = setting(2.0, "Seconds after which the log is read again, even if no notification has come.")


@dataclass(frozen=True, kw_only=True)
class StreamSettings:
    """Streams."""

    streams: Positive = setting(10_000, "Streams that may be open on a node; one more is answered with 503.")
    streams_per_user: Positive = setting(
        10_000,
        "Streams that one account, or one subject of tokens, may have open on a node, customers apart; one more is"
        " answered with 429.",
    )
    streams_per_customer: Positive = setting(
        2000, "Streams that one customer may have open on a node; one more is answered with 429."
    )
    heartbeat_seconds: Seconds = setting(15.0, "Seconds between two heartbeats of a stream.")
    retry_ms: Positive = setting(2000, "Milliseconds that a browser is told to wait before it reconnects (`retry:`).")
    lifetime_seconds: Seconds = setting(
        3600.0, "Seconds after which a stream is asked to reconnect, give or take 10 %."
    )
    stall_seconds: Seconds = setting(
        10.0, "Seconds after which a client is disconnected that takes no byte of what it is sent."
    )


@dataclass(frozen=True, kw_only=True)
class WriteSettings:
    """Writes."""

    write_batch: Positive = setting(500, "Decisions that one transaction writes at most.")
    write_waiting: Positive = setting(10_000, "Decisions that may wait to be written; more are answered with 503.")
    busy_seconds: Seconds = setting(
        20.0,
        "Seconds for which a decision is tried again while another transaction holds its consent; then it is answered"
        " with 503.",
    )
    trail_days: Annotated[int, Meta(ge=30, le=36500)] = setting(
        365, "Days for which lines of the access trail are kept; at least 30."
    )


@dataclass(frozen=True, kw_only=True)
class RightsSettings:
    """Rights requests."""

    time_zone: Annotated[str, Meta(min_length=1)] | None = setting(
        None,
        "The time zone, by its IANA name, in which the last day of a deadline ends; if unset, the one that"
        " `consentfeed.calendar` has: at first Asia/Colombo.",
    )
    request_text_days: Annotated[int, Meta(ge=30, le=36500)] = setting(
        1095, "Days after which what was written in a request that is closed is emptied; at least 30."
    )


@dataclass(frozen=True, kw_only=True)
class ExportSettings:
    """Exports."""

    exports: Positive = setting(
        2,
        "Exports that may run on a node at once, each on a connection to PostgreSQL of its own; one more is answered"
        " with 503.",
    )
    export_seconds: Seconds = setting(
        600.0,
        "Seconds after which an export ends in an error whose client has not taken all of it: until then its"
        " transaction stays open.",
    )


@dataclass(frozen=True, kw_only=True)
class CheckpointSettings:
    """Checkpoints."""

    checkpoint_key: Text | None = setting(
        None,
        "The file with the key that signs checkpoints, the same on all nodes; `consentfeed checkpoint-key` makes one."
        " If unset, there are no checkpoints.",
    )
    checkpoint_dir: Text | None = setting(
        None, "A directory to which each checkpoint is also written, as a file named by its size; none is overwritten."
    )
    checkpoint_seconds: Annotated[float, Meta(gt=0, le=50)] = setting(
        20,
        "Seconds between checkpoints while there is always something new; at most 50, so that none is older than 60.",
    )
    log_name: Annotated[str, Meta(pattern=LOG_NAME)] | None = setting(
        None,
        "The name of the log in its checkpoints and keys, without spaces and +; if unset, the host of"
        " CONSENTFEED_PUBLIC_URL, else consentfeed.",
    )


@dataclass(frozen=True, kw_only=True)
class WebhookSettings:
    """Webhooks."""

    webhook_networks: str = setting(
        "",
        "Networks, separated by spaces, to which webhooks may be sent although they are not public, such as"
        " 10.20.0.0/16.",
    )


@dataclass(frozen=True, kw_only=True)
class NatsSettings:
    """NATS."""

    nats_url: Text | None = setting(
        None,
        "Servers of NATS with JetStream, separated by commas, such as nats://a:4222,nats://b:4222; nodes are then sent"
        " events by it. It needs the extra nats. If unset, there is no NATS.",
    )
    nats_credentials: Text | None = setting(
        None, "The file with the credentials (`.creds`) by which NATS lets the service in."
    )
    nats_ca: Text | None = setting(
        None,
        "The file with the certificate of the authority (PEM) that certificates of NATS have to be of. If unset, those"
        " are believed that the machine trusts, or SSL_CERT_FILE names.",
    )
    nats_replicas: Annotated[int, Meta(ge=1, le=5)] = setting(
        1, "Servers of NATS that keep a copy of the stream; 3 where there are three servers."
    )
    nats_stream_bytes: Annotated[int, Meta(ge=1 << 20)] = setting(
        1 << 30, "Bytes that the stream may have; its oldest messages go first."
    )
    nats_stream_hours: Seconds = setting(168.0, "Hours after which a message leaves the stream.")


@dataclass(frozen=True, kw_only=True)
class SignInSettings:
    """Sign-in and sessions."""

    passwords: bool | None = setting(
        None, "Whether one may sign in with a password; if unset, only where single sign-on is not configured."
    )
    password_help: Text | None = setting(
        None,
        "Whom to ask who has forgotten the password, in one sentence for the sign-in page; if unset, the page names"
        " those who gave the account.",
    )
    session_hours: Seconds = setting(12.0, "Hours after which a session ends, however much it is used.")
    session_idle_minutes: Seconds = setting(
        60.0, "Minutes after which a session ends that nothing uses; an open stream is use."
    )


@dataclass(frozen=True, kw_only=True)
class ProviderSettings:
    """The identity provider."""

    issuer: Text | None = setting(None, "The URL of the identity provider, exactly as its tokens name it in `iss`.")
    audience: Text | None = setting(
        None, "The name in `aud` of the provider's bearer tokens for this API; if unset, none is accepted."
    )
    token_algorithms: str = setting(
        "RS256",
        "The algorithms by which its tokens may be signed, separated by spaces; never one with a shared secret.",
    )
    role_claim: Text = setting(
        "roles", "The claim of its tokens that holds the roles: a name, or a path such as realm_access.roles."
    )
    roles: str = setting(
        "customer=customer csr=csr admin=admin service=service",
        "Pairs of a role here and the provider's name for it, separated by spaces; docs/identity.md explains them.",
    )
    customer_claim: Text = setting(
        "customer_id", "The claim of a customer's tokens that holds the id (UUID) of the registered customer."
    )
    clock_skew_seconds: Annotated[float, Meta(ge=0, le=300)] = setting(
        30.0, "Seconds by which the provider's clock may differ from ours; at most 300."
    )
    keys_seconds: Seconds = setting(
        300.0,
        "Seconds after which the provider's keys are fetched again; while it cannot be reached, the old ones serve for"
        " 12 times as long.",
    )
    client_id: Text | None = setting(
        None,
        "The id under which this service is registered at the provider; together with CONSENTFEED_ISSUER it turns"
        " single sign-on on.",
    )
    client_secret: Text | None = setting(
        None, "The secret of that registration; if unset, the service is a public client."
    )
    sso_title: Text = setting("Single sign-on", "The words on the sign-in page's button for single sign-on.")
    sso_scopes: Text = setting(
        "openid email profile", "The scopes that are requested of the provider at sign-in, separated by spaces."
    )


@dataclass(frozen=True, kw_only=True)
class HttpSettings:
    """Addresses, proxies and other origins."""

    public_url: Annotated[str, Meta(pattern=rf"^https?://{HOST}(:[0-9]{{1,5}})?$(?!\n)")] | None = setting(
        None,
        "The URL at which browsers find the service, without a path; requests for other hosts are then refused.",
    )
    hosts: str = setting(
        "", "Further names, separated by spaces and without ports, by which this node is served to programs."
    )
    secure_cookie: bool = setting(
        False, "Whether every request counts as sent over https, whatever the connection from a proxy shows."
    )
    trusted_proxies: str = setting(
        "127.0.0.1 ::1",
        "Addresses and networks of proxies, separated by spaces, whose X-Forwarded-For and X-Forwarded-Proto are"
        " believed.",
    )
    cors_origins: str = setting(
        "", "Origins, separated by spaces, whose pages may use this API, the user's session included."
    )


@dataclass(frozen=True, kw_only=True)
class LimitSettings:
    """Limits of requests."""

    body_bytes: Positive = setting(
        2 << 20, "Bytes that the body of a request may have; a longer one is answered with 413."
    )
    bulk_body_bytes: Positive = setting(
        16 << 20, "Bytes that the body of `POST /api/v1/decisions` may have; a longer one is answered with 413."
    )
    head_bytes: Positive = setting(
        64 << 10, "Bytes that a request's line and headers may have together; more are answered with 431."
    )
    head_seconds: Seconds = setting(
        10.0,
        "Seconds that a client may take to begin a request, and to send its line and headers: an idle connection is"
        " closed, a slow request is answered with 408.",
    )
    body_seconds: Seconds = setting(
        60.0, "Seconds that a client may take to send a body; a slower one is answered with 408."
    )
    query_parameters: Positive = setting(1000, "Parameters that a query may have; more are answered with 422.")
    principal_rate: Positive = setting(
        1_000_000,
        "Requests a minute that one account, or one subject of tokens, may send to a node; more are answered with 429.",
    )
    address_rate: Positive = setting(
        2_000_000, "Requests a minute that one address may send to a node; more are answered with 429."
    )
    account_failures: Positive = setting(
        20,
        "Sign-ins to one account that may fail within 5 minutes from one address; further ones are answered with 429.",
    )
    address_failures: Positive = setting(
        60,
        "Sign-ins to any accounts that may fail within 5 minutes from one address; further ones are answered with 429.",
    )
    refused_tokens: Positive = setting(
        1000,
        "Tokens and sessions from one address that may be refused with 401 within 5 minutes; further ones are answered"
        " with 429.",
    )


@dataclass(frozen=True, kw_only=True)
class ApiSettings:
    """The API."""

    phone_region: Text = setting("LK", "The country, in two letters, of phone numbers that are written without a +.")
    metrics_token: Text | None = setting(
        None, "The bearer token that /metrics asks for; if unset, /metrics answers this machine alone."
    )


@dataclass(frozen=True, kw_only=True)
class OperatorSettings:
    """The operator, as customers see it."""

    operator_name: Annotated[str, Meta(min_length=1, max_length=80)] | None = setting(
        None, "The name that the pages show in place of consentfeed's, on every page that a customer sees."
    )
    operator_logo: Text | None = setting(
        None, "A file with the logo that stands beside the name: SVG or PNG, at most 256 KiB."
    )
    operator_contact: Text | None = setting(
        None,
        "Where customers ask for help, for the foot of their pages: an address with https:, mailto: or tel:, or a"
        " sentence.",
    )
    operator_privacy_url: Annotated[str, Meta(pattern=r"^https://\S+$(?!\n)")] | None = setting(
        None, "The https address of the operator's privacy notice, which is linked at the foot of the same pages."
    )


@dataclass(frozen=True, kw_only=True)
class CommandSettings:
    """The commands."""

    owner_url: str | None = setting(None, "The database URL of the schema's owner, for `migrate` alone.")
    data_dir: Text = setting(".consentfeed", "The directory in which `dev` keeps its database and its secret.")
    token: str | None = setting(None, "The bearer token that `tail` and `doctor` send; `token` prints one.")
