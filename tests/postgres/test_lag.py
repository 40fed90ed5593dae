"""How old at most what a standby shows is, by what it has replayed of what the primary had written when."""

from math import inf

from consentfeed.postgres.lag import Lag, Mark


def lag(*marks: tuple[float, int]) -> Lag:
    made = Lag()
    for mark in marks:
        made.remember(Mark(*mark))
    return made


def test_it_is_the_age_of_the_newest_mark_that_is_replayed() -> None:
    some = lag((1, 100), (2, 200), (3, 300))
    assert [some.seconds(replayed, 3.5) for replayed in (300, 299, 200, 150)] == [0.5, 1.5, 1.5, 2.5]


def test_nothing_is_known_before_a_mark_is_replayed() -> None:
    assert lag().seconds(100, 1) == lag((1, 100)).seconds(99, 2) == inf


def test_an_idle_primary_makes_no_lag_and_one_that_cannot_be_asked_does() -> None:
    idle = lag((1, 100), (2, 100), (3, 100))
    assert (idle.seconds(100, 3), idle.seconds(100, 60)) == (0, 57)


def test_what_was_committed_before_a_time_is_there_with_the_first_mark_after_it() -> None:
    some = lag((1, 100), (2, 200))
    assert [some.since(at) for at in (0.5, 1, 1.5, 2.5)] == [100, 100, 200, None]


def test_marks_of_another_primary_count_no_more() -> None:
    some = lag((1, 100), (2, 200), (3, 50))
    assert some.seconds(60, 3) == 0
    assert some.since(0) == 50
