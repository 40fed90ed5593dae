"""The dashboard and the consent centre on a phone, on a tablet, with large text, and on paper."""

import itertools

from playwright.sync_api import Page, expect

from tests.support.database import Sql
from tests.support.seed import CUSTOMER
from tests.web.conftest import NewPerson
from tests.web.test_act import act_on, card_of
from tests.web.test_looks import SETTLED, TABS
from tests.web.test_several import grant_all
from tests.web.test_walk import live, row

SMALL = {"viewport": {"width": 360, "height": 740}}
LARGE_TEXT = "document.documentElement.style.fontSize = '200%'"
WIDTH = "document.documentElement.scrollWidth"
HEIGHT = "(node) => node.offsetHeight"
WIDE = """() => [...document.querySelectorAll("*")]
    .filter(node => node.getBoundingClientRect().right > 360 && !node.childElementCount)
    .map(node => [node.outerHTML.slice(0, 120), node.getBoundingClientRect().right])"""
CONSENT = "c0000000-0000-4000-8000-0000000000aa"  # whether there is one is no matter
TOASTS = """async () => {
    const { toast } = await import("/web/shared/toasts.js");
    toast({kind: "success", own: true, text: "News and offers · SMS revoked", action: {text: "Undo", run() {}}});
    toast({kind: "error", text: "consentfeed".repeat(9) + "@example.com", detail: "The server does not answer."});
    toast({kind: "info", text: "Granted: Personal recommendations", detail: "Fathima Rizna Thiruchelvam"});
}"""
OUTSIDE = """() => [...document.querySelectorAll(".toast, .toast *")]
    .map(node => [node.className, node.getBoundingClientRect(), node.scrollWidth - node.clientWidth])
    .filter(([, box, more]) => box.left < 0 || box.right > 360 || more > 1)"""


def test_headers_on_a_phone_leave_the_room_to_the_page(person: NewPerson) -> None:
    desk, phone, admin = (person(**SMALL).sign_in(role) for role in ("csr", "customer", "admin"))
    live(desk)
    light = desk.locator("#light").evaluate(HEIGHT)
    assert desk.locator(".bar").evaluate(HEIGHT) <= 64 + light + 8
    expect(admin.locator("#light")).to_have_attribute("data-phase", "live")
    assert admin.locator(".bar").evaluate(HEIGHT) <= 64
    admin.click("#show-account")
    admin.select_option("#language", "si")
    expect(admin.locator("html")).to_have_attribute("lang", "si")
    expect(phone.get_by_role("switch").first).to_be_visible()
    for path in ("/customer", "/account", f"/evidence/{CONSENT}"):
        phone.goto(phone.url.rsplit("/", 1)[0].removesuffix("/evidence") + path)
        expect(phone.locator("#user")).to_have_text("customer@example.com")
        assert phone.locator(".bar").evaluate(HEIGHT) <= 64, path
        phone.evaluate(LARGE_TEXT)
        assert phone.evaluate(WIDTH) <= 360, phone.evaluate(WIDE)


def test_messages_stay_in_their_box_and_on_the_screen(person: NewPerson) -> None:
    page = person(**SMALL).sign_in("csr")
    live(page)
    page.evaluate(TOASTS)
    expect(page.locator(".toast")).to_have_count(3)
    for size in ("100%", "200%"):
        page.evaluate(f"document.documentElement.style.fontSize = '{size}'")
        assert page.evaluate(OUTSIDE) == [], size
        box = page.locator(".toasts").bounding_box()
        assert box
        assert (box["y"] >= 0, box["x"] >= 0, box["x"] + box["width"] <= 360) == (True, True, True)
        expect(page.locator(".toast").first).to_be_in_viewport()  # the newest


def test_on_and_off_differ_where_the_reader_chooses_all_colours(person: NewPerson, database: Sql) -> None:
    database.set(database.consents()[0], "granted")
    page = person(**SMALL, forced_colors="active").sign_in("customer")
    on, off = (page.locator(f".switch[aria-checked={state}]").first for state in ("true", "false"))
    for looks in ("backgroundColor", "borderColor"):
        seen = [one.evaluate(f"(node) => getComputedStyle(node).{looks}") for one in (on, off)]
        assert seen[0] != seen[1], looks
    marks = [one.evaluate("(node) => getComputedStyle(node, '::before').content") for one in (on, off)]
    assert marks[0] != marks[1], "and not by colour alone"


def test_the_readers_font_size_is_respected_and_nothing_lies_sideways_with_large_text(person: NewPerson) -> None:
    sizes = "[...document.styleSheets[0].cssRules].filter((rule) => rule.selectorText === 'html')[0].style.font"
    for role in ("csr", "customer"):
        page = person(**SMALL).sign_in(role)
        assert page.evaluate(sizes).startswith("100%")
        page.evaluate(LARGE_TEXT)
        expect(page.locator("#cards .card, #grid-rows [role=row]").first).to_be_visible()
        assert page.evaluate(WIDTH) <= 360, role
        if role == "csr":
            row(page).click()
            expect(page.locator("#card .card-line").first).to_be_visible()
            act_on(page)
            assert page.locator("#act").evaluate("(node) => node.scrollWidth <= node.clientWidth")
            assert page.evaluate(WIDTH) <= 360


def test_no_section_of_the_admin_page_lies_sideways_with_large_text(person: NewPerson) -> None:
    page = person(**SMALL).sign_in("admin")
    page.evaluate(LARGE_TEXT)
    for tab in TABS:
        page.evaluate(f"location.hash = '{tab}'")
        expect(page.locator(f"#panel-{tab}")).to_be_visible()
        page.wait_for_function(SETTLED)
        assert page.evaluate(WIDTH) <= 360, (tab, page.evaluate(WIDE))


def test_on_a_tablet_a_card_lies_beside_a_list_that_can_be_used(person: NewPerson) -> None:
    page = person(viewport={"width": 768, "height": 1000}).sign_in("csr")
    row(page).click()
    expect(page.locator("#card h2")).to_have_text("Nimal Perera")
    box = page.locator("#card").bounding_box()
    assert box
    assert 300 < box["x"] < 400
    page.locator("#grid-rows [role=row]").filter(has_text="Kamala").first.click(position={"x": 40, "y": 10})
    expect(page.locator("#card h2")).to_have_text("Kamala O'Brien")


def printed(page: Page) -> None:
    """As it goes to paper."""
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")


def test_the_printed_list_has_a_line_for_each_row_and_no_two_in_one_place(person: NewPerson) -> None:
    page = person(viewport={"width": 794, "height": 1000}).sign_in("csr")
    expect(page.locator("#grid-rows [role=row]")).to_have_count(8)
    printed(page)
    edges = page.locator("#grid-rows [role=row]").evaluate_all(
        "(rows) => rows.map((row) => [row.getBoundingClientRect().top, row.getBoundingClientRect().bottom])"
    )
    assert all(abs(one[1] - other[0]) <= 1 for one, other in itertools.pairwise(edges))  # one under the other
    cut = page.locator("#grid-rows [role=row] > *").evaluate_all(
        "(cells) => cells.filter((cell) => cell.scrollWidth > cell.clientWidth + 1 && cell.checkVisibility()).length"
    )
    assert cut == 0


def test_the_printed_card_says_whose_it_is_who_issued_it_and_what_its_words_mean(
    person: NewPerson, database: Sql
) -> None:
    grant_all(database)
    page = card_of(person)
    page.set_viewport_size({"width": 794, "height": 1000})
    page.locator("#card h2").focus()
    printed(page)
    sheet = page.locator("#card")
    for text in (
        "Nimal Perera",
        "+94 77 123 4567",
        CUSTOMER,
        "; printed by csr@example.com",
        "Granted: the customer agreed, under the text that is named.",
        "notice version 1, English",
    ):
        expect(sheet).to_contain_text(text)
    expect(page.locator("#card button:visible", has_text="Revoke")).to_have_count(0)
    assert page.locator("#card h2").evaluate("(node) => getComputedStyle(node).outlineStyle") == "none"
    assert page.evaluate(WIDTH) <= 794
    wide = sheet.locator("time").evaluate_all(
        "(times) => times.filter((one) => one.getBoundingClientRect().right > 794)"
    )
    assert wide == []
    rules = "[...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]).map((rule) => rule.cssText).join()"
    assert "counter(pages)" in page.evaluate(rules)
