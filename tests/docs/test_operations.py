"""The how-tos of docs/operations.md do what they say when typed as written."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from consentfeed.embedded.binaries import find_binaries
from tests.sql.test_retention import cut_small
from tests.support.database import Sql, new_database
from tests.support.process import shell
from tests.support.seed import CUSTOMER
from tests.support.tokens import SECRET

TEXT = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()
Type = Callable[[str], str]


def commands(title: str) -> list[str]:
    """The commands of a how-to."""
    section = TEXT.split(f"\n### {title}\n")[1].split("\n### ")[0]
    return re.findall(r"```sh\n(.*?)```", section, re.DOTALL)


def typed(database: Sql, url: str, folder: Path, programs: Path | None = None, **more: str) -> Type:
    """Types commands where psql and its kin connect by this URL, and consentfeed as always.

    programs: PostgreSQL's, unless the usual ones; more: variables.
    """
    parts = urlsplit(url)
    variables = {
        "PGHOST": parts.hostname or "",
        "PGPORT": str(parts.port or 5432),
        "PGUSER": parts.username or "",
        "PGPASSWORD": parts.password or "",
        "PGDATABASE": database.name,
        "CONSENTFEED_OWNER_URL": database.url,
        "CONSENTFEED_DATABASE_URL": database.app_url,
        "CONSENTFEED_SECRET": SECRET,
        **more,
    }

    # Before all others, psql and its kin are those of the server.
    path = programs or find_binaries()
    return lambda text: shell(f"set -o pipefail\nPATH={path}:$PATH\n{text}", folder, **variables)


@pytest.fixture
def owner(database: Sql, tmp_path: Path) -> Type:
    """Types as the owner."""
    return typed(database, database.url.replace("%20", " "), tmp_path)


@pytest.fixture
def superuser(database: Sql, tmp_path: Path) -> Type:
    """Types as a superuser."""
    return typed(database, database.admin_url, tmp_path)


@pytest.fixture
def given_up(cluster: str, database: Sql) -> Iterator[str]:
    """URL of the database that a restore gives up."""
    url = f"{database.admin_url.rsplit('/', 1)[0]}/consentfeed_given_up"
    yield url
    for name in ("consentfeed_given_up", "consentfeed_restored"):
        Sql.run_as(cluster, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def test_what_is_backed_up_can_be_restored_and_fits_the_head_that_was_noted(
    database: Sql, owner: Type, superuser: Type, given_up: str, tmp_path: Path
) -> None:
    first, second = database.consents()[:2]
    database.set(first, "granted")
    kept = database.head_id()
    (backup,) = commands("Back up")
    assert kept in owner(backup)
    assert (tmp_path / "head.txt").exists()
    database.set(second, "granted")
    look, rename = commands("Restore")
    assert superuser(look).strip() == ""
    assert "whole" in superuser(rename)
    assert database.head_id() == kept, "what came after the backup is gone"
    assert Sql.run_as(given_up, "SELECT max(seq) FROM consentfeed.events") == [(2,)], "and is in the one given up"
    database.set(second, "granted")
    assert database.verify() == []
    (count,) = database.run("SELECT count(*) FROM pg_policies WHERE policyname = 'one_customer'")
    assert count == (2,)


def test_an_upgrade_shows_what_it_would_do_and_does_it(cluster: str, database: Sql, tmp_path: Path) -> None:
    with new_database(cluster) as older:
        (upgrade,) = commands("Upgrade")
        shown = typed(older, older.url, tmp_path)(upgrade)
        assert "CREATE TABLE consentfeed.consents" in shown
        assert older.run("SELECT name FROM consentfeed.migrations ORDER BY name") == database.run(
            "SELECT name FROM consentfeed.migrations ORDER BY name"
        )


def test_the_oldest_events_are_kept_elsewhere_and_given_up(database: Sql, owner: Type, tmp_path: Path) -> None:
    cut_small(database)
    for number in range(6):
        database.set(database.consents(CUSTOMER)[0], ("granted", "revoked")[number % 2])
    (retention,) = commands("Retention")
    assert "whole" in owner(retention)
    assert database.run("SELECT min(seq) FROM consentfeed.events") == [(4,)]
    assert (tmp_path / "consentfeed.events_p0.dump").stat().st_size > 0
