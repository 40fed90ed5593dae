"""Each fault by itself: never lost, never twice, never out of order, or a reset; and nobody is told what is not so."""

from collections.abc import Iterator

import pytest

from tests.oracle.faults import FAULTS, left_out
from tests.oracle.oracle import Oracle

SEED = "each fault by itself"


@pytest.fixture(scope="module")
def oracle() -> Iterator[Oracle]:
    """A world in which one fault follows another, each with time to heal."""
    oracle = Oracle(SEED, pace=10)
    yield oracle
    verdict = oracle.end()
    assert not verdict.violations, verdict


@pytest.mark.timeout(240)
@pytest.mark.parametrize("name", [name for name in FAULTS if not name.startswith("nats_")])
def test_every_reader_gets_exactly_what_the_table_says_though(name: str, oracle: Oracle) -> None:
    if why := left_out(oracle.world, name):
        pytest.skip(why)
    oracle.world.pause()
    oracle.inflict(name)
    oracle.settle()
    assert not oracle.verdict.violations, f"seed {SEED!r}: {oracle.verdict}"
