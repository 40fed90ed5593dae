"""The admin page's list of checkpoints: each is kept by whoever downloads it."""

from pathlib import Path

from playwright.sync_api import expect

from consentfeed.log.checkpoint import read_checkpoint
from consentfeed.log.note import read_key
from tests.support.checkpoints import NAME, add_events, key_file, make_checkpoint, verifier
from tests.support.database import Sql
from tests.support.node import StartNode
from tests.web.conftest import NewPerson
from tests.web.test_walk import DESK


def test_all_that_were_made_are_listed_and_each_is_saved_as_it_was_signed(
    person: NewPerson, start_node: StartNode, database: Sql, tmp_path: Path
) -> None:
    key = key_file(tmp_path)
    sizes = []
    for _ in range(2):
        add_events(database, 3)
        sizes.append(make_checkpoint(database))
    page = person(start_node(checkpoint_key=key, log_name=NAME).url, **DESK).sign_in("admin")
    page.click("#tab-checkpoints")
    rows = page.locator("#checkpoints tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text(str(sizes[1]))
    expect(rows.last).to_contain_text(NAME)
    expect(page.locator("#checkpoints-key")).to_have_text(verifier(key))
    with page.expect_download() as download:
        rows.last.locator("[data-slot=download]").click()
    saved = Path(download.value.path()).read_text()
    assert read_checkpoint(saved, read_key(verifier(key))).size == sizes[0]
