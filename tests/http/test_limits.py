"""How often somebody may ask, fail and listen: each limit holds, tells when it is over, and stops nobody else."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from consentfeed import metrics
from consentfeed.api import password_check
from consentfeed.http import limits, times
from consentfeed.http.limits import Rate
from consentfeed.http.times import OwnTimes
from consentfeed.identity.passwords import check_password
from consentfeed.postgres.accounts import Account
from consentfeed.settings import SettingsError, load
from tests.support.database import Sql
from tests.support.node import RunningNode, StartNode
from tests.support.rest import GRANT, ok, problem
from tests.support.seed import CUSTOMER, OTHER, PASSWORD
from tests.support.tokens import bearer
from tests.support.waiting import wait_until

LOGIN, ME, EVENTS, BULK = "/api/v1/auth/login", "/api/v1/auth/me", "/api/v1/events", "/api/v1/decisions"
# Where a proxy on this machine says that a request has come from. Addresses for documentation, RFC 5737 and 3849.
HERE, THERE = {"X-Forwarded-For": "192.0.2.7"}, {"X-Forwarded-For": "198.51.100.7"}


class Clock:
    """Time that passes when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the limits."""
    clock = Clock()
    monkeypatch.setattr(limits, "time", clock)
    return clock


def refused(answer: httpx.Response, longest: float) -> None:
    """Too many, and when to try again: a whole number of seconds, no longer than the limit says."""
    problem(answer, "rate-limited")
    assert 1 <= int(answer.headers["retry-after"]) <= longest


def sign_in(
    node: RunningNode, password: str = PASSWORD, email: str = "csr@example.com", **headers: str
) -> httpx.Response:
    return httpx.post(node.url + LOGIN, json={"email": email, "password": password}, headers=headers, timeout=60)


# The counting itself


def test_a_rate_lets_its_number_pass_at_once_and_the_rest_evenly(clock: Clock) -> None:
    rate = Rate(6, 60, OwnTimes())
    assert [rate.take("a") for _ in range(6)] == [0.0] * 6
    assert rate.take("a") == pytest.approx(10)
    clock.now += 9.99
    assert rate.take("a") == pytest.approx(0.01)
    clock.now += 0.02
    assert rate.take("a") == 0
    assert rate.take("a") == pytest.approx(10, abs=0.1)
    clock.now += 1000
    assert [rate.take("a") for _ in range(6)] == [0.0] * 6
    assert rate.take("a") > 0


def test_who_waits_as_long_as_told_is_served_and_a_refusal_costs_nothing(clock: Clock) -> None:
    rate = Rate(1, 60, OwnTimes())
    rate.take("a")
    waits = [rate.take("a") for _ in range(100)]
    assert waits == [pytest.approx(60)] * 100
    clock.now += waits[-1]
    assert rate.take("a") == 0


def test_each_key_has_its_own(clock: Clock) -> None:
    rate = Rate(1, 60, OwnTimes())
    assert [rate.take(key) for key in "abc"] == [0.0] * 3


def test_the_memory_of_a_rate_is_bounded_and_does_not_forget_who_asks_most(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(times, "_KEYS", 100)
    full_at = OwnTimes()
    rate = Rate(5, 60, full_at)
    for _ in range(5):
        rate.take("busy")
    for stranger in range(10_000):
        rate.take(stranger)
        assert len(full_at._times) <= 100
        clock.now += 0.0001
    assert rate.take("busy") > 0


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "20010db800010002"),
        ("2001:db8:1:2:ffff::", "20010db800010002"),
        ("2001:db8:1:3::", "20010db800010003"),
        ("fe80::1%eth0", "fe80000000000000"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("no address at all" * 100, ("no address at all" * 100)[:64]),
    ],
)
def test_an_address_is_what_one_household_has(host: str, key: str) -> None:
    assert limits._network(host) == key


# Requests


def test_ten_thousand_rapid_requests_by_one_token_pass(node: RunningNode) -> None:
    headers = {"Authorization": f"Bearer {bearer('customer')}"}

    def some(_: int) -> set[int]:
        with httpx.Client(base_url=node.url, headers=headers) as client:
            return {client.get(ME).status_code for _ in range(1250)}

    with ThreadPoolExecutor(8) as pool:
        assert set().union(*pool.map(some, range(8))) == {200}


def test_a_principal_has_a_rate_and_others_have_their_own(start_node: StartNode) -> None:
    node = start_node(principal_rate=3)
    with node.client("csr") as one, node.client("admin") as other:
        assert [one.get(ME).status_code for _ in range(3)] == [200] * 3
        before = metrics.total(metrics.refused, reason="principal")
        refused(one.get(ME), 20)
        # Another of its tokens is the same one; another address does not help.
        refused(one.get(ME, headers=THERE | {"Authorization": f"Bearer {bearer('csr', lifetime=99)}"}), 20)
        assert metrics.total(metrics.refused, reason="principal") == before + 2
        ok(other.get(ME))


def test_an_address_has_a_rate_whoever_asks(start_node: StartNode) -> None:
    node = start_node(address_rate=3)
    with node.client("csr") as one, node.client() as nobody:
        assert [one.get(ME, headers=HERE).status_code for _ in range(2)] == [200] * 2
        assert nobody.get("/", headers=HERE).status_code == 200
        refused(one.get(ME, headers=HERE), 20)
        for path in (ME, "/", "/web/csr/csr.js", "/nothing", "/metrics"):
            refused(nobody.get(path, headers=HERE), 20)
        ok(one.get(ME, headers=THERE))
        # Who looks after a node must not think it ill because it is asked much.
        assert nobody.get("/healthz", headers=HERE).status_code == 200
        assert nobody.get("/readyz", headers=HERE).status_code == 200


def test_who_waits_as_long_as_retry_after_says_is_served(start_node: StartNode, clock: Clock) -> None:
    node = start_node(principal_rate=7)
    with node.client("csr") as client:
        for _ in range(7):
            ok(client.get(ME))
        seconds = int(client.get(ME).headers["retry-after"])
        assert seconds == 9  # 60 / 7, rounded up
        clock.now += seconds - 1
        refused(client.get(ME), 1)
        clock.now += 1
        ok(client.get(ME))


@pytest.mark.parametrize("limit", [{"principal_rate": 2}, {"address_rate": 2}])
@pytest.mark.parametrize(("role", "path"), [("customer", "/api/v1/customer/consents"), ("csr", "/api/v1/consents")])
def test_revoking_goes_on_while_granting_is_limited_and_has_no_less(
    start_node: StartNode, database: Sql, limit: dict[str, int], role: str, path: str
) -> None:
    node, consent = start_node(**limit), database.consents()[0]
    with node.client(role) as client:

        def decide(action: str) -> httpx.Response:
            return client.post(f"{path}/{consent}/{action}", json=GRANT)

        for _ in range(2):
            ok(decide("grant"))
        refused(decide("grant"), 30)
        refused(client.get(ME), 30)
        for _ in range(2):
            ok(decide("revoke"))
        refused(decide("revoke"), 30)
    assert database.run("SELECT status FROM consentfeed.consents WHERE id = %s", consent) == [("revoked",)]


def test_many_revocations_at_once_go_on_while_granting_is_limited(start_node: StartNode, database: Sql) -> None:
    node, consents = start_node(principal_rate=2), database.consents()
    with node.client("service") as client:

        def decide(*actions: str) -> httpx.Response:
            each = [
                {"action": action, "consent_id": consent} for action, consent in zip(actions, consents, strict=False)
            ]
            return client.post(BULK, json={"decisions": each})

        for _ in range(2):
            ok(decide("grant", "grant"))
        refused(decide("grant"), 30)
        refused(decide("revoke", "grant"), 30)  # or one grant among them would be one more
        ok(decide("revoke", "revoke"))


def test_a_request_that_is_refused_changes_nothing(start_node: StartNode, database: Sql) -> None:
    node, consent = start_node(principal_rate=1), database.consents()[0]
    with node.client("customer") as client:
        ok(client.get(ME))
        refused(client.post(f"/api/v1/customer/consents/{consent}/grant"), 60)
    assert database.head() == 0


# Addresses


def test_what_a_stranger_says_of_its_address_does_not_count(start_node: StartNode) -> None:
    node = start_node(address_rate=2, trusted_proxies="192.0.2.1")
    with node.client() as client:
        answers = [client.get(ME, headers={"X-Forwarded-For": f"198.51.100.{last}"}) for last in range(3)]
        assert [answer.status_code for answer in answers] == [401, 401, 429]
        secure = client.post(LOGIN, headers={"X-Forwarded-Proto": "https"})
        assert "strict-transport-security" not in secure.headers


def test_behind_trusted_proxies_it_is_the_first_that_none_of_them_vouches_for(start_node: StartNode) -> None:
    node = start_node(address_rate=1, trusted_proxies="127.0.0.1 192.0.2.0/24")
    with node.client() as client:

        def ask(forwarded: str) -> int:
            return client.get(ME, headers={"X-Forwarded-For": forwarded}).status_code

        assert ask("198.51.100.1, 192.0.2.5") == 401
        assert ask("203.0.113.9, 198.51.100.1, 192.0.2.5") == 429  # what it says of itself
        assert ask("198.51.100.2, 192.0.2.5, 192.0.2.6") == 401


def test_ipv6_addresses_of_one_network_count_together(start_node: StartNode) -> None:
    node = start_node(address_rate=2)
    with node.client() as client:

        def ask(address: str) -> int:
            return client.get(ME, headers={"X-Forwarded-For": address}).status_code

        assert [ask(f"2001:db8:0:1::{last}") for last in range(3)] == [401, 401, 429]
        assert ask("2001:db8:0:2::1") == 401


@pytest.mark.parametrize("proxies", ["*", "10.0.0.1/8", "proxy.example.com"])
def test_proxies_are_addresses_and_networks(proxies: str) -> None:
    with pytest.raises(SettingsError, match=r"^CONSENTFEED_TRUSTED_PROXIES: "):
        load({"CONSENTFEED_TRUSTED_PROXIES": proxies})


# Failures


def test_passwords_are_not_tried_for_ever(start_node: StartNode) -> None:
    node = start_node(account_failures=3)
    for _ in range(3):
        problem(sign_in(node, "wrong", **HERE), "wrong-password")
    before = metrics.total(metrics.refused, reason="sign-ins")
    refused(sign_in(node, "wrong", **HERE), 100)
    refused(sign_in(node, PASSWORD, **HERE), 100)  # or the right one would show
    assert metrics.total(metrics.refused, reason="sign-ins") == before + 2
    ok(sign_in(node, PASSWORD, **THERE))  # nobody else is locked out
    ok(sign_in(node, PASSWORD, "admin@example.com", **HERE))


def test_an_account_that_there_is_not_is_refused_alike(start_node: StartNode, clock: Clock) -> None:
    node, answers = start_node(account_failures=2), []
    for email in ("csr@example.com", "nobody@example.com"):
        spelt = [email, email.upper(), email.title()]
        answers.append([sign_in(node, "wrong", spelling) for spelling in spelt])
    for known, unknown in zip(*answers, strict=True):
        assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
    assert [answer.status_code for answer in answers[0]] == [401, 401, 429]
    assert answers[0][2].headers["retry-after"] == answers[1][2].headers["retry-after"]


def test_another_spelling_of_an_account_is_no_other_account(start_node: StartNode) -> None:
    node = start_node(account_failures=2)
    spelt = ["\u00e9va@example.com", "e\u0301va@example.com", "E\u0301VA@example.com"]
    assert [sign_in(node, "wrong", spelling).status_code for spelling in spelt] == [401, 401, 429]


def test_an_address_that_tries_many_accounts_is_refused(start_node: StartNode) -> None:
    node = start_node(address_failures=3)
    for name in range(3):
        problem(sign_in(node, "wrong", f"{name}@example.com", **HERE), "wrong-password")
    refused(sign_in(node, PASSWORD, **HERE), 100)
    ok(sign_in(node, PASSWORD, **THERE))


def test_what_succeeds_is_no_failure(start_node: StartNode) -> None:
    node = start_node(account_failures=2, address_failures=2)
    problem(sign_in(node, "wrong"), "wrong-password")
    for _ in range(4):
        ok(sign_in(node))
    problem(sign_in(node, "wrong"), "wrong-password")
    refused(sign_in(node), 150)


def test_attempts_at_the_same_time_are_no_more_attempts(start_node: StartNode) -> None:
    node = start_node(account_failures=3)
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda turn: sign_in(node, PASSWORD if turn == 19 else "wrong"), range(20)))
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(401) <= 3
    assert statuses.count(429) >= 16


def test_who_sends_many_passwords_at_once_has_one_looked_at_at_a_time_and_holds_up_nobody_elsewhere(
    start_node: StartNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at, under_way, most = 0, 0, 0
    go_on = threading.Event()

    async def slow(account: Account | None, password: str) -> bool:
        nonlocal looked_at, under_way, most
        if account is not None:
            return await check_password(account, password)
        looked_at, under_way = looked_at + 1, under_way + 1
        most = max(most, under_way)
        while not go_on.is_set():
            await asyncio.sleep(0.01)
        under_way -= 1
        return False

    monkeypatch.setattr(password_check, "check_password", slow)
    node = start_node(address_failures=3)
    with ThreadPoolExecutor(20) as pool:
        answers = [pool.submit(sign_in, node, "wrong", f"{turn}@example.com", **HERE) for turn in range(20)]
        wait_until(lambda: looked_at)
        ok(sign_in(node, **THERE))
        go_on.set()
        statuses = [answer.result().status_code for answer in answers]
    assert statuses.count(429) == 17
    assert (looked_at, most) == (3, 1)


def test_many_who_sign_in_at_the_same_time_are_no_attackers(node: RunningNode) -> None:
    with ThreadPoolExecutor(30) as pool:
        assert {answer.status_code for answer in pool.map(lambda _: sign_in(node), range(40))} == {200}


def test_tokens_that_are_none_are_refused_more_briefly_after_many(start_node: StartNode) -> None:
    node = start_node(refused_tokens=3)
    bad = [
        {"Authorization": "Bearer nonsense"},
        {"Authorization": f"Bearer {bearer('csr', secret='another secret that is long enough')}"},
        {"Cookie": "consentfeed_session=nonsense"},
    ]
    with node.client() as client:
        for headers in bad:
            problem(client.get(ME, headers=HERE | headers), "signed-out")
        before = metrics.total(metrics.refused, reason="tokens")
        for headers in bad:
            refused(client.get(ME, headers=HERE | headers), 100)
        assert metrics.total(metrics.refused, reason="tokens") == before + 3
        # Who has a good one, or none, is not meant.
        ok(client.get(ME, headers=HERE | {"Authorization": f"Bearer {bearer('csr')}"}))
        problem(client.get(ME, headers=HERE), "signed-out")
        problem(client.get(ME, headers=THERE | bad[0]), "signed-out")


# Streams


@pytest.mark.parametrize(
    ("role", "other", "limit"),
    [("csr", "admin", "streams_per_user"), ("customer", "csr", "streams_per_customer")],
)
def test_one_reader_holds_so_many_streams_and_others_have_theirs(
    start_node: StartNode, role: str, other: str, limit: str
) -> None:
    node = start_node(**{limit: 2})
    held = [node.tail(role) for _ in range(2)]
    before = metrics.total(metrics.refused, reason="streams")
    with node.client(role) as client:
        answer = client.get(EVENTS, headers={"Accept": "text/event-stream"})
        problem(answer, "too-many-streams")
        assert answer.headers["retry-after"] == "5"
        ok(client.get(EVENTS))  # pages are not streams
    assert metrics.total(metrics.refused, reason="streams") == before + 1
    assert node.tail(other).status == 200
    held[0].close()
    wait_until(lambda: node.tail(role).status == 200, what="a stream that has ended makes room")


def test_customers_are_counted_each_for_themselves(start_node: StartNode) -> None:
    node = start_node(streams_per_customer=1)
    assert [node.tail("customer", subject=customer).status for customer in (CUSTOMER, OTHER, CUSTOMER)] == [
        200,
        200,
        429,
    ]


def test_a_stream_that_is_only_asked_for_its_head_is_not_held(start_node: StartNode) -> None:
    node = start_node(streams_per_user=1)
    with node.client("csr") as client:
        for _ in range(3):
            assert client.head(EVENTS, headers={"Accept": "text/event-stream"}).status_code == 200
    assert node.tail("csr").status == 200


# Parameters


def test_a_query_has_so_many_parameters(start_node: StartNode) -> None:
    node = start_node(query_parameters=5)
    with node.client("csr") as client:
        ok(client.get(EVENTS + "?" + "&".join(["type=granted"] * 5)))
        problem(client.get(EVENTS + "?" + "&".join(["type=granted"] * 6)), "invalid")
        problem(client.get("/api/v1/consents?" + "&" * 6), "invalid")
