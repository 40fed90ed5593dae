"""What another site's page may have a browser do: nothing, unless its origin is configured."""

from collections.abc import Iterator

import httpx
import pytest
from starlette.requests import HTTPConnection

from consentfeed.identity import cookies
from consentfeed.settings import SettingsError, load
from tests.support.database import Sql
from tests.support.node import RunningNode, StartNode
from tests.support.rest import Rest, ok, problem
from tests.support.seed import CUSTOMER, PASSWORD
from tests.support.tokens import bearer

LOGIN, ME, LOGOUT, OWN = "/api/v1/auth/login", "/api/v1/auth/me", "/api/v1/auth/logout", "/api/v1/customer/consents"
EVENTS = "/api/v1/events"
CREDENTIALS = {"email": "customer@example.com", "password": PASSWORD}
APP = "https://app.example.com"
HTTPS = {"X-Forwarded-Proto": "https"}  # as a proxy on this machine says that it ends TLS
NOT_OURS = ("cross-site", "same-site", "nonsense")


@pytest.fixture
def browser(rest: Rest) -> Iterator[httpx.Client]:
    """A browser in which a customer is signed in."""
    with httpx.Client(base_url=rest.node.url) as client:
        ok(client.post(LOGIN, json=CREDENTIALS))
        yield client


def consent_of(rest: Rest) -> str:
    return rest.database.consents(CUSTOMER)[0]


# CSRF


@pytest.mark.parametrize("site", NOT_OURS)
def test_what_a_browser_says_comes_from_another_site_changes_nothing(
    rest: Rest, browser: httpx.Client, site: str
) -> None:
    before = rest.written()
    for path in (f"{OWN}/{consent_of(rest)}/grant", f"{OWN}/{consent_of(rest)}/revoke", LOGOUT, LOGIN):
        for own_origin in ({}, {"Origin": rest.node.url}):
            answer = browser.post(path, json=CREDENTIALS, headers={"Sec-Fetch-Site": site, **own_origin})
            problem(answer, "foreign-origin")
    assert rest.written() == before
    ok(browser.get(ME))


@pytest.mark.parametrize("origin", ["null", APP, "http://127.0.0.1", "http://127.0.0.1:1"])
def test_a_foreign_origin_is_refused_whatever_sec_fetch_site_says(
    rest: Rest, browser: httpx.Client, origin: str
) -> None:
    headers = {"Origin": origin, "Sec-Fetch-Site": "same-origin"}
    problem(browser.post(f"{OWN}/{consent_of(rest)}/grant", headers=headers), "foreign-origin")


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "none"}, {"Sec-Fetch-Site": "same-origin"}])
def test_own_pages_and_programs_that_are_no_browser_are_served(
    rest: Rest, browser: httpx.Client, headers: dict[str, str]
) -> None:
    ok(browser.post(f"{OWN}/{consent_of(rest)}/grant", headers=headers))
    ok(browser.post(f"{OWN}/{consent_of(rest)}/grant", headers=headers | {"Origin": rest.node.url}))


@pytest.mark.parametrize("site", NOT_OURS)
def test_another_site_signs_nobody_in(rest: Rest, site: str) -> None:
    before = rest.written()
    answer = httpx.post(rest.node.url + LOGIN, json=CREDENTIALS, headers={"Sec-Fetch-Site": site})
    problem(answer, "foreign-origin")
    assert "set-cookie" not in answer.headers
    assert rest.written() == before


@pytest.mark.parametrize("site", NOT_OURS)
@pytest.mark.parametrize("path", [ME, OWN, EVENTS, "/api/v1/purposes"])
@pytest.mark.parametrize("accept", ["*/*", "text/event-stream"])
def test_another_site_reads_and_streams_nothing_by_the_cookie(
    browser: httpx.Client, site: str, path: str, accept: str
) -> None:
    problem(browser.get(path, headers={"Sec-Fetch-Site": site, "Accept": accept}), "foreign-origin")


def test_who_comes_by_a_link_from_another_site_finds_the_page_of_the_role(browser: httpx.Client) -> None:
    answer = browser.get("/", headers={"Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/customer")


def test_a_bearer_token_is_nothing_that_a_browser_adds_by_itself(rest: Rest, browser: httpx.Client) -> None:
    headers = {"Authorization": f"Bearer {bearer('customer')}", "Origin": APP, "Sec-Fetch-Site": "cross-site"}
    ok(browser.post(f"{OWN}/{consent_of(rest)}/grant", headers=headers))
    ok(browser.get(OWN, headers=headers))
    basic = headers | {"Authorization": "Basic Y3NyOng="}  # which a browser does add
    problem(browser.post(f"{OWN}/{consent_of(rest)}/grant", headers=basic), "foreign-origin")


def test_where_the_public_url_is_known_host_counts_no_more(start_node: StartNode) -> None:
    node = start_node(public_url="https://consent.example.com")
    with node.client(headers={"Host": "consent.example.com:3001"}) as client:
        for origin, status in (
            ("https://consent.example.com", 200),
            ("https://consent.example.com:3001", 403),
            (node.url, 403),
            ("http://consent.example.com", 403),
        ):
            assert client.post(LOGIN, json=CREDENTIALS, headers={"Origin": origin}).status_code == status, origin


def test_over_https_the_origin_is_one_of_https(rest: Rest) -> None:
    host = f"127.0.0.1:{rest.node.port}"
    for scheme, status in (("https", 200), ("http", 403)):
        headers = HTTPS | {"Origin": f"{scheme}://{host}"}
        assert httpx.post(rest.node.url + LOGIN, json=CREDENTIALS, headers=headers).status_code == status


# Cookies


def test_over_https_the_cookie_is_one_that_no_other_site_of_the_domain_can_set(rest: Rest) -> None:
    answer = httpx.post(rest.node.url + LOGIN, json=CREDENTIALS, headers=HTTPS)
    pair, *attributes = answer.headers["set-cookie"].split("; ")
    name, _, token = pair.partition("=")
    assert name == "__Host-consentfeed_session"
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(attributes)
    assert not any(attribute.startswith("Domain") for attribute in attributes)

    def who(sent: str, headers: dict[str, str]) -> int:
        return httpx.get(rest.node.url + ME, headers=headers | {"Cookie": sent}).status_code

    assert who(f"__Host-consentfeed_session={token}", HTTPS) == 200
    assert who(f"consentfeed_session={token}", HTTPS) == 401  # a sub-domain can set this one
    assert who(f"__Host-consentfeed_session={token}", {}) == 401
    assert who(f"consentfeed_session=planted; __Host-consentfeed_session={token}", HTTPS) == 200


@pytest.mark.parametrize(
    "name", ["\x85__Host-", "\xa0__Host-", "\t__Host-", "__host-", "__Host-x=; __Host", "\x1f__Host-"]
)
def test_no_other_name_is_taken_for_the_protected_one(rest: Rest, name: str) -> None:
    answer = httpx.post(rest.node.url + LOGIN, json=CREDENTIALS, headers=HTTPS)
    token = answer.headers["set-cookie"].split(";")[0].partition("=")[2]
    scope = {
        "type": "http",
        "scheme": "https",
        "headers": [(b"cookie", f"{name}consentfeed_session={token}".encode("latin-1"))],
    }
    assert cookies.read(HTTPConnection(scope)) is None


@pytest.mark.parametrize("setting", [{"secure_cookie": True}, {"public_url": "https://consent.example.com"}])
def test_behind_a_proxy_that_says_nothing_the_settings_say_that_it_is_https(
    start_node: StartNode, setting: dict[str, object]
) -> None:
    host = {"Host": "consent.example.com"} if "public_url" in setting else {}
    with start_node(**setting).client(headers=host) as client:
        answer = client.post(LOGIN, json=CREDENTIALS)
        assert answer.headers["set-cookie"].startswith("__Host-consentfeed_session=")
        assert answer.headers["strict-transport-security"]
        cookie = answer.headers["set-cookie"].split(";")[0]
        assert client.get(ME, headers={"Cookie": cookie}).status_code == 200
        assert (
            client.post(LOGOUT, headers={"Cookie": cookie})
            .headers["set-cookie"]
            .startswith("__Host-consentfeed_session=;")
        )


# CORS


def test_no_origin_may_read_unless_configured(rest: Rest, browser: httpx.Client) -> None:
    preflight = {"Origin": APP, "Access-Control-Request-Method": "GET"}
    for answer in (browser.options(ME, headers=preflight), browser.get(ME, headers={"Origin": APP})):
        assert not [name for name in answer.headers if name.startswith("access-control-")]
    problem(browser.options(ME, headers=preflight), "method-not-allowed")


@pytest.fixture
def shared(start_node: StartNode) -> RunningNode:
    """A node whose API the pages of an app and of another may use."""
    return start_node(cors_origins=f"{APP} http://localhost:5173")


def preflight(node: RunningNode, origin: str, method: str = "POST", headers: str = "content-type") -> httpx.Response:
    return httpx.options(
        node.url + LOGIN,
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": headers,
        },
    )


@pytest.mark.parametrize("origin", [APP, "http://localhost:5173"])
def test_a_configured_origin_may_use_the_api_and_read_what_it_needs(shared: RunningNode, origin: str) -> None:
    wanted = "authorization, content-type, consentfeed-user, idempotency-key, if-match, last-event-id"
    for method in ("GET", "POST", "PUT"):
        answer = preflight(shared, origin, method, wanted)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == origin
        assert answer.headers["access-control-allow-credentials"] == "true"
        assert "Origin" in answer.headers["vary"]
    answer = httpx.get(shared.url + ME, headers={"Origin": origin, "Authorization": f"Bearer {bearer('csr')}"})
    ok(answer)
    assert answer.headers["access-control-allow-origin"] == origin
    exposed = {name.strip() for name in answer.headers["access-control-expose-headers"].split(",")}
    assert {"ETag", "Retry-After", "Consentfeed-Position", "Consentfeed-Heartbeat", "Consentfeed-Behind"} <= exposed
    assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize(
    "origin", ["https://app.example.com.evil.example", "http://app.example.com", "null", APP + ":1"]
)
def test_no_other_origin_may(shared: RunningNode, origin: str) -> None:
    answer = preflight(shared, origin)
    assert answer.status_code == 400
    assert "access-control-allow-origin" not in answer.headers
    read = httpx.get(shared.url + ME, headers={"Origin": origin})
    assert "access-control-allow-origin" not in read.headers
    assert read.headers["vary"] == "Origin"
    problem(httpx.post(shared.url + LOGIN, json=CREDENTIALS, headers={"Origin": origin}), "foreign-origin")


def test_nothing_else_may_be_sent_from_a_configured_origin(shared: RunningNode) -> None:
    assert preflight(shared, APP, "DELETE").status_code == 400
    assert preflight(shared, APP, headers="x-anything").status_code == 400


def test_a_configured_origin_acts_as_who_is_signed_in(shared: RunningNode, database: Sql) -> None:
    headers = {"Origin": APP, "Sec-Fetch-Site": "same-site"}
    with shared.client() as client:
        ok(client.post(LOGIN, json=CREDENTIALS, headers=headers))
        ok(client.post(f"{OWN}/{database.consents(CUSTOMER)[0]}/grant", headers=headers))
        ok(client.get(OWN, headers=headers))


def test_a_problem_can_be_read_by_a_configured_origin(start_node: StartNode) -> None:
    node = start_node(cors_origins=APP, address_rate=1)
    answers = [httpx.get(node.url + ME, headers={"Origin": APP}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [401, 429]
    assert all(answer.headers["access-control-allow-origin"] == APP for answer in answers)


def test_a_stream_under_cors_goes_on_and_the_pump_serves_it(
    shared: RunningNode, database: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    offers: list[bool] = []
    pump = shared.node.streams.pump
    offer = pump._offer
    monkeypatch.setattr(pump, "_offer", lambda *of: offers.append(offer(*of)) or offers[-1])  # type: ignore[func-returns-value]
    headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {bearer('csr')}", "Origin": APP}
    with shared.client() as client, client.stream("GET", EVENTS, headers=headers) as stream:
        assert stream.headers["access-control-allow-origin"] == APP
        assert stream.headers["vary"] == "Origin"
        lines = stream.iter_lines()
        next(lines)
        for status in ("granted", "revoked") * 5:
            database.set(database.consents()[0], status)
        seen = list(_take(lines, 10))
        assert len(seen) == 10
    # None of its writes had to be handed to a task of its own.
    assert offers
    assert all(offers)


def _take(lines: Iterator[str], events: int) -> Iterator[str]:
    while events:
        line = next(lines)
        if line == "event: consent-updated":
            events -= 1
            yield line


@pytest.mark.parametrize(
    "origins",
    [
        "*",
        f"{APP} *",
        "https://*.example.com",
        f"{APP}/",
        f"{APP}/path",
        "app.example.com",
        "null",
        "https://app.example.com:443",
    ],
)
def test_what_is_no_exact_origin_is_refused_at_the_start(origins: str) -> None:
    with pytest.raises(
        SettingsError, match=r"^CONSENTFEED_CORS_ORIGINS: .* is no origin like https://app\.example\.com"
    ):
        load({"CONSENTFEED_CORS_ORIGINS": origins})
