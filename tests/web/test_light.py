"""A light that is green only where nothing speaks against it, and what is told after the page was behind."""

import os
import signal

from playwright.sync_api import Route, expect

from tests.support.database import Sql
from tests.support.node import StartNode
from tests.support.node_process import NodeProcess
from tests.support.seed import OTHER
from tests.web.conftest import CSR, NewPerson
from tests.web.test_connection import phase
from tests.web.test_walk import DESK, live


def test_an_answer_that_is_late_makes_the_light_yellow_and_one_that_never_comes_is_said(
    person: NewPerson, start_node: StartNode
) -> None:
    # The clock that the test turns is the page's alone: to it every heartbeat would be late.
    someone = person(start_node(heartbeat_seconds=300).url, **DESK)
    someone.sign_in("csr").close()
    page = someone.tab("/web/shared/icon.svg")
    page.clock.install()
    page.goto(someone.url + CSR)
    live(page)
    held: list[Route] = []
    page.route("**/api/v1/consents?*", lambda route: held.append(route))
    with page.expect_request("**/api/v1/consents?*"):
        page.locator("#refresh").click()
    page.clock.run_for(4_000)
    expect(page.locator("#light")).to_have_attribute("data-light", "green")
    page.clock.run_for(3_000)
    expect(page.locator("#light")).to_have_attribute("data-light", "yellow")
    expect(page.locator("#light")).to_contain_text("an answer is late")
    # The next ones are held as well: answered, they would take the words away before they are looked at.
    page.clock.run_for(25_000)
    expect(page.locator("#strip")).to_contain_text("No answer came.")
    page.unroute("**/api/v1/consents?*")
    page.clock.run_for(45_000)  # until it is read again
    expect(page.locator("#strip")).to_be_hidden()
    expect(page.locator("#light")).to_have_attribute("data-light", "green")


def test_a_server_that_is_silent_is_doubted_before_it_is_given_up(person: NewPerson, database: Sql) -> None:
    with NodeProcess(database.app_url, settings={"heartbeat_seconds": "2"}) as server:
        server.start()
        page = person(server.url, **DESK).sign_in("csr")
        live(page)
        os.kill(server.pid, signal.SIGSTOP)
        expect(page.locator("#light")).to_contain_text("Nothing heard for", timeout=15_000)
        expect(page.locator("#light")).to_have_attribute("data-light", "yellow")
        expect(page.locator("#light")).to_have_attribute("data-phase", "live")
        os.kill(server.pid, signal.SIGCONT)
        expect(page.locator("#light")).to_have_attribute("data-light", "green", timeout=30_000)


def test_what_came_while_the_page_was_behind_is_one_message_and_what_is_new_its_own(
    person: NewPerson, database: Sql
) -> None:
    with NodeProcess(database.app_url) as server:
        server.start()
        page = person(server.url, **DESK).sign_in("csr")
        live(page)
        server.kill()
        phase(page, "connecting")
        for consent in database.consents() + database.consents(OTHER):
            database.set(consent, "granted")
        server.start()
        page.click("#light")
        phase(page, "live", 45)
        expect(page.locator(".toast")).to_have_count(1)
        expect(page.locator(".toast")).to_contain_text("8 changes while the page was behind")
        expect(page.locator("#activity-lines li")).to_have_count(8)
        database.set(database.consents()[0], "revoked")
        expect(page.locator(".toast").first).to_contain_text(" revoked")
