"""The how-tos of docs/operations.md do what they say when typed as written."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from consentfeed import metrics
from consentfeed.embedded.binaries import find_binaries
from consentfeed.log.checkpoint import Checkpoint
from consentfeed.log.note import Signer
from consentfeed.node.checkpoint_files import signer
from consentfeed.settings import Settings
from tests.doctor.examined import look_at
from tests.node.test_checkpoints import made, steps
from tests.sql.test_retention import cut_small
from tests.sql.test_tree import tamper
from tests.support.checkpoints import add_events, key_file, make_checkpoint
from tests.support.database import Sql, new_database
from tests.support.postgres import Server
from tests.support.process import shell
from tests.support.seed import CUSTOMER
from tests.support.standby import at, primary
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
    assert count == (4,)


def test_who_was_erased_after_the_backup_is_erased_again(database: Sql, owner: Type) -> None:
    def name() -> str | None:
        found: str | None = database.value("SELECT name FROM consentfeed.customers WHERE id = %s", CUSTOMER)
        return found

    database.run(
        "SELECT consentfeed.erase_customer(%s, 0, NULL, NULL, NULL, 'admin', 'a', 'rest', 'asked', NULL, NULL)",
        CUSTOMER,
    )
    keep, again = commands("Erase again after a restore")
    owner(keep)
    # What a restore from before the erasure leaves.
    database.run("ALTER TABLE consentfeed.customers DISABLE TRIGGER stamp")
    database.run("UPDATE consentfeed.customers SET erased_at = NULL, name = 'Back' WHERE id = %s", CUSTOMER)
    database.run("ALTER TABLE consentfeed.customers ENABLE TRIGGER stamp")
    assert name() == "Back"
    assert "erased 1 again; 0 were erased already, and 0 are not in this database" in owner(again)
    assert name() is None
    assert "erased 0 again; 1 were erased already" in owner(again)


def test_a_kept_checkpoint_is_what_the_log_is_held_against(database: Sql, owner: Type, tmp_path: Path) -> None:
    sign, hold = commands("Sign checkpoints")
    owner(sign)
    signer = Signer("consents.example.com", (tmp_path / "checkpoint.pem").read_bytes())
    assert (tmp_path / "checkpoint.vkey").read_text() == f"{signer.key}\n"
    size, root = make_checkpoint(database), database.value("SELECT root FROM consentfeed.checkpoints")
    (tmp_path / "kept-checkpoint").write_text(signer.sign(Checkpoint(signer.key.name, size, root).text))
    assert "its first 1 events are those that consents.example.com has signed" in owner(hold)


def test_a_restored_log_is_signed_again_under_another_name(database: Sql, owner: Type, tmp_path: Path) -> None:
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    add_events(database, 10)
    before = signer(Settings(checkpoint_key=key_file(tmp_path), log_name="consents.example.com"))
    assert before
    steps(database, before, folder)
    tamper(database, "DELETE FROM consentfeed.checkpoints", "DELETE FROM consentfeed.events WHERE seq > 5")
    add_events(database, 20)
    steps(database, before, folder)
    assert made(database) == [], "it would contradict what was signed"
    (again,) = commands("Checkpoints after a restore")
    settings = dict(line.split("=", 1) for line in owner(f"{again}env").splitlines() if line.startswith("CONSENTFEED_"))
    after = signer(
        Settings(checkpoint_key=settings["CONSENTFEED_CHECKPOINT_KEY"], log_name=settings["CONSENTFEED_LOG_NAME"])
    )
    assert after
    assert after.key.name != before.key.name
    steps(database, after, Path(settings["CONSENTFEED_CHECKPOINT_DIR"]))
    assert made(database) == [26]
    assert (tmp_path / "checkpoints-2" / "26").exists()
    metrics.checkpoint_contradicted.set(0)


def test_an_upgrade_shows_what_it_would_do_and_does_it(cluster: str, database: Sql, tmp_path: Path) -> None:
    with new_database(cluster) as older:
        (upgrade,) = commands("Upgrade")
        shown = typed(older, older.url, tmp_path)(upgrade)
        assert "CREATE TABLE consentfeed.consents" in shown
        assert older.run("SELECT name FROM consentfeed.migrations ORDER BY name") == database.run(
            "SELECT name FROM consentfeed.migrations ORDER BY name"
        )


def test_a_standby_is_made_that_the_doctor_finds_good(tmp_path: Path) -> None:
    with primary() as (server, database), Server(server.settings, password=server.password) as standby:
        database.set(database.consents()[0], "granted")
        (make,) = commands("Read from a standby")
        superuser = typed(database, server.url(), tmp_path, Path(server.binaries), STANDBY=str(standby.data))
        superuser(make)
        standby.take(standby.data)
        standby.start()
        url = at(database.app_url, standby.port)
        bad = look_at(database.app_url, "replica", replica_url=at(database.app_url, server.port))
        assert (bad.severity, "not in recovery" in bad.seen) == ("problem", True)
        assert look_at(database.app_url, "replica", replica_url=url).severity == "ok"


def test_the_oldest_events_are_kept_elsewhere_and_given_up(database: Sql, owner: Type, tmp_path: Path) -> None:
    cut_small(database)
    for number in range(6):
        database.set(database.consents(CUSTOMER)[0], ("granted", "revoked")[number % 2])
    (retention,) = commands("Retention")
    assert "whole" in owner(retention)
    assert database.run("SELECT min(seq) FROM consentfeed.events") == [(4,)]
    assert (tmp_path / "consentfeed.events_p0.dump").stat().st_size > 0
