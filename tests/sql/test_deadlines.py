"""Until when requests are to be answered: held against another arithmetic, on real calendars, also where it moves."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import holidays
import psycopg
import pytest
from dateutil.relativedelta import relativedelta
from dateutil.rrule import DAILY, rrule
from psycopg.errors import CheckViolation, InvalidParameterValue, ObjectNotInPrerequisiteState

from tests.support.database import Sql, new_database
from tests.support.seed import CUSTOMER
from tests.support.sql import sql_role

YEARS = range(2024, 2032)
UNITS = ("calendar-days", "working-days", "months")
CASES = 400
COUNTED = (
    "SELECT due_at, because"
    " FROM unnest(%s::timestamptz[], %s::bigint[], %s::text[], %s::bigint[], %s::text[], %s::bigint[])"
    " WITH ORDINALITY AS one (at, amount, unit, more, more_unit, waited, nth)"
    " CROSS JOIN LATERAL consentfeed.rights_deadline(at, amount, unit, more, more_unit, waited) ORDER BY nth"
)


@pytest.fixture(scope="module")
def database(cluster: str, template: str) -> Iterator[Sql]:
    """One for all tests of this file."""
    with new_database(cluster, template) as database:
        yield database


def added(day: date, amount: int, unit: str, works: Any) -> date:
    """The same by python-dateutil: months by relativedelta, working days by a recurrence without days off."""
    if unit == "months":
        return day + relativedelta(months=amount)
    if unit == "calendar-days":
        return day + relativedelta(days=amount)
    days = (one.date() for one in rrule(DAILY, dtstart=datetime.combine(day + timedelta(days=1), time())))
    working = (one for one in days if works(one))
    return [next(working) for _ in range(amount)][-1]


def expected(
    zone: str, works: Any, at: datetime, amount: int, unit: str, more: int | None, more_unit: str, waited: int
) -> datetime:
    """The end of the last day."""
    received = at.astimezone(ZoneInfo(zone)).date()
    last = added(received, amount, unit, works)
    if more is not None and more_unit == unit:
        last = added(received, amount + more, unit, works)
    elif more is not None:
        last = added(last, more, more_unit, works)
    if waited:
        last = added(last, waited, "working-days" if unit == "working-days" else "calendar-days", works)
    while not works(last):
        last += timedelta(days=1)
    return datetime.combine(last + timedelta(days=1), time(), ZoneInfo(zone))


def set_up(database: Sql, country: str, zone: str) -> Any:
    """Another country's calendar; whether people work on a day there."""
    off = holidays.country_holidays(country, years=YEARS)
    database.run("UPDATE consentfeed.calendar SET time_zone = %s", zone)
    database.run("DELETE FROM consentfeed.holidays")
    days = sorted(off)
    names = [off[day] for day in days]
    database.run(
        "INSERT INTO consentfeed.holidays (day, name) SELECT * FROM unnest(%s::date[], %s::text[])", days, names
    )
    return lambda day: day.weekday() < 5 and day not in off


@pytest.mark.parametrize(
    ("country", "zone"), [("LK", "Asia/Colombo"), ("DE", "Europe/Berlin"), ("US", "America/New_York")]
)
def test_deadlines_are_what_another_arithmetic_says(database: Sql, country: str, zone: str) -> None:
    chance = random.Random(country)
    works = set_up(database, country, zone)
    first = datetime(YEARS[0], 1, 1, tzinfo=UTC)
    cases = []
    for _ in range(CASES):
        at = first + timedelta(minutes=chance.randrange(60 * 24 * 365 * 5))
        if chance.random() < 0.3:  # where months differ
            at = at.replace(day=1) + relativedelta(months=1) - timedelta(minutes=chance.randrange(60 * 24 * 3))
        unit, more = chance.choice(UNITS), chance.choice([None, chance.randint(1, 20)])
        waited = chance.choice([0, 0, chance.randint(1, 40)])
        cases.append((at, chance.randint(1, 12 if unit == "months" else 90), unit, more, chance.choice(UNITS), waited))
    rows = database.run(COUNTED, *map(list, zip(*cases, strict=True)))
    for case, (due_at, because) in zip(cases, rows, strict=True):
        due = expected(zone, works, *case)
        assert due_at == due, (case, because)
        assert because["last_day"] == str((due - timedelta(hours=1)).date())
        # Each step begins where the one before ends, and the sentence names the last day.
        steps = because["steps"]
        assert [one["to"] for one in steps[:-1]] == [one["from"] for one in steps[1:]]
        assert steps[-1]["to"] == because["last_day"]


def opened(database: Sql, at: str, kind: str = "access") -> str:
    row = "INSERT INTO consentfeed.rights_requests (customer_id, kind, received_at) VALUES (%s, %s, %s) RETURNING id"
    return str(database.run(row, CUSTOMER, kind, at)[0][0])


def test_a_holiday_moves_the_open_requests_that_it_concerns_and_they_say_so(database: Sql) -> None:
    database.run("UPDATE consentfeed.calendar SET time_zone = 'Asia/Colombo'")
    database.run("DELETE FROM consentfeed.holidays")
    database.run("UPDATE consentfeed.deadlines SET amount = 3, unit = 'working-days' WHERE kind = 'complaint'")
    early = "2020-03-02T08:00:00Z"  # a Monday
    month, days, closed = opened(database, early), opened(database, early, "complaint"), opened(database, early)
    database.run("UPDATE consentfeed.rights_requests SET status = 'cancelled' WHERE id = %s", closed)

    def last_days() -> list[str]:
        found = "SELECT due_because ->> 'last_day' FROM consentfeed.rights_requests WHERE id = %s"
        return [database.value(found, one) for one in (month, days, closed)]

    assert last_days() == ["2020-04-02", "2020-03-05", "2020-04-02"]
    # As somebody who may write holidays and nothing else.
    with sql_role(database, "USAGE ON SCHEMA consentfeed", "SELECT, INSERT, DELETE ON consentfeed.holidays") as (
        _,
        url,
    ):
        row = "INSERT INTO consentfeed.holidays (day, name) VALUES (%s, %s)"
        Sql.run_as(url, row, "2020-03-04", "A day for oneself")  # one that a month passes over
        assert last_days() == ["2020-04-02", "2020-03-06", "2020-04-02"]
        Sql.run_as(url, row, "2020-04-02", "Another")
        assert last_days() == ["2020-04-03", "2020-03-06", "2020-04-02"]
        Sql.run_as(url, "DELETE FROM consentfeed.holidays WHERE day = '2020-03-04'")
        assert last_days() == ["2020-04-03", "2020-03-05", "2020-04-02"]
    told = "SELECT body::json -> 'actor', body::json -> 'reason', body::json #>> '{request,version}' FROM consentfeed"
    actor = {"kind": "system", "id": "holiday"}
    history = partial(database.run, f"{told}.rights_history(%s, NULL) ORDER BY seq OFFSET 1")
    assert history(days) == [
        (actor, {"code": "holiday-added", "text": None, "reference": "2020-03-04"}, "2"),
        (actor, {"code": "holiday-removed", "text": None, "reference": "2020-03-04"}, "3"),
    ]
    assert len(history(month)) == 1
    # Days end earlier in the east: what was received late on Monday there was received on Tuesday.
    database.run("UPDATE consentfeed.calendar SET time_zone = 'Pacific/Kiritimati'")
    assert last_days()[1] == "2020-03-05"
    assert database.value("SELECT due_at FROM consentfeed.rights_requests WHERE id = %s", days) == datetime(
        2020, 3, 5, 10, tzinfo=UTC
    )
    assert database.verify() == []


def test_the_clock_stands_while_the_customer_is_asked(database: Sql) -> None:
    database.run("UPDATE consentfeed.calendar SET time_zone = 'Asia/Colombo'")
    waited = "SELECT consentfeed.days_waited(%s, %s, %s)"
    friday, tuesday = "2020-03-06T18:00:00Z", "2020-03-09T19:00:00Z"  # evening there, and Tuesday already
    assert database.value(waited, friday, tuesday, "months") == 4
    assert database.value(waited, friday, tuesday, "working-days") == 2
    assert database.value(waited, friday, "2020-03-06T18:29:00Z", "calendar-days") == 0
    request = opened(database, "2020-03-02T08:00:00Z")
    database.run("UPDATE consentfeed.rights_requests SET status = 'waiting-for-customer' WHERE id = %s", request)
    with database.connect() as owner:  # five days pass
        owner.execute("ALTER TABLE consentfeed.rights_requests DISABLE TRIGGER USER")
        back = "UPDATE consentfeed.rights_requests SET waiting_since = now() - interval '5 days' WHERE id = %s"
        owner.execute(back, (request,))
        owner.execute("ALTER TABLE consentfeed.rights_requests ENABLE TRIGGER USER")
        owner.execute("ALTER TABLE consentfeed.rights_requests ENABLE ALWAYS TRIGGER refuse_delete")
    before = "SELECT due_at FROM consentfeed.rights_requests WHERE id = %s"
    database.run("UPDATE consentfeed.rights_requests SET status = 'in-progress' WHERE id = %s", request)
    steps = database.value("SELECT due_because -> 'steps' FROM consentfeed.rights_requests WHERE id = %s", request)
    assert [(one["step"], one.get("amount")) for one in steps[:2]] == [("counted", 1), ("waited", 5)]
    assert steps[1]["to"] == "2020-04-07"
    assert database.value(before, request) >= datetime(2020, 4, 7, 18, 30, tzinfo=UTC)


def test_what_is_written_by_hand_is_a_status_or_an_assignee_and_nothing_else(database: Sql) -> None:
    request = opened(database, "2020-03-02T08:00:00Z", "erasure")
    for column, value in (("due_at", "now()"), ("version", "9"), ("reference", "'R-1'"), ("kind", "'access'")):
        with pytest.raises(ObjectNotInPrerequisiteState, match="only status and assigned_to"):
            database.run(f"UPDATE consentfeed.rights_requests SET {column} = {value} WHERE id = %s", request)
    with pytest.raises(ObjectNotInPrerequisiteState, match="is not erased"):
        database.run("UPDATE consentfeed.rights_requests SET status = 'fulfilled' WHERE id = %s", request)
    with pytest.raises(ObjectNotInPrerequisiteState, match="not deleted"):
        database.run("DELETE FROM consentfeed.rights_requests")
    for status, at in (("fulfilled", "now()"), ("received", "now() + interval '1 day'")):
        row = "INSERT INTO consentfeed.rights_requests (customer_id, kind, status, received_at)"
        with pytest.raises(CheckViolation):
            database.run(f"{row} VALUES (%s, 'access', %s, {at})", CUSTOMER, status)
    for zone, error in (("Mars/Olympus", InvalidParameterValue), ("-5", CheckViolation)):
        with pytest.raises(error):
            database.run("UPDATE consentfeed.calendar SET time_zone = %s", zone)
    head = database.head()
    database.run("UPDATE consentfeed.rights_requests SET status = status, actor_id = 'somebody' WHERE id = %s", request)
    assert database.head() == head
    # A role that may do no more makes the event in its own name.
    grants = ("USAGE ON SCHEMA consentfeed", "SELECT, UPDATE ON consentfeed.rights_requests")
    with sql_role(database, *grants) as (role, url), psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET consentfeed.recording = 'on'")
        change = "UPDATE consentfeed.rights_requests SET status = 'acknowledged', actor_kind = 'admin' WHERE id = %s"
        connection.execute(change, (request,))
        body = database.value("SELECT body::json FROM consentfeed.events ORDER BY seq DESC LIMIT 1")
        assert (body["actor"], body["method"]) == ({"kind": "database", "id": role}, "sql")
        assert body["request"]["action"] == "acknowledge"
    assert database.verify() == []
