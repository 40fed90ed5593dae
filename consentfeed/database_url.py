"""The URL of a database, read in one way for both drivers: by libpq's rules, with what url_parameters lists alone."""

import configparser
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import unquote

import psycopg
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict

from consentfeed.url_parameters import MISSHAPEN, TLS, UrlError, require_files, require_known, require_values

_PORT: Final = "5432"
_CONNECT_SECONDS: Final = 5
# Where PostgreSQL has its socket, if no host is named. Each build of libpq has another of them compiled in.
_SOCKET_FOLDERS: Final = ("/run/postgresql", "/var/run/postgresql", "/tmp")  # noqa: S108
_FORM: Final = re.compile(r"postgres(?:ql)?://([^/?]*)(.*)", re.DOTALL)


class DatabaseUrl:
    """A URL as libpq understands it, with what the environment (PG…) and a service file add to it."""

    def __init__(self, parameters: Mapping[str, str]) -> None:
        self._parameters = parameters

    @property
    def hosts(self) -> list[tuple[str, int]]:
        """Each host with its port, in the order in which they are tried."""
        names, ports = self._parameters.get("host", "").split(","), self._parameters.get("port", "").split(",")
        numbers = [int(port or _PORT) for port in ports] * (len(names) if len(ports) == 1 else 1)
        return [(name or _local(number), number) for name, number in zip(names, numbers, strict=True)]

    @property
    def user(self) -> str:
        """The role."""
        return self._parameters["user"]

    @property
    def database(self) -> str:
        """The database."""
        return self._parameters.get("dbname") or self.user

    @property
    def password(self) -> str | None:
        """The password where it is given, and need not be looked for."""
        return self._parameters.get("password")

    @property
    def connect_seconds(self) -> int:
        """How long to wait for one host."""
        return max(int(self._parameters.get("connect_timeout") or 0) or _CONNECT_SECONDS, 2)

    @property
    def tls(self) -> Mapping[str, str]:
        """The parameters about TLS that were given."""
        return {name: self._parameters[name] for name in TLS if name in self._parameters}

    def get(self, name: str, otherwise: str = "") -> str:
        """Another parameter."""
        return self._parameters.get(name, otherwise)

    def for_libpq(self, application: str) -> dict[str, str | int]:
        """All of it, with nothing left for libpq to choose."""
        hosts = self.hosts
        return {
            **self._parameters,
            "host": ",".join(name for name, _ in hosts),
            "port": ",".join(str(port) for _, port in hosts),
            "dbname": self.database,
            "connect_timeout": self.connect_seconds,
            "application_name": self.application(application),
        }

    def application(self, otherwise: str) -> str:
        """How a connection is called in pg_stat_activity."""
        return self.get("application_name") or self.get("fallback_application_name") or otherwise


def read(url: str) -> DatabaseUrl:
    """What a URL says; raises UrlError."""
    form = _FORM.fullmatch(url)
    # A password with / or ? in it as they are tears the URL: what is before would be taken for host and port.
    if form is None or (form[1] and "@" not in form[1] and "@" in form[2]):
        raise UrlError(MISSHAPEN)
    require_known(_names(form[2]), "")
    try:
        given = _filled(conninfo_to_dict(url))
    except (psycopg.Error, UnicodeError):
        raise UrlError(MISSHAPEN) from None
    surroundings = _environment()
    service = given.pop("service", surroundings.pop("service", ""))
    parameters = surroundings | (_of_service(service) if service else {}) | given
    if parameters.get("sslrootcert") == "system":
        parameters.setdefault("sslmode", "verify-full")
    _check(parameters)
    return DatabaseUrl(parameters)


def _filled(parameters: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in parameters.items() if value not in {None, ""}}


def _names(rest: str) -> Iterator[str]:
    """Of the parameters in what follows the hosts."""
    query = rest.partition("?")[2]
    return (unquote(pair.partition("=")[0]) for pair in query.split("&") if pair)


def _environment() -> dict[str, str]:
    """What libpq takes from the environment; what is compiled into it is left out, for each build has its own."""
    found = {}
    for option in pq.Conninfo.get_defaults():
        if option.val and option.val != option.compiled:
            require_known([option.keyword.decode()], f" (by {(option.envvar or b'').decode()})")
            found[option.keyword.decode()] = option.val.decode(errors="replace")
    return found


def _of_service(service: str) -> dict[str, str]:
    """A section of the service file."""
    path = Path(os.environ.get("PGSERVICEFILE") or f"{os.environ.get('HOME', '')}/.pg_service.conf")
    sections = configparser.ConfigParser(interpolation=None, delimiters="=", comment_prefixes="#")
    try:
        sections.read_string(path.read_text())
        found = dict(sections[service])
    except (OSError, UnicodeError, configparser.Error, KeyError):
        raise UrlError(f"the parameter service names {service}, which is not to be found in {path}") from None
    require_known(found, f" (by {path})")
    return _filled(found)


def _check(parameters: Mapping[str, str]) -> None:
    """Raises UrlError for what cannot be used."""
    require_values(parameters)
    require_files(parameters)
    if parameters.get("sslrootcert") == "system" and parameters["sslmode"] != "verify-full":
        raise UrlError("the parameter sslrootcert=system needs sslmode=verify-full")
    if not re.fullmatch("[0-9]{0,4}", parameters.get("connect_timeout", "")):
        raise UrlError("the parameter connect_timeout is whole seconds")
    hosts, ports = parameters.get("host", ""), parameters.get("port", "").split(",")
    if "@" in hosts or not all(map(_is_port, ports)):
        raise UrlError(MISSHAPEN)
    if len(ports) not in {1, hosts.count(",") + 1}:
        raise UrlError("there are neither as many ports as hosts, nor one for all")
    if not parameters.get("user"):
        raise UrlError("it names no role")


def _is_port(text: str) -> bool:
    return not text or (re.fullmatch("[0-9]{1,5}", text) is not None and 0 < int(text) < 1 << 16)


def _local(port: int) -> str:
    """Where the server of this machine is to be found."""
    names = (folder for folder in _SOCKET_FOLDERS if Path(folder, f".s.PGSQL.{port}").exists())
    return next(names, "localhost")
