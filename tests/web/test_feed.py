"""The feed client in a browser, without the pages: one connection by each of its transports, whichever tab goes."""

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.support.database import Sql
from tests.support.node import RunningNode
from tests.support.waiting import wait_until
from tests.web.conftest import NewPerson

TRANSPORTS = ("shared-worker", "web-locks")
# Where a browser lacks something, or does not let a page have it.
NO_WORKER = "delete window.SharedWorker"
REFUSED = "window.SharedWorker = class { constructor() { throw new DOMException('no', 'SecurityError') } }"
MISSING = (
    "const Real = window.SharedWorker;"
    "window.SharedWorker = class { constructor(url, options) { return new Real('/web/feed/not-there.js', options) } }"
)
NO_LOCKS = "Object.defineProperty(navigator, 'locks', { value: undefined })"
START = """async ({ position, options }) => {
  const { connectFeed } = await import('/web/feed/feed.js');
  window.feed = connectFeed({ url: '/api/v1/events', name: 'test', pollSeconds: 1, ...options });
  window.seen = [];
  window.resets = [];
  const handlers = { event: ({ id }) => seen.push(Number(id.split('-')[0])), reset: (reason) => resets.push(reason) };
  feed.subscribe(position, handlers);
}"""


class Tab:
    """A tab with a feed and one subscriber; its document is a file of ours, with the policy of the pages."""

    def __init__(self, context: BrowserContext, url: str, position: str, **options: Any) -> None:
        self.page: Page = context.new_page()
        self.page.goto(f"{url}/web/shared/icon.svg")
        self.page.evaluate(START, {"position": position, "options": options})

    @property
    def seen(self) -> list[int]:
        """Numbers of the events it was given."""
        found: list[int] = self.page.evaluate("window.seen")
        return found

    @property
    def state(self) -> dict[str, Any]:
        """What the feed says of itself."""
        found: dict[str, Any] = self.page.evaluate("window.feed.state")
        return found

    def wait(self, phase: str) -> None:
        """Until it is so."""
        wait_until(lambda: self.state["phase"] == phase, 20, f"{phase} of {self.state}")


def streams(node: RunningNode) -> int:
    return len(node.node.streams.open)


def changes(database: Sql, count: int = 4) -> int:
    """So many events; the number of the newest."""
    for consent in database.consents()[:count]:
        status = database.run("SELECT status FROM consentfeed.consents WHERE id = %s", consent)[0][0]
        database.set(consent, "revoked" if status == "granted" else "granted")
    return int(database.head_id().split("-")[0])


def all_have(tabs: list[Tab], first: int, last: int) -> None:
    for tab in tabs:
        wait_until(lambda tab=tab: tab.seen[-1:] == [last], 20, f"{last} at the end")  # type: ignore[misc]
        assert tab.seen == list(range(first, last + 1))


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_tabs_share_one_connection_and_the_one_that_opened_it_may_go(
    person: NewPerson, node: RunningNode, database: Sql, transport: str
) -> None:
    someone = person()
    someone.sign_in("csr").close()
    start = database.head_id()
    first = int(start.split("-")[0]) + 1
    tabs = [Tab(someone.context, node.url, start, shared=transport) for _ in range(5)]
    all_have(tabs, first, changes(database))
    assert {tab.state["shared"] for tab in tabs} == {transport}
    wait_until(lambda: streams(node) == 1, 10, "one connection")
    for _ in range(4):
        tabs.pop(0).page.close()
        all_have(tabs, first, changes(database))
        wait_until(lambda: streams(node) == 1, 10, "one connection")
    tabs.append(Tab(someone.context, node.url, start, shared=transport))
    all_have(tabs, first, changes(database))
    wait_until(lambda: streams(node) == 1, 10, "one connection")
    for tab in tabs:
        tab.page.close()
    wait_until(lambda: streams(node) == 0, 10, "no connection without tabs")


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_tab_that_navigates_away_and_back_or_reloads_leaves_the_others_alone(
    person: NewPerson, node: RunningNode, database: Sql, transport: str
) -> None:
    someone = person()
    someone.sign_in("csr").close()
    start = database.head_id()
    first = int(start.split("-")[0]) + 1
    tabs = [Tab(someone.context, node.url, start, shared=transport) for _ in range(3)]
    all_have(tabs, first, changes(database))
    leader = tabs.pop(0).page
    leader.goto(f"{node.url}/web/shared/style.css")
    all_have(tabs, first, changes(database))
    leader.go_back()
    all_have(tabs, first, changes(database))
    tabs[0].page.reload()
    tabs[0].page.evaluate(START, {"position": start, "options": {"shared": transport}})
    all_have(tabs, first, changes(database))
    wait_until(lambda: streams(node) == 1, 10, "one connection")


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_signing_out_reaches_every_tab_and_the_next_one_begins_anew(
    person: NewPerson, node: RunningNode, database: Sql, transport: str
) -> None:
    someone = person()
    someone.sign_in("csr").close()
    tabs = [Tab(someone.context, node.url, database.head_id(), shared=transport) for _ in range(3)]
    for tab in tabs:
        tab.wait("live")
    tabs[1].page.evaluate("window.feed.signOut()")
    for tab in tabs:
        tab.wait("signed-out")
    wait_until(lambda: streams(node) == 0, 10, "no connection")
    start = database.head_id()
    new = Tab(someone.context, node.url, start, shared=transport)
    new.wait("live")
    all_have([new], int(start.split("-")[0]) + 1, changes(database))
    assert [tab.state["phase"] for tab in tabs] == ["signed-out"] * 3


@pytest.mark.parametrize(
    ("lacks", "transport"),
    [
        (NO_WORKER, "web-locks"),
        (REFUSED, "web-locks"),
        (MISSING, "web-locks"),
        (f"{NO_WORKER};{NO_LOCKS}", "alone"),
        (NO_LOCKS, "shared-worker"),
    ],
)
def test_where_a_transport_is_missing_the_next_one_serves(
    person: NewPerson, node: RunningNode, database: Sql, lacks: str, transport: str
) -> None:
    someone = person()
    someone.sign_in("csr").close()
    someone.context.add_init_script(lacks)
    start = database.head_id()
    tabs = [Tab(someone.context, node.url, start) for _ in range(2)]
    all_have(tabs, int(start.split("-")[0]) + 1, changes(database))
    assert {tab.state["shared"] for tab in tabs} == {transport}
    wait_until(lambda: streams(node) == (2 if transport == "alone" else 1), 10, "as many connections")


def test_a_worker_that_dies_is_noticed_and_replaced(person: NewPerson, node: RunningNode, database: Sql) -> None:
    someone = person()
    someone.sign_in("csr").close()
    start = database.head_id()
    first = int(start.split("-")[0]) + 1
    tabs = [Tab(someone.context, node.url, start) for _ in range(2)]
    all_have(tabs, first, changes(database))
    browser = someone.context.browser
    assert browser is not None
    session = browser.new_browser_cdp_session()
    targets = session.send("Target.getTargets")["targetInfos"]
    workers = [target for target in targets if target["type"] == "shared_worker"]
    assert len(workers) == 1
    session.send("Target.closeTarget", {"targetId": workers[0]["targetId"]})
    wait_until(lambda: streams(node) == 0, 10, "the worker is gone")
    all_have(tabs, first, changes(database))
    wait_until(lambda: streams(node) == 1, 10, "one connection")
