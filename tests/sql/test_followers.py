"""Work along the log that one process does at a time: also after the clock went back under who holds it."""

from uuid import uuid4

import pytest

from tests.support.database import Sql

WEBHOOK = "SELECT consentfeed.save_webhook('crm', 'https://a.test', '{all}', '{}', '{}', '{}', 1, false, '\\x00', 9)"
# What there is of each piece of work after it was taken while the clock was an hour ahead.
AHEAD = (
    "UPDATE consentfeed.followers SET held_from = held_from + interval '1 hour',"
    " held_until = held_until + interval '1 hour'"
)
TAKES = {
    "checkpoints": "SELECT consentfeed.hold_follower('checkpoints', %s, 15)",
    "relay": "SELECT consentfeed.hold_relay(%s, 15, 0, NULL)",
    "webhook:crm": "SELECT consentfeed.hold_webhooks(%s, 15)",
}
HOLDER = "SELECT holder::text FROM consentfeed.followers WHERE name = %s"
SHORTLY = "SELECT held_until < clock_timestamp() + interval '1 minute' FROM consentfeed.followers WHERE name = %s"


@pytest.fixture
def holder(database: Sql) -> str:
    """Who took all the work while the clock was an hour ahead."""
    holder = str(uuid4())
    database.run(WEBHOOK)
    for take in TAKES.values():
        database.run(take, holder)
    database.run(AHEAD)
    return holder


@pytest.mark.parametrize("name", TAKES)
def test_another_takes_over_what_was_held_by_a_clock_that_has_gone_back(database: Sql, holder: str, name: str) -> None:
    other = str(uuid4())
    database.run(TAKES[name], other)
    assert database.value(HOLDER, name) == other != holder


@pytest.mark.parametrize("name", TAKES)
def test_who_holds_it_keeps_it_by_the_clock_as_it_is_now(database: Sql, holder: str, name: str) -> None:
    database.run(TAKES[name], holder)
    assert database.value(SHORTLY, name)
    database.run(TAKES[name], str(uuid4()))
    assert database.value(HOLDER, name) == holder


def test_nobody_relays_what_is_held_by_a_clock_that_has_gone_back(database: Sql, holder: str) -> None:
    assert not database.value("SELECT is_held FROM consentfeed.relay_state()")
    database.run(TAKES["relay"], holder)
    assert database.value("SELECT is_held FROM consentfeed.relay_state()")


def test_a_delivery_that_failed_is_tried_again_as_soon_as_was_meant(database: Sql, holder: str) -> None:
    database.run(TAKES["webhook:crm"], holder)
    fail = "SELECT consentfeed.fail_webhook('crm', %s, position, 'status', '500', 40, 5, false)"
    assert database.value(f"{fail} FROM consentfeed.followers WHERE name = 'webhook:crm'", holder) == "failing"
    database.run(
        "UPDATE consentfeed.webhooks SET last_error_at = last_error_at + interval '1 hour',"
        " next_try_at = next_try_at + interval '1 hour'"
    )
    assert database.value("SELECT wait_seconds FROM consentfeed.list_webhooks(%s)", holder) == pytest.approx(40, abs=1)


def test_nodes_that_reported_by_a_clock_that_has_gone_back_are_not_told_of(database: Sql) -> None:
    nodes = "SELECT count(*) FROM consentfeed.list_nodes()"
    report = "SELECT consentfeed.report_node(%s, 'here', now(), '{\"writes_per_second\": 9}')"
    node = str(uuid4())
    database.run(report, node)
    assert database.value(nodes) == 1
    database.run("UPDATE consentfeed.nodes SET seen_at = seen_at + interval '1 hour'")
    assert database.value(nodes) == 0
    database.run(report, node)
    assert database.value("SELECT min(decisions) FROM consentfeed.node_minutes") == 0
