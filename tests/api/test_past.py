"""Consents as of a time: what the log had recorded until then, for every consent at every time."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from consentfeed.api.shapes import Consent, ConsentPage
from tests.support.rest import Rest, ok, problem
from tests.support.seed import CUSTOMER, OTHER
from tests.support.sql import expired_grant

INSTANT = timedelta(microseconds=1)


def past(rest: Rest, consent: str, at: datetime | str, role: str = "csr", **more: Any) -> Any:
    """One consent as it was."""
    at = at if isinstance(at, str) else at.isoformat()
    return rest.get(f"/consents/{consent}", role, params={"at": at}, **more)


def recorded(rest: Rest, consent: str) -> list[tuple[datetime, dict[str, Any]]]:
    """When each event of a consent was recorded, and the consent in it."""
    return rest.sql(
        "SELECT recorded_at, body::json -> 'consent' FROM consentfeed.events WHERE consent_id = %s ORDER BY seq",
        consent,
    )


def replayed(events: list[tuple[datetime, dict[str, Any]]], at: datetime) -> dict[str, Any] | None:
    """The same from the whole log, read from its beginning."""
    state = None
    for recorded_at, consent in events:
        if recorded_at <= at:
            state = consent
    if state and state["status"] == "granted" and state["expires_at"]:
        ended = datetime.fromisoformat(state["expires_at"]) <= at
        return {**state, "status": "expired" if ended else "granted"}
    return state


@pytest.fixture
def decided(rest: Rest) -> list[str]:
    """Consents of new customers after fifty decisions by REST and SQL, some of which have run out."""
    random = Random("as of")
    short = rest.purpose(validity="300 milliseconds")
    consents = [rest.consent_for(short), rest.consent_for(short), *rest.consents(4)]
    for _ in range(50):
        consent, action = random.choice(consents), random.choice(["grant", "revoke"])
        if random.random() < 0.5:
            ok(rest.decide(action, consent))
        else:
            rest.database.set(consent, {"grant": "granted", "revoke": "revoked"}[action])
    return consents


def test_every_consent_at_every_time_is_what_a_replay_of_the_log_says(rest: Rest, decided: list[str]) -> None:
    histories = {consent: recorded(rest, consent) for consent in decided}
    times = sorted(time for events in histories.values() for time, _ in events)
    for at in [moment for time in times for moment in (time - INSTANT, time, time + timedelta(seconds=0.4))]:
        if at > datetime.now(at.tzinfo):
            continue
        for consent, events in histories.items():
            state = ok(past(rest, consent, at), Consent)
            expected = replayed(events, at)
            if expected:
                assert state == expected
            else:
                assert (state["status"], state["version"], state["notice"]) == ("pending", 0, None)


def test_a_list_of_the_past_is_all_of_a_customers_consents_then_with_the_position_of_that_time(rest: Rest) -> None:
    consent = rest.consent()
    owner = rest.owner(consent)
    before = rest.json(f"/consents?customer={owner}")["consents"]
    ok(rest.decide("grant", consent))
    ((at, granted), *_) = recorded(rest, consent)
    ok(rest.decide("revoke", consent))
    answer = rest.get("/consents", "service", params={"customer": owner, "at": at.isoformat()})
    page = ok(answer, ConsentPage)
    assert {one["id"] for one in page["consents"]} == {one["id"] for one in before}
    found = {one["id"]: one for one in page["consents"]}
    assert found[consent] == {**granted, "customer": before[0]["customer"]}
    assert {one["status"] for one in page["consents"] if one["id"] != consent} == {"pending"}
    # A stream after this position goes on from there.
    after = rest.json(f"/events?customer={owner}&after={answer.headers['consentfeed-position']}")["events"]
    assert [event["data"]["type"] for event in after] == ["revoked"]
    for narrow, count in (("status=granted", 1), ("status=revoked", 0), ("channel=nothing", 0)):
        query = f"/consents?customer={owner}&at={at.strftime('%Y-%m-%dT%H:%M:%S.%fZ')}&{narrow}"
        assert len(rest.json(query)["consents"]) == count


def test_before_a_consent_was_there_there_is_none_and_before_the_log_nothing_is_known(rest: Rest) -> None:
    consent = rest.consent_for(rest.purpose())
    owner = rest.owner(consent)
    ((created,),) = rest.sql("SELECT created_at FROM consentfeed.customers WHERE id = %s", owner)
    problem(past(rest, consent, created - timedelta(milliseconds=1)), "not-found")
    query = {"customer": owner, "at": (created - timedelta(milliseconds=1)).isoformat()}
    assert ok(rest.get("/consents", params=query), ConsentPage)["consents"] == []
    assert ok(past(rest, consent, created + timedelta(seconds=0)))["status"] == "pending"
    problem(past(rest, consent, "2000-01-01T00:00:00Z"), "not-kept")
    problem(rest.get("/consents", params={"customer": owner, "at": "2000-01-01T00:00:00Z"}), "not-kept")


@pytest.mark.parametrize("at", ["2999-01-01T00:00:00Z", "2026-01-01", "2026-01-01T00:00:00", "yesterday", ""])
def test_a_time_that_is_none_or_has_no_zone_or_lies_ahead_is_refused(rest: Rest, at: str) -> None:
    problem(past(rest, rest.consent(), at), "invalid")
    problem(rest.get("/consents", params={"customer": CUSTOMER, "at": at}), "invalid")


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"customer": [CUSTOMER, OTHER]},
        *({"customer": CUSTOMER, name: "10"} for name in ("q", "limit", "cursor")),
        {"customer": CUSTOMER, "sort": "customer"},
        {"customer": CUSTOMER, "updated_after": "2026-01-01T00:00:00Z"},
    ],
)
def test_what_a_list_of_the_past_does_not_honour_is_refused(rest: Rest, more: dict[str, Any]) -> None:
    problem(rest.get("/consents", params={"at": "2026-01-01T00:00:00Z", **more}), "invalid")


def test_a_customer_sees_own_consents_of_the_past_alone(rest: Rest) -> None:
    own = str(rest.database.consents()[0])
    at = rest.sql("SELECT now()::text")[0][0].replace(" ", "T") + ":00"
    other = rest.consent()
    ok(past(rest, own, at, "customer", subject=CUSTOMER), Consent)
    problem(past(rest, other, at, "customer", subject=CUSTOMER), "not-found")


def test_an_expiry_that_no_job_has_noticed_counts_from_its_time_on(rest: Rest) -> None:
    consent = rest.consent_for(rest.purpose())
    expired_grant(rest.database, consent)
    ((at, state),) = recorded(rest, consent)
    assert state["status"] == "granted"
    assert ok(past(rest, consent, at + INSTANT))["status"] == "expired"


def test_reading_the_past_is_in_the_trail_with_its_time(rest: Rest) -> None:
    owner = rest.owner(rest.consent())
    at = rest.sql("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")[0][0]
    ok(rest.get("/consents", params={"customer": owner, "at": at}))
    line = "SELECT filters FROM consentfeed.access_trail WHERE customers = ARRAY[%s::uuid] ORDER BY id DESC LIMIT 1"
    ((filters,),) = rest.sql(line, owner)
    assert filters == {"customer": [owner], "at": at}
