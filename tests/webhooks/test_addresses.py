"""Requests go to public addresses alone, or to networks that the operator has named: looked at after resolving."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

import pytest

from consentfeed.webhooks import sender
from consentfeed.webhooks.addresses import Addresses, Refused, Unresolved
from consentfeed.webhooks.message import Message
from consentfeed.webhooks.sender import Failure, Sender
from consentfeed.webhooks.target import NoTarget, target
from tests.support.certificates import certificates
from tests.support.receiver import receiver

NOT_PUBLIC = """
    127.0.0.1 127.255.255.255 0.0.0.0 10.0.0.1 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 192.0.0.1 192.0.2.1
    192.88.99.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
    ::1 :: fe80::1 fe80::1%eth0 fc00::1 fd12::1 fec0::1 ff02::1 ff0e::1 100::1 2001::1 2001:db8::1 3fff::1 5f00::1
    ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::127.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe
    64:ff9b:1::1 2002:7f00:1::1 2002:a00:1::
"""
PUBLIC = "8.8.8.8 93.184.216.34 ::ffff:8.8.8.8 2606:4700::1111 64:ff9b::808:808 2002:808:808::1"
MESSAGE = Message("1-00000000", b"{}")


@pytest.mark.parametrize("address", NOT_PUBLIC.split())
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert not Addresses("").allows(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC.split())
def test_a_public_one_is_not(address: str) -> None:
    assert Addresses("").allows(ip_address(address))


def test_a_named_network_is_allowed_and_no_more_than_it() -> None:
    named = Addresses("10.20.0.0/16 fd00:1::/32")
    for address in ("10.20.3.4", "::ffff:10.20.3.4", "fd00:1::5"):
        assert named.allows(ip_address(address))
    for address in ("10.21.0.1", "127.0.0.1", "fd00:2::5"):
        assert not named.allows(ip_address(address))


Resolve = Callable[..., None]


@pytest.fixture
def resolve(monkeypatch: pytest.MonkeyPatch) -> Resolve:
    """Names have these addresses, one answer for each time that somebody asks."""

    def answers(*times: list[str]) -> None:
        left = list(times)

        def getaddrinfo(_host: str, port: int, **_: object) -> list[tuple[object, ...]]:
            found = left.pop(0) if len(left) > 1 else left[0]
            if not found:
                raise socket.gaierror
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    return answers


def sent(url: str, networks: str = "") -> Failure | None:
    async def go() -> Failure | None:
        one = Sender(url, [b"key"], Addresses(networks))
        try:
            return await one.send(MESSAGE)
        finally:
            await one.close()

    return asyncio.run(go())


def test_a_name_with_a_public_and_a_private_address_is_refused(resolve: Resolve) -> None:
    resolve(["8.8.8.8", "10.0.0.1"])
    with pytest.raises(Refused, match=r"^10\.0\.0\.1$"):
        asyncio.run(Addresses("").of("two.example", 443))
    assert sent("https://two.example/") == Failure("address-refused", "10.0.0.1")


def test_a_name_that_leads_nowhere_is_told(resolve: Resolve) -> None:
    resolve([])
    with pytest.raises(Unresolved):
        asyncio.run(Addresses("").of("none.example", 443))
    assert sent("https://none.example/") == Failure("unresolved")


def test_the_connection_goes_to_the_address_that_was_looked_at(resolve: Resolve) -> None:
    """Whoever answers the second question with another address is not asked a second time."""
    with receiver() as here:
        port = here.url.split(":")[2].split("/")[0]
        resolve(["127.0.0.1"], ["192.0.2.1"])
        assert sent(f"http://hooks.example:{port}/x?y=1", "127.0.0.0/8") is None
        assert here.delivered[0].headers["host"] == f"hooks.example:{port}"
        resolve(["192.0.2.1"], ["127.0.0.1"])
        assert sent(f"http://hooks.example:{port}/", "127.0.0.0/8") == Failure("address-refused", "192.0.2.1")
        assert len(here.delivered) == 1


def test_certificates_are_verified_for_the_name_though_the_address_is_connected_to(
    resolve: Resolve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = certificates("hooks.example")
    for name, text in (("server", made.server + made.key), ("authority", made.authority)):
        (tmp_path / name).write_text(text)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "server")
    resolve(["127.0.0.1"])
    with receiver(tls) as here:
        port = here.url.split(":")[2].split("/")[0]
        assert sent(f"https://hooks.example:{port}/", "127.0.0.0/8") == Failure("tls"), "nobody we trust has signed it"
        trusted = ssl.create_default_context(cafile=str(tmp_path / "authority"))
        monkeypatch.setattr(sender, "_context", lambda: trusted)
        assert sent(f"https://hooks.example:{port}/", "127.0.0.0/8") is None
        assert sent(f"https://other.example:{port}/", "127.0.0.0/8") == Failure("tls"), "it is another's"
        assert len(here.delivered) == 1


@pytest.mark.parametrize(
    "url",
    [
        "", "crm", "/hook", "ftp://a.example/", "file:///etc/passwd", "https://", "https:///x", "https://:443/",
        "https://user@a.example/", "https://user:@a.example/", "https://a.example:0/", "https://a.example:65536/",
        "https://a.example:x/", "https://a.example:-1/", "https://a.example/#here", "https://a.example/a b",
        "https://a.example\\@b.example/", "https://a.example/\n", "https://ä.example/", "https://a.exam\tple/",
        "https://[::1/", "https://[::g]/", "https://a%2eexample/", "javascript:alert(1)", "https://a.example\x00/",
        "https://@/", "https://a..b@c/",
    ],
)  # fmt: skip
def test_what_is_no_url_for_this_is_refused(url: str) -> None:
    with pytest.raises(NoTarget):
        target(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example",
        "http://a.example:8080/hook?key=1",
        "https://xn--4ca.example/",
        "https://[2606:4700::1]:8443/",
    ],
)
def test_what_is_one_is_taken(url: str) -> None:
    assert str(target(url)).rstrip("/") == url.rstrip("/")


@pytest.mark.parametrize("host", ["127.1", "0x7f.1", "2130706433", "localhost", "localhost.", "0", "[::ffff:7f00:1]"])
def test_however_this_machine_is_written_it_is_refused(host: str) -> None:
    failure = sent(f"http://{host}:1/")
    assert failure
    assert failure.code in {"address-refused", "unresolved"}
