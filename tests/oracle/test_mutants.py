"""The oracle sees what it is there to see: the product broken on purpose fails it, each time."""

from pathlib import Path

import pytest

from tests.oracle.mutants import MUTANTS, make
from tests.oracle.oracle import for_seconds, run
from tests.support.process import ROOT

CASES = [pytest.param(name, marks=() if one.often else (pytest.mark.soak,)) for name, one in MUTANTS.items()]


@pytest.mark.parametrize("name", MUTANTS)
def test_what_a_mutant_changes_is_there(name: str) -> None:
    """Else a change of the code would take a mutant away, and nobody would see it before the next long run."""
    text = (ROOT / MUTANTS[name].file).read_text()
    for there, instead in MUTANTS[name].changes:
        assert text.count(there) == 1
        text = text.replace(there, instead)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", CASES)
def test_the_oracle_fails_where(name: str, tmp_path: Path) -> None:
    mutant = MUTANTS[name]
    verdict = run(
        name,
        mutant.faults,
        goes_on=for_seconds(90),
        until=mutant.seen,
        # So that nobody is late for the slowness of a machine where that is what tells.
        settle_seconds=8 if "late" in mutant.seen else 2,
        package=tmp_path,
        sql=make(mutant, tmp_path),
    )
    assert {violation.kind for violation in verdict.violations} & {*mutant.seen}, f"seed {name!r}: nothing was noticed"
