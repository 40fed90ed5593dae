"""Single sign-on by a provider that no one here wrote: who gets in, as whom, who does not, and how it ends."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from consentfeed.api import sso_cookie
from consentfeed.api.auth import Leave, SignedIn
from consentfeed.errors import DatabaseAway
from consentfeed.identity.claims import subject_id
from consentfeed.identity.signin import Ways
from consentfeed.node import logs
from tests.support.database import Sql
from tests.support.node import RunningNode, StartNode, nodes
from tests.support.oidc import Person, Provider, provider
from tests.support.ports import free_port
from tests.support.rest import ok, problem
from tests.support.seed import CUSTOMER, NOBODY, OTHER, PASSWORD, STAFF
from tests.support.waiting import wait_until

START, ME, LOGOUT = "/api/v1/auth/sso", "/api/v1/auth/me", "/api/v1/auth/logout"
SESSION, TRIP = "consentfeed_session", "consentfeed_sso"


@pytest.fixture(scope="module")
def op() -> Iterator[Provider]:
    with provider() as running:
        yield running


class Site:
    """A node that the provider knows, and people who go there."""

    def __init__(self, op: Provider, start_node: StartNode, **settings: Any) -> None:
        self.op = op
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        claims = {"role_claim": "role", "customer_claim": "customer", "keys_seconds": 0.2}
        client = settings.pop("client", {})
        self.settings = op.client(url, **client) | claims | settings
        self.start_node = start_node
        self.node: RunningNode = start_node(**self.settings, port=port)
        self.url = self.node.url
        self.people: list[Person] = []

    @cached_property
    def other_node(self) -> RunningNode:
        """Another on the same database."""
        return self.start_node(**self.settings)

    def person(self) -> Person:
        self.people.append(Person())
        return self.people[-1]

    def sign_in(self, sub: str, person: Person | None = None, to: str = "") -> tuple[Person, httpx.Response]:
        """Who, and the page where it ends."""
        person = person or self.person()
        page = person.go(f"{self.url}{START}?{urlencode({'to': to} if to else {})}")
        if str(page.url).startswith(self.op.issuer):  # unless it still knows who that is
            page = person.submit(page, login=sub)
        return person, page

    def callback(self, person: Person, sub: str, change: Callable[[str], str] = str) -> str:
        """Where the provider sends the browser back to, which does not go there; change: of where it was sent."""
        sent = person.http.get(self.url + START).headers["location"]
        page = person.go(change(sent), until=self.url)
        answer = page if page.is_redirect else person.submit(page, until=self.url, login=sub)
        return str(answer.headers["location"])

    def me(self, person: Person, node: RunningNode | None = None) -> dict[str, Any] | None:
        """Who a node takes the browser for."""
        answer = person.http.get((node or self.node).url + ME)
        user: dict[str, Any] | None = ok(answer, SignedIn)["user"] if answer.is_success else None
        return user

    def told(self, answer: httpx.Response) -> str | None:
        """What the sign-in page is told is the matter; the browser is there, and nobody."""
        url = urlsplit(str(answer.url))
        assert (f"{url.scheme}://{url.netloc}", url.path) == (self.url, "/"), answer.url
        query = parse_qs(url.query)
        assert query.keys() == {"problem"}
        return query["problem"][0]


OpenSite = Callable[..., Site]


@contextmanager
def _sites(op: Provider, start_node: StartNode) -> Iterator[OpenSite]:
    sites: list[Site] = []

    def open_site(op: Provider = op, **settings: Any) -> Site:
        sites.append(Site(op, start_node, **settings))
        return sites[-1]

    yield open_site
    for person in (person for site in sites for person in site.people):
        person.http.close()


@pytest.fixture
def open_site(op: Provider, start_node: StartNode) -> Iterator[OpenSite]:
    """Sites that the provider knows; keyword arguments are settings, client those of the provider."""
    with _sites(op, start_node) as open_site:
        yield open_site


@pytest.fixture(scope="module")
def site(op: Provider, shared_database: Sql) -> Iterator[Site]:
    """One for all who mind their own subjects alone."""
    with nodes(shared_database) as start_node, _sites(op, start_node) as open_site:
        yield open_site()


def cookie(person: Person) -> str:
    """The token of the session."""
    value = person.http.cookies.get(SESSION, domain="127.0.0.1")
    assert value
    return value


def changed(**parameters: str) -> Callable[[str], str]:
    """A URL with other parameters."""

    def change(url: str) -> str:
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        return urlsplit(url)._replace(query=urlencode(query | parameters)).geturl()

    return change


# Who gets in


@pytest.mark.parametrize("role", ["csr", "admin"])
def test_staff_get_in_with_the_role_of_their_claims(site: Site, role: str) -> None:
    sub = site.op.account(role=role)
    person, page = site.sign_in(sub)
    assert (page.status_code, str(page.url)) == (200, f"{site.url}/{role}")
    account = str(subject_id(site.op.issuer, sub))
    assert site.me(person) == {"id": account, "email": f"{sub}@example.com", "role": role}


def test_customers_get_in_as_the_customer_whose_id_they_claim(site: Site) -> None:
    sub = site.op.account(role="customer", customer=OTHER)
    person, page = site.sign_in(sub)
    assert str(page.url) == f"{site.url}/customer"
    assert site.me(person) == {"id": OTHER, "email": f"{sub}@example.com", "role": "customer"}
    owners = person.http.get(f"{site.url}/api/v1/customer/consents").json()["consents"]
    assert {consent["customer_id"] for consent in owners} == {OTHER}


def test_a_customers_account_is_the_one_that_also_has_a_password(site: Site, shared_database: Sql) -> None:
    person, _ = site.sign_in(site.op.account(role="customer", customer=CUSTOMER))
    assert site.me(person) == {"id": CUSTOMER, "email": "customer@example.com", "role": "customer"}
    node = site.start_node()  # with passwords
    sign_in = {"email": "customer@example.com", "password": PASSWORD}
    assert ok(node.client().post("/api/v1/auth/login", json=sign_in))["user"]["id"] == CUSTOMER


def test_what_the_page_offers_is_the_provider_alone(site: Site) -> None:
    client = site.node.client()
    expected = {"password": False, "password_help": None, "single_sign_on": {"title": "Single sign-on"}, "demo": None}
    assert ok(client.get("/api/v1/auth/ways"), Ways) == expected
    sign_in = {"email": "csr@example.com", "password": PASSWORD}
    problem(client.post("/api/v1/auth/login", json=sign_in), "passwords-off")


def test_a_public_client_gets_in_by_pkce_alone(open_site: OpenSite) -> None:
    public = {"client_secret": None, "token_endpoint_auth_method": "none"}
    site = open_site(client=public)
    _, page = site.sign_in(site.op.account(role="csr"))
    assert str(page.url) == f"{site.url}/csr"


def test_with_another_secret_nobody_gets_in(open_site: OpenSite) -> None:
    site = open_site(client_secret="another secret than the provider has")
    _, page = site.sign_in(site.op.account(role="csr"))
    assert site.told(page) == "sso-refused"


def test_new_keys_of_the_provider_are_found(site: Site) -> None:
    site.sign_in(site.op.account(role="csr"))
    site.op.new_keys()
    jwks = site.node.node.jwks
    assert jwks
    wait_until(lambda: jwks._age >= 0.2, what="the provider may be asked again")
    _, page = site.sign_in(site.op.account(role="csr"))
    assert str(page.url) == f"{site.url}/csr"


def test_two_who_share_nothing_but_the_address_are_two(site: Site, shared_database: Sql) -> None:
    """Neither takes over the other's account, whichever was there first."""
    person, _ = site.sign_in(site.op.account(role="csr", email="admin@example.com"))
    me = site.me(person)
    assert me
    assert (me["email"], me["role"]) == ("admin@example.com", "csr")
    assert me["id"] != STAFF["admin"]
    own = shared_database.run("SELECT role, issuer FROM consentfeed.users WHERE id = %s", STAFF["admin"])
    assert own == [("admin", None)]


@pytest.mark.parametrize("to", ["/account", "/csr"])
def test_after_signing_in_one_goes_where_one_wanted_to_be(site: Site, to: str) -> None:
    _, page = site.sign_in(site.op.account(role="csr"), to=to)
    assert str(page.url) == f"{site.url}{to}"


@pytest.mark.parametrize(
    "to",
    [
        "//evil.example", "https://evil.example", "https:evil.example", "/\\evil.example", "\\\\evil.example",
        "/csr@evil.example", "/csr/../..//evil.example", "/%2fevil.example", "/\t/evil.example", "javascript:alert(1)",
        "/csr?next=//evil.example", "/csr#//evil.example", "/api/v1/auth/me", "/csr\r\nSet-Cookie: x=y", "csr",
    ],
)  # fmt: skip
def test_nobody_is_sent_to_what_is_not_one_of_our_pages(site: Site, to: str) -> None:
    sub = site.op.account(role="csr")
    person = site.person()
    page = person.go(f"{site.url}{START}?{urlencode({'to': to} if to else {})}")
    answer = person.submit(page, until=f"{site.url}/api", login=sub)
    ending = person.http.get(answer.headers["location"])
    assert (ending.status_code, ending.headers["location"]) == (303, "/")
    assert "x" not in ending.cookies


# Who does not


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({}, "sso-no-role"),
        ({"role": "owner"}, "sso-no-role"),
        ({"role": ["none", "of ours"]}, "sso-no-role"),
        ({"role": "service"}, "sso-no-role"),
        ({"role": "customer"}, "sso-no-customer"),
        ({"role": "customer", "customer": "4711"}, "sso-no-customer"),
        ({"role": "customer", "customer": NOBODY}, "sso-no-customer"),
    ],
)
def test_who_has_no_role_or_is_no_customer_here_stays_out(
    site: Site, shared_database: Sql, claims: dict[str, Any], code: str
) -> None:
    count = "SELECT (SELECT count(*) FROM consentfeed.users), (SELECT count(*) FROM consentfeed.sessions)"
    before = shared_database.run(count)
    person, page = site.sign_in(site.op.account(**claims))
    assert site.told(page) == code
    assert site.me(person) is None
    assert shared_database.run(count) == before


def test_a_disabled_account_stays_out(site: Site) -> None:
    sub = site.op.account(role="csr")
    person, _ = site.sign_in(sub)
    me = site.me(person)
    assert me
    admin = site.node.client("admin")
    ok(admin.post(f"/api/v1/users/{me['id']}/disable"))
    _, page = site.sign_in(sub)
    assert site.told(page) == "account-disabled"
    ok(admin.post(f"/api/v1/users/{me['id']}/enable"))
    _, page = site.sign_in(sub)
    assert str(page.url) == f"{site.url}/csr"


def test_an_admin_does_not_change_the_role_that_the_provider_gives(site: Site) -> None:
    person, _ = site.sign_in(site.op.account(role="csr"))
    me = site.me(person)
    assert me
    answer = site.node.client("admin").post(f"/api/v1/users/{me['id']}/role", json={"role": "admin"})
    problem(answer, "outside-account")


def test_who_gives_up_there_is_told_so_and_nothing_of_the_providers_own_words(site: Site) -> None:
    person = site.person()
    page = person.go(site.url + START)
    page = person.go(f"{page.url}/abort")
    assert site.told(page) == "sso-refused"


@pytest.mark.parametrize("error", ["server_error", "temporarily_unavailable"])
def test_trouble_that_the_provider_has_is_no_refusal(site: Site, error: str) -> None:
    person = site.person()
    sent = person.http.get(site.url + START).headers["location"]
    state = parse_qs(urlsplit(sent).query)["state"][0]
    told = {"error": error, "error_description": "<script>", "state": state, "iss": site.op.issuer}
    # And what else providers like to send, nothing included.
    more = "&code=&session_state=x&scope=a&scope=b&%C3%A9="
    assert site.told(person.go(f"{site.url}{START}/callback?{urlencode(told)}{more}")) == "sso-away"


@pytest.mark.parametrize("query", ["?to=", "?to", "?from=/csr", "?to=/csr&to=/csr"])
def test_what_is_asked_of_us_is_read_strictly(site: Site, query: str) -> None:
    problem(site.person().http.get(f"{site.url}{START}{query}"), "invalid")


# Whose sign-in it is


@pytest.mark.parametrize("state", ["forged", "", "é", "x" * 5000])
def test_a_state_that_is_not_ours_signs_nobody_in(site: Site, state: str) -> None:
    person, sub = site.person(), site.op.account(role="csr")
    back = site.callback(person, sub)
    assert site.told(person.go(changed(state=state)(back))) == "sso-expired"
    # And what the browser had kept is used up.
    assert TRIP not in person.http.cookies
    assert site.told(person.go(back)) == "sso-expired"


def test_an_answer_for_another_browser_signs_nobody_in(site: Site) -> None:
    """Else a stranger could have somebody work in the stranger's own account."""
    stranger, victim = site.person(), site.person()
    back = site.callback(stranger, site.op.account(role="csr"))
    assert site.told(victim.go(back)) == "sso-expired"
    site.callback(victim, site.op.account(role="csr"))  # one that is on the way there itself
    assert site.told(victim.go(back)) == "sso-expired"
    assert site.me(victim) is None


def test_what_was_kept_for_another_deployment_or_by_a_stranger_counts_for_nothing(site: Site) -> None:
    person = site.person()
    back = site.callback(person, site.op.account(role="csr"))
    kept = person.http.cookies[TRIP]
    for forged in (kept[:-8] + "AAAAAAA=", "gAAAA", "é"):
        headers = {b"Cookie": f"{TRIP}={forged}".encode()}
        answer = httpx.get(back, headers=headers)
        assert answer.headers["location"] == "/?problem=sso-expired"


def test_an_answer_that_comes_too_late_signs_nobody_in(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    person = site.person()
    back = site.callback(person, site.op.account(role="csr"))
    monkeypatch.setattr(sso_cookie, "_SECONDS", -1)
    assert site.told(person.go(back)) == "sso-expired"


def test_an_answer_serves_once(site: Site) -> None:
    person, sub = site.person(), site.op.account(role="csr")
    back = site.callback(person, sub)
    kept = person.http.cookies[TRIP]
    assert str(person.go(back).url) == f"{site.url}/csr"
    assert TRIP not in person.http.cookies
    assert person.http.get(back).headers["location"] == "/?problem=sso-expired"
    # Whoever has kept a copy of all that the browser had: the provider does not give anything for the code again.
    answer = httpx.get(back, headers={"Cookie": f"{TRIP}={kept}"})
    assert answer.headers["location"] == "/?problem=sso-refused"


@pytest.mark.parametrize("parameter", ["nonce", "code_challenge"])
def test_a_request_that_somebody_has_changed_on_its_way_signs_nobody_in(site: Site, parameter: str) -> None:
    person = site.person()
    other = "A" * 43
    back = site.callback(person, site.op.account(role="csr"), changed(**{parameter: other}))
    assert site.told(person.go(back)) == "sso-refused"


@pytest.mark.parametrize("change", [{"iss": "https://evil.example"}, {"iss": ""}, {"code": "none"}, {"code": ""}])
def test_an_answer_of_another_provider_or_with_another_code_signs_nobody_in(site: Site, change: dict[str, str]) -> None:
    person = site.person()
    back = site.callback(person, site.op.account(role="csr"))
    assert site.told(person.go(changed(**change)(back))) == "sso-refused"


def test_codes_are_not_tried_for_ever(open_site: OpenSite) -> None:
    site = open_site(address_failures=3)
    person, sub = site.person(), site.op.account(role="csr")
    back, kept = site.callback(person, sub), {"Cookie": f"{TRIP}={person.http.cookies[TRIP]}"}
    guess = changed(code="guessed")(back)
    for _ in range(3):
        assert httpx.get(guess, headers=kept).headers["location"] == "/?problem=sso-refused"
    for url in (guess, back):  # the good one too: the provider is not asked
        answer = httpx.get(url, headers=kept)
        problem(answer, "rate-limited")
        assert int(answer.headers["retry-after"]) <= 100
    # From elsewhere it serves.
    elsewhere = kept | {"X-Forwarded-For": "198.51.100.7"}
    assert httpx.get(back, headers=elsewhere).headers["location"] == "/"


def test_signing_in_makes_a_new_session_and_ends_the_one_before(site: Site) -> None:
    sub = site.op.account(role="csr")
    person, _ = site.sign_in(sub)
    before = cookie(person)
    tail = site.node.tail(cookie=before)
    site.sign_in(sub, person)
    assert cookie(person) != before
    assert tail.wait_event("goodbye", 5).data == {"reason": "signed-out"}
    answer = httpx.get(site.url + ME, headers={"Cookie": f"{SESSION}={before}"})
    problem(answer, "signed-out")


def test_a_token_that_somebody_else_chose_is_never_signed_in(site: Site) -> None:
    person = site.person()
    person.http.cookies.set(SESSION, "chosen", domain="127.0.0.1")
    site.sign_in(site.op.account(role="csr"), person)
    assert cookie(person) != "chosen"
    problem(httpx.get(site.url + ME, headers={"Cookie": f"{SESSION}=chosen"}), "signed-out")


def test_what_the_browser_keeps_is_sealed_and_for_this_site_alone(site: Site) -> None:
    answer = site.person().http.get(site.url + START)
    (kept,) = answer.headers.get_list("set-cookie")
    name, *attributes = kept.split("; ")
    assert name.startswith(f"{TRIP}=gAAAA")
    assert set(attributes) == {"HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=600"}
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    assert not [value for values in query.values() for value in values if value in kept]
    assert query["code_challenge_method"] == ["S256"]
    assert query["response_type"] == ["code"]


def test_under_https_the_cookie_is_the_hosts_own_and_the_way_back_is_known(open_site: OpenSite) -> None:
    site = open_site(public_url="https://consents.example")
    answer = site.person().http.get(site.url + START, headers={"Host": "consents.example:8443"})
    (kept,) = answer.headers.get_list("set-cookie")
    assert kept.startswith(f"__Host-{TRIP}=")
    assert {"Secure", "Path=/"} <= set(kept.split("; "))
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    assert query["redirect_uri"] == ["https://consents.example/api/v1/auth/sso/callback"]


# What is away


def test_where_the_provider_is_away_the_sign_in_page_says_so(start_node: StartNode) -> None:
    node = start_node(issuer=f"http://127.0.0.1:{free_port()}", client_id="consentfeed")
    assert node.client().get(START).headers["location"] == "/?problem=sso-away"


def test_where_it_goes_away_in_between_too(open_site: OpenSite) -> None:
    with provider() as passing:
        site = open_site(passing)
        person = site.person()
        back = site.callback(person, passing.account(role="csr"))
        passing.stop()
        assert site.told(person.go(back)) == "sso-away"


def test_where_the_database_is_away_one_is_asked_to_try_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object) -> None:
        raise DatabaseAway

    person = site.person()
    back = site.callback(person, site.op.account(role="csr"))
    with monkeypatch.context() as patch:
        patch.setattr(site.node.node.database.accounts, "admit_account", away)
        assert site.told(person.go(back)) == "sso-away"


# How it ends


def test_signing_out_leads_to_the_provider_and_back_and_is_over_on_both_sides(site: Site) -> None:
    person, _ = site.sign_in(site.op.account(role="csr"))
    location = ok(person.http.post(site.url + LOGOUT), Leave)["location"]
    assert location.startswith(f"{site.op.issuer}/session/end?")
    assert site.me(person) is None
    page = person.submit(person.go(location), logout="yes")
    assert str(page.url) == f"{site.url}/"
    asked = person.go(site.url + START)
    assert str(asked.url).startswith(f"{site.op.issuer}/interaction/"), "the provider has forgotten who it was"


def test_a_session_of_a_password_is_just_ended(site: Site, start_node: StartNode) -> None:
    node = start_node(**site.settings, passwords=True)
    client = node.client()
    client.post("/api/v1/auth/login", json={"email": "csr@example.com", "password": PASSWORD})
    assert client.post(LOGOUT).status_code == 204


def test_a_logout_at_the_provider_closes_the_streams_on_every_node(site: Site) -> None:
    sub = site.op.account(role="csr")
    (person, _), (elsewhere, _) = site.sign_in(sub), site.sign_in(sub)
    nodes = [site.node, site.other_node]
    tails = [node.tail(cookie=cookie(person)) for node in nodes]
    stays = [node.tail(cookie=cookie(elsewhere)) for node in nodes]
    person.submit(person.go(f"{site.op.issuer}/session/end"), logout="yes")
    for tail in tails:
        assert tail.wait_event("goodbye", 5).data == {"reason": "signed-out"}
    for node in nodes:
        wait_until(lambda node=node: site.me(person, node) is None, 5)  # type: ignore[misc]
        assert site.me(elsewhere, node), "it was this browser's session that was logged out"
    assert not any(tail.ended.is_set() for tail in stays)


def test_a_logout_of_somebody_ends_all_their_sessions_where_the_provider_names_none(open_site: OpenSite) -> None:
    site = open_site(client={"backchannel_logout_session_required": False})
    sub = site.op.account(role="csr")
    (person, _), (elsewhere, _), (stranger, _) = (site.sign_in(one) for one in (sub, sub, site.op.account(role="csr")))
    person.submit(person.go(f"{site.op.issuer}/session/end"), logout="yes")
    wait_until(lambda: site.me(person) is None and site.me(elsewhere) is None, 5)
    assert site.me(stranger)


def test_another_role_at_the_next_sign_in_ends_what_was_open_in_the_old_one(site: Site) -> None:
    sub = site.op.account(role="admin")
    person, _ = site.sign_in(sub)
    nodes = [site.node, site.other_node]
    tails = [node.tail(cookie=cookie(person)) for node in nodes]
    site.op.account(sub, role="csr")
    elsewhere, page = site.sign_in(sub)
    assert str(page.url) == f"{site.url}/csr"
    for tail in tails:
        assert tail.wait_event("goodbye", 5).data == {"reason": "signed-out"}
    wait_until(lambda: site.me(person) is None, 5)
    me = site.me(elsewhere)
    assert me
    assert me["role"] == "csr"


def test_disabling_somebody_from_outside_closes_the_streams_on_every_node(site: Site) -> None:
    person, _ = site.sign_in(site.op.account(role="csr"))
    me = site.me(person)
    assert me
    tails = [node.tail(cookie=cookie(person)) for node in (site.node, site.other_node)]
    ok(site.node.client("admin").post(f"/api/v1/users/{me['id']}/disable"))
    for tail in tails:
        assert tail.wait_event("goodbye", 5).data == {"reason": "signed-out"}


def test_nothing_of_the_provider_is_kept_but_what_a_logout_needs(site: Site, shared_database: Sql) -> None:
    sub = site.op.account(role="csr")
    site.sign_in(sub)
    statement = "SELECT to_jsonb(session) FROM consentfeed.sessions AS session WHERE subject = %s"
    ((row,),) = shared_database.run(statement, sub)
    kept = {name for name, value in row.items() if value is not None}
    own = {"id", "user_id", "token_sha256", "created_at", "expires_at", "last_seen_at", "idle_limit", "agent"}
    assert kept == own | {"issuer", "subject", "sid", "issued_at"}
    assert (row["issuer"], row["subject"]) == (site.op.issuer, sub)
    assert "eyJ" not in str(row), "no token"


def test_where_the_provider_is_asked_and_what_it_answers_is_in_no_log(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    logs.hush()
    with caplog.at_level(logging.DEBUG):
        person, _ = site.sign_in(site.op.account(role="csr"))
        assert site.me(person)
    assert [record.getMessage() for record in caplog.records if record.name.startswith("http")] == []
