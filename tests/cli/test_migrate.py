"""`consentfeed migrate`: what it prints. What it does is in tests/postgres."""

from consentfeed.postgres import sql_files
from tests.cli.command import Result, Run, refused
from tests.support.database import Sql


def states(result: Result) -> dict[str, str]:
    """The state of each migration."""
    assert result.status == 0, result.err
    return dict(line.split("  ") for line in result.out.splitlines())


def test_migrate_shows_what_it_would_do_and_then_does_it(run: Run, empty: str) -> None:
    keys = [*sorted(sql_files.expected()), sql_files.FUNCTIONS]
    assert states(run("migrate", "--status", owner_url=empty)) == dict.fromkeys(keys, "pending")
    planned = run("migrate", "--dry-run", owner_url=empty)
    assert all(file.text in planned.out for file in sql_files.files())
    assert states(run("migrate", "--status", owner_url=empty)) == dict.fromkeys(keys, "pending")
    done = run("migrate", "--database-url", empty)
    assert done.out.splitlines() == [f"applied {file.name}" for file in sql_files.files()]
    assert states(run("migrate", "--status", owner_url=empty)) == dict.fromkeys(keys, "applied")
    assert run("migrate", owner_url=empty) == Result(0, "nothing to apply\n", "")
    assert run("migrate", "--dry-run", owner_url=empty) == Result(0, "", "")


def test_the_option_of_migrate_wins_over_the_variable(run: Run, shared_database: Sql, empty: str) -> None:
    assert run("migrate", "--database-url", shared_database.url, owner_url=empty).out == "nothing to apply\n"


def test_migrate_says_what_it_has_mended_and_ends_with_1_where_something_is_left(run: Run, database: Sql) -> None:
    database.run("ALTER TABLE consentfeed.consents DISABLE TRIGGER refuse_delete")
    database.run("REVOKE SELECT ON consentfeed.nodes FROM consentfeed_app")
    assert "ENABLE ALWAYS TRIGGER refuse_delete" in run("migrate", "--dry-run", owner_url=database.url).out
    assert run("migrate", owner_url=database.url) == Result(
        0,
        "mended: consentfeed_app may no longer SELECT on nodes\n"
        "mended: trigger refuse_delete on consents is disabled, not always enabled\n",
        "",
    )
    database.run("DROP INDEX consentfeed.consents_expires_at")
    assert run("migrate", owner_url=database.url).status == 0, "without an index all is slower, and nothing is wrong"
    database.run("ALTER TABLE consentfeed.consents ALTER status DROP NOT NULL")
    result = run("migrate", owner_url=database.url)
    assert (result.status, result.out) == (1, "nothing to apply\n")
    assert (
        "not mended: column consents.status is not as it was made. Make it again as it was (text NOT NULL" in result.err
    )
    assert "not mended: index consents_expires_at on consents is missing" in result.err


def test_migrate_says_what_it_needs(run: Run) -> None:
    assert refused(run("migrate"), "CONSENTFEED_OWNER_URL")
    result = run("migrate", owner_url="postgresql://nobody:x@127.0.0.1:1/none")
    assert result.status == 1
    assert result.err.startswith("consentfeed: connection failed")
