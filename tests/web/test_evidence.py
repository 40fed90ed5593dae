"""The page of evidence: it says what the document says, in three languages, on a phone and on paper."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from consentfeed.log.evidence_report import check
from consentfeed.log.note import read_key
from tests.support.checkpoints import NAME, key_file, make_checkpoint, verifier
from tests.support.database import Sql
from tests.support.node import RunningNode, StartNode
from tests.support.seed import CUSTOMER, OTHER
from tests.web.conftest import NewPerson
from tests.web.looks import picture, sideways, violations_in_both_themes

LANGUAGES = {"en": "Evidence of a consent", "si": "කැමැත්තක සාක්ෂි", "ta": "ஒப்புதலின் சான்று"}


@pytest.fixture
def key(tmp_path: Path) -> str:
    return key_file(tmp_path)


@pytest.fixture
def node(start_node: StartNode, key: str) -> RunningNode:
    return start_node(checkpoint_key=key, log_name=NAME)


@pytest.fixture
def decided(node: RunningNode, database: Sql) -> str:
    """Granted by the customer, in Sinhala; revoked by a CSR; and signed."""
    consent = database.consents()[0]
    with node.client("customer") as customer, node.client("csr") as csr:
        assert customer.post(f"/api/v1/customer/consents/{consent}/grant", json={"language": "si"}).is_success
        reason = {"code": "phone-call", "reference": "CALL-4711"}
        assert csr.post(f"/api/v1/consents/{consent}/revoke", json={"reason": reason}).is_success
    make_checkpoint(database)
    return consent


def opened(page: Page, consent: str) -> Page:
    page.goto(f"{page.url.split('/', 3)[0]}//{page.url.split('/', 3)[2]}/evidence/{consent}")
    expect(page.locator("#document")).to_be_visible()
    return page


def test_it_says_who_when_told_what_how_and_by_whom(person: NewPerson, decided: str, key: str, database: Sql) -> None:
    database.run("UPDATE consentfeed.purposes SET title = 'Renamed' WHERE key = 'marketing'")
    page = opened(person().sign_in("csr"), decided)
    expect(page.locator(".facts").first).to_contain_text("Nimal Perera · customer@example.com")
    purpose = page.locator("#document [data-slot=purpose]")
    expect(purpose).to_have_text("Offers")  # what it was called then, in the language it was read in
    expect(purpose).to_have_attribute("lang", "si")
    events = page.locator("#events > li")
    expect(events).to_have_count(2)
    expect(events.nth(0).locator("bdi[lang=si]")).to_have_text("Offers")
    for word in ("Granted", "The customer", "marketing, version 1, Sinhala", "Event 1 of the signed log of 3 events"):
        expect(events.nth(0)).to_contain_text(word)
    for word in ("Revoked", "Customer service, for the customer", "Phone call · CALL-4711"):
        expect(events.nth(1)).to_contain_text(word)
    expect(page.locator("#notices")).to_contain_text("What you agree to: Offers si")
    expect(page.locator("#signed")).to_contain_text(verifier(key))


def test_the_file_behind_the_button_proves_it(person: NewPerson, decided: str, key: str) -> None:
    page = opened(person().sign_in("customer"), decided)
    with page.expect_download() as caught:
        page.get_by_role("link", name="Download").click()
    assert caught.value.suggested_filename == f"evidence-{decided}.json"
    raw = Path(caught.value.path()).read_bytes()
    assert check(raw, read_key(verifier(key))).problems == []
    assert json.loads(raw)["consent"]["id"] == decided


def test_whoever_is_not_signed_in_comes_back_to_it(person: NewPerson, decided: str) -> None:
    page = person().tab(f"/evidence/{decided}")
    page.fill("#email", "csr@example.com")
    page.fill("#password", "correct horse battery")
    page.click("#submit")
    expect(page.locator("#document")).to_be_visible()


def test_another_customers_is_said_not_to_be_there(person: NewPerson, decided: str, database: Sql) -> None:
    page = person().sign_in("customer")
    page.goto(f"{page.url.rsplit('/', 1)[0]}/evidence/{database.consents(OTHER)[0]}")
    expect(page.locator("#state .problem")).to_be_visible()
    expect(page.locator("#document")).to_be_hidden()


def test_card_and_consent_centre_lead_there(person: NewPerson, decided: str) -> None:
    phone, desk = person().sign_in("customer"), person(viewport={"width": 1280, "height": 800}).sign_in("csr")
    phone.get_by_role("link", name="What was recorded, with proof").click()
    expect(phone.locator("#document")).to_be_visible()
    desk.goto(f"{desk.url.split('#')[0]}#customer/{CUSTOMER}")
    with desk.context.expect_page() as caught:
        desk.locator(".card-evidence:visible").click()
    expect(caught.value.locator("#document")).to_be_visible()


def test_after_the_person_was_erased_it_says_so(person: NewPerson, node: RunningNode, decided: str) -> None:
    with node.client("admin") as admin:
        assert admin.post(f"/api/v1/customers/{CUSTOMER}/erase", json={"reason": {"code": "letter"}}).is_success
    page = opened(person().sign_in("csr"), decided)
    expect(page.locator(".facts").first).to_contain_text("Not known any more")
    expect(page.locator("#events > li")).to_have_count(2)
    expect(page.locator("main")).not_to_contain_text("Nimal")


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_readable_in_each_language_on_a_phone_and_on_paper(
    person: NewPerson, decided: str, axe: str, language: str
) -> None:
    someone = person(viewport={"width": 1280, "height": 900}, locale=language)
    page = opened(someone.sign_in("csr"), decided)
    expect(page.locator("h1")).to_have_text(LANGUAGES[language])
    assert violations_in_both_themes(page, axe) == []
    for width in (360, 1280):
        assert sideways(page, width) == []
        picture(page, f"evidence-{language}-{width}", full_page=True)
    page.emulate_media(media="print", color_scheme="light")
    expect(page.locator("#print")).to_be_hidden()
    expect(page.locator("#events > li").first).to_be_visible()
    page.set_viewport_size({"width": 794, "height": 1123})  # A4
    picture(page, f"evidence-{language}-paper", full_page=True)
    paper = page.pdf(format="A4")
    assert paper.startswith(b"%PDF")
