"""`consentfeed verify`: whether the log is whole, is the one that was signed, and whether a copy or evidence is."""

import sys
from pathlib import Path

import click

from consentfeed import settings
from consentfeed.cli import terminal
from consentfeed.cli.deployment import DATA_DIR, with_database
from consentfeed.errors import EmptyLog
from consentfeed.log.checkpoint import Checkpoint, read_checkpoint
from consentfeed.log.copy import Broken, Copy, not_signed
from consentfeed.log.evidence_report import PROVED, check
from consentfeed.log.ids import PLAIN
from consentfeed.log.merkle import Frontier, leaf_hash
from consentfeed.log.note import read_key
from consentfeed.log.position import ORIGIN, Position
from consentfeed.postgres.database import Database

_PAGE = 10_000
_FILE = click.Path(path_type=Path)


@click.command()
@click.option("--expect", help="An event id noted earlier, which the log must contain.")
@click.option("--checkpoint", type=_FILE, help="A checkpoint kept earlier, which the log must still fit.")
@click.option("--key", help="The verifier key of the checkpoint, as GET /api/v1/checkpoint/key answers it.")
@click.option("--evidence", type=_FILE, help="Evidence of a consent, as GET /api/v1/consents/{id}/evidence answers it.")
@click.option("--log", type=_FILE, help="A copy made by `consentfeed export-log`, instead of the database.")
@DATA_DIR
def verify(
    expect: str | None,
    checkpoint: Path | None,
    key: str | None,
    evidence: Path | None,
    log: Path | None,
    data_dir: str | None,
) -> None:
    """Recomputes the chain and compares every column with what was hashed."""
    if evidence is not None:
        if expect is not None or checkpoint is not None or log is not None:
            raise settings.SettingsError("--evidence goes with --key alone: it brings its own checkpoint")
        sys.exit(_check_evidence(evidence, key))
    noted = None if expect is None else PLAIN.read(expect)
    if expect is not None and noted is None:
        raise settings.SettingsError("--expect is an event id, such as 42-9f2ab1c3")
    if (checkpoint is None) != (key is None):
        raise settings.SettingsError("--checkpoint and --key belong together: the key says whose signature counts")
    signed = (
        None if checkpoint is None else read_checkpoint(checkpoint.read_text(errors="replace"), read_key(key or ""))
    )
    if log is None:
        problem, head = with_database(data_dir, lambda database: _check(database, noted, signed))
    else:
        problem, head = _check_copy(log, noted, signed)
    if problem:
        terminal.result(problem)
        sys.exit(1)
    terminal.result(f"the log is whole up to {PLAIN.write(head)}")
    if signed:
        terminal.result(f"its first {signed.size} events are those that {signed.origin} has signed")


def _check_evidence(file: Path, key: str | None) -> int:
    """Says what evidence proves; the exit status."""
    proved, problems = check(file.read_bytes(), None if key is None else read_key(key))
    for sentence in proved:
        terminal.result(sentence)
    for problem in problems:
        terminal.result(f"NOT PROVED: {problem}")
    if not problems:
        terminal.result(PROVED)
    return 1 if problems else 0


async def _check(database: Database, noted: Position | None, signed: Checkpoint | None) -> tuple[str | None, Position]:
    """The first sign that the log in the database is not what it should be, and its head."""
    try:
        verified = await database.log.verify_log()
    except EmptyLog as error:
        return f"position 0: {error}", ORIGIN
    head = verified.head
    if verified.problem:
        return f"position {verified.position}: {verified.problem}", head
    if noted is not None:
        verdict = (await database.log.judge_position(noted, None)).verdict
        if verdict != "ok":
            return f"position {noted.seq}: the log does not contain {PLAIN.write(noted)} ({verdict})", head
    return (await _misfit(database, signed, head) if signed else None), head


async def _misfit(database: Database, signed: Checkpoint, head: Position) -> str | None:
    """Where the log is not the one that was signed."""
    if signed.size > head.seq + 1:
        return f"position {head.seq + 1}: the log ends here, and the checkpoint covers {signed.size} events"
    tree = Frontier()
    while tree.size < signed.size:
        hashes = await database.checkpoints.event_hashes(tree.size, min(_PAGE, signed.size - tree.size))
        for seq, hash_ in hashes:
            if seq != tree.size:
                return f"position {tree.size}: the event is missing"
            tree.add(leaf_hash(hash_))
        if not hashes:
            return f"position {tree.size}: the event is missing"
    if tree.root == signed.root:
        return None
    return f"position {signed.size - 1}: {not_signed(signed.size)}"


def _check_copy(log: Path, noted: Position | None, signed: Checkpoint | None) -> tuple[str | None, Position]:
    """The first sign that a copy is not what it should be, and its head."""
    copy = Copy(signed, noted)
    try:
        with log.open("rb") as lines:
            copy.read(lines)
    except Broken as broken:
        return str(broken), ORIGIN
    return None, copy.head
