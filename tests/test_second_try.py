"""When tests that failed get a second try, and when not."""

import pytest

from tests.support.second_try import MOST, ONCE, why_not

PAGE = "tests/web/test_toasts.py::test_one"


def test_a_few_tests_of_pages_are_tried_again() -> None:
    assert why_not([PAGE]) == ""
    assert why_not([f"{PAGE}[{number}]" for number in range(MOST)]) == ""


@pytest.mark.parametrize(
    ("failed", "words"),
    [
        ([], "no test is known"),
        ([f"{PAGE}[{number}]" for number in range(MOST + 1)], "more than"),
        *(([PAGE, f"{folder}test_it.py::test_that"], f"{folder}test_it.py::test_that: ") for folder in ONCE),
    ],
)
def test_nothing_known_many_and_what_finds_faults_by_chance_are_not(failed: list[str], words: str) -> None:
    assert words in why_not(failed)
