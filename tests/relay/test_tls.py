"""tls:// in CONSENTFEED_NATS_URL: encrypted, with a server whose certificate is believed, or not at all."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from consentfeed import metrics
from tests.doctor.examined import bad
from tests.doctor.test_nats import finding
from tests.relay.test_nodes import fed
from tests.relay.test_stream import FLIP, ids, log, served
from tests.support.certificates import Certificates, certificates
from tests.support.database import Sql
from tests.support.listener import Listener
from tests.support.nats import Nats, NatsServer, url_of
from tests.support.node import StartNode
from tests.support.seed import CUSTOMER
from tests.support.waiting import wait_until


@pytest.fixture
def made() -> Certificates:
    """A certificate for the addresses of this machine, and for a name that it does not have."""
    return certificates("nats.example")


@pytest.fixture
def authority(made: Certificates, tmp_path: Path) -> str:
    """The file of the authority."""
    (tmp_path / "authority.pem").write_text(made.authority)
    return str(tmp_path / "authority.pem")


@pytest.fixture
def encrypted(made: Certificates, authority: str, tmp_path: Path) -> Iterator[Nats]:
    """A server that lets nobody in who does not encrypt."""
    server = NatsServer()
    write(made, tmp_path)
    server.more = f"tls {{ cert_file: {tmp_path}/server.pem, key_file: {tmp_path}/key.pem }}\n"
    server.tls = ssl.create_default_context(cafile=authority)
    try:
        server.start()
        yield Nats([server])
    finally:
        server.close()


def write(made: Certificates, folder: Path) -> None:
    """What a server reads when it starts."""
    for name, text in (("server", made.server), ("key", made.key)):
        (folder / f"{name}.pem").write_text(text)


@pytest.mark.parametrize("is_set", [True, False])
def test_nodes_are_sent_events_over_an_encrypted_connection(
    encrypted: Nats,
    authority: str,
    database: Sql,
    start_node: StartNode,
    monkeypatch: pytest.MonkeyPatch,
    is_set: bool,
) -> None:
    """By a setting, or by what OpenSSL takes for the machine's authorities."""
    if not is_set:
        monkeypatch.setenv("SSL_CERT_FILE", authority)
    url, believed = tls(encrypted), authority if is_set else None
    start_node(nats_url=url, nats_ca=believed)
    database.run(FLIP, CUSTOMER)
    assert ids(encrypted.relayed(database)) == log(database)
    other = fed(start_node(nats_url=url, nats_ca=believed))
    before = metrics.total(metrics.nats_events)
    served(other, database)
    assert metrics.total(metrics.nats_events) > before
    wait_until(lambda: finding(database, url, nats_ca=believed).severity == "ok", what="the doctor is content")


def tls(nats: Nats, host: str = "127.0.0.1") -> str:
    """As of CONSENTFEED_NATS_URL."""
    return f"tls://{host}:{nats.servers[0].port}"


def test_a_certificate_that_is_not_believed_is_said(
    encrypted: Nats, authority: str, database: Sql, start_node: StartNode
) -> None:
    words = "problem", "cannot be encrypted", "CONSENTFEED_NATS_CA"
    bad(finding(database, tls(encrypted)), *words)
    bad(finding(database, tls(encrypted, "localhost"), nats_ca=authority), *words)
    served(start_node(nats_url=tls(encrypted)), database)
    assert metrics.total(metrics.nats_away) == 1


def test_a_server_that_gets_the_right_certificate_is_used(
    encrypted: Nats,
    authority: str,
    made: Certificates,
    database: Sql,
    start_node: StartNode,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (server,) = encrypted.servers
    server.stop()
    write(certificates(), tmp_path)
    server.start()
    start_node(nats_url=tls(encrypted), nats_ca=authority)
    wait_until(lambda: "SSLCertVerificationError" in capsys.readouterr().out, what="it is not believed")
    server.stop()
    write(made, tmp_path)
    server.start()
    database.run(FLIP, CUSTOMER)
    assert ids(encrypted.relayed(database)) == log(database)


def test_a_server_that_does_not_encrypt_is_not_shown_the_password(database: Sql) -> None:
    """Whoever answers in place of NATS may say that there is no need to encrypt."""
    with Listener(b'INFO {"server_id":"some","headers":true,"max_payload":1048576}\r\n') as listener:
        bad(finding(database, url_of("name", "secret-word", listener.port, "tls")), "problem", "cannot be encrypted")
    assert listener.heard
    assert b"secret-word" not in listener.heard
