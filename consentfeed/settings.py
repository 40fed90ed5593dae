"""The settings: one table, read from CONSENTFEED_* environment variables, shown in docs/settings.md."""

import os
import re
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

Text = Annotated[str, Meta(min_length=1)]
Positive = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0)]
# As browsers write it: a wildcard, a path, or a default port would never match.
_ORIGIN = re.compile(r"(https://(?!\S+:443$)|http://(?!\S+:80$))(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:[0-9]{1,5})?")
# A password with / ? or # in it as they are: what is before would be taken for host and port, and shown as not found.
_DATABASE_URL = re.compile(r"postgres(ql)?://([^/?#]*@)?([^@/?#:\[\]]*|\[[^@/?#\]]*\])(:[0-9]*)?(,[^@/?#]*)?([/?].*)?")
# Whoever has no other role may be made a customer, and nothing more.
_ROLE = re.compile(r"(customer|csr|admin|service)=(?!\*$)\S+|customer=\*")
# With one key for both sides, or with none, whoever can check a token could make one.
ALGORITHMS = frozenset(
    ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
)


class SettingsError(ValueError):
    """A setting is missing or cannot be used; the message names the variable."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings; the variable of `port` is CONSENTFEED_PORT, and so on."""

    database_url: Annotated[str | None, Meta(description="PostgreSQL, as role consentfeed_app")] = None
    owner_url: Annotated[str | None, Meta(description="PostgreSQL, as the owner; for migrate alone")] = None
    secret: Annotated[
        Annotated[str, Meta(min_length=32)] | None,
        Meta(description="At least 32 characters, the same on all nodes: signs tokens, seals ids"),
    ] = None
    host: Annotated[Text, Meta(description="Address to listen on")] = "127.0.0.1"
    port: Annotated[int, Meta(description="Port to listen on", ge=0, le=65535)] = 3001
    data_dir: Annotated[Text, Meta(description="Where `dev` keeps its database and its secret")] = ".consentfeed"
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="debug, info, warning or error")
    ] = "info"
    phone_region: Annotated[Text, Meta(description="Country of phone numbers written without +")] = "LK"
    pool_size: Annotated[Positive, Meta(description="Connections to PostgreSQL, listener apart")] = 8
    write_batch: Annotated[Positive, Meta(description="Decisions in one transaction at most")] = 500
    write_waiting: Annotated[Positive, Meta(description="Decisions waiting at most; beyond: 503")] = 10_000
    busy_seconds: Annotated[Seconds, Meta(description="How long to retry a consent that another transaction holds")] = (
        20.0
    )
    memory_events: Annotated[Positive, Meta(description="Newest events kept in memory at most")] = 50_000
    memory_bytes: Annotated[Positive, Meta(description="The same in bytes of frames")] = 64 << 20
    streams: Annotated[Positive, Meta(description="Open streams at most; beyond: 503")] = 10_000
    streams_per_user: Annotated[
        Positive, Meta(description="The same of one account or subject of tokens, customers apart; beyond: 429")
    ] = 10_000
    streams_per_customer: Annotated[Positive, Meta(description="The same of one customer")] = 2000
    heartbeat_seconds: Annotated[Seconds, Meta(description="Pause between heartbeats of a stream")] = 15.0
    retry_ms: Annotated[Positive, Meta(description="What a stream's `retry:` says")] = 2000
    lifetime_seconds: Annotated[
        Seconds, Meta(description="A stream is asked to reconnect after this long, give or take 10 %")
    ] = 3600.0
    stall_seconds: Annotated[Seconds, Meta(description="A client that takes no byte for this long is closed")] = 10.0
    poll_seconds: Annotated[Seconds, Meta(description="The log is read this often whatever NOTIFY said")] = 2.0
    probe_seconds: Annotated[Seconds, Meta(description="The listener tests its own hearing this often")] = 1.5
    drain_seconds: Annotated[Seconds, Meta(description="Time for open requests when shutting down")] = 5.0
    session_hours: Annotated[Seconds, Meta(description="A sign-in ends after this long")] = 12.0
    session_idle_minutes: Annotated[
        Seconds, Meta(description="The same where nothing uses it for so long; an open stream is use")
    ] = 60.0
    passwords: Annotated[
        bool | None, Meta(description="Sign-in with a password; unset: where there is no identity provider")
    ] = None
    issuer: Annotated[Text | None, Meta(description="The identity provider: the URL that its tokens name in `iss`")] = (
        None
    )
    audience: Annotated[
        Text | None, Meta(description="What its bearer tokens for us name in `aud`; unset: none of them is taken")
    ] = None
    token_algorithms: Annotated[
        str, Meta(description="How its tokens may be signed, separated by spaces; never with a shared secret")
    ] = "RS256"  # noqa: S105
    role_claim: Annotated[
        Text, Meta(description="Where its tokens hold the roles: a claim's name, or a path such as realm_access.roles")
    ] = "roles"
    roles: Annotated[str, Meta(description="Our roles and what it calls them; docs/identity.md")] = (
        "customer=customer csr=csr admin=admin service=service"
    )
    customer_claim: Annotated[
        Text, Meta(description="Where they hold the id (UUID) of the registered customer, for customers")
    ] = "customer_id"
    clock_skew_seconds: Annotated[
        float, Meta(description="How far its clock may be from ours; 300 at most", ge=0, le=300)
    ] = 30.0
    keys_seconds: Annotated[
        Seconds, Meta(description="Its keys are asked for anew after so long; while it is away they serve 12 times it")
    ] = 300.0
    client_id: Annotated[
        Text | None, Meta(description="Who we are to the identity provider; with CONSENTFEED_ISSUER: single sign-on")
    ] = None
    client_secret: Annotated[Text | None, Meta(description="Our secret there; none: a public client")] = None
    public_url: Annotated[
        Annotated[str, Meta(pattern=r"^https?://[^/?#@\s]+$(?!\n)")] | None,
        Meta(description="Where browsers find us, with no path; unset: what a request says in Host"),
    ] = None
    sso_title: Annotated[Text, Meta(description="What the sign-in page calls the identity provider")] = "Single sign-on"
    sso_scopes: Annotated[Text, Meta(description="What is asked of the identity provider, separated by spaces")] = (
        "openid email profile"
    )
    trail_days: Annotated[
        Annotated[int, Meta(ge=30, le=36500)],
        Meta(description="Lines of the access trail are kept for so many days; at least 30"),
    ] = 365
    token: Annotated[str | None, Meta(description="Bearer token of `tail` and `doctor`; `token` prints one")] = None
    secure_cookie: Annotated[
        bool, Meta(description="Every request counts as come over https, whatever this side of a proxy sees")
    ] = False
    trusted_proxies: Annotated[
        str,
        Meta(description="Addresses and networks, separated by spaces, whose X-Forwarded-For and -Proto are believed"),
    ] = "127.0.0.1 ::1"
    cors_origins: Annotated[
        str, Meta(description="Origins, separated by spaces, whose pages may use this API, sessions included")
    ] = ""
    metrics_token: Annotated[
        Text | None, Meta(description="Bearer token that /metrics asks for; without one it answers this machine alone")
    ] = None
    body_bytes: Annotated[Positive, Meta(description="Bytes of a body at most; beyond: 413")] = 2 << 20
    bulk_body_bytes: Annotated[Positive, Meta(description="The same of many decisions at once")] = 16 << 20
    head_bytes: Annotated[Positive, Meta(description="Bytes of a request's line and headers at most; beyond: 431")] = (
        64 << 10
    )
    head_seconds: Annotated[Seconds, Meta(description="Time to send them, or the first byte; beyond: 408")] = 10.0
    body_seconds: Annotated[Seconds, Meta(description="Time to send a body; beyond: 408")] = 60.0
    query_parameters: Annotated[Positive, Meta(description="Parameters of a query at most; beyond: 422")] = 1000
    principal_rate: Annotated[
        Positive, Meta(description="Requests a minute of one account or subject of tokens; beyond: 429")
    ] = 1_000_000
    address_rate: Annotated[Positive, Meta(description="The same of one address")] = 2_000_000
    account_failures: Annotated[
        Positive, Meta(description="Failed sign-ins in 5 minutes to one account from one address; beyond: 429")
    ] = 20
    address_failures: Annotated[Positive, Meta(description="The same to whatever accounts")] = 60
    refused_tokens: Annotated[
        Positive, Meta(description="Refused tokens and sessions in 5 minutes from one address; beyond: 429, not 401")
    ] = 1000

    def __post_init__(self) -> None:
        """Raises ValueError for what its type cannot tell."""
        if self.database_url is not None and not _DATABASE_URL.fullmatch(self.database_url):
            raise ValueError(
                "not like postgresql://consentfeed_app:…@host:5432/consentfeed;"
                " in a password / ? # @ and % are written %2F %3F %23 %40 and %25"
            )
        for origin in self.cors_origins.split():
            if not _ORIGIN.fullmatch(origin):
                raise ValueError(f"{origin!r} is no origin like https://app.example.com, in lower case, with no path")
        for proxy in self.trusted_proxies.split():
            ip_network(proxy)
        if self.issuer is not None and (not safe_url(self.issuer) or {"?", "#"} & set(self.issuer)):
            raise ValueError("an issuer is an https URL (http on this machine alone) with no ? and no #")
        if not self.token_algorithms.split() or not ALGORITHMS.issuperset(self.token_algorithms.split()):
            raise ValueError(f"{self.token_algorithms!r} is not one or more of {' '.join(sorted(ALGORITHMS))}")
        for pair in self.roles.split():
            if not _ROLE.fullmatch(pair):
                raise ValueError(f"{pair!r} is none of customer=, csr=, admin= and service= with a name")


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return "CONSENTFEED_" + name.upper()


def load(environ: Mapping[str, str] = os.environ, **overrides: object) -> Settings:
    """Settings from the environment; overrides (from the command line) win unless None. Raises SettingsError."""
    values: dict[str, object] = {
        field: environ[variable(field)] for field in Settings.__struct_fields__ if variable(field) in environ
    }
    values |= {name: value for name, value in overrides.items() if value is not None}
    for field, value in values.items():
        try:
            msgspec.convert({field: value}, Settings, strict=False)
        except msgspec.ValidationError as error:
            raise SettingsError(f"{variable(field)}: {str(error).split(' - at')[0]}") from None
    return msgspec.convert(values, Settings, strict=False)


def safe_url(url: str) -> bool:
    """Whether what is read from there is what its owner wrote: https, or this machine."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 (raises where it is none)
    except ValueError:
        return False
    local = parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1", "::1"}
    return (parts.scheme == "https" or local) and bool(parts.hostname) and "@" not in parts.netloc


def require(settings: Settings, *names: str) -> None:
    """Raises SettingsError naming the variables of `names` that have no value."""
    missing = [variable(name) for name in names if getattr(settings, name) is None]
    if missing:
        raise SettingsError(f"set {' and '.join(missing)} (docs/settings.md)")


def require_whole_provider(settings: Settings) -> None:
    """Raises SettingsError where an identity provider is configured by half."""
    if settings.audience or settings.client_id:
        require(settings, "issuer")
    elif settings.issuer:
        bearer, sign_in = variable("audience"), variable("client_id")
        raise SettingsError(f"{variable('issuer')}: set {bearer} for its bearer tokens, {sign_in} for sign-in, or both")


def data_path(settings: Settings) -> Path:
    """The data directory of `dev`, absolute."""
    return Path(settings.data_dir).expanduser().absolute()
