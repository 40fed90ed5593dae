"""What workers count together."""

import os
from collections.abc import Iterator

import pytest

from consentfeed.http.limits import Rate
from consentfeed.node import shared_memory
from consentfeed.node.shared_memory import SharedMemory, new_file


@pytest.fixture
def workers() -> Iterator[list[SharedMemory]]:
    """The same memory, as two workers see it."""
    file = new_file(2)
    yield [SharedMemory(file, 2), SharedMemory(file, 2)]
    os.close(file)


def test_what_one_worker_uses_up_is_used_up_for_the_other(workers: list[SharedMemory]) -> None:
    one, other = (Rate(3, 3600, memory.new_times()) for memory in workers)
    assert [one.take("somebody"), other.take("somebody"), one.take("somebody")] == [0, 0, 0]
    assert other.take("somebody") > 1000
    assert other.take("somebody else") == 0


def test_rates_do_not_share_what_they_count(workers: list[SharedMemory]) -> None:
    first, second = (Rate(1, 3600, workers[0].new_times()) for _ in range(2))
    assert first.take("somebody") == 0
    assert second.take("somebody") == 0


def test_streams_are_counted_over_all_workers_and_forgotten_with_one(workers: list[SharedMemory]) -> None:
    one, other = workers[0].counts(1), workers[1].counts(2)
    one.change("csr", 1)
    one.change("csr", 1)
    other.change("csr", 1)
    other.change("admin", 1)
    assert [one.of("csr"), one.of("admin"), one.of("nobody"), one.total()] == [3, 1, 0, 4]
    other.change("admin", -1)
    assert [other.of("csr"), other.of("admin"), other.total()] == [3, 0, 3]
    workers[1].forget_streams(1)
    assert [other.of("csr"), other.total()] == [1, 1]


def test_of_more_keys_than_there_is_room_for_those_with_the_lowest_numbers_go(
    workers: list[SharedMemory], monkeypatch: pytest.MonkeyPatch
) -> None:
    table = workers[0].new_times()
    for key in range(10, 60_000):
        table.put(key, key)
    kept = [key for key in range(10, 60_000) if table.get(key)]
    assert len(kept) > shared_memory._ENTRIES * 0.9
    assert all(table.get(key) == key for key in kept)
    assert len([key for key in kept if key > 55_000]) == 4999, "the highest stay"


def test_a_place_that_is_free_again_is_used(workers: list[SharedMemory]) -> None:
    table = workers[0].new_times()
    for key in range(200_000):
        table.put(key, 1)
        table.put(key, 0)
    assert not any(table.get(key) for key in range(1000))
    table.put("one", 5)
    assert table.get("one") == 5
