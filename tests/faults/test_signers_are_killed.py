"""Nodes that make checkpoints are killed and paused in the middle: no size ever has two roots, whoever signed it."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from consentfeed.log.checkpoint import read_checkpoint
from consentfeed.log.note import read_key
from consentfeed.node import checkpoints
from tests.support.checkpoints import NAME, add_events, key_file, root_of, verifier
from tests.support.database import Sql
from tests.support.node import StartNode
from tests.support.node_process import NodeProcess
from tests.support.waiting import wait_until

NEXT_HOLDER = "UPDATE consentfeed.followers SET held_until = '-infinity'"


@contextmanager
def writing(database: Sql) -> Iterator[None]:
    """Events all the while."""
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            add_events(database, 50)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        stop.set()
        writer.join()


def made(database: Sql) -> dict[int, bytes]:
    """The root of each size."""
    return dict(database.run("SELECT size, root FROM consentfeed.checkpoints"))


def must_fit(database: Sql, roots: dict[int, bytes]) -> None:
    """Each root is that of the first so many events."""
    hashes = [row[0] for row in database.run("SELECT hash FROM consentfeed.events ORDER BY seq")]
    assert roots
    assert roots == {size: root_of(hashes[:size]) for size in roots}
    assert database.verify() == []


def test_no_size_has_two_roots_while_signers_are_killed_and_paused(database: Sql, tmp_path: Path) -> None:
    key = key_file(tmp_path)
    folders = [tmp_path / "one", tmp_path / "other"]
    nodes = []
    for folder in folders:
        folder.mkdir()
        settings = {"checkpoint_key": key, "checkpoint_dir": str(folder), "log_name": NAME}
        nodes.append(NodeProcess(database.app_url, tmp_path / "log", settings))
    with writing(database), nodes[0], nodes[1]:
        for node in nodes:
            node.start()
        for turn in range(4):
            count, node = len(made(database)), nodes[turn % 2]
            pauses = turn >= 2
            if pauses:
                os.kill(node.pid, signal.SIGSTOP)
            else:
                node.kill()
            database.run(NEXT_HOLDER)
            wait_until(lambda count=count: len(made(database)) > count, 30, "the other goes on")  # type: ignore[misc]
            if pauses:
                os.kill(node.pid, signal.SIGCONT)
            else:
                node.start()
    roots = made(database)
    assert len(roots) >= 4
    must_fit(database, roots)
    notes = [read_checkpoint(path.read_text(), read_key(verifier(key))) for one in folders for path in one.iterdir()]
    assert {note.size for note in notes} <= set(roots)
    assert all(note.root == roots[note.size] for note in notes)
    assert len({note.size for note in notes}) >= 4


def test_checkpoints_keep_up_with_writers_that_never_stop(
    database: Sql, start_node: StartNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "_LOOK_SECONDS", 0.05)
    with writing(database):
        start_node(checkpoint_key=key_file(tmp_path), log_name=NAME, checkpoint_seconds=0.2)
        wait_until(lambda: len(made(database)) >= 8 and max(made(database)) > 1000, 60)
    must_fit(database, made(database))
