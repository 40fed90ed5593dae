"""`consentfeed migrate`: what it prints. What it does is in tests/postgres."""

from consentfeed.postgres import migrations
from tests.cli.command import Result, Run, refused
from tests.support.database import Sql


def states(result: Result) -> dict[str, str]:
    """The state of each migration."""
    assert result.status == 0, result.err
    return dict(line.split("  ") for line in result.out.splitlines())


def test_migrate_shows_what_it_would_do_and_then_does_it(run: Run, empty: str) -> None:
    keys = [*sorted(migrations.expected()), migrations.FUNCTIONS]
    assert states(run("migrate", "--status", owner_url=empty)) == dict.fromkeys(keys, "pending")
    planned = run("migrate", "--dry-run", owner_url=empty)
    assert all(file.text in planned.out for file in migrations.files())
    assert states(run("migrate", "--status", owner_url=empty)) == dict.fromkeys(keys, "pending")
    done = run("migrate", "--database-url", empty)
    assert done.out.splitlines() == [f"applied {file.name}" for file in migrations.files()]
    assert states(run("migrate", "--status", owner_url=empty)) == dict.fromkeys(keys, "applied")
    assert run("migrate", owner_url=empty) == Result(0, "nothing to apply\n", "")
    assert run("migrate", "--dry-run", owner_url=empty) == Result(0, "", "")


def test_the_option_of_migrate_wins_over_the_variable(run: Run, shared_database: Sql, empty: str) -> None:
    assert run("migrate", "--database-url", shared_database.url, owner_url=empty).out == "nothing to apply\n"


def test_migrate_says_what_it_needs(run: Run) -> None:
    assert refused(run("migrate"), "CONSENTFEED_OWNER_URL")
    result = run("migrate", owner_url="postgresql://nobody:x@127.0.0.1:1/none")
    assert result.status == 1
    assert result.err.startswith("consentfeed: connection failed")
