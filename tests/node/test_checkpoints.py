"""One node at a time makes checkpoints, and none that contradicts what was signed before."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from consentfeed import metrics
from consentfeed.log.checkpoint import read_checkpoint
from consentfeed.log.note import Signer
from consentfeed.node.checkpoint_files import signer
from consentfeed.node.checkpoints import Checkpoints
from consentfeed.postgres.database import Database
from consentfeed.settings import Settings
from tests.sql.test_tree import REWRITE, tamper
from tests.support.checkpoints import NAME, add_events, key_file, root_of
from tests.support.database import Sql


@pytest.fixture
def key(tmp_path: Path) -> Signer:
    made = signer(Settings(checkpoint_key=key_file(tmp_path), log_name=NAME))
    assert made
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "checkpoints"
    path.mkdir()
    return path


@pytest.fixture(autouse=True)
def no_contradiction() -> Iterator[None]:
    metrics.checkpoint_contradicted.set(0)
    yield
    metrics.checkpoint_contradicted.set(0)


def work(database: Sql, what: Callable[[Database], Awaitable[None]]) -> None:
    async def go() -> None:
        opened = Database(database.app_url, 2)
        await opened.open()
        try:
            await what(opened)
        finally:
            await opened.close()

    asyncio.run(go())


def steps(database: Sql, key: Signer, folder: Path | None, times: int = 1) -> None:
    """A node that starts, looks so often, and ends."""

    async def go(opened: Database) -> None:
        chore = Checkpoints(opened.checkpoints, key, folder, 20)
        for _ in range(times):
            await chore.step()
        await chore.stop()

    work(database, go)


def made(database: Sql) -> list[int]:
    return [row[0] for row in database.run("SELECT size FROM consentfeed.checkpoints ORDER BY size")]


def hashes(database: Sql) -> list[bytes]:
    return [row[0] for row in database.run("SELECT hash FROM consentfeed.events ORDER BY seq")]


def test_a_checkpoint_covers_the_log_and_is_also_a_file(database: Sql, key: Signer, folder: Path) -> None:
    add_events(database, 700)
    steps(database, key, folder)
    assert made(database) == [701]
    assert [path.name for path in folder.iterdir()] == ["701"]
    checkpoint = read_checkpoint((folder / "701").read_text(), key.key)
    assert (checkpoint.origin, checkpoint.size, checkpoint.root) == (NAME, 701, root_of(hashes(database)))
    add_events(database, 1)
    steps(database, key, folder)
    assert made(database) == [701, 702]
    assert metrics.checkpoint_contradicted._value.get() == 0


def test_a_file_that_was_lost_between_the_commit_and_its_writing_is_written_by_the_next_node(
    database: Sql, key: Signer, folder: Path
) -> None:
    steps(database, key, None)
    assert made(database) == [1]
    steps(database, key, folder)
    assert [path.name for path in folder.iterdir()] == ["1"]


def test_two_nodes_make_one_checkpoint_for_a_size_and_the_one_that_slept_makes_none(
    database: Sql, key: Signer, folder: Path
) -> None:
    async def go(opened: Database) -> None:
        one, other = (Checkpoints(opened.checkpoints, key, folder, 20) for _ in range(2))
        await one.step()
        add_events(database, 300)
        await other.step()
        assert made(database) == [1], "the other waits: one holds the work"
        database.run("UPDATE consentfeed.followers SET held_until = '-infinity'")
        await other.step()
        assert made(database) == [1, 301]
        add_events(database, 1)
        await one.step()
        assert made(database) == [1, 301], "whoever slept has lost the work"

    work(database, go)


def contradicted(database: Sql, key: Signer, folder: Path) -> bool:
    before = made(database), {path.name: path.read_bytes() for path in folder.iterdir()}
    steps(database, key, folder)
    assert before == (made(database), {path.name: path.read_bytes() for path in folder.iterdir()}), "nothing is signed"
    return bool(metrics.checkpoint_contradicted._value.get())


def test_a_restored_database_is_found_by_the_files_while_it_is_shorter(
    database: Sql, key: Signer, folder: Path
) -> None:
    add_events(database, 10)
    steps(database, key, folder)
    forget = "DELETE FROM consentfeed.checkpoints", "DELETE FROM consentfeed.events WHERE seq > 5"
    tamper(database, *forget)
    assert contradicted(database, key, folder)


def test_a_restored_database_is_found_by_the_files_when_it_has_gone_on(
    database: Sql, key: Signer, folder: Path
) -> None:
    add_events(database, 10)
    steps(database, key, folder)
    tamper(database, "DELETE FROM consentfeed.checkpoints", "DELETE FROM consentfeed.events WHERE seq > 5")
    database.set(database.consents()[0], "granted")
    add_events(database, 20)
    assert contradicted(database, key, folder)


def test_a_restored_database_is_found_by_the_node_that_went_on(database: Sql, key: Signer) -> None:
    async def go(opened: Database) -> None:
        chore = Checkpoints(opened.checkpoints, key, None, 20)
        add_events(database, 10)
        await chore.step()
        tamper(database, "DELETE FROM consentfeed.checkpoints", "DELETE FROM consentfeed.events WHERE seq > 5")
        add_events(database, 20)
        chore._made_at -= 3600
        await chore.step()

    work(database, go)
    assert made(database) == []
    assert metrics.checkpoint_contradicted._value.get() == 1


def test_a_log_that_was_written_again_is_found_by_the_database_alone(database: Sql, key: Signer, folder: Path) -> None:
    add_events(database, 700)
    steps(database, key, None)
    tamper(database, *REWRITE, "DELETE FROM consentfeed.tiles", "UPDATE consentfeed.followers SET position = 0")
    add_events(database, 1)
    assert contradicted(database, key, folder)


def test_another_checkpoint_of_this_size_in_the_directory_stays_as_it_is(
    database: Sql, key: Signer, folder: Path
) -> None:
    (folder / "1").write_text("of another log")
    steps(database, key, folder)
    assert (folder / "1").read_text() == "of another log"
    assert metrics.checkpoint_contradicted._value.get() == 1


def test_files_of_another_log_name_and_others_do_not_count(
    database: Sql, key: Signer, folder: Path, tmp_path: Path
) -> None:
    other = signer(Settings(checkpoint_key=key_file(tmp_path, "other"), log_name="another"))
    assert other
    (folder / "9999").write_text(other.sign(f"another\n9999\n{'A' * 43}=\n"))
    (folder / "10000").write_bytes(b"\xff")
    (folder / "lost+found").mkdir()
    steps(database, key, folder)
    assert (folder / "1").exists()
    assert metrics.checkpoint_contradicted._value.get() == 0
