"""Times: by the server's clock, and whole where something ends."""

import re
import time

from playwright.sync_api import expect

from tests.support.database import Sql
from tests.web.conftest import CSR, NewPerson
from tests.web.test_names import card
from tests.web.test_walk import DESK, PHONE, live

MOMENT = r"\d{1,2} [A-Z][a-z]+ \d{4}, \d{2}:\d{2} GMT\+5:30"


def profiling(database: Sql) -> str:
    """The id of a consent that ends after twelve months."""
    statement = "SELECT id::text FROM consentfeed.consents WHERE purpose = 'profiling' AND id = ANY (%s::uuid[])"
    return str(database.value(statement, database.consents()))


def test_what_has_just_happened_is_so_though_this_computers_clock_is_wrong(person: NewPerson, database: Sql) -> None:
    someone = person(**DESK)
    someone.sign_in("csr").close()
    for hours in (-3, 3):
        page = someone.context.new_page()
        page.clock.install(time=time.time() + hours * 3600)
        page.goto(someone.url + CSR)
        live(page)
        card(page, "Nimal Perera")
        database.set(database.consents()[0], "granted" if hours < 0 else "revoked")
        expect(page.locator("#card .timeline time").first).to_have_text("just now")
        page.close()


def test_an_end_is_said_to_the_minute_with_its_zone(person: NewPerson, database: Sql) -> None:
    database.set(profiling(database), "granted")
    desk, phone = person(**DESK).sign_in("csr"), person(**PHONE).sign_in("customer")
    live(desk)
    card(desk, "Nimal Perera")
    expect(desk.locator("#card .card-ends:visible")).to_have_text(re.compile(f"^Ends {MOMENT}$"))
    expect(phone.locator("#cards .choice", has_text="App notification")).to_contain_text(re.compile(f"ends {MOMENT}"))
    database.set(profiling(database), "revoked")
    expect(desk.locator("#card .card-ends:visible")).to_have_count(0)
