"""What the URL of a database may hold: one list, for both drivers. docs/settings.md shows it.

What one of the drivers does not know, or would take for something else, is not on it, and is refused before anything
connects.
"""

import os
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

MISSHAPEN: Final = (
    "not like postgresql://consentfeed_app:…@host:5432/consentfeed;"
    " in a password / ? # @ and % are written %2F %3F %23 %40 and %25"
)


class UrlError(ValueError):
    """A URL that cannot be used; the message says why, and shows no part of it that may be of a password."""


class Parameter(NamedTuple):
    """What a parameter means, in a whole sentence, and which values it may have; none: any."""

    meaning: str
    values: tuple[str, ...] = ()


_KEEPALIVE: Final = Parameter("TCP's own looks at an idle connection: for `migrate`; the service probes its own.")
PARAMETERS: Final[Mapping[str, Parameter]] = {
    "host": Parameter("A name, an address, or the folder of a socket; several, by commas, are tried in turn."),
    "port": Parameter("The port, 5432 unless set: one for all hosts, or one for each."),
    "dbname": Parameter("The database; unless set, the one that is called like the role."),
    "user": Parameter("The role; unless set, the one that is called like the user of the process."),
    "password": Parameter("The role's password; unless set, it is looked for in `passfile`."),
    "passfile": Parameter("The file with passwords; ~/.pgpass unless set, and read by its owner alone."),
    "service": Parameter("A section of ~/.pg_service.conf (PGSERVICEFILE) that has further parameters."),
    "connect_timeout": Parameter("Whole seconds for each host, at least 2; 5 unless set."),
    "target_session_attrs": Parameter("Which of several hosts will do.", ("any", "primary", "read-write")),
    "application_name": Parameter("How the connections are called in pg_stat_activity."),
    "fallback_application_name": Parameter("The same, where application_name is not set."),
    "options": Parameter("Settings of the sessions (`-c name=value`); those that consentfeed makes itself win."),
    "client_encoding": Parameter("It has no effect: consentfeed's sessions are in UTF-8."),
    "sslmode": Parameter(
        "Whether there is TLS, and who is believed; prefer unless set.",
        ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    ),
    "sslrootcert": Parameter("The file of who is believed; system: whom the machine trusts, with verify-full."),
    "sslcert": Parameter("The file of the client's certificate."),
    "sslkey": Parameter("The file of its key."),
    "sslpassword": Parameter("The password of that key."),
    "sslcrl": Parameter("The file of certificates that are no longer good."),
    "sslnegotiation": Parameter("How TLS begins.", ("postgres", "direct")),
    "ssl_min_protocol_version": Parameter("The oldest TLS; TLSv1.2 unless set.", ("TLSv1.2", "TLSv1.3")),
    "ssl_max_protocol_version": Parameter("The newest TLS.", ("TLSv1.2", "TLSv1.3")),
    "keepalives": _KEEPALIVE,
    "keepalives_idle": _KEEPALIVE,
    "keepalives_interval": _KEEPALIVE,
    "keepalives_count": _KEEPALIVE,
    "tcp_user_timeout": _KEEPALIVE,
    # Of these the service's driver can do one thing alone. Who asks for another must not believe that it is done.
    "channel_binding": Parameter("It is not used; verify-full keeps others out as well.", ("disable", "prefer")),
    "gssencmode": Parameter("There is no encryption by GSSAPI; TLS serves.", ("disable", "prefer")),
    "sslcertmode": Parameter("A client's certificate is sent where there is one.", ("allow",)),
    "sslsni": Parameter("The server's name is sent.", ("1",)),
    "load_balance_hosts": Parameter("Hosts are tried in their order.", ("disable",)),
}
# What to write instead of what is not supported.
_INSTEAD: Final = {
    "hostaddr": "write the address as the host",
    "require_auth": "sslmode=verify-full keeps others from asking for the password",
    "channel_binding": "sslmode=verify-full keeps others out as well",
    "ssl": "write sslmode",
}
TLS: Final = (
    "sslmode", "sslcert", "sslkey", "sslpassword", "sslcrl", "sslrootcert", "sslnegotiation",
    "ssl_min_protocol_version", "ssl_max_protocol_version",
)  # fmt: skip


def require_known(names: Iterable[str], where: str = "") -> None:
    """Raises UrlError for a parameter that is not on the list; where: it does not stand in the URL itself."""
    for name in names:
        if not name.isidentifier():  # no name of a parameter: a part of something else, which is not to be shown
            raise UrlError(MISSHAPEN)
        if name not in PARAMETERS:
            raise UrlError(f"the parameter {name}{where} is not supported: {_instead_of(name)}")


def require_values(parameters: Mapping[str, str]) -> None:
    """Raises UrlError for a parameter on the list with a value that is not."""
    for name, value in parameters.items():
        values = PARAMETERS[name].values
        if values and value not in values:
            raise UrlError(f"the parameter {name} may be {' or '.join(values)} alone: {_instead_of(name)}")


def require_files(parameters: Mapping[str, str]) -> None:
    """Raises UrlError for a file of TLS that cannot be read."""
    for name in ("sslrootcert", "sslcert", "sslkey", "sslcrl"):
        path = parameters.get(name)
        if path and (name, path) != ("sslrootcert", "system") and not os.access(path, os.R_OK):
            raise UrlError(f"the parameter {name} names {path}, which is no file that can be read here")


def _instead_of(name: str) -> str:
    return f"{_INSTEAD.get(name, 'leave it out')} (docs/settings.md lists what is)"
