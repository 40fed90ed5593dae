"""After an erasure no dump, no log and no answer holds any of two dozen words that only the erased person had."""

import io
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from consentfeed.permissions import ACCESS
from tests.sql.test_restores import run
from tests.support.database import Sql, install, make_owner, new_database
from tests.support.node import RunningNode, nodes
from tests.support.postgres import Server
from tests.support.seed import PASSWORD, seed

WORDS = [f"zqword{number:02}" for number in range(1, 21)]
NUMBERS = ["779990411", "779990412", "779990413"]
PLANTED = WORDS + NUMBERS
PERSON = "a0000000-0000-4000-8000-0000000000aa"


@pytest.fixture
def own(request: pytest.FixtureRequest) -> Iterator[tuple[Sql, Path]]:
    """A database in a server of its own, and that server's log."""
    with Server.new() as server:
        server.start()
        make_owner(server.url())
        with new_database(server.url()) as database:
            install(database)
            with database.connect() as owner:
                seed(owner)
            yield database, server.folder / "log"


def plant(node: RunningNode, database: Sql) -> str:
    """All that may be said of and by a person, and some of it wrong; one of the person's consents."""
    w, (old, number, taken) = WORDS, NUMBERS
    path = f"/api/v1/customers/{PERSON}"
    with node.client("service") as service, node.client("csr") as csr, node.client("customer", PERSON) as person:
        first = {"name": f"{w[0]} {w[1]}", "email": f"{w[2]}@example.com", "msisdn": f"+94{old}", "reference": w[3]}
        later = {"name": f"{w[4]} {w[5]}", "email": f"{w[6]}@example.com", "msisdn": f"+94{number}", "reference": w[7]}
        for body in (first, later):
            assert service.put(path, json=body).is_success
        # Refused by PostgreSQL, whose log tells the key that is held already unless it is asked otherwise.
        other = "a0000000-0000-4000-8000-0000000000ab"
        assert service.put(f"/api/v1/customers/{other}", json={"name": "Other", "reference": w[7]}).status_code == 409
        assert service.put(path, json={**later, "msisdn": f"+9477 x{taken}"}).status_code == 422
        assert service.put(path, json={**later, "name": f"{w[8]}\0"}).status_code == 422
        consents = [one["id"] for one in csr.get("/api/v1/consents", params={"customer": PERSON}).json()["consents"]]
        for consent, word in zip(consents, w[9:12], strict=False):
            reason = {"code": "phone-call", "text": word}
            granting: dict[str, Any] = {"reason": reason, "notice_version": 1, "language": "en"}
            assert csr.post(f"/api/v1/consents/{consent}/grant", json=granting).status_code == 200
        decision = {"action": "revoke", "consent_id": consents[0], "reason": {"code": "phone-call", "text": w[12]}}
        assert csr.post("/api/v1/decisions", json={"decisions": [decision]}).status_code == 200
        revoke, key = f"/api/v1/customer/consents/{consents[1]}/revoke", {"Idempotency-Key": w[13]}
        assert person.post(revoke, headers=key).status_code == 200
        assert csr.get("/api/v1/customers", params={"q": w[4]}).json()["customers"][0]["id"] == PERSON
        assert service.get("/api/v1/customers", params={"q": number}).json()["customers"]
        check = {"msisdn": f"+94{number}", "purpose": "marketing", "channel": "sms"}
        assert service.post("/api/v1/checks", json={"checks": [check]}).status_code == 200
    with node.client("csr") as csr, node.client("customer", PERSON) as person:
        request = person.post("/api/v1/rights-requests", json={"kind": "access", "text": w[17]}).json()["request"]["id"]
        said: dict[str, Any] = {"ask": {"text": w[18]}, "refuse": {"reason": {"code": "x", "text": w[19]}}}
        for action, saying in said.items():
            assert csr.post(f"/api/v1/rights-requests/{request}/{action}", json=saying).status_code == 200
    database.run(
        "SELECT consentfeed.save_preferences('customer:' || %s, json_build_object('draft', %s::text))", PERSON, w[14]
    )
    database.run(
        "INSERT INTO consentfeed.users (id, email, role, customer_id, password_hash)"
        " SELECT %s, %s, 'customer', %s, password_hash FROM consentfeed.users WHERE email = 'customer@example.com'",
        PERSON, f"{w[15]}@example.com", PERSON,
    )  # fmt: skip
    sign_in = {"email": f"{w[15]}@example.com", "password": PASSWORD}
    with node.client(headers={"User-Agent": f"Phone of {w[16]}"}) as phone:
        assert phone.post("/api/v1/auth/login", json={**sign_in, "password": f"wrong {w[16]}"}).status_code == 401
        assert phone.post("/api/v1/auth/login", json=sign_in).status_code == 200
        assert phone.get("/api/v1/customer/consents").status_code == 200
    return str(consents[0])


def dump(database: Sql) -> str:
    """What pg_dump writes of the whole database."""
    done = run("pg_dump", f"--dbname={database.admin_url}")
    assert done.returncode == 0, done.stderr
    return done.stdout.lower()


def answers(node: RunningNode, consent: str) -> Iterator[str]:
    """What all routes that are read say to an admin, of the person where they are of one."""
    values = {"{id}": PERSON, "{reference}": WORDS[7], "{key}": "marketing", "{version}": "1", "{language}": "en"}
    with node.client("admin") as admin:
        for route in ACCESS:
            method, path = route.split(" ", 1)
            if method == "GET":
                values["{id}"] = consent if "/consents/" in path else PERSON
                for part, value in values.items():
                    path = path.replace(part, value)
                yield admin.get(path, headers={"Last-Event-ID": "0-00000000"}).text.lower()
        everything: dict[str, Any] = {"after": "0-00000000", "kind": "all", "limit": 1000}
        yield admin.get("/api/v1/events", params=everything).text.lower()
        yield admin.get("/api/v1/accesses", params={"limit": 1000}).text.lower()


def found(text: str) -> list[str]:
    return [planted for planted in PLANTED if planted in text.lower()]


def test_what_a_person_was_known_by_is_in_no_dump_no_log_and_no_answer(own: tuple[Sql, Path]) -> None:
    database, log = own
    lines = io.StringIO()
    with redirect_stdout(lines), nodes(database) as start:
        node = start()
        consent = plant(node, database)
        assert set(found(dump(database))) >= {*WORDS[4:8], *WORDS[9:13], *WORDS[14:], NUMBERS[1]}, "it is there before"
        assert found("".join(answers(node, consent)))
        with node.client("admin") as admin:
            erasure = {"reason": {"code": "customer-asked"}}
            assert admin.post(f"/api/v1/customers/{PERSON}/erase", json=erasure).status_code == 200
        assert found(dump(database)) == []
        assert found("".join(answers(node, consent))) == []
    assert found(lines.getvalue()) == []
    assert found(log.read_text()) == []
    assert "zq" not in lines.getvalue()
