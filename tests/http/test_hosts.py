"""For whom a node answers: for its own names, so that no page elsewhere can pass its name off as this node's."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from consentfeed import metrics
from consentfeed.errors import Problem
from consentfeed.http.hosts import Hosts, host_name
from consentfeed.settings import SettingsError, load
from tests.support.nginx import nginx
from tests.support.node import RunningNode, StartNode
from tests.support.rest import ok, problem
from tests.support.seed import PASSWORD
from tests.support.tokens import bearer

LOGIN, WAYS = "/api/v1/auth/login", "/api/v1/auth/ways"
PUBLIC = "https://consents.example.com"
LOOPBACK = [
    "localhost", "LOCALHOST:1", "localhost:", "demo.localhost", "127.0.0.1", "127.8.8.8:3001", "[::1]", "[::1]:3001",
    "[0:0:0:0:0:0:0:1]",
]  # fmt: skip
ELSEWHERE = [
    "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "xlocalhost", "192.168.1.7", "0.0.0.0", "127.1",
    "2130706433", "[::2]", "localhost.", "[::ffff:192.0.2.7]",
]  # fmt: skip
NONE = [
    "",
    " ",
    "a b",
    "a,b",
    "u@localhost",
    "localhost/",
    "localhost:x",
    "[::1",
    "::1",
    "[localhost]",
    "[::1::]",
    "*",
    "é",
]
NONE += ["a" * 400, "localhost:1:2", "http://localhost", "local\thost", "localhost#", "localhost?x"]


def serves(name: str, **settings: str) -> bool:
    """Whether a node with these settings answers for the host of this name."""
    hosts = Hosts(load({f"CONSENTFEED_{setting.upper()}": value for setting, value in settings.items()}))
    before = metrics.total(metrics.refused, reason="misdirected")
    try:
        hosts.refuse_others({"type": "http", "path": WAYS, "headers": [(b"host", name.encode("latin-1"))]})
    except Problem as problem:
        refused = metrics.total(metrics.refused, reason="misdirected") - before
        return (problem.code, refused) != ("misdirected", 1)
    return True


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "localhost", "::1"])
@pytest.mark.parametrize("host", LOOPBACK + ELSEWHERE)
def test_on_a_loopback_address_a_node_answers_for_the_names_of_this_machine(address: str, host: str) -> None:
    assert serves(host, host=address) == (host in LOOPBACK)


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.168.1.7"])
@pytest.mark.parametrize("host", LOOPBACK + ELSEWHERE)
def test_on_another_address_it_answers_for_any_name_unless_it_is_told_its_own(address: str, host: str) -> None:
    assert serves(host, host=address)
    assert not serves(host, host=address, hosts="consents.internal")
    assert not serves(host, host=address, public_url=PUBLIC)


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_it_answers_for_its_public_url_and_for_the_names_that_it_is_given(address: str) -> None:
    named = {"public_url": PUBLIC, "hosts": "Consents.Internal [2001:DB8::1] node_1", "host": address}
    for host in (
        "consents.example.com",
        "CONSENTS.example.com:8443",
        "consents.internal",
        "[2001:db8:0::1]:1",
        "node_1",
    ):
        assert serves(host, **named), host
    for host in (*LOOPBACK, *ELSEWHERE, "example.com", "x.consents.example.com", "[2001:db8::2]"):
        assert not serves(host, **named), host


def test_names_are_served_beside_those_of_this_machine() -> None:
    assert serves("consents.internal:80", hosts="consents.internal")
    assert serves("localhost", hosts="consents.internal")
    assert not serves("evil.example", hosts="consents.internal")


@pytest.mark.parametrize(
    "hosts", ["https://consents.internal", "consents.internal:3001", "a,b", "*", "2001:db8::1", "a/b"]
)
def test_a_name_is_a_name_without_a_port(hosts: str) -> None:
    with pytest.raises(SettingsError, match=r"^CONSENTFEED_HOSTS: .* is no host like"):
        load({"CONSENTFEED_HOSTS": hosts})


@pytest.mark.parametrize("host", NONE)
def test_what_cannot_be_a_host_is_none(host: str) -> None:
    assert host_name(host.encode()) is None


# Through the whole node


@pytest.fixture
def known(start_node: StartNode) -> RunningNode:
    """A node that knows where browsers find it."""
    return start_node(public_url=PUBLIC)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "OPTIONS"])
@pytest.mark.parametrize(
    "path", ["/", "/csr", "/web/style.css", WAYS, LOGIN, "/api/v1/consents", "/openapi.json", "/nothing"]
)
def test_a_page_elsewhere_that_leads_its_name_here_reads_and_does_nothing(
    shared_node: RunningNode, method: str, path: str
) -> None:
    headers = {"Host": f"evil.example:{shared_node.port}", "Authorization": f"Bearer {bearer('admin')}"}
    answer = httpx.request(method, shared_node.url + path, headers=headers)
    assert answer.status_code == 421
    assert answer.headers["content-type"] == "application/problem+json"
    if method != "HEAD":
        assert "CONSENTFEED_PUBLIC_URL" in problem(answer, "misdirected")["detail"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_nor_does_it_sign_anybody_in(shared_node: RunningNode) -> None:
    answer = httpx.post(
        shared_node.url + LOGIN,
        json={"email": "csr@example.com", "password": PASSWORD},
        headers={"Host": "evil.example", "Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"},
    )
    problem(answer, "misdirected")
    assert "set-cookie" not in answer.headers


def test_who_looks_after_a_node_may_call_it_anything(known: RunningNode) -> None:
    for path in ("/healthz", "/readyz"):
        for host in ("10.0.0.7:3001", "evil.example", "consents.example.com"):
            answer = httpx.get(known.url + path, headers={"Host": host})
            assert "/problems/" not in answer.text
    # What it tells is not for a page elsewhere either.
    assert httpx.get(known.url + "/metrics").status_code == 200
    problem(httpx.get(known.url + "/metrics", headers={"Host": "evil.example"}), "signed-out")


@pytest.fixture
def behind(start_node: StartNode, tmp_path: Path) -> Iterator[tuple[RunningNode, str, str]]:
    """Two nodes behind an nginx on their machine that passes the public name on: one knows its name, one does not."""
    told, untold = start_node(public_url=PUBLIC), start_node()
    for name in ("told", "untold"):
        (tmp_path / name).mkdir()
    pass_on = "proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $remote_addr;"
    with (
        nginx(tmp_path / "told", told.port, location=pass_on) as one,
        nginx(tmp_path / "untold", untold.port, location=pass_on) as other,
    ):
        yield told, one, other


def test_behind_a_proxy_on_the_same_machine_a_node_must_know_its_name_and_says_so(
    behind: tuple[RunningNode, str, str],
) -> None:
    _, told, untold = behind
    headers = {"Host": "consents.example.com"}
    ok(httpx.get(told + WAYS, headers=headers))
    detail = problem(httpx.get(untold + WAYS, headers=headers), "misdirected")["detail"]
    assert "CONSENTFEED_PUBLIC_URL" in detail
    assert "CONSENTFEED_HOSTS" in detail
    ok(httpx.get(untold + "/healthz", headers=headers))
    problem(httpx.get(told + "/metrics", headers=headers), "signed-out")
