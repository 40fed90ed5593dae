"""The settings: one table, read from CONSENTFEED_* environment variables, shown in docs/settings.md."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Text = Annotated[str, Meta(min_length=1)]
Positive = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0)]


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
    token: Annotated[str | None, Meta(description="Bearer token of `tail`; `token` prints one")] = None
    secure_cookie: Annotated[
        bool, Meta(description="Mark cookies Secure even when the request did not come over https")
    ] = False


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


def require(settings: Settings, *names: str) -> None:
    """Raises SettingsError naming the variables of `names` that have no value."""
    missing = [variable(name) for name in names if getattr(settings, name) is None]
    if missing:
        raise SettingsError(f"set {' and '.join(missing)} (docs/settings.md)")


def data_path(settings: Settings) -> Path:
    """The data directory of `dev`, absolute."""
    return Path(settings.data_dir).expanduser().absolute()
