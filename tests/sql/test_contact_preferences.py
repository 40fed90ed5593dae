"""Contact preferences in SQL: a change is an event without values, and quiet hours end by the clock on the wall."""

from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from psycopg import errors

from tests.sql.test_retention import DROP, cut_small
from tests.support.database import Sql
from tests.support.seed import CUSTOMER, OTHER
from tests.support.sql import bodies

UNTIL = """
    SELECT consentfeed.contact_until(customer, %s) FROM consentfeed.customers AS customer WHERE customer.id = %s
"""
ZONES = ("Asia/Colombo", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC")


def prefer(database: Sql, **values: object) -> None:
    """What a DBA does in psql."""
    sets = ", ".join(f"{name} = %s" for name in values)
    database.run(f"UPDATE consentfeed.customers SET {sets} WHERE id = %s", *values.values(), CUSTOMER)


def expected(at: datetime, hours: list[time], zone: str, pause: datetime | None) -> datetime | None:
    """Until when, minute by minute: the first that is neither paused nor quiet."""
    moment, (start, end) = at, hours
    while (pause and moment < pause) or _is_quiet(moment.astimezone(ZoneInfo(zone)).time(), start, end):
        moment += timedelta(minutes=1)
    return moment if moment > at else None


def _is_quiet(clock: time, start: time, end: time) -> bool:
    return start <= clock < end if start < end else clock >= start or clock < end


def test_until_when_nobody_is_contacted_is_what_a_walk_by_the_minute_finds(database: Sql) -> None:
    random = Random("quiet")
    for _ in range(60):
        zone = random.choice(ZONES)
        hours = [time(random.randrange(24), random.choice((0, 15, 30))) for _ in range(2)]
        if hours[0] == hours[1]:
            continue
        # Around the days on which clocks change, too; but not into the hours that are not there, or there twice.
        day = random.choice((date(2026, 3, 28), date(2026, 10, 24), date(2026, 6, 1))) + timedelta(random.randrange(3))
        at = datetime.combine(day, time(random.randrange(24), random.randrange(60)), UTC)
        pause = random.choice((None, at + timedelta(hours=random.randrange(-5, 40))))
        if any(1 <= hour.hour <= 3 for hour in hours):
            continue
        prefer(database, quiet_from=hours[0], quiet_to=hours[1], quiet_zone=zone, paused_until=pause)
        assert database.value(UNTIL, at, CUSTOMER) == expected(at, hours, zone, pause), (zone, hours, at, pause)


def test_over_a_night_in_which_the_clock_is_put_forward_they_end_when_it_shows_their_end(database: Sql) -> None:
    prefer(database, quiet_from=time(21), quiet_to=time(8), quiet_zone="Europe/Berlin")
    at = datetime(2026, 3, 28, 22, tzinfo=UTC)
    assert database.value(UNTIL, at, CUSTOMER) == datetime(2026, 3, 29, 6, tzinfo=UTC)
    # An end that is never shown that night: the first time after it.
    prefer(database, quiet_from=time(21), quiet_to=time(2, 30), quiet_zone="Europe/Berlin")
    assert database.value(UNTIL, at, CUSTOMER) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_a_change_names_what_changed_and_no_value(database: Sql) -> None:
    prefer(database, quiet_from=time(21, 17), quiet_to=time(8), quiet_zone="Asia/Colombo")
    prefer(database, paused_until=datetime(2030, 1, 1, tzinfo=UTC))
    prefer(database, language="ta")
    quiet, pause, registration, language = bodies(database)
    assert [event["type"] for event in (quiet, pause, registration, language)] == [
        "preferences-updated", "preferences-updated", "customer-updated", "preferences-updated",
    ]  # fmt: skip
    assert quiet["preferences"] == {"customer_id": CUSTOMER, "version": 1, "changed": ["quiet_hours"]}
    assert pause["preferences"] == {"customer_id": CUSTOMER, "version": 2, "changed": ["paused_until"]}
    assert language["preferences"] == {"customer_id": CUSTOMER, "version": 3, "changed": ["language"]}
    assert quiet["actor"]["kind"] == "database"
    assert (quiet["reason"], quiet["user"]) == (None, {"id": CUSTOMER})
    assert "21:17" not in "".join(row[0] for row in database.run("SELECT body FROM consentfeed.events"))
    assert database.verify() == []


def test_the_same_again_is_no_event_and_nobody_claims_a_version_or_a_reason(database: Sql) -> None:
    prefer(database, quiet_from=time(21), quiet_to=time(8), quiet_zone="Asia/Colombo")
    prefer(database, quiet_from=time(21), quiet_to=time(8), quiet_zone="Asia/Colombo", preferences_version=9)
    prefer(database, paused_until=datetime(2030, 1, 1, tzinfo=UTC), reason_code="claimed", actor_kind="admin")
    kept = "SELECT preferences_version, reason_code, actor_kind FROM consentfeed.customers WHERE id = %s"
    assert database.run(kept, CUSTOMER) == [(2, None, "database")]
    assert database.head() == 2


@pytest.mark.parametrize(
    "change",
    [
        "quiet_from = '21:00'",
        "quiet_from = '21:00', quiet_to = '08:00'",
        "quiet_zone = 'Asia/Colombo'",
        "quiet_from = '21:00', quiet_to = '21:00', quiet_zone = 'Asia/Colombo'",
        "quiet_from = '21:00', quiet_to = '08:00', quiet_zone = 'posix +5'",
        # A check of this customer, and of all in the same batch, would fail.
        "quiet_from = '21:00', quiet_to = '08:00', quiet_zone = 'Mars/Olympus'",
    ],
)
def test_half_of_quiet_hours_and_none_at_all_are_refused(database: Sql, change: str) -> None:
    with pytest.raises((errors.CheckViolation, errors.InvalidParameterValue)):
        database.run(f"UPDATE consentfeed.customers SET {change} WHERE id = %s", CUSTOMER)
    assert database.head() == 0


def test_a_customer_whose_events_are_all_kept_may_begin_before_the_first(database: Sql) -> None:
    cut_small(database)
    for status in ("granted", "revoked") * 4:
        database.set(database.consents(OTHER)[0], status)
    database.run(DROP)
    prefer(database, quiet_from=time(21), quiet_to=time(8), quiet_zone="Asia/Colombo", language="ta")
    place = "SELECT verdict FROM consentfeed.judge_place(0, '\\x00000000', %s)"
    assert Sql.run_as(database.app_url, place, CUSTOMER) == [("ok",)]
    # An erasure takes them away without an event of their own.
    erase = (
        "SELECT problem FROM consentfeed.erase_customer("
        "%s, 1, NULL, NULL, NULL, 'admin', %s, 'rest', 'asked', NULL, NULL)"
    )
    assert Sql.run_as(database.app_url, erase, CUSTOMER, CUSTOMER) == [(None,)]
    assert Sql.run_as(database.app_url, place, CUSTOMER) == [("ok",)]
    assert Sql.run_as(database.app_url, place, OTHER) == [("unknown",)]
