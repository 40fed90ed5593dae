"""Passwords: one's own, those that an admin sets, and links by which one is chosen, once."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from consentfeed.api.passwords import PasswordLink
from consentfeed.identity.passwords import DEMO, hash_password
from consentfeed.identity.session_token import token_hash
from tests.support.database import Sql
from tests.support.node import StartNode
from tests.support.rest import Rest, ok, problem
from tests.support.seed import NOBODY, PASSWORD, STAFF
from tests.support.tokens import bearer
from tests.support.waiting import wait_until

LOGIN, ME, OWN, USE = "/auth/login", "/auth/me", "/auth/password", "/auth/password-link"
NEW = "another good password"
HASHED = hash_password(PASSWORD)


class Browser:
    """Somebody's browser: it keeps cookies."""

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=f"{url}/api/v1", timeout=30)

    def sign_in(self, email: str, password: str = PASSWORD) -> httpx.Response:
        return self.http.post(LOGIN, json={"email": email, "password": password})

    def is_signed_in(self) -> bool:
        return self.http.get(ME).status_code == 200

    def change(self, old: str = PASSWORD, new: str = NEW) -> httpx.Response:
        return self.http.post(OWN, json={"old": old, "new": new})


@pytest.fixture
def browsers(rest: Rest) -> Iterator[Any]:
    """Makes browsers."""
    opened: list[Browser] = []

    def new(url: str = "") -> Browser:
        opened.append(Browser(url or rest.node.url))
        return opened[-1]

    yield new
    for one in opened:
        one.http.close()


def new_account(rest: Rest, role: str = "csr", password_hash: str | None = HASHED) -> tuple[str, str]:
    """Id and address of a new account."""
    email = f"{uuid4().hex}@example.com"
    customer = rest.customer() if role == "customer" else None
    add = "SELECT consentfeed.add_user(%s, %s, %s, %s)::text"
    return str(rest.sql(add, email, role, password_hash, customer)[0][0]), email


def outside_account(rest: Rest) -> str:
    account = str(uuid4())
    admit = "SELECT consentfeed.admit_account(%s, 'https://id.example.com', %s, %s, 'csr', NULL)"
    rest.sql(admit, account, str(uuid4()), f"{uuid4().hex}@example.com")
    return account


def link_of(rest: Rest, account: str) -> dict[str, Any]:
    made: dict[str, Any] = ok(rest.call("POST", f"/users/{account}/password-link", "admin"), PasswordLink)
    return made


def use(rest: Rest, token: str, password: str = NEW) -> httpx.Response:
    return rest.call("POST", USE, json={"token": token, "password": password})


def trail_of(rest: Rest, actor: str) -> list[tuple[Any, ...]]:
    lines = "SELECT action, customers::text[], filters FROM consentfeed.access_trail WHERE actor = %s ORDER BY at, id"
    return rest.sql(lines, actor)


# One's own


@pytest.mark.parametrize("role", ["customer", "csr", "admin", "service"])
def test_one_changes_ones_own_password_and_stays_while_all_other_sessions_end(
    rest: Rest, browsers: Any, role: str
) -> None:
    account, email = new_account(rest, role)
    here, there = browsers(), browsers()
    for one in (here, there):
        ok(one.sign_in(email))
    tail = rest.node.tail(cookie=there.http.cookies["consentfeed_session"])
    assert here.change().status_code == 204
    assert tail.wait_event("goodbye", 5).data == {"reason": "signed-out"}
    wait_until(lambda: not there.is_signed_in(), 5)
    assert here.is_signed_in()
    problem(there.sign_in(email), "wrong-password")
    ok(there.sign_in(email, NEW))
    noted: list[Any] = [("change-password", [], {})] if role != "customer" else []
    assert [line for line in trail_of(rest, account) if "password" in line[0]] == noted


def test_a_token_changes_it_too_and_ends_all_sessions(rest: Rest, browsers: Any) -> None:
    account, email = new_account(rest)
    there = browsers()
    ok(there.sign_in(email))
    answer = rest.call("POST", OWN, "csr", account, json={"old": PASSWORD, "new": NEW})
    assert answer.status_code == 204
    wait_until(lambda: not there.is_signed_in(), 5)


def test_a_wrong_old_password_changes_nothing_and_ends_nothing(rest: Rest, browsers: Any) -> None:
    _, email = new_account(rest)
    here, there = browsers(), browsers()
    for one in (here, there):
        ok(one.sign_in(email))
    before = rest.written()
    problem(here.change("not the password"), "wrong-old-password")
    assert rest.written() == before
    assert there.is_signed_in()
    assert here.is_signed_in(), "it is no reason to sign anybody out"


def test_of_two_who_change_it_at_once_one_succeeds(rest: Rest, browsers: Any) -> None:
    account, email = new_account(rest)
    one, other = browsers(), browsers()
    for browser in (one, other):
        ok(browser.sign_in(email))
    with rest.database.connect() as holder:
        holder.execute("SELECT FROM consentfeed.users WHERE id = %s FOR UPDATE", (account,))
        answers = rest.while_held(
            holder, lambda: one.change(new="the choice of one"), lambda: other.change(new="the choice of the other")
        )
    assert sorted(answer.status_code for answer in answers) == [204, 403]
    (lost,) = [answer for answer in answers if answer.status_code == 403]
    assert "just been changed" in problem(lost, "wrong-old-password")["detail"]
    chosen = "the choice of one" if answers[0].status_code == 204 else "the choice of the other"
    ok(browsers().sign_in(email, chosen))


def test_guesses_at_the_old_password_count_as_failed_sign_ins_do(
    start_node: StartNode, database: Sql, browsers: Any
) -> None:
    """The same budget: who has used it up here cannot go on guessing there."""
    node, email = start_node(account_failures=3), "csr@example.com"
    here = browsers(node.url)
    ok(here.sign_in(email))
    for _ in range(2):
        problem(here.change("a wrong guess"), "wrong-old-password")
    problem(browsers(node.url).sign_in(email, "a wrong guess"), "wrong-password")
    answer = here.change()
    problem(answer, "rate-limited")
    assert int(answer.headers["retry-after"]) > 0
    problem(browsers(node.url).sign_in(email), "rate-limited")


def test_who_has_no_password_here_is_told_so_and_where_it_is_kept(rest: Rest) -> None:
    body = {"old": PASSWORD, "new": NEW}
    outside = rest.call("POST", OWN, "csr", outside_account(rest), json=body)
    assert "https://id.example.com" in problem(outside, "outside-password")["detail"]
    without, _ = new_account(rest, password_hash=None)
    for subject in (without, NOBODY):  # a token needs no account
        problem(rest.call("POST", OWN, "csr", subject, json=body), "no-password")


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"new": NEW}, "old"),
        ({"old": PASSWORD}, "new"),
        ({"old": PASSWORD, "new": "too short"}, "$.new"),
        ({"old": PASSWORD, "new": "x" * 1001}, "$.new"),
        ({"old": "x" * 1001, "new": NEW}, "$.old"),
        ({"old": PASSWORD, "new": DEMO}, "$.new"),
        ({"old": PASSWORD, "new": "with\0a zero byte"}, "$.new"),
        ({"old": 7, "new": NEW}, "$.old"),
        ({"old": PASSWORD, "new": NEW, "user": STAFF["admin"]}, "user"),
    ],
)
def test_a_change_that_cannot_be_is_422_and_the_answer_says_where(rest: Rest, body: dict[str, Any], where: str) -> None:
    account, _ = new_account(rest)
    before = rest.written()
    assert where in problem(rest.call("POST", OWN, "csr", account, json=body), "invalid")["detail"]
    assert rest.written() == before


# By an admin


def test_an_admin_sets_a_password_and_all_sessions_end(rest: Rest, browsers: Any) -> None:
    account, email = new_account(rest)
    there = browsers()
    ok(there.sign_in(email))
    assert rest.call("POST", f"/users/{account}/password", "admin", json={"password": NEW}).status_code == 204
    wait_until(lambda: not there.is_signed_in(), 5)
    problem(there.sign_in(email), "wrong-password")
    ok(there.sign_in(email, NEW))
    assert trail_of(rest, STAFF["admin"])[-1] == ("set-password", [], {"account": account})


@pytest.mark.parametrize("password", ["too short", "x" * 1001, DEMO, "with\0a zero byte", None, 7])
def test_a_password_that_cannot_be_set_is_422(rest: Rest, password: Any) -> None:
    account, _ = new_account(rest)
    link = link_of(rest, account)["token"]
    before = rest.written()
    answer = rest.call("POST", f"/users/{account}/password", "admin", json={"password": password})
    assert "$.password" in problem(answer, "invalid")["detail"]
    answer = rest.call("POST", USE, json={"token": link, "password": password})
    assert "$.password" in problem(answer, "invalid")["detail"]
    assert rest.written() == before


def test_the_demos_password_is_for_no_account_that_is_added(rest: Rest) -> None:
    body = {"email": f"{uuid4().hex}@example.com", "role": "csr", "password": DEMO}
    assert "Everybody knows" in problem(rest.call("POST", "/users", "admin", json=body), "invalid")["detail"]


def test_a_link_is_used_once_and_ends_all_sessions(rest: Rest, browsers: Any) -> None:
    account, email = new_account(rest, "customer")
    there = browsers()
    ok(there.sign_in(email))
    link = link_of(rest, account)
    assert link["url"] == f"{rest.node.url}/password#{link['token']}"
    assert trail_of(rest, STAFF["admin"])[-1] == ("make-password-link", [account], {"account": account})
    assert there.is_signed_in(), "nothing ends before it is used"
    assert use(rest, link["token"]).status_code == 204
    wait_until(lambda: not there.is_signed_in(), 5)
    ok(there.sign_in(email, NEW))
    problem(use(rest, link["token"], "a third password"), "link-gone")
    ok(there.sign_in(email, NEW))


def test_a_link_is_for_24_hours_and_the_database_keeps_its_hash_alone(rest: Rest) -> None:
    account, _ = new_account(rest)
    link = link_of(rest, account)
    kept = "SELECT token_sha256, expires_at - created_at = interval '24 hours' FROM consentfeed.password_links"
    ((digest, for_a_day),) = rest.sql(f"{kept} WHERE user_id = %s", account)
    assert (bytes(digest), for_a_day) == (token_hash(link["token"]), True)
    rest.sql("UPDATE consentfeed.password_links SET expires_at = now() WHERE user_id = %s", account)
    problem(use(rest, link["token"]), "link-gone")
    # Also where its time runs out between being looked for and being used.
    assert rest.sql("SELECT consentfeed.use_password_link(%s, 'hash')", token_hash(link["token"])) == [(False,)]


def test_a_newer_link_takes_the_place_of_the_one_before(rest: Rest) -> None:
    account, _ = new_account(rest)
    former, newer = link_of(rest, account), link_of(rest, account)
    problem(use(rest, former["token"]), "link-gone")
    assert use(rest, newer["token"]).status_code == 204


def test_a_password_that_was_chosen_otherwise_meanwhile_withdraws_the_link(rest: Rest) -> None:
    account, _ = new_account(rest)
    for path, role, subject, body in (
        (OWN, "csr", account, {"old": PASSWORD, "new": NEW}),
        (f"/users/{account}/password", "admin", None, {"password": PASSWORD}),
    ):
        link = link_of(rest, account)
        assert rest.call("POST", path, role, subject, json=body).status_code == 204
        problem(use(rest, link["token"]), "link-gone")


@pytest.mark.parametrize("by_address", [False, True])
def test_who_is_disabled_uses_no_link_nor_does_it_come_back(rest: Rest, by_address: bool) -> None:
    account, email = new_account(rest)
    link = link_of(rest, account)
    if by_address:
        rest.sql("SELECT consentfeed.disable_user(%s)", email)
    else:
        ok(rest.call("POST", f"/users/{account}/disable", "admin"))
    problem(use(rest, link["token"]), "link-gone")
    problem(rest.call("POST", f"/users/{account}/password-link", "admin"), "account-disabled")
    ok(rest.call("POST", f"/users/{account}/enable", "admin"))
    problem(use(rest, link["token"]), "link-gone")
    link = link_of(rest, account)
    rest.sql("UPDATE consentfeed.users SET disabled_at = now() WHERE id = %s", account)  # past all functions
    problem(use(rest, link["token"]), "link-gone")


def test_of_two_who_use_a_link_at_once_one_succeeds(rest: Rest) -> None:
    account, _ = new_account(rest)
    token = link_of(rest, account)["token"]
    with rest.database.connect() as holder:
        holder.execute("SELECT FROM consentfeed.users WHERE id = %s FOR UPDATE", (account,))
        answers = rest.while_held(holder, lambda: use(rest, token, NEW), lambda: use(rest, token, "the other's choice"))
    assert sorted(answer.status_code for answer in answers) == [204, 410]


def test_tokens_are_not_tried_out_without_end(start_node: StartNode, database: Sql) -> None:
    limited, patient = (Rest(start_node(address_failures=most), database) for most in (3, 100))
    token = link_of(limited, STAFF["csr"])["token"]
    for _ in range(3):
        problem(use(limited, "a guess"), "link-gone")
    problem(use(limited, token), "rate-limited")
    assert use(patient, token).status_code == 204, "it is good all the same"
    for rest in (limited, patient):
        rest.close()


@pytest.mark.parametrize("route", ["password", "password-link"])
def test_of_an_account_from_outside_nobody_sets_the_password(rest: Rest, route: str) -> None:
    account = outside_account(rest)
    before = rest.written()
    body: Any = {"json": {"password": NEW}} if route == "password" else {}
    problem(rest.call("POST", f"/users/{account}/{route}", "admin", **body), "outside-password")
    assert rest.written() == before


@pytest.mark.parametrize("route", ["password", "password-link"])
def test_an_admins_own_password_takes_the_old_one(rest: Rest, route: str) -> None:
    before = rest.written()
    body: Any = {"json": {"password": NEW}} if route == "password" else {}
    problem(rest.call("POST", f"/users/{STAFF['admin']}/{route}", "admin", **body), "own-password")
    problem(rest.call("POST", f"/users/{STAFF['admin'].upper()}/{route}", "admin", **body), "own-password")
    problem(rest.call("POST", f"/users/{NOBODY}/{route}", "admin", **body), "not-found")
    assert rest.written() == before


def test_where_passwords_are_off_none_is_changed_set_or_chosen(start_node: StartNode, database: Sql) -> None:
    node = start_node(issuer="http://127.0.0.1:1", client_id="consentfeed")
    of_csr = f"/users/{STAFF['csr']}"
    with httpx.Client(base_url=f"{node.url}/api/v1") as client:
        for path, role, body in (
            (OWN, "csr", {"old": PASSWORD, "new": NEW}),
            (USE, None, {"token": "x", "password": NEW}),
            (f"{of_csr}/password", "admin", {"password": NEW}),
            (f"{of_csr}/password-link", "admin", None),
        ):
            headers = {"Authorization": f"Bearer {bearer(role)}"} if role else {}
            problem(client.post(path, json=body, headers=headers), "passwords-off")
        assert client.get("/auth/ways").json()["password"] is False


def test_the_link_leads_to_where_browsers_find_us(start_node: StartNode, database: Sql) -> None:
    node = start_node(public_url="https://consents.example.com")
    headers = {"Authorization": f"Bearer {bearer('admin')}", "Host": "consents.example.com"}
    made = httpx.post(f"{node.url}/api/v1/users/{STAFF['csr']}/password-link", headers=headers).json()
    assert made["url"] == f"https://consents.example.com/password#{made['token']}"


def test_whom_to_ask_who_has_forgotten_it_is_a_setting(start_node: StartNode, rest: Rest) -> None:
    assert rest.json("/auth/ways", None)["password_help"] is None
    node = start_node(password_help="Call 1212.")
    assert httpx.get(f"{node.url}/api/v1/auth/ways").json()["password_help"] == "Call 1212."


def test_a_sign_in_with_the_former_password_opens_nothing_once_it_is_changed(rest: Rest, browsers: Any) -> None:
    """It was checked, and then waits while the password changes."""
    account, email = new_account(rest)
    with rest.database.connect() as holder:
        holder.execute("UPDATE consentfeed.users SET password_hash = 'another' WHERE id = %s", (account,))
        (answer,) = rest.while_held(holder, lambda: browsers().sign_in(email))
    problem(answer, "wrong-password")


def test_a_sign_in_that_was_first_is_ended_by_the_change(rest: Rest) -> None:
    account, _ = new_account(rest)
    opening = (
        "SELECT consentfeed.open_session(%s, %s, '1 hour', '1 hour', NULL, NULL, NULL, NULL, NULL, %s)",
        (account, uuid4().bytes, HASHED),
    )
    with rest.database.connect() as holder:
        holder.execute(opening[0].encode(), opening[1])
        body = {"old": PASSWORD, "new": NEW}
        (answer,) = rest.while_held(holder, lambda: rest.call("POST", OWN, "csr", account, json=body))
    assert answer.status_code == 204
    assert rest.sql("SELECT ended_at IS NULL FROM consentfeed.sessions WHERE user_id = %s", account) == [(False,)]
