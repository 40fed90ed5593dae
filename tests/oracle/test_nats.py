"""What NATS can do to nodes that are sent events by it: nothing, as far as any reader can tell."""

from collections.abc import Iterator

import pytest

from tests.oracle.faults import FAULTS
from tests.oracle.oracle import Oracle

SEED = "with NATS"


@pytest.fixture(scope="module")
def oracle() -> Iterator[Oracle]:
    """A world with three servers of NATS, in which one fault follows another."""
    oracle = Oracle(SEED, pace=10, nats=True)
    yield oracle
    verdict = oracle.end()
    assert not verdict.violations, verdict


@pytest.mark.timeout(240)
@pytest.mark.parametrize("name", [name for name in FAULTS if name.startswith("nats_")])
def test_every_reader_gets_exactly_what_the_table_says_though(name: str, oracle: Oracle) -> None:
    oracle.world.pause()
    oracle.inflict(name)
    oracle.settle()
    assert not oracle.verdict.violations, f"seed {SEED!r}: {oracle.verdict}"
