"""A real browser on a real node: one browser per run, a context (a person's browser) per test."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests.support.node import RunningNode, StartNode
from tests.support.seed import CUSTOMER, PASSWORD
from tests.web import browser as chromium

# The dashboard with everything in its list; by itself it lists decisions, and at first there is none.
CSR = "/csr#?status=any"
# What a browser says of answers that are not 200; tests that provoke them look at what the page says instead.
EXPECTED = ("Failed to load resource",)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium."""
    path = chromium.find()
    if path is None:
        pytest.skip("no Chromium here, and none could be installed")
    sandbox = [] if os.geteuid() else ["--no-sandbox"]
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=[*chromium.ARGUMENTS, *sandbox])
        yield launched
        launched.close()


class Person:
    """A browser: its tabs share cookies and one feed connection. What its console complains of is a failure."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context = context
        self.url = url
        self.complaints: list[str] = []

    def tab(self, path: str = "/") -> Page:
        """A new tab."""
        page = self.context.new_page()
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(self.url + path)
        return page

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(EXPECTED):
            self.complaints.append(message.text)

    def signing_in(self) -> Page:
        """A new tab with the sign-in page, when it can be used."""
        page = self.tab()
        expect(page.locator("#submit")).to_be_enabled()
        return page

    def sign_in(self, role: str) -> Page:
        """As one of the accounts of the template database, whose page it is; test_signin does it by the page."""
        credentials = {"email": f"{role}@example.com", "password": PASSWORD}
        assert self.context.request.post(f"{self.url}/api/v1/auth/login", data=credentials).ok
        page = self.tab(CSR if role == "csr" else f"/{role}")
        expect(page.locator("#user")).to_have_text(f"{role}@example.com")  # before it nothing can be clicked
        return page


NewPerson = Callable[..., Person]


@pytest.fixture
def person(browser: Browser, node: RunningNode) -> Iterator[NewPerson]:
    """New browsers on the test's node; keyword arguments are Playwright's (viewport, color_scheme, locale …)."""
    people: list[Person] = []

    def new(url: str = "", **options: object) -> Person:
        context = browser.new_context(**{"locale": "en-GB", "timezone_id": "Asia/Colombo", **options})  # type: ignore[arg-type]
        context.set_default_timeout(15_000)
        people.append(Person(context, url or node.url))
        return people[-1]

    yield new
    for one in people:
        one.context.close()
    assert [complaint for one in people for complaint in one.complaints] == []


@pytest.fixture
def node(start_node: StartNode) -> RunningNode:
    """One node, with heartbeats often enough to test silence."""
    return start_node(heartbeat_seconds=0.4)


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, which npm has installed beside the tests."""
    source = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
    if not source.exists():
        pytest.skip("axe-core is not installed: no npm here")
    return source.read_text()


def has_node() -> bool:
    """Whether Node can run the tests of the modules."""
    return shutil.which("node") is not None


__all__ = ["CSR", "CUSTOMER", "NewPerson", "Person", "has_node"]
