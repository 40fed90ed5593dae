"""The README is short, and its figures are measured, not typed."""

import re
import tomllib
from pathlib import Path

import pytest

from benchmarks import keep

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"


def test_the_readme_is_read_in_a_few_minutes() -> None:
    assert len(README.read_text().splitlines()) <= 120


def test_the_readme_has_one_picture() -> None:
    assert len(re.findall(r"!\[", README.read_text())) == 1


@pytest.mark.parametrize("page", keep.PAGES, ids=lambda page: page.name)
def test_a_page_shows_the_run_that_is_kept(page: Path) -> None:
    text = page.read_text()
    assert keep.shown(text, keep.PAGES[page](keep.read_kept())) == text, "python -m benchmarks.keep writes it"


def test_the_readme_has_no_figure_but_those_of_the_kept_run() -> None:
    text = re.sub(f"{keep.BEGIN}.*{keep.END}", "", README.read_text(), flags=re.DOTALL)
    text = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)  # commands
    text = re.sub(r"`[^`]*`|<[^>]*>|\]\([^)]*\)", "", text)  # names, addresses, links
    text = re.sub(r"^\d\. ", "", text, flags=re.MULTILINE)  # steps
    python = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"].strip(">=")
    versions = [f"Python {python} or newer", "15 or newer", "Apache 2.0"]
    for version in versions:
        assert version in text
        text = text.replace(version, "")
    assert not re.findall(r"\S*\d\S*", text)


def test_five_numbers_compare_the_product_with_each_of_the_others() -> None:
    head, _, *lines = keep.comparisons(keep.read_kept()).splitlines()
    assert len(lines) == 5
    assert all(line.count("|") == head.count("|") for line in lines)
    assert all(line.count("**") == 2 for line in lines), "one of them is the best"
    assert not any("–" in line for line in lines), "a figure was not measured"


def test_a_run_that_is_cut_or_lacks_cases_is_not_kept() -> None:
    kept = keep.read_kept()
    assert keep.refusal(kept) == ""
    assert "a look" in keep.refusal(kept | {"cut": "Cut to 50 streams at most."})
    assert "idle" in keep.refusal(kept | {"cases": [case for case in kept["cases"] if case["name"] != "idle"]})


def test_a_server_that_failed_in_a_round_or_reached_nothing_is_shown_as_such() -> None:
    kept = keep.read_kept()
    (idle,) = [case for case in kept["cases"] if case["name"] == "idle"]
    idle["rounds"][0]["consentfeed"] = {}
    (connecting,) = [case for case in kept["cases"] if case["name"] == "connecting"]
    for sides in connecting["rounds"]:
        sides["nchan"] = {"streams up": 17}
    table = keep.comparisons(kept)
    assert "12.80 (2 of 3 rounds)" in table
    assert "only 17 connected" in table
