"""`consentfeed erased` and `erase --again`: after a restore from before an erasure, the person is erased again."""

import json
from pathlib import Path

from tests.cli.command import Run
from tests.support.database import Sql
from tests.support.seed import CUSTOMER, OTHER, STAFF
from tests.support.tokens import SECRET

ERASE = (
    "SELECT erased_at FROM consentfeed.erase_customer("
    "%s, 0, NULL, NULL, NULL, 'admin', %s, 'rest', 'asked', NULL, NULL)"
)


def settings(database: Sql) -> dict[str, str]:
    return {"database_url": database.app_url, "secret": SECRET}


def test_who_was_erased_is_listed_and_erased_again(run: Run, database: Sql, tmp_path: Path) -> None:
    assert run("erased", **settings(database)).out == ""
    for customer in (OTHER, CUSTOMER):
        database.run(ERASE, customer, STAFF["admin"])
    printed = run("erased", **settings(database))
    assert (printed.status, printed.err) == (0, "")
    assert [json.loads(line)["customer_id"] for line in printed.out.splitlines()] == [OTHER, CUSTOMER]
    file = tmp_path / "erased"
    unknown = "a0000000-0000-4000-8000-000000000009"
    file.write_text(printed.out + f'{{"customer_id":"{unknown}","erased_at":"2026-11-22T10:00:00Z"}}\n')
    # As a restore from before would leave it.
    database.run("ALTER TABLE consentfeed.customers DISABLE TRIGGER stamp")
    database.run("UPDATE consentfeed.customers SET erased_at = NULL, name = 'Back' WHERE id = %s", CUSTOMER)
    database.run("ALTER TABLE consentfeed.customers ENABLE TRIGGER stamp")
    database.run("DELETE FROM consentfeed.erased_contacts")
    done = run("erase", "--again", str(file), **settings(database))
    assert (done.status, done.err) == (0, "")
    assert done.out == "erased 1 again; 1 were erased already, and 1 are not in this database\n"
    assert database.run("SELECT name FROM consentfeed.customers WHERE id = %s", CUSTOMER) == [(None,)]
    body = database.value("SELECT body::json FROM consentfeed.events ORDER BY seq DESC LIMIT 1")
    assert (body["type"], body["customer_id"], body["method"]) == ("customer-erased", CUSTOMER, "command")
    assert body["actor"] == {"kind": "system", "id": "erase-again"}


def test_a_file_that_is_none_erases_nobody(run: Run, database: Sql, tmp_path: Path) -> None:
    file = tmp_path / "erased"
    file.write_text(f'{{"customer_id":"{CUSTOMER}","erased_at":"2026-11-22T10:00:00Z"}}\nNimal\n')
    refused = run("erase", "--again", str(file), **settings(database))
    assert (refused.status, refused.out) == (1, "")
    assert "line 2" in refused.err
    assert "Nimal" not in refused.err
    assert database.value("SELECT count(*) FROM consentfeed.customers WHERE erased_at IS NOT NULL") == 0
