"""docs/scale.md is computed from a run that was kept."""

import pytest

from benchmarks import scale
from benchmarks.keep import shown


def test_the_page_shows_what_is_computed_from_the_run() -> None:
    text = scale.PAGE.read_text()
    assert shown(text, scale.table(scale.read_counted())) == text, "python -m benchmarks.scale writes it"


def test_ten_logs_have_a_hundredth_of_the_deliveries_each() -> None:
    cost = scale.costs(scale.read_counted())
    whole, one_of_ten = (scale.need(size, cost) for size in scale.SIZES[-2:])
    assert one_of_ten.deliveries == pytest.approx(whole.deliveries / 100, rel=0.01)


def test_with_nats_postgres_works_less_the_more_nodes_there_are() -> None:
    cost = scale.costs(scale.read_counted())
    needs = [scale.need(size, cost) for size in scale.SIZES]
    assert all(one.postgres_with_nats <= one.postgres for one in needs)
    saved = [one.postgres - one.postgres_with_nats for one in needs]
    assert saved[2] == max(saved)


def test_there_is_always_a_machine_for_one_that_fails() -> None:
    cost = scale.costs(scale.read_counted())
    assert scale.need(scale.Size("nobody", 0, 0, 0), cost).machines == 2
