"""What a grant binds: the notice that was in force, its language and hash, and for how long."""

import hashlib
import threading
from typing import Any

import pytest

from tests.support.database import Sql
from tests.support.seed import CUSTOMER, OTHER
from tests.support.sql import Outcome, bodies, decide, decision, expired_grant, publish, refused, row_of
from tests.support.waiting import wait_until

NULLS = "NULL, NULL, NULL, '{expired}', NULL, NULL, NULL, NULL, NULL"


def notice_of(database: Sql, consent: str) -> tuple[Any, ...]:
    row = row_of(database, consent)
    return row["notice_version"], row["notice_language"], bytes.fromhex(row["notice_sha256"][2:])


def sha256(database: Sql, purpose: str, version: int, language: str) -> bytes:
    ((text,),) = database.run(
        "SELECT text FROM consentfeed.notices WHERE (purpose, version, language) = (%s, %s, %s)",
        purpose,
        version,
        language,
    )
    return hashlib.sha256(text.encode()).digest()


def _publications(database: Sql) -> list[dict[str, Any]]:
    rows = database.run("SELECT body::json FROM consentfeed.events WHERE type = 'notice-published' ORDER BY seq")
    return [body for (body,) in rows]


def test_a_notice_that_is_published_is_an_event_whoever_does_it_and_a_draft_is_none(database: Sql) -> None:
    publish(database, "marketing", 2, published_at="NULL")
    publish(database, "marketing", 2, published_at="NULL", language="si")
    database.run("UPDATE consentfeed.notices SET text = text || '.' WHERE version = 2")
    assert _publications(database) == []
    database.run("UPDATE consentfeed.notices SET published_at = now() WHERE version = 2")
    publish(database, "profiling", 3, published_at="now() + interval '1 hour'")
    role = database.run("SELECT current_user::text")[0][0]
    notices = []
    for event in _publications(database):
        notices.append((event["notice"]["key"], event["notice"]["version"], event["notice"]["language"]))
        assert (event["actor"], event["method"]) == ({"kind": "database", "id": role}, "sql")
        assert (event["consent_id"], event["customer_id"], event["user"]) == (None, None, None)
    assert notices == [("marketing", 2, "en"), ("marketing", 2, "si"), ("profiling", 3, "en")]
    assert database.verify() == []


def test_who_published_a_notice_cannot_be_claimed(database: Sql) -> None:
    database.run(
        "INSERT INTO consentfeed.notices (purpose, version, language, text, published_at, actor_kind, actor_id, method)"
        " VALUES ('marketing', 2, 'en', 'Two', now(), 'admin', 'somebody', 'rest')"
    )
    (event,) = _publications(database)
    assert (event["actor"]["kind"], event["method"]) == ("database", "sql")


def test_granting_binds_the_notice_in_force_in_the_customers_language(database: Sql) -> None:
    publish(database, "marketing", 2, language="si")
    publish(database, "marketing", 2)
    publish(database, "marketing", 3, published_at="NULL")
    publish(database, "marketing", 4, published_at="now() + interval '1 hour'")
    database.run("UPDATE consentfeed.customers SET language = 'si' WHERE id = %s", CUSTOMER)
    for customer, language in ((CUSTOMER, "si"), (OTHER, "en")):
        consent = database.consents(customer)[0]
        database.set(consent, "granted")
        assert notice_of(database, consent) == (2, language, sha256(database, "marketing", 2, language))
    database.run("UPDATE consentfeed.customers SET language = 'ta' WHERE id = %s", CUSTOMER)
    consent = database.consents()[1]
    database.set(consent, "granted")
    assert notice_of(database, consent)[:2] == (2, "en"), "English where the customer's language is not published"


@pytest.mark.parametrize(
    ("language", "bound"),
    [
        ("si-LK", "si"),
        ("si-lk", "si"),
        ("si-Sinh-LK", "si"),
        ("zh-Hant-TW", "zh-Hant"),
        ("zh-HANS", "en"),
        ("sin", "en"),
    ],
)
def test_a_language_is_looked_up_by_leaving_out_its_end(database: Sql, language: str, bound: str) -> None:
    for tag in ("en", "si", "zh-Hant", "zh-Hant-HK"):
        publish(database, "marketing", 2, language=tag)
    database.run("UPDATE consentfeed.customers SET language = %s WHERE id = %s", language, CUSTOMER)
    first, second = database.consents()[:2]
    (outcome,) = decide(database.app_url, decision(first, "grant"))
    database.set(second, "granted")
    assert outcome.problem is None
    assert notice_of(database, first)[1] == notice_of(database, second)[1] == bound


@pytest.mark.parametrize(
    ("language", "bound"), [("si_LK", "si"), ("SI", "si"), ("si-LK", "si"), ("s", None), ("sin", None), ("fr", None)]
)
def test_so_is_the_language_of_a_decision(database: Sql, language: str, bound: str | None) -> None:
    (outcome,) = decide(database.app_url, decision(database.consents()[0], "grant", language=language))
    assert (outcome.problem, outcome.consent and outcome.consent["notice"]["language"]) == (
        (None, bound) if bound else ("no-such-language", None)
    )


def test_a_decision_binds_the_language_that_was_shown(database: Sql) -> None:
    consent = database.consents()[0]
    (outcome,) = decide(database.app_url, decision(consent, "grant", language="si", notice_version=1))
    assert outcome.problem is None
    assert notice_of(database, consent) == (1, "si", sha256(database, "marketing", 1, "si"))


def test_a_decision_for_another_notice_than_the_one_in_force_is_refused(database: Sql) -> None:
    consent, second, *_ = database.consents()
    publish(database, "marketing", 2)
    outcomes = decide(
        database.app_url,
        decision(consent, "grant", notice_version=1),
        decision(second, "grant", language="si"),
    )
    assert [outcome.problem for outcome in outcomes] == ["notice-superseded", "no-such-language"]
    assert bodies(database) == []


def test_granting_again_under_a_newer_notice_is_a_change(database: Sql) -> None:
    consent = database.consents()[0]
    database.set(consent, "granted")
    publish(database, "marketing", 2)
    database.set(consent, "granted")
    assert [event["consent"]["notice"]["version"] for event in bodies(database)] == [1, 2]
    publish(database, "marketing", 3)
    assert decide(database.app_url, decision(consent, "grant"))[0].seq == 5  # with an event for each notice


def test_a_newer_notice_changes_no_grant_by_itself(database: Sql) -> None:
    consent = database.consents()[0]
    database.set(consent, "granted")
    publish(database, "marketing", 2)
    database.set(consent, "revoked")
    granted, revoked = bodies(database)
    assert revoked["consent"]["notice"] == granted["consent"]["notice"]


def test_without_a_notice_in_force_a_grant_is_refused_with_a_hint(database: Sql) -> None:
    database.run("INSERT INTO consentfeed.purposes (key, title, channels) VALUES ('new', 'New', '{sms}')")
    publish(database, "new", 1, published_at="NULL")
    publish(database, "new", 2, published_at="now() + interval '1 hour'")
    ((consent,),) = database.run(
        "INSERT INTO consentfeed.consents (customer_id, purpose, channel) VALUES (%s, 'new', 'sms') RETURNING id::text",
        database.new_customer(),
    )
    refused(database.url, "UPDATE consentfeed.consents SET status = 'granted' WHERE id = %s", consent)
    assert decide(database.app_url, decision(consent, "grant"))[0].problem == "no-notice"
    assert bodies(database) == []
    database.set(consent, "revoked")
    assert bodies(database)[0]["consent"]["notice"] is None, "nothing stands in the way of a revocation"


def test_a_closed_purpose_is_not_granted_any_more_and_can_be_revoked(database: Sql) -> None:
    first, second, third = database.consents()[:3]
    database.set(first, "granted")
    database.run("UPDATE consentfeed.purposes SET offered = false")
    refused(database.url, "UPDATE consentfeed.consents SET status = 'granted' WHERE id = %s", second)
    outcomes = decide(database.app_url, decision(first, "grant"), decision(second, "grant"), decision(third, "revoke"))
    assert [(outcome.problem, outcome.seq) for outcome in outcomes] == [(None, None), ("not-offered", None), (None, 2)]
    database.set(first, "granted")  # the present answer, repeated
    database.set(first, "revoked")
    assert [event["type"] for event in bodies(database)] == ["granted", "revoked", "revoked"]


def test_a_decision_binds_the_notice_it_was_judged_by_and_none_that_comes_meanwhile(
    database: Sql,
) -> None:
    """The decision has been judged by version 1, and waits (for the test's trigger) when version 2 comes."""
    consent = database.consents()[0]
    database.run("CREATE FUNCTION public.hold() RETURNS trigger LANGUAGE plpgsql AS $$"
                 " BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NEW; END $$")  # fmt: skip
    database.run("CREATE TRIGGER before_0_hold BEFORE UPDATE ON consentfeed.consents"
                 " FOR EACH ROW EXECUTE FUNCTION public.hold()")  # fmt: skip
    outcomes: list[Outcome] = []

    def grant() -> None:
        outcomes.extend(decide(database.app_url, decision(consent, "grant", notice_version=1)))

    with database.connect() as gate:
        gate.execute("SELECT pg_advisory_xact_lock(1)")
        thread = threading.Thread(target=grant)
        thread.start()
        wait_until(lambda: database.run("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"))
        publish(database, "marketing", 2, published_at="now() - interval '1 minute'")
    thread.join()
    assert [outcome.problem for outcome in outcomes] == [None]
    assert bodies(database)[0]["consent"]["notice"]["version"] == 1
    assert decide(database.app_url, decision(consent, "grant", notice_version=1))[0].problem == "notice-superseded"


PUBLISHED = (
    "UPDATE consentfeed.notices SET text = 'other'",
    "UPDATE consentfeed.notices SET sha256 = ''",
    "UPDATE consentfeed.notices SET published_at = NULL",
    "DELETE FROM consentfeed.notices",
    "TRUNCATE consentfeed.notices",
)


def test_a_published_notice_never_changes(database: Sql) -> None:
    for statement in PUBLISHED:
        for url in (database.url, database.admin_url):
            assert refused(url, statement).sqlstate == "55000", statement


def test_a_draft_may_change(database: Sql) -> None:
    publish(database, "marketing", 2, published_at="NULL")
    database.run("UPDATE consentfeed.notices SET text = 'better' WHERE version = 2")
    ((digest,),) = database.run("SELECT sha256 FROM consentfeed.notices WHERE version = 2")
    assert digest == hashlib.sha256(b"better").digest()
    database.run("DELETE FROM consentfeed.notices WHERE version = 2")


def test_a_grant_reads_as_expired_before_its_event_says_so(database: Sql) -> None:
    consent = database.consents()[0]
    expired_grant(database, consent)
    assert row_of(database, consent)["status"] == "granted"
    listed = "SELECT consent::json ->> 'status' FROM consentfeed.list_consents("
    for read in (
        f"{listed}{NULLS}, 'updated_at', NULL, NULL, 10) WHERE id = '{consent}'",
        f"SELECT consent::json ->> 'status' FROM consentfeed.one_consent('{consent}', NULL)",
        f"SELECT ('[' || consents || ']')::json -> 0 ->> 'status' FROM consentfeed.customer_consents('{CUSTOMER}')",
    ):
        assert Sql.run_as(database.app_url, read) == [("expired",)]


def test_expire_consents_makes_one_event_each_by_system(database: Sql) -> None:
    first, second, *_ = database.consents()
    expired_grant(database, first)
    expired_grant(database, second)
    expire = "SELECT consentfeed.expire_consents(%s)"
    assert [Sql.run_as(database.app_url, expire, 1)[0][0] for _ in range(3)] == [1, 1, 0]
    events = bodies(database, after=2)
    assert [event["type"] for event in events] == ["expired", "expired"]
    assert events[0]["actor"] == {"kind": "system", "id": "expiry"}
    assert {event["consent_id"] for event in events} == {first, second}
    assert events[0]["consent"]["version"] == 2


@pytest.mark.parametrize("already", [False, True], ids=["before the event", "after the event"])
def test_granting_after_expiry_is_a_change(database: Sql, already: bool) -> None:
    first, second, *_ = database.consents()
    for consent in (first, second):
        expired_grant(database, consent)
    if already:
        database.run("SELECT consentfeed.expire_consents(10)")
    head = database.head()
    database.set(first, "granted")
    assert decide(database.app_url, decision(second, "grant"))[0].seq == head + 2
    assert row_of(database, first)["expires_at"] is None


def test_revoking_a_grant_that_reads_as_expired_is_a_change(database: Sql) -> None:
    consent = database.consents()[0]
    expired_grant(database, consent)
    assert decide(database.app_url, decision(consent, "revoke"))[0].seq == 2
    assert database.run("SELECT consentfeed.expire_consents(10)") == [(0,)]
