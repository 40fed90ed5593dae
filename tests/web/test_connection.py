"""One connection per browser, and a light that tells the truth about it."""

import asyncio
import http.server
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect

from tests.support.database import Sql
from tests.support.node import RunningNode, StartNode
from tests.support.node_process import NodeProcess
from tests.support.waiting import wait_until
from tests.web.conftest import CSR, NewPerson
from tests.web.test_walk import DESK, live, row


def streams(node: RunningNode) -> int:
    return len(node.node.streams.open)


def phase(page: Page, name: str, seconds: float = 20) -> None:
    expect(page.locator("#light")).to_have_attribute("data-phase", name, timeout=seconds * 1000)


def offers(database: Sql) -> str:
    found: str = database.run(
        "SELECT c.id::text FROM consentfeed.consents AS c JOIN consentfeed.customers AS who ON who.id = c.customer_id"
        " WHERE who.name = 'Nimal Perera' AND (purpose, channel) = ('marketing', 'sms')"
    )[0][0]
    return found


def test_ten_tabs_share_one_connection_and_each_shows_every_change(
    person: NewPerson, node: RunningNode, database: Sql
) -> None:
    someone = person(**DESK)
    tabs = [someone.sign_in("csr")] + [someone.tab(CSR) for _ in range(9)]
    for tab in tabs:
        live(tab)
    wait_until(lambda: streams(node) == 1, 10, "one connection")
    database.set(offers(database), "granted")
    for tab in tabs:
        expect(row(tab)).to_contain_text("Granted")
    tabs.pop(0).close()
    database.set(offers(database), "revoked")
    for tab in tabs:
        expect(row(tab)).to_contain_text("Revoked")
    wait_until(lambda: streams(node) == 1, 10, "one connection")
    for tab in tabs:
        tab.close()
    wait_until(lambda: streams(node) == 0, what="the connection ends with the last tab")


def test_the_server_is_killed_and_comes_back_and_nothing_is_missing(person: NewPerson, database: Sql) -> None:
    with NodeProcess(database.app_url) as server:
        server.start()
        page = person(server.url, **DESK).sign_in("csr")
        live(page)
        server.kill()
        phase(page, "offline")  # it may be "connecting" for an instant alone
        expect(page.locator("#light")).to_have_text(
            re.compile(r"Offline since .* (next try in|trying now).* · showing ")
        )
        for status in ("granted", "revoked", "granted"):
            database.set(offers(database), status)
        server.start()
        page.click("#light")  # rather than wait for the next try
        phase(page, "live", 45)
        expect(row(page)).to_contain_text("Granted")
        expect(page.locator("#activity-lines li")).to_have_count(3)
        assert server.end() == 0


def test_offline_and_back(person: NewPerson, database: Sql) -> None:
    """The browser itself loses the network. Not in the worker, which the switch of the test does not reach."""
    someone = person(**DESK)
    someone.context.add_init_script("delete window.SharedWorker")
    page = someone.sign_in("csr")
    live(page)
    someone.context.set_offline(True)
    phase(page, "offline", 40)
    database.set(offers(database), "granted")
    expect(row(page)).to_contain_text("Pending")
    someone.context.set_offline(False)
    phase(page, "live", 40)
    expect(row(page)).to_contain_text("Granted")


HEARD = """(region) => {
  const how = { subtree: true, childList: true };
  const follow = (node, texts) => new MutationObserver(() => texts.push(node.textContent)).observe(node, how);
  follow(document.querySelector(region), window.heard = []);
  follow(document.querySelector('#light'), window.seen = []);
}"""


@pytest.mark.parametrize(
    ("role", "region", "away", "again", "back"),
    [
        ("admin", "#light-region", "Offline", "next try in", "Live"),
        ("customer", "#region", "We cannot reach our service", "trying again in", "Connected again"),
    ],
)
def test_each_change_of_the_light_is_said_once_though_its_seconds_go_on(
    person: NewPerson, role: str, region: str, away: str, again: str, back: str
) -> None:
    someone = person(**DESK)
    someone.context.add_init_script("delete window.SharedWorker")
    page = someone.sign_in(role)
    phase(page, "live")
    page.evaluate(HEARD, region)
    someone.context.set_offline(True)
    phase(page, "offline", 40)
    wait_until(lambda: sum(again in text for text in page.evaluate("seen")) > 2, 40, "the seconds go on")
    assert len([text for text in page.evaluate("heard") if text.startswith(away)]) == 1
    someone.context.set_offline(False)
    phase(page, "live", 40)
    wait_until(lambda: page.evaluate("heard.at(-1)").startswith(back), what="it is said that it is back")


@contextmanager
def bad_gateway(port: int) -> Iterator[list[str]]:
    """What a proxy answers while the service is restarted."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(502)

        def log_message(self, *_: object) -> None:
            pass

    class Server(http.server.ThreadingHTTPServer):
        allow_reuse_address = True

    with Server(("127.0.0.1", port), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield asked
        server.shutdown()
        thread.join()


def test_a_502_in_between_does_not_end_the_feed_and_it_polls_meanwhile(
    person: NewPerson, start_node: StartNode, database: Sql
) -> None:
    first = start_node(heartbeat_seconds=0.4)
    page = person(first.url, **DESK).sign_in("csr")
    live(page)
    first.stop()
    with bad_gateway(first.port) as asked:
        wait_until(lambda: len([path for path in asked if "/api/v1/events" in path]) >= 2, 40, "tries and polls")
        phase(page, "offline")
        database.set(offers(database), "granted")
    start_node(port=first.port, heartbeat_seconds=0.4)
    phase(page, "live", 45)
    expect(row(page)).to_contain_text("Granted")


def test_when_history_changes_the_page_reads_its_list_again(
    person: NewPerson, node: RunningNode, database: Sql
) -> None:
    page = person(**DESK).sign_in("csr")
    live(page)
    # What a restore under a live node ends in: memory is emptied, and every reader is reset.
    loop = node.node.feed._woken._loop  # type: ignore[attr-defined]
    asyncio.run_coroutine_threadsafe(node.node.feed.load(warm_up=0), loop).result(10)
    database.set(offers(database), "granted")
    expect(row(page)).to_contain_text("Granted")
    live(page)


def test_signing_out_in_one_tab_ends_all_of_them(person: NewPerson, node: RunningNode) -> None:
    someone = person(**DESK)
    one, other = someone.sign_in("csr"), someone.tab(CSR)
    live(other)
    one.click("#signout")
    for page in (one, other):
        page.wait_for_selector("#email")
    wait_until(lambda: streams(node) == 0, what="the stream ends")


def test_a_disabled_account_leaves_the_page_within_seconds(person: NewPerson, database: Sql) -> None:
    page = person(**DESK).sign_in("csr")
    live(page)
    database.run("SELECT consentfeed.disable_user('csr@example.com')")
    page.wait_for_selector("#email")


def test_a_page_opened_while_there_is_no_answer_says_so_and_begins_again(person: NewPerson) -> None:
    someone = person(**DESK)
    someone.sign_in("csr").close()
    page = someone.tab("/web/shared/icon.svg")
    page.route("**/api/v1/auth/me", lambda route: route.fulfill(status=503, headers={"Retry-After": "60"}))
    page.goto(someone.url + CSR)
    expect(page.get_by_role("alert")).to_contain_text("Try again")
    page.unroute("**/api/v1/auth/me")
    page.get_by_role("button", name="Try again", exact=True).click()
    live(page)
