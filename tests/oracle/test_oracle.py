"""Fault upon fault: never lost, never twice, never out of order, or a reset; and nobody is told what is not so."""

from random import Random

import pytest

from tests.oracle.oracle import run
from tests.oracle.requests import Request, Requests
from tests.support.seed import CUSTOMER, OTHER

FAULTS = 4
# A seed that failed is put here, and stays.
SEEDS = ("first",)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", SEEDS)
def test_every_reader_gets_exactly_what_the_table_says_whatever_goes_wrong(seed: str) -> None:
    verdict = run(seed, goes_on=lambda _oracle, count: count < FAULTS, settle_every=2)
    assert not verdict.violations, f"seed {seed!r}: {verdict}"
    assert verdict.counts["event"] > 1000
    assert verdict.counts["checkpoints"] > 2
    assert verdict.counts["deliveries"] >= verdict.counts["log"] > 300
    assert verdict.counts["deliveries that failed"] > 1


def test_a_seed_replays_who_decides_what_in_which_order() -> None:
    def requests(ids: str) -> list[Request]:
        consents = {customer: [f"{customer}/{ids}{number}" for number in range(4)] for customer in (CUSTOMER, OTHER)}
        every = [consent for own in consents.values() for consent in own]
        random = Random("seed/rest-0")
        maker = Requests(random, consents)
        sequence = [maker.one(random.choice(every), maker.action()) for _ in range(50)]
        sequence.append(maker.many([maker.key() for _ in every], random.sample(every, len(every))))
        return [
            one._replace(path=one.path.replace(ids, ""), body=one.body.replace(ids.encode(), b""), token="")
            for one in sequence
        ]

    # The ids of consents are others in each run.
    assert requests("here") == requests("there")
