"""All settings, read from CONSENTFEED_* environment variables and checked. What they are: setting_groups."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import msgspec

from consentfeed import database_url
from consentfeed.setting_groups import (
    HOST,
    ApiSettings,
    CheckpointSettings,
    CommandSettings,
    ExportSettings,
    FeedSettings,
    HttpSettings,
    LimitSettings,
    NatsSettings,
    NodeSettings,
    OperatorSettings,
    PostgresSettings,
    ProviderSettings,
    RightsSettings,
    SignInSettings,
    StreamSettings,
    WebhookSettings,
    WriteSettings,
)

# As browsers write it: a wildcard, a path, or a default port would never match.
_ORIGIN = re.compile(r"(https://(?!\S+:443$)|http://(?!\S+:80$))(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:[0-9]{1,5})?")
# Whoever has no other role may be made a customer, and nothing more.
_ROLE = re.compile(r"(customer|csr|admin|service)=(?!\*$)\S+|customer=\*")
# With one key for both sides, or with none, whoever can check a token could make one.
ALGORITHMS = frozenset(
    ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
)


class SettingsError(ValueError):
    """A setting is missing or cannot be used; the message names the variable."""


@dataclass(frozen=True, kw_only=True)
class Settings(
    NodeSettings,
    PostgresSettings,
    FeedSettings,
    StreamSettings,
    WriteSettings,
    RightsSettings,
    ExportSettings,
    CheckpointSettings,
    WebhookSettings,
    NatsSettings,
    SignInSettings,
    ProviderSettings,
    HttpSettings,
    LimitSettings,
    ApiSettings,
    OperatorSettings,
    CommandSettings,
):
    """The settings of all groups, which stand here as docs/settings.md shows them.

    The variable of `port` is CONSENTFEED_PORT, and so on.
    """

    def __repr__(self) -> str:
        """Without the values: tracebacks and logs would show secrets."""
        return "Settings(…)"

    def __post_init__(self) -> None:
        """Raises ValueError for what a setting's type cannot tell."""
        if self.database_url is not None:
            database_url.read(self.database_url)
        if self.replica_url is not None:
            database_url.read(self.replica_url)
        if self.owner_url:  # an empty one is refused by `migrate` alone
            database_url.read(self.owner_url)
        _require_each(re.compile(HOST), self.hosts, "no host like consents.internal or [::1], without a port")
        _require_each(_ORIGIN, self.cors_origins, "no origin like https://app.example.com, in lower case, with no path")
        for network in (*self.trusted_proxies.split(), *self.webhook_networks.split()):
            ip_network(network)
        if self.nats_url is not None:
            nats_servers(self.nats_url)
        if self.time_zone is not None and self.time_zone not in available_timezones():
            raise ValueError(f"{self.time_zone!r} is no time zone: Asia/Colombo is one")
        if self.issuer is not None and (not safe_url(self.issuer) or {"?", "#"} & set(self.issuer)):
            raise ValueError("an issuer is an https URL (http on this machine alone) with no ? and no #")
        if not self.token_algorithms.split() or not ALGORITHMS.issuperset(self.token_algorithms.split()):
            raise ValueError(f"{self.token_algorithms!r} is not one or more of {' '.join(sorted(ALGORITHMS))}")
        _require_each(_ROLE, self.roles, "none of customer=, csr=, admin= and service= with a name")


def _require_each(form: re.Pattern[str], words: str, otherwise: str) -> None:
    """Raises ValueError, saying what it is, for a word that has another form."""
    for word in words.split():
        if not form.fullmatch(word):
            raise ValueError(f"{word!r} is {otherwise}")


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return "CONSENTFEED_" + name.upper()


def load(environ: Mapping[str, str] = os.environ, **overrides: object) -> Settings:
    """Settings from the environment; overrides (from the command line) win unless None. Raises SettingsError."""
    values: dict[str, object] = {
        field.name: environ[variable(field.name)] for field in fields(Settings) if variable(field.name) in environ
    }
    values |= {name: value for name, value in overrides.items() if value is not None}
    # One at a time: an error then is that setting's, also one of __post_init__, which names none.
    for name, value in values.items():
        try:
            msgspec.convert({name: value}, Settings, strict=False)
        except msgspec.ValidationError as error:
            raise SettingsError(f"{variable(name)}: {str(error).split(' - at')[0]}") from None
    return msgspec.convert(values, Settings, strict=False)


def safe_url(url: str) -> bool:
    """Whether nobody on the way can change what is read from there: https, or this machine."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 (raises where it is none)
    except ValueError:
        return False
    local = parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1", "::1"}
    return (parts.scheme == "https" or local) and bool(parts.hostname) and "@" not in parts.netloc


def nats_servers(text: str) -> list[str]:
    """The servers of a CONSENTFEED_NATS_URL; raises ValueError, which quotes none: a password may be in it."""
    servers = [one.strip() for one in text.split(",")]
    for server in servers:
        try:
            parts = urlsplit(server)
            is_one = parts.scheme in {"nats", "tls"} and bool(parts.hostname) and parts.port != 0
        except ValueError:
            is_one = False
        if not is_one or parts.path.strip("/") or parts.query or parts.fragment:
            raise ValueError("a server of NATS is nats://host:port or tls://host:port, several are separated by commas")
    return servers


def require(settings: Settings, *names: str) -> None:
    """Raises SettingsError naming the variables of `names` that have no value."""
    unset = [variable(name) for name in names if getattr(settings, name) is None]
    if unset:
        raise SettingsError(f"set {' and '.join(unset)} (docs/settings.md)")


def require_whole_provider(settings: Settings) -> None:
    """Raises SettingsError where of an identity provider's settings some are set that do nothing without others."""
    if settings.audience or settings.client_id:
        require(settings, "issuer")
    elif settings.issuer:
        bearer, sign_in = variable("audience"), variable("client_id")
        raise SettingsError(f"{variable('issuer')}: set {bearer} for its bearer tokens, {sign_in} for sign-in, or both")


def log_name(settings: Settings) -> str:
    """What the log is called in checkpoints."""
    return settings.log_name or urlsplit(settings.public_url or "").hostname or "consentfeed"


def data_path(settings: Settings) -> Path:
    """The data directory of `dev`, absolute. Raises SettingsError where it begins with the home of nobody."""
    try:
        return Path(settings.data_dir).expanduser().absolute()
    except RuntimeError:
        raise SettingsError(f"{variable('data_dir')}: {settings.data_dir} is in the home of nobody here") from None
