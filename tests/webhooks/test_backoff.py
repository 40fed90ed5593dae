"""How long it takes until what failed is tried again."""

import pytest

from consentfeed.webhooks import delivery


@pytest.mark.parametrize(
    ("tries", "least", "most"), [(0, 1.5, 2), (3, 12, 16), (13, 10_800, 14_400), (99, 10_800, 14_400)]
)
def test_the_time_between_tries_grows_up_to_four_hours(tries: int, least: float, most: float) -> None:
    waits = [delivery.backoff(tries) for _ in range(200)]
    assert least <= min(waits) < max(waits) <= most


def test_the_receiver_may_ask_for_longer_but_not_for_more_than_four_hours() -> None:
    assert delivery.backoff(0, 60) == 60
    assert delivery.backoff(0, 1e9) == 4 * 3600
    assert delivery.backoff(13, 1) >= 10_800
