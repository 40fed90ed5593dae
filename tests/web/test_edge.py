"""A page of another site in a real browser, with the cookie of who is signed in here: what it gets, and what it does.

Another port of the same address is another origin of the same site, so that the browser does send the cookie.
"""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.support.database import Sql
from tests.support.node import RunningNode, StartNode
from tests.support.seed import CUSTOMER
from tests.web.conftest import NewPerson

# One attempt: the status, or "unread" where the browser shows the page nothing.
_FETCH = """async ([url, options]) => {
    try {
        const answer = await fetch(url, {credentials: "include", ...options});
        return answer.type === "opaque" ? "unread" : answer.status;
    } catch {
        return "unread";
    }
}"""
_IMAGE = """url => new Promise(resolve => {
    const image = new Image();
    image.onload = () => resolve("seen");
    image.onerror = () => resolve("unread");
    image.src = url;
})"""
_STREAM = """url => new Promise(resolve => {
    const stream = new EventSource(url, {withCredentials: true});
    stream.onopen = () => resolve("open");
    stream.onerror = () => { stream.close(); resolve("unread"); };
})"""
_FORM = """url => {
    const form = document.createElement("form");
    form.method = "post";
    form.action = url;
    document.body.append(form);
    form.submit();
}"""


class _Blank(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>elsewhere</title>")

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """The origin of another site's page."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Blank)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def page_elsewhere(person: NewPerson, node: RunningNode, origin: str) -> Page:
    """A tab with that page, in the browser of a customer who is signed in on the node."""
    customer = person(node.url)
    customer.sign_in("customer").close()
    page = customer.context.new_page()  # its console complains, as it should
    page.goto(origin)
    return page


@pytest.mark.parametrize("mode", ["cors", "no-cors"])
def test_another_sites_page_changes_and_reads_nothing(
    person: NewPerson, node: RunningNode, database: Sql, elsewhere: str, mode: str
) -> None:
    page, before = page_elsewhere(person, node, elsewhere), database.head()
    consent = database.consents(CUSTOMER)[0]
    api = f"{node.url}/api/v1"
    for path, method in (
        (f"/customer/consents/{consent}/grant", "POST"),
        ("/auth/logout", "POST"),
        ("/auth/me", "GET"),
    ):
        assert page.evaluate(_FETCH, [api + path, {"method": method, "mode": mode}]) == "unread"
    assert page.evaluate(_IMAGE, f"{node.url}/web/shared/icon.svg") == "unread"
    assert page.evaluate(_STREAM, f"{api}/events") == "unread"
    with page.expect_navigation():
        page.evaluate(_FORM, f"{api}/customer/consents/{consent}/grant")
    assert "foreign-origin" in page.content()
    assert database.head() == before
    page.goto(f"{node.url}/customer")  # still signed in
    page.wait_for_selector("#signout")


def test_a_configured_origin_uses_the_api_in_a_browser(
    start_node: StartNode, person: NewPerson, database: Sql, elsewhere: str
) -> None:
    node = start_node(cors_origins=elsewhere)
    page = page_elsewhere(person, node, elsewhere)
    consent, api = database.consents(CUSTOMER)[0], f"{node.url}/api/v1"
    headers = {"Content-Type": "application/json", "Idempotency-Key": "once"}
    options = {"method": "POST", "headers": headers, "body": "{}"}
    assert page.evaluate(_FETCH, [f"{api}/customer/consents/{consent}/grant", options]) == 200
    assert page.evaluate(_FETCH, [f"{api}/auth/me", {}]) == 200
    assert page.evaluate(_STREAM, f"{api}/events") == "open"
