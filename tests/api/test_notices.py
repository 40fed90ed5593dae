"""Purposes and notices, as admins write and publish them."""

import hashlib
from typing import Any
from uuid import uuid4

import httpx
import pytest

from consentfeed.api.events import EventPage
from consentfeed.api.notices import Notice, NoticeVersions
from consentfeed.api.purposes import Purpose, Purposes
from tests.support.rest import Rest, ok, problem
from tests.support.seed import CUSTOMER, STAFF
from tests.support.sql import expired_grant

OFFER = {
    "title": "Roaming offers", "channels": ["sms"], "description": "Prices abroad.", "default_validity_days": 90,
    "position": 50, "offered": True,
}  # fmt: skip


def new_key() -> str:
    return f"p-{uuid4().hex[:12]}"


def put(rest: Rest, key: str, **changes: Any) -> httpx.Response:
    body = {name: value for name, value in (OFFER | changes).items() if value is not ...}
    return rest.call("PUT", f"/purposes/{key}", "admin", json=body)


def draft(rest: Rest, key: str, version: object, language: str = "en", text: Any = "You agree.") -> httpx.Response:
    return rest.call("PUT", f"/purposes/{key}/notices/{version}/{language}", "admin", json={"text": text})


def publish(rest: Rest, key: str, version: object) -> httpx.Response:
    return rest.call("POST", f"/purposes/{key}/notices/{version}/publish", "admin")


def in_force(rest: Rest, key: str) -> set[tuple[int, str]]:
    notices = ok(rest.get(f"/purposes/{key}/notices", "admin"), NoticeVersions)["notices"]
    return {(notice["version"], notice["language"]) for notice in notices if notice["in_force"]}


# Purposes


def test_a_new_purpose_is_201_and_a_change_200_and_both_are_listed(rest: Rest) -> None:
    key = new_key()
    listed = {
        "key": key,
        **OFFER,
        "legal_basis": "consent",
        "dpv_term": None,
        "notice_version": None,
        "languages": None,
        "texts": {},
    }
    for status, changes in ((201, {}), (200, {}), (200, {"title": "Other", "offered": False, "position": 7})):
        answer = put(rest, key, **changes)
        assert answer.status_code == status
        saved = ok(answer, Purpose)
        assert saved == {**listed, **changes, "tag": saved["tag"]}
        assert [one for one in rest.json("/purposes")["purposes"] if one["key"] == key] == [saved]


def test_what_is_left_out_gets_its_default(rest: Rest) -> None:
    key = new_key()
    put(rest, key)
    saved = ok(put(rest, key, description=..., default_validity_days=..., position=..., offered=...))
    assert (saved["description"], saved["default_validity_days"], saved["position"], saved["offered"]) == (
        "", None, 0, True,
    )  # fmt: skip


def test_what_the_api_does_not_write_stays(rest: Rest) -> None:
    key = rest.purpose(validity="12 months")
    rest.sql("UPDATE consentfeed.purposes SET legal_basis = 'contract', dpv_term = 'dpv:Marketing' WHERE key = %s", key)
    days = rest.sql("SELECT extract(epoch FROM interval '12 months')::bigint / 86400")[0][0]
    saved = ok(put(rest, key, default_validity_days=days))
    assert (saved["legal_basis"], saved["dpv_term"], saved["default_validity_days"]) == (
        "contract", "dpv:Marketing", days,
    )  # fmt: skip
    validity = "SELECT default_validity::text FROM consentfeed.purposes WHERE key = %s"
    assert rest.sql(validity, key) == [("1 year",)], "the same length does not become days"
    put(rest, key, default_validity_days=30)
    assert rest.sql(validity, key) == [("30 days",)]


def pending(rest: Rest, customer: str, key: str) -> set[tuple[str, str, int]]:
    listed = rest.json("/consents", params={"customer": customer, "purpose": key})["consents"]
    return {(one["channel"], one["status"], one["version"]) for one in listed}


def test_a_purpose_is_offered_from_its_first_notice_on(rest: Rest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consentfeed.postgres.purposes._PAGE", 2)
    early, key = rest.customer(), new_key()
    ok(put(rest, key))
    ok(draft(rest, key, 1))
    late = rest.customer()  # registered between
    assert [pending(rest, one, key) for one in (early, late)] == [set(), set()]
    ok(publish(rest, key, 1))
    assert [pending(rest, one, key) for one in (early, late, rest.customer())] == [{("sms", "pending", 0)}] * 3


def test_customers_get_pending_consents_for_what_is_offered_anew(rest: Rest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consentfeed.postgres.purposes._PAGE", 2)
    customers, key, head = [rest.customer() for _ in range(5)], new_key(), rest.database.head()
    ok(put(rest, key, offered=False))
    rest.publish(key, 1)
    head += 2  # of the notice, in two languages
    assert [pending(rest, customer, key) for customer in customers] == [set()] * 5
    ok(put(rest, key))
    assert [pending(rest, customer, key) for customer in customers] == [{("sms", "pending", 0)}] * 5
    assert rest.database.head() == head, "and nobody has answered anything"
    everybody = "SELECT count(*) FROM consentfeed.customers"
    assert rest.sql("SELECT count(*) FROM consentfeed.consents WHERE purpose = %s", key) == rest.sql(everybody)


def test_a_new_channel_adds_consents_and_leaves_the_answers_alone(rest: Rest) -> None:
    consent = rest.consent_for(key := rest.purpose())
    customer = rest.owner(consent)
    ok(rest.decide("grant", consent))
    ok(put(rest, key, channels=["email", "sms"]))
    assert pending(rest, customer, key) == {("sms", "granted", 1), ("email", "pending", 0)}


def test_what_broke_off_is_finished_by_the_same_request(rest: Rest) -> None:
    key, customer = new_key(), rest.customer()
    rest.sql("SELECT consentfeed.save_purpose(%s, 'T', '', '{sms}', NULL, 0, true)", key)
    rest.publish(key, 1)
    assert pending(rest, customer, key) == set()
    assert put(rest, key).status_code == 200
    assert pending(rest, customer, key) == {("sms", "pending", 0)}


def test_a_channel_cannot_be_taken_away(rest: Rest) -> None:
    key = new_key()
    ok(put(rest, key, channels=["sms", "email"]))
    before = rest.written()
    assert "$.channels" in problem(put(rest, key, channels=["sms", "push"]), "invalid")["detail"]
    assert rest.written() == before
    assert ok(put(rest, key, channels=["email", "push", "sms"]))["channels"] == ["email", "push", "sms"]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"title": ...}, "title"),
        ({"title": ""}, "$.title"),
        ({"title": "  "}, "$.title"),
        ({"title": "a\nb"}, "$.title"),
        ({"title": "x" * 201}, "$.title"),
        ({"channels": ...}, "channels"),
        ({"channels": []}, "$.channels"),
        ({"channels": ["sms", "sms"]}, "$.channels"),
        ({"channels": ["SMS"]}, "$.channels[0]"),
        ({"channels": ["sms,email"]}, "$.channels[0]"),
        ({"description": "x" * 2001}, "$.description"),
        ({"default_validity_days": 0}, "$.default_validity_days"),
        ({"default_validity_days": 36_501}, "$.default_validity_days"),
        ({"position": -1}, "$.position"),
        ({"offered": "yes"}, "$.offered"),
        ({"legal_basis": "contract"}, "legal_basis"),
    ],
)
def test_a_purpose_that_cannot_be_is_422_and_the_answer_says_where(
    rest: Rest, change: dict[str, Any], where: str
) -> None:
    before = rest.written()
    assert where in problem(put(rest, new_key(), **change), "invalid")["detail"]
    assert rest.written() == before


@pytest.mark.parametrize("key", ["Upper", "1st", "a_b", "%00", "a" * 64, "a%20b"])
def test_a_key_that_cannot_be_one_is_422(rest: Rest, key: str) -> None:
    problem(put(rest, key), "invalid")


# Notices


def test_a_draft_is_seen_by_admins_alone_and_can_be_written_anew(rest: Rest) -> None:
    key = rest.purpose()
    for text in ("First thoughts.", "Better\nthoughts."):
        notices = ok(draft(rest, key, 2, "si", text), NoticeVersions)["notices"]
    assert notices == ok(rest.get(f"/purposes/{key}/notices", "admin"))["notices"]
    assert notices[0] == {
        "version": 2, "language": "si", "title": "A purpose", "description": "", "text": text,
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
        "published_at": None, "in_force": False, "granted": 0,
        "tag": notices[0]["tag"], "version_tag": notices[0]["version_tag"],
    }  # fmt: skip
    assert [(one["version"], one["language"], one["in_force"]) for one in notices[1:]] == [
        (1, "en", True), (1, "si", True),
    ]  # fmt: skip
    problem(rest.get(f"/notices/{key}/2/si", "customer"), "not-found")
    assert rest.json("/purposes")["purposes"][-1]["notice_version"] != 2


def test_publishing_puts_all_languages_into_force_at_once_and_supersedes(rest: Rest) -> None:
    key = rest.purpose()
    for language in ("en", "si", "ta"):
        ok(draft(rest, key, 2, language))
    assert in_force(rest, key) == {(1, "en"), (1, "si")}
    published = ok(publish(rest, key, 2), NoticeVersions)["notices"]
    assert len({one["published_at"] for one in published if one["version"] == 2}) == 1
    assert in_force(rest, key) == {(2, "en"), (2, "si"), (2, "ta")}
    assert ok(rest.get(f"/notices/{key}/2/ta", "customer"))["text"] == "You agree."
    granted = ok(rest.decide("grant", rest.consent_for(key), json={"notice_version": 2, "language": "ta"}))
    assert granted["consent"]["notice"]["version"] == 2


def test_how_many_have_agreed_is_told_by_version_and_language(rest: Rest) -> None:
    key = rest.purpose()
    first = rest.consent_for(key)
    ok(rest.decide("grant", first, json={"language": "si"}))
    expired_grant(rest.database, rest.consent_for(key))
    revoked = rest.consent_for(key)
    for action in ("grant", "revoke"):
        ok(rest.decide(action, revoked, json={"language": "en"}))
    ok(draft(rest, key, 2, "en"))
    ok(publish(rest, key, 2))
    ok(rest.decide("grant", rest.consent_for(key), json={"language": "en"}))
    notices = ok(rest.get(f"/purposes/{key}/notices", "admin"), NoticeVersions)["notices"]
    assert {(one["version"], one["language"]): one["granted"] for one in notices} == {
        (1, "en"): 0, (1, "si"): 1, (2, "en"): 1,
    }  # fmt: skip


def test_publishing_is_an_event_for_staff_and_services_and_says_who_did_it(rest: Rest) -> None:
    key = rest.purpose(versions=0)
    after = rest.json("/events")["next"]
    for language in ("si", "en"):
        ok(draft(rest, key, 1, language, f"In {language}"))
    assert rest.json(f"/events?kind=all&after={after}")["events"] == []
    ok(publish(rest, key, 1))
    for role in ("csr", "admin", "service"):
        page = ok(rest.get(f"/events?kind=notice-published&after={after}", role), EventPage)
        assert [event["event"] for event in page["events"]] == ["notice-published"] * 2
        for event, language in zip(page["events"], ("en", "si"), strict=True):
            data = event["data"]
            assert (data["type"], data["user"], data["reason"]) == ("notice-published", None, None)
            assert (data["actor"], data["method"]) == ({"kind": "admin", "id": STAFF["admin"]}, "rest")
            sha256 = hashlib.sha256(f"In {language}".encode()).hexdigest()
            published_at = data["notice"].pop("published_at")
            assert data["notice"] == {"key": key, "version": 1, "language": language, "sha256": sha256}
            assert published_at == data["timestamp"]
    assert rest.json(f"/events?kind=consent-updated&after={after}")["events"] == []
    for query in ("purpose=marketing", f"customer={CUSTOMER}"):
        assert rest.json(f"/events?kind=all&{query}&after={after}")["events"] == []
    own = rest.json("/events?kind=all&after=0-00000000", "customer")["events"]
    assert "notice-published" not in {event["event"] for event in own}


def test_the_first_version_of_a_purpose_can_be_any(rest: Rest) -> None:
    key = rest.purpose(versions=0)
    ok(draft(rest, key, 20260101))
    ok(publish(rest, key, 20260101))
    assert in_force(rest, key) == {(20260101, "en")}


def test_what_is_published_never_changes(rest: Rest) -> None:
    key = rest.purpose()
    before = rest.written()
    problem(draft(rest, key, 1, "en", "Other words."), "notice-published")
    problem(publish(rest, key, 1), "notice-published")
    assert rest.written() == before


def test_a_purpose_that_is_renamed_keeps_the_words_under_which_people_agreed(rest: Rest) -> None:
    key = new_key()
    ok(put(rest, key, title="News", description="We write to you."))
    ok(draft(rest, key, 1, "en"))
    sinhala = {"text": "You agree.", "title": "පුවත්", "description": "අපි ඔබට ලියන්නෙමු."}
    ok(rest.call("PUT", f"/purposes/{key}/notices/1/si", "admin", json=sinhala))
    ok(publish(rest, key, 1))
    ok(put(rest, key, title="Everything", description="We sell your data."))
    (purpose,) = [one for one in ok(rest.get("/purposes"), Purposes)["purposes"] if one["key"] == key]
    english = {"title": "News", "description": "We write to you."}
    assert purpose["title"] == "Everything"
    assert purpose["texts"] == {"en": english, "si": {name: sinhala[name] for name in english}}
    notice = ok(rest.get(f"/notices/{key}/1/en", "customer"), Notice)
    assert {name: notice[name] for name in english} == english
    ok(draft(rest, key, 2, "en"))
    assert rest.json(f"/purposes/{key}/notices", "admin")["notices"][0]["title"] == "Everything"


def test_a_draft_written_anew_keeps_its_title_where_none_is_given(rest: Rest) -> None:
    key = rest.purpose()
    titled = {"text": "First.", "title": "A title", "description": "A sentence."}
    ok(rest.call("PUT", f"/purposes/{key}/notices/2/en", "admin", json=titled))
    notice = ok(draft(rest, key, 2, "en", "Second."))["notices"][0]
    assert (notice["text"], notice["title"], notice["description"]) == ("Second.", "A title", "A sentence.")
    for blank in ("", "  "):
        problem(rest.call("PUT", f"/purposes/{key}/notices/2/en", "admin", json=titled | {"title": blank}), "invalid")


def test_a_language_that_a_published_version_lacks_may_be_added(rest: Rest) -> None:
    key = rest.purpose()
    consent = rest.consent_for(key)
    ok(draft(rest, key, 1, "ta", "Written later."))
    problem(rest.get(f"/notices/{key}/1/ta", "customer"), "not-found")
    problem(rest.decide("grant", consent, json={"language": "ta"}), "no-such-language")
    notices = {one["language"]: one for one in ok(publish(rest, key, 1), NoticeVersions)["notices"]}
    assert notices["ta"]["published_at"] > notices["en"]["published_at"]
    assert in_force(rest, key) == {(1, "en"), (1, "si"), (1, "ta")}
    assert ok(rest.decide("grant", consent, json={"language": "ta"}))["consent"]["notice"]["version"] == 1
    problem(draft(rest, key, 1, "ta", "Other words."), "notice-published")


def test_a_language_that_is_added_to_a_version_whose_time_is_to_come_waits_with_it(rest: Rest) -> None:
    key = rest.purpose()
    ok(draft(rest, key, 2, "en"))
    rest.sql(
        "UPDATE consentfeed.notices SET published_at = now() + interval '1 hour' WHERE (purpose, version) = (%s, 2)",
        key,
    )
    ok(draft(rest, key, 2, "si"))
    ok(publish(rest, key, 2))
    assert in_force(rest, key) == {(1, "en"), (1, "si")}


def test_a_version_below_the_one_in_force_is_not_published(rest: Rest) -> None:
    key = rest.purpose(versions=0)
    ok(draft(rest, key, 1))
    rest.publish(key, 2)
    problem(publish(rest, key, 1), "notice-superseded")
    assert in_force(rest, key) == {(2, "en"), (2, "si")}


def test_a_higher_version_that_is_not_yet_in_force_stands_in_nobodys_way(rest: Rest) -> None:
    key = rest.purpose(versions=0)
    ok(draft(rest, key, 5))
    rest.sql("UPDATE consentfeed.notices SET published_at = now() + interval '1 hour' WHERE purpose = %s", key)
    ok(draft(rest, key, 4))
    ok(publish(rest, key, 4))
    assert in_force(rest, key) == {(4, "en")}
    problem(publish(rest, key, 5), "notice-published")


def test_what_has_no_draft_is_not_published(rest: Rest) -> None:
    problem(publish(rest, rest.purpose(), 2), "no-draft")


def test_a_language_that_comes_while_its_version_is_published_stays_a_draft_until_it_is_published_too(
    rest: Rest,
) -> None:
    key = rest.purpose(versions=0)
    ok(draft(rest, key, 1))
    with rest.database.connect() as publisher:
        publisher.execute("SELECT consentfeed.publish_notice(%s, 1)", (key,))
        (answer,) = rest.while_held(publisher, lambda: draft(rest, key, 1, "si"))
    ok(answer)
    assert in_force(rest, key) == {(1, "en")}
    ok(publish(rest, key, 1))
    assert in_force(rest, key) == {(1, "en"), (1, "si")}


def test_an_unknown_purpose_has_no_notices(rest: Rest) -> None:
    for key in (new_key(), "%00", "Upper"):
        problem(rest.get(f"/purposes/{key}/notices", "admin"), "not-found")
        problem(draft(rest, key, 1), "not-found")
        problem(publish(rest, key, 1), "not-found")
    assert ok(rest.get(f"/purposes/{rest.purpose(versions=0)}/notices", "admin")) == {"notices": []}


@pytest.mark.parametrize("version", ["0", "-1", "one", "01", "1.0", "99999999999999999999", "%D9%A1"])
def test_a_version_that_cannot_be_one_is_404(rest: Rest, version: str) -> None:
    problem(draft(rest, "marketing", version), "not-found")
    problem(publish(rest, "marketing", version), "not-found")


@pytest.mark.parametrize(("written", "kept"), [("EN", "en"), ("si_lk", "si-LK"), ("zh-HANT", "zh-Hant")])
def test_a_language_is_kept_in_one_form(rest: Rest, written: str, kept: str) -> None:
    purpose = rest.purpose()
    assert [one["language"] for one in ok(draft(rest, purpose, 9, written))["notices"] if one["version"] == 9] == [kept]


@pytest.mark.parametrize("language", ["English", "e", "%00", "en" + "-abcdefgh" * 4])
def test_a_language_that_cannot_be_one_is_422(rest: Rest, language: str) -> None:
    before = rest.written()
    problem(draft(rest, "marketing", 9, language), "invalid")
    assert rest.written() == before


@pytest.mark.parametrize("text", ["", " \n", "x" * 20_001, None, 7, "a\x00b"])
def test_a_text_that_cannot_be_one_is_422(rest: Rest, text: Any) -> None:
    before = rest.written()
    assert "$.text" in problem(draft(rest, "marketing", 9, "en", text), "invalid")["detail"]
    assert rest.written() == before
