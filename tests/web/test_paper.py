"""What a browser prints, read back from the PDF: whose it is, who issued it, what happened, which page of how many."""

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.support.checkpoints import key_file, make_checkpoint
from tests.support.database import Sql
from tests.support.node import RunningNode, StartNode
from tests.support.seed import CUSTOMER, OTHER
from tests.web.conftest import NewPerson

OPERATOR = "Lanka Telecom"
DESK = {"viewport": {"width": 1280, "height": 900}}
# By language: what is said of what happened, on the card, in the consent centre, and in evidence.
WORDS = {
    "en": ("Granted: the customer agreed", "Turned on", "Evidence of a consent"),
    "si": ("ලබා දී ඇත", "සක්‍රිය", "කැමැත්තක සාක්ෂි"),
    "ta": ("வழங்கப்பட்டது", "இயக்கப்பட்டது", "ஒப்புதலின் சான்று"),
}


@pytest.fixture
def node(start_node: StartNode, tmp_path: Path) -> RunningNode:
    return start_node(checkpoint_key=key_file(tmp_path), operator_name=OPERATOR)


def paper(page: Page) -> list[str]:
    """The text of each printed page. A machine without the fonts of a script prints none of its letters."""
    raw = page.pdf(format="A4", prefer_css_page_size=True)
    return [sheet.extract_text() for sheet in PdfReader(io.BytesIO(raw)).pages]


def shown_on_paper(page: Page) -> str:
    """All that is not hidden when it is printed, in letters of any script."""
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    return str(page.evaluate("document.body.innerText"))


def card(page: Page, url: str, _consent: str) -> None:
    page.goto(f"{url}/csr#customer/{CUSTOMER}")
    expect(page.locator("#card .timeline li").first).to_be_visible()


def found(page: Page, url: str, _consent: str) -> None:
    page.goto(f"{url}/csr#?status=any")
    expect(page.locator("#grid-rows [role=row]").first).to_be_visible()


def centre(page: Page, url: str, _consent: str) -> None:
    page.goto(f"{url}/customer")
    expect(page.locator("#history-rows tr").first).to_be_visible()


def evidence(page: Page, url: str, consent: str) -> None:
    page.goto(f"{url}/evidence/{consent}")
    expect(page.locator("#document")).to_be_visible()


# By sheet: who prints it, how it is opened, which of the WORDS stands there, and what identifies the customer.
SHEETS: dict[str, tuple[str, Callable[[Page, str, str], None], int | None, tuple[str, ...]]] = {
    "card": ("csr", card, 0, ("Nimal Perera", "+94 77 123 4567", CUSTOMER)),
    "list": ("csr", found, None, ("Nimal Perera", "Kamala O'Brien", "+94 77 123 4567")),
    "centre": ("customer", centre, 1, ("Nimal Perera", "+94771234567", "customer@example.com")),
    "evidence": ("customer", evidence, 2, ("Nimal Perera", "+94771234567", CUSTOMER)),
}


@pytest.mark.parametrize("language", WORDS)
def test_a_sheet_says_whose_it_is_who_issued_it_what_happened_and_which_page_it_is(
    person: NewPerson, node: RunningNode, database: Sql, language: str
) -> None:
    consent = database.consents()[0]
    for one in (*database.consents(), *database.consents(OTHER)):
        database.set(one, "granted")
        database.set(one, "revoked")
        database.set(one, "granted")
    make_checkpoint(database)
    for name, (role, open_sheet, word, whose) in SHEETS.items():
        someone = person(locale=language, **DESK)
        page = someone.sign_in(role)
        open_sheet(page, node.url, consent)
        expect(page.locator("html")).to_have_attribute("lang", language)
        page.wait_for_function(f"() => localStorage.getItem('consentfeed.operator')?.includes('{OPERATOR}')")
        if name == "centre":
            expect(page.locator("#printed")).to_contain_text("Nimal Perera")
        sheets = paper(page)
        text = re.sub(r"\s+", " ", " ".join(sheets)).replace("\u2068", "").replace("\u2069", "")
        for part in (*whose, OPERATOR):
            assert part in text, (name, part)
        for number, sheet in enumerate(sheets, 1):
            assert f"{number} / {len(sheets)}" in sheet, name
        if word is not None:
            assert WORDS[language][word] in shown_on_paper(page), name
            if language == "en":
                assert WORDS["en"][word] in text, name
        someone.context.close()
