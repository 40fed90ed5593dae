"""The oracle sees what it is there to see: the product broken on purpose fails it, each time."""

from pathlib import Path

import pytest

from tests.oracle.mutants import MUTANTS, make
from tests.oracle.oracle import for_seconds, run


@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", MUTANTS)
def test_the_oracle_fails_where(name: str, tmp_path: Path) -> None:
    mutant = MUTANTS[name]
    sql = make(mutant, tmp_path)
    verdict = run(
        name, mutant.faults, goes_on=for_seconds(90), until=mutant.seen, settle_seconds=8, package=tmp_path, sql=sql
    )
    assert {violation.kind for violation in verdict.violations} & {*mutant.seen}, f"seed {name!r}: nothing was noticed"
