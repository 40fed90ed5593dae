"""Single sign-on in a real browser, by a provider on another site."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from consentfeed.identity.claims import subject_id
from tests.support.database import Sql
from tests.support.node import RunningNode, StartNode
from tests.support.oidc import Provider, provider
from tests.support.ports import free_port
from tests.support.seed import OTHER
from tests.support.waiting import wait_until
from tests.web.conftest import NewPerson
from tests.web.test_act import act_on, answer
from tests.web.test_session_end import NOTE, end
from tests.web.test_walk import DESK

Site = tuple[Provider, RunningNode]


@pytest.fixture(scope="module")
def op() -> Iterator[Provider]:
    with provider() as running:
        yield running


@pytest.fixture
def node(op: Provider, start_node: StartNode) -> RunningNode:
    """A node that the provider knows."""
    port = free_port()
    client = op.client(f"http://127.0.0.1:{port}")
    claims = {"role_claim": "role", "customer_claim": "customer", "sso_title": "Telco"}
    return start_node(**client, **claims, port=port, heartbeat_seconds=0.4)


def sign_in(page: Page, sub: str) -> None:
    """By the button, at the provider."""
    expect(page.locator("#form")).to_be_hidden()
    page.locator("#sso").click()
    page.get_by_label("Login").fill(sub)
    page.get_by_role("button", name="Go on").click()


@pytest.mark.parametrize(
    ("role", "claims"),
    [("csr", {}), ("admin", {}), ("customer", {"customer": OTHER})],
    ids=["csr", "admin", "customer"],
)
def test_the_button_leads_to_the_provider_and_from_there_to_the_page_of_the_role(
    op: Provider, person: NewPerson, role: str, claims: dict[str, str]
) -> None:
    sub = op.account(role=role, **claims)
    page = person().tab()
    expect(page.locator("#sso")).to_contain_text("Telco")
    sign_in(page, sub)
    page.wait_for_url(f"**/{role}")
    expect(page.locator("#user")).to_have_text(f"{sub}@example.com")


def test_the_stream_of_a_session_from_there_is_live_and_ends_with_a_logout_there(
    op: Provider, person: NewPerson
) -> None:
    someone = person()
    page = someone.tab()
    sign_in(page, op.account(role="csr"))
    page.wait_for_url("**/csr")
    expect(page.locator("#light")).to_have_attribute("data-phase", "live")
    there = someone.context.new_page()
    there.goto(f"{op.issuer}/session/end")
    there.get_by_role("button", name="Yes, sign me out").click()
    page.wait_for_url(lambda url: url.split("?")[0].endswith("/"))
    expect(page.locator("#sso")).to_be_visible()


def test_signing_out_leads_to_the_provider_and_back_to_the_sign_in_page(op: Provider, person: NewPerson) -> None:
    page = person().tab()
    sign_in(page, op.account(role="csr"))
    page.wait_for_url("**/csr")
    page.click("#signout")
    page.get_by_role("button", name="Yes, sign me out").click()
    expect(page.locator("#sso")).to_be_visible()
    page.locator("#sso").click()
    expect(page.get_by_label("Login")).to_be_visible()  # it asks again who it is


def test_who_is_signed_in_there_already_is_let_in_without_a_question(
    op: Provider, person: NewPerson, node: RunningNode
) -> None:
    someone, sub = person(), op.account(role="admin")
    page = someone.tab("/?to=/account")
    sign_in(page, sub)
    page.wait_for_url("**/account")
    expect(page.locator("#user")).to_have_text(f"{sub}@example.com")
    account = str(subject_id(op.issuer, sub))
    with node.client("admin") as admin:
        sessions = admin.get("/api/v1/sessions").json()["sessions"]
        (session,) = [one for one in sessions if one["user"]["id"] == account]
        admin.post(f"/api/v1/sessions/{session['id']}/end")
    wait_until(lambda: someone.context.request.get(f"{node.url}/api/v1/auth/me").status == 401, 5)
    page.goto(f"{node.url}/?to=/account")
    page.locator("#sso").click()
    page.wait_for_url("**/account")


def test_who_gives_up_there_is_told_so_in_our_own_words(op: Provider, person: NewPerson) -> None:
    page = person().tab()
    page.locator("#sso").click()
    page.get_by_role("link", name="Give up").click()
    expect(page.locator("#problem")).to_contain_text("refused or cancelled")


def test_who_has_no_role_is_told_so_and_stays_out(op: Provider, person: NewPerson) -> None:
    page = person().tab()
    sign_in(page, op.account(role="owner"))
    expect(page.locator("#problem")).to_contain_text("nobody has given you access")


def typing_when_it_ends(op: Provider, person: NewPerson, database: Sql) -> Page:
    """A CSR in the middle of a form, whose session ends."""
    page = person(**DESK).tab()
    sign_in(page, op.account(role="csr"))
    page.wait_for_url("**/csr")
    page.select_option("#filter-status", "any")
    page.locator("#grid-rows [role=row]").filter(has_text="Nimal").first.click()
    answer(act_on(page))
    page.fill("#act-note", NOTE)
    end(database, page)
    expect(page.locator("#session-password")).to_be_hidden()
    return page


def in_place(page: Page) -> Page:
    """The tab with the provider that the box opens."""
    with page.context.expect_page() as opened:
        page.locator(".session-box").get_by_role("link", name="Telco").click()
    return opened.value


def back_to(page: Page) -> None:
    """The person looks at the page again."""
    page.bring_to_front()
    page.evaluate("window.dispatchEvent(new Event('focus'))")


def test_who_signs_in_again_at_the_provider_goes_on_with_what_was_typed(
    op: Provider, person: NewPerson, database: Sql
) -> None:
    page = typing_when_it_ends(op, person, database)
    there = in_place(page)
    there.wait_for_url("**/csr")  # the provider still knows who it is
    there.close()
    back_to(page)
    expect(page.locator(".session-box")).to_have_count(0)
    expect(page.locator("#act-note")).to_have_value(NOTE)


def test_who_signs_in_there_as_another_person_sees_nothing_of_what_was_typed(
    op: Provider, person: NewPerson, database: Sql
) -> None:
    page = typing_when_it_ends(op, person, database)
    page.context.clear_cookies(domain="localhost")  # the provider's: a colleague sits down
    there, colleague = in_place(page), op.account(role="csr")
    there.get_by_label("Login").fill(colleague)
    there.get_by_role("button", name="Go on").click()
    there.wait_for_url("**/csr")
    back_to(page)
    page.wait_for_url(lambda url: "#" not in url and url.endswith("/csr"))
    expect(page.locator("#user")).to_have_text(f"{colleague}@example.com")
    page.go_back()
    page.wait_for_load_state()
    assert NOTE not in page.content()
    assert database.head() == 0


def test_a_link_to_a_card_leads_there_by_the_provider_also_after_one_has_given_up_there(
    op: Provider, person: NewPerson
) -> None:
    page = person().tab(f"/csr#customer/{OTHER}")
    page.locator("#sso").click()
    page.get_by_role("link", name="Give up").click()
    expect(page.locator("#problem")).to_contain_text("refused or cancelled")
    sign_in(page, op.account(role="csr"))
    expect(page.locator("#card h2")).to_have_text("Kamala O'Brien")
    assert page.url.endswith(f"/csr#customer/{OTHER}")
