"""What the doctor finds about the replica: none, one that is good, and each way in which one is not."""

from collections.abc import Iterator

import pytest

from consentfeed.doctor.finding import Finding
from tests.doctor.examined import bad, look_at
from tests.support.ports import free_port
from tests.support.standby import Pair, at, pair, primary


@pytest.fixture(scope="module")
def both() -> Iterator[Pair]:
    """A primary and its standby."""
    with pair() as ours:
        yield ours


def found(both: Pair, url: str | None, lag_seconds: float = 10) -> Finding:
    return look_at(both.database.app_url, "replica", replica_url=url, lag_seconds=lag_seconds)


def test_one_that_follows_is_well_where_it_lets_exports_end(both: Pair) -> None:
    both.set(hot_standby_feedback="off")
    bad(found(both, both.url), "warning", "exports", "hot_standby_feedback")
    both.set(hot_standby_feedback="on")
    assert found(both, both.url).severity == found(both, None).severity == "ok"


def test_one_that_does_not_replay_is_told(both: Pair) -> None:
    both.pause()
    both.database.set(both.database.consents()[0], "granted")
    bad(found(both, both.url, lag_seconds=1), "warning", "within 1 s", "paused")
    both.resume()
    assert found(both, both.url).severity == "ok"


def test_one_that_is_away_is_told_and_no_password_with_it(both: Pair) -> None:
    finding = found(both, at(both.url, free_port()))
    bad(finding, "warning", "cannot be reached", "CONSENTFEED_REPLICA_URL")
    assert "app of tests" not in finding.seen
    assert "app%20of" not in finding.seen


def test_one_of_another_cluster_and_the_primary_itself_are_problems(both: Pair) -> None:
    bad(found(both, both.database.app_url), "problem", "not in recovery")
    with primary() as (server, other), server.standby() as foreign:
        other.set(other.consents()[0], "granted")
        foreign.start()
        bad(found(both, at(both.url, foreign.port)), "problem", "another cluster")
