"""Sessions: how long they last, what keeps them, and what their owners see and end of them."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from consentfeed.api.sessions import OwnSessions, SessionPage
from consentfeed.identity.session_token import token_hash
from consentfeed.identity.signin import Ways
from tests.support.database import Sql
from tests.support.node import RunningNode, StartNode
from tests.support.rest import Rest, ok, problem
from tests.support.seed import CUSTOMER, NOBODY, PASSWORD, STAFF
from tests.support.tokens import bearer
from tests.support.waiting import wait_until

COOKIE = "consentfeed_session"
PEOPLE = ("customer", "csr", "admin")


class Browser:
    """A client that keeps cookies, signed in."""

    def __init__(self, node: RunningNode, email: str = "csr@example.com", agent: str = "Firefox") -> None:
        self.node = node
        self.http = httpx.Client(base_url=f"{node.url}/api/v1", headers={b"User-Agent": agent.encode("latin-1")})
        self.sign_in(email)

    def sign_in(self, email: str) -> httpx.Response:
        answer = self.http.post("/auth/login", json={"email": email, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        return answer

    @property
    def cookie(self) -> str:
        return self.http.cookies[COOKIE]

    def sessions(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = ok(self.http.get("/auth/sessions"), OwnSessions)["sessions"]
        return found

    def current(self) -> str:
        (session,) = [session["id"] for session in self.sessions() if session["current"]]
        return str(session)

    def is_out(self) -> bool:
        """For whatever node remembers of it for a moment."""
        return bool(wait_until(lambda: self.http.get("/auth/me").status_code == 401, 5))

    def is_in(self) -> bool:
        return self.http.get("/auth/me").status_code == 200


@pytest.fixture
def browsers() -> Iterator[list[Browser]]:
    opened: list[Browser] = []
    yield opened
    for browser in opened:
        browser.http.close()


@pytest.fixture
def browse(rest: Rest, browsers: list[Browser]) -> Any:
    """Signs in by another browser; as somebody new unless an address is given."""

    def browse(email: str = "", node: RunningNode = rest.node, **options: Any) -> Browser:
        browsers.append(Browser(node, email or account(rest.database), **options))
        return browsers[-1]

    return browse


def account(database: Sql, role: str = "csr") -> str:
    """The address of a new account with the usual password."""
    email = f"{uuid4().hex}@example.com"
    database.run(
        "INSERT INTO consentfeed.users (email, role, password_hash)"
        " SELECT %s, %s, password_hash FROM consentfeed.users WHERE id = %s",
        email,
        role,
        STAFF["csr"],
    )
    return email


# One's own sessions


@pytest.mark.parametrize("role", PEOPLE)
def test_ones_own_open_sessions_are_listed_newest_first_with_the_one_that_asks(browse: Any, role: str) -> None:
    one = browse(f"{role}@example.com", agent="Firefox")
    other = browse(f"{role}@example.com", agent="Chromium")
    first, second = other.sessions()[:2]
    assert (first["agent"], first["current"]) == ("Chromium", True)
    assert (second["agent"], second["current"]) == ("Firefox", False)
    assert one.current() == second["id"]
    assert second["created_at"] <= second["last_seen_at"] < second["expires_at"]


def test_nobody_sees_or_ends_a_session_of_somebody_else(browse: Any) -> None:
    mine, theirs = browse(), browse()
    assert [session["id"] for session in mine.sessions()] == [mine.current()]
    problem(mine.http.post(f"/auth/sessions/{theirs.current()}/end"), "not-found")
    assert mine.http.post("/auth/sessions/end-others").status_code == 204
    assert theirs.is_in()


def test_ending_a_session_of_ones_own_closes_its_streams(browse: Any, rest: Rest) -> None:
    mine = browse(email := account(rest.database))
    lost = browse(email)
    tail = rest.node.tail(cookie=lost.cookie)
    path = f"/auth/sessions/{lost.current()}/end"
    assert mine.http.post(path).status_code == 204
    assert tail.wait_event("goodbye", 5).data == {"reason": "signed-out"}
    assert lost.is_out()
    assert mine.is_in()
    problem(mine.http.post(path), "not-found")


def test_ending_the_session_that_asks_is_signing_out(browse: Any) -> None:
    mine = browse()
    assert mine.http.post(f"/auth/sessions/{mine.current()}/end").status_code == 204
    assert mine.is_out()


def test_ending_all_others_leaves_the_one_that_asks(browse: Any, rest: Rest) -> None:
    email = account(rest.database)
    mine, *others = (browse(email) for _ in range(3))
    tails = [rest.node.tail(cookie=other.cookie) for other in others]
    assert mine.http.post("/auth/sessions/end-others").status_code == 204
    for tail in tails:
        assert tail.wait_event("goodbye", 5).data == {"reason": "signed-out"}
    assert mine.is_in()
    assert [session["current"] for session in mine.sessions()] == [True]


def test_by_a_bearer_token_one_sees_and_ends_ones_sessions_too(browse: Any, rest: Rest) -> None:
    mine = browse(email := account(rest.database))
    ((user,),) = rest.sql("SELECT id::text FROM consentfeed.users WHERE email = %s", email)
    (listed,) = ok(rest.get("/auth/sessions", "csr", subject=user), OwnSessions)["sessions"]
    assert (listed["id"], listed["current"]) == (mine.current(), False)
    assert rest.call("POST", "/auth/sessions/end-others", "csr", user).status_code == 204
    assert mine.is_out()


@pytest.mark.parametrize("session", [NOBODY, "7", "%00", NOBODY.replace("-", "")])
def test_a_session_of_ones_own_that_is_none_is_404(rest: Rest, session: str) -> None:
    problem(rest.call("POST", f"/auth/sessions/{session}/end", "csr"), "not-found")


def test_admins_see_what_browser_and_when_it_was_last_used(browse: Any, rest: Rest) -> None:
    browse(email := account(rest.database), agent="A browser, of\x85 some kind" + "!" * 1000)
    listed = ok(rest.get("/sessions?limit=1000", "admin"), SessionPage)["sessions"]
    (session,) = [session for session in listed if session["user"]["email"] == email]
    assert session["agent"] == ("A browser, of some kind" + "!" * 1000)[:199]
    assert session["created_at"] <= session["last_seen_at"] < session["expires_at"]


# How long they last


def ago(rest: Rest, browser: Browser, column: str, time: str) -> None:
    """As if so much time had gone by."""
    rest.sql(
        f"UPDATE consentfeed.sessions SET {column} = {column} - %s::interval WHERE token_sha256 = %s",
        time,
        token_hash(browser.cookie),
    )


def last_seen(rest: Rest, browser: Browser) -> Any:
    """How long ago it was last used."""
    statement = "SELECT now() - last_seen_at FROM consentfeed.sessions WHERE token_sha256 = %s"
    return rest.sql(statement, token_hash(browser.cookie))[0][0].total_seconds()


def test_a_session_lasts_as_long_as_the_settings_say(browse: Any, start_node: StartNode, database: Sql) -> None:
    browse("csr@example.com", start_node(session_hours=3, session_idle_minutes=7))
    limits = "SELECT (expires_at - created_at)::text, idle_limit::text FROM consentfeed.sessions"
    assert database.run(limits) == [("03:00:00", "00:07:00")]


def test_a_session_that_is_not_used_ends_and_its_stream_with_it(browse: Any, rest: Rest) -> None:
    """A stream that is open is use: it is its node that notes it, and this one is as if it had been away."""
    unused, used = browse(), browse()
    tail = rest.node.tail(cookie=unused.cookie)
    for browser in (unused, used):
        ago(rest, browser, "last_seen_at", "61 minutes" if browser is unused else "59 minutes")
    assert tail.wait_event("goodbye", 5).data == {"reason": "signed-out"}
    assert unused.is_out()
    assert used.is_in()
    assert last_seen(rest, used) < 30


def test_a_session_ends_after_its_time_however_much_it_is_used(browse: Any, rest: Rest) -> None:
    browser = browse()
    tail = rest.node.tail(cookie=browser.cookie)
    assert browser.is_in()
    ago(rest, browser, "expires_at", "12 hours")
    assert tail.wait_event("goodbye", 5).data == {"reason": "signed-out"}
    assert browser.is_out()


def test_an_open_stream_is_use(browse: Any, start_node: StartNode, database: Sql) -> None:
    """With an idle limit of three seconds, two of them in a row."""
    node = start_node(session_idle_minutes=0.05)
    watching, idle = browse("csr@example.com", node), browse("csr@example.com", node)
    tail = node.tail(cookie=watching.cookie)
    created = "SELECT token_sha256 FROM consentfeed.sessions WHERE now() - created_at > 2 * idle_limit"
    wait_until(lambda: len(database.run(created)) == 2)
    assert idle.http.get("/auth/me").status_code == 401
    assert watching.is_in()
    assert not tail.ended.is_set()


def test_a_session_whose_use_cannot_be_noted_now_serves_all_the_same(browse: Any, rest: Rest) -> None:
    browser = browse()
    ago(rest, browser, "last_seen_at", "10 minutes")
    with rest.database.connect() as holder:
        holder.execute(
            "SELECT FROM consentfeed.sessions WHERE token_sha256 = %s FOR UPDATE", (token_hash(browser.cookie),)
        )
        assert browser.is_in()
    assert last_seen(rest, browser) > 500


# Signing in anew


def test_each_sign_in_has_a_new_token_and_ends_the_session_before(browse: Any, rest: Rest) -> None:
    browser = browse(email := account(rest.database))
    before = browser.cookie
    tail = rest.node.tail(cookie=before)
    browser.sign_in(email)
    assert browser.cookie != before
    assert tail.wait_event("goodbye", 5).data == {"reason": "signed-out"}
    assert len(browser.sessions()) == 1


def test_a_token_that_somebody_else_chose_is_never_signed_in(browse: Any, rest: Rest) -> None:
    browser = browse()
    browser.http.cookies.set(COOKIE, chosen := "chosen-by-somebody-else", domain="127.0.0.1")
    browser.sign_in("csr@example.com")
    answer = httpx.get(f"{rest.node.url}/api/v1/auth/me", headers={"Cookie": f"{COOKIE}={chosen}"})
    problem(answer, "signed-out")


# Whether there are passwords

PROVIDER = {"issuer": "http://127.0.0.1:9", "client_id": "consentfeed"}


@pytest.mark.parametrize(
    ("settings", "password", "title"),
    [
        ({}, True, None),
        ({"passwords": False}, False, None),
        ({"issuer": PROVIDER["issuer"]}, True, None),
        (PROVIDER, False, "Single sign-on"),
        (PROVIDER | {"passwords": True, "sso_title": "SLT"}, True, "SLT"),
    ],
)
def test_passwords_are_off_where_a_provider_is_configured_unless_they_are_asked_for(
    start_node: StartNode, settings: dict[str, Any], password: bool, title: str | None
) -> None:
    client = start_node(**settings).client()
    ways = ok(client.get("/api/v1/auth/ways"), Ways)
    assert ways == {
        "password": password,
        "password_help": None,
        "single_sign_on": title and {"title": title},
        "demo": None,
    }
    answer = client.post("/api/v1/auth/login", json={"email": "csr@example.com", "password": PASSWORD})
    assert answer.status_code == (200 if password else 403)
    if not password:
        problem(answer, "passwords-off")


def test_where_passwords_are_off_sessions_and_tokens_serve_as_before(
    start_node: StartNode, browse: Any, database: Sql
) -> None:
    browser = browse("customer@example.com", start_node())
    without = start_node(**PROVIDER)
    headers = {"Cookie": f"{COOKIE}={browser.cookie}"}
    me = ok(httpx.get(f"{without.url}/api/v1/auth/me", headers=headers))
    assert UUID(me["user"]["id"]) == UUID(CUSTOMER)
    assert without.client("csr").get("/api/v1/auth/me").status_code == 200
    assert httpx.get(f"{without.url}/api/v1/auth/me", headers={"Authorization": f"Bearer {bearer('csr')}"}).is_success


def test_without_a_provider_there_is_no_single_sign_on(rest: Rest) -> None:
    for path in ("/auth/sso", "/auth/sso/callback"):
        problem(rest.get(path, None), "not-found")
    problem(rest.call("POST", "/auth/sso/logout", data={"logout_token": "x"}), "not-found")
