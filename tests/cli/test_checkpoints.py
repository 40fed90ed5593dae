"""Keys, copies of the log, and what `consentfeed verify` says of them."""

import json
import stat
from pathlib import Path

import pytest

from consentfeed.log.checkpoint import Checkpoint
from consentfeed.log.note import Signer, read_key
from tests.cli.command import Result, Run, refused
from tests.sql.test_retention import DROP, cut_small
from tests.sql.test_tree import REWRITE, tamper
from tests.support.checkpoints import NAME, add_events, key_file, make_checkpoint, verifier
from tests.support.database import Sql
from tests.support.node import nodes


@pytest.fixture
def grown(database: Sql) -> Sql:
    """700 events after row 0, and a checkpoint over all."""
    add_events(database, 700)
    make_checkpoint(database)
    return database


@pytest.fixture
def key(tmp_path: Path) -> str:
    return key_file(tmp_path)


def note_file(database: Sql, key: str, folder: Path) -> str:
    """The newest checkpoint, as somebody keeps it."""
    size, root = database.run("SELECT size, root FROM consentfeed.checkpoints ORDER BY size DESC LIMIT 1")[0]
    path = folder / "checkpoint"
    path.write_text(Signer(NAME, Path(key).read_bytes()).sign(Checkpoint(NAME, size, root).text))
    return str(path)


def exported(run: Run, database: Sql, folder: Path) -> Path:
    path = folder / "log.ndjson"
    result = run("export-log", "-o", str(path), database_url=database.app_url)
    assert result.status == 0, result
    return path


@pytest.mark.parametrize("way", ["argument", "option", "setting"])
def test_a_key_is_made_for_its_owner_alone_and_its_verifier_key_is_printed(run: Run, tmp_path: Path, way: str) -> None:
    path = tmp_path / "new.pem"
    arguments = {"argument": (str(path),), "option": ("-o", str(path)), "setting": ()}[way]
    settings = {"log_name": NAME} | ({"checkpoint_key": str(path)} if way == "setting" else {})
    result = run("checkpoint-key", *arguments, **settings)
    assert result == Result(0, f"{verifier(str(path))}\n", "")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_log_is_called_as_its_public_host_where_it_has_no_name(run: Run, tmp_path: Path) -> None:
    result = run("checkpoint-key", str(tmp_path / "key"), public_url="https://consents.example:8443")
    assert read_key(result.out).name == "consents.example"
    assert read_key(run("checkpoint-key", str(tmp_path / "other")).out).name == "consentfeed"


def test_a_key_that_is_there_is_not_overwritten(run: Run, key: str) -> None:
    before = Path(key).read_bytes()
    assert refused(run("checkpoint-key", key), key, "name another file")
    assert Path(key).read_bytes() == before
    assert refused(run("checkpoint-key"), "CONSENTFEED_CHECKPOINT_KEY")


def test_verify_holds_the_log_against_a_checkpoint(run: Run, grown: Sql, key: str, tmp_path: Path) -> None:
    note = note_file(grown, key, tmp_path)
    add_events(grown, 3)
    result = run("verify", "--checkpoint", note, "--key", verifier(key), database_url=grown.app_url)
    assert result.status == 0
    assert result.out.splitlines() == [
        f"the log is whole up to {grown.head_id()}",
        f"its first 701 events are those that {NAME} has signed",
    ]


def test_verify_finds_by_a_checkpoint_what_a_superuser_hid_in_every_table(
    run: Run, grown: Sql, key: str, tmp_path: Path
) -> None:
    note = note_file(grown, key, tmp_path)
    forget = "DELETE FROM consentfeed.tiles", "DELETE FROM consentfeed.checkpoints"
    tamper(grown, *REWRITE, *forget)
    assert run("verify", database_url=grown.app_url).status == 0, "nothing in the database tells"
    result = run("verify", "--checkpoint", note, "--key", verifier(key), database_url=grown.app_url)
    assert result.status == 1
    assert "position 700: the 701 events up to here are not those that the checkpoint was signed for" in result.out


def test_verify_finds_that_the_log_ends_before_its_checkpoint(run: Run, grown: Sql, key: str, tmp_path: Path) -> None:
    note = note_file(grown, key, tmp_path)
    forget = "DELETE FROM consentfeed.checkpoints", "DELETE FROM consentfeed.events WHERE seq > 698"
    tamper(grown, *forget)
    result = run("verify", "--checkpoint", note, "--key", verifier(key), database_url=grown.app_url)
    assert result == Result(1, "position 699: the log ends here, and the checkpoint covers 701 events\n", "")


def test_verify_refuses_a_checkpoint_that_is_not_of_the_key(run: Run, grown: Sql, key: str, tmp_path: Path) -> None:
    note = note_file(grown, key, tmp_path)
    other = verifier(key_file(tmp_path, "other"))
    assert refused(run("verify", "--checkpoint", note, "--key", other, database_url=grown.app_url), "not signed")
    assert refused(run("verify", "--checkpoint", note, database_url=grown.app_url), "--key")
    assert refused(run("verify", "--checkpoint", note, "--key", "nothing", database_url=grown.app_url), "verifier key")


def test_a_copy_holds_every_event_and_is_verified_without_a_database(
    run: Run, grown: Sql, key: str, tmp_path: Path
) -> None:
    note, copy = note_file(grown, key, tmp_path), exported(run, grown, tmp_path)
    lines = [json.loads(line) for line in copy.read_text().splitlines()]
    rows = grown.run("SELECT seq, body, encode(hash, 'hex') FROM consentfeed.events ORDER BY seq")
    assert [(line["seq"], line["body"], line["hash"]) for line in lines] == rows
    result = run("verify", "--log", str(copy), "--checkpoint", note, "--key", verifier(key))
    assert result.status == 0, result
    assert result.out.splitlines() == [
        f"the log is whole up to {grown.head_id()}",
        f"its first 701 events are those that {NAME} has signed",
    ]
    assert run("verify", "--log", str(copy), "--expect", grown.event_id(300)).status == 0
    assert run("verify", "--log", str(copy), "--expect", "300-00000000").status == 1
    assert run("verify", "--log", str(copy), "--expect", "701-00000000").status == 1


def test_a_copy_of_a_log_with_dropped_events_has_their_hashes(
    run: Run, database: Sql, key: str, tmp_path: Path
) -> None:
    cut_small(database)
    add_events(database, 9)
    database.run(DROP)
    make_checkpoint(database)
    note, copy = note_file(database, key, tmp_path), exported(run, database, tmp_path)
    bodies = [json.loads(line)["body"] is None for line in copy.read_text().splitlines()]
    assert bodies == [True] * 4 + [False] * 6
    assert run("verify", "--log", str(copy), "--checkpoint", note, "--key", verifier(key)).status == 0
    result = run("verify", "--checkpoint", note, "--key", verifier(key), database_url=database.app_url)
    assert result.status == 0, result


@pytest.mark.parametrize(
    ("change", "position"),
    [
        (lambda lines: lines[:300] + lines[301:], 300),
        (lambda lines: lines[:-1], 700),
        (lambda lines: lines[1:], 0),
        (lambda lines: [], 0),
        (lambda lines: [*lines[:300], lines[300].replace('n\\":300', 'n\\":301'), *lines[301:]], 300),
        (lambda lines: [*lines[:300], "nothing", *lines[301:]], 300),
        (lambda lines: [*lines[:300], json.dumps(json.loads(lines[300]) | {"body": None}), *lines[301:]], 300),
        (lambda lines: [*lines[:300], json.dumps(json.loads(lines[300]) | {"hash": "00" * 32}), *lines[301:]], 300),
    ],
)
def test_a_copy_that_was_changed_is_found(
    run: Run, grown: Sql, key: str, tmp_path: Path, change: object, position: int
) -> None:
    note, copy = note_file(grown, key, tmp_path), exported(run, grown, tmp_path)
    assert callable(change)
    copy.write_text("".join(f"{line}\n" for line in change(copy.read_text().splitlines())))
    result = run("verify", "--log", str(copy), "--checkpoint", note, "--key", verifier(key))
    assert result.status == 1
    assert result.out.startswith(f"position {position}: "), result.out


def test_an_export_that_fails_leaves_nothing_under_the_name(run: Run, grown: Sql, tmp_path: Path) -> None:
    path = tmp_path / "copy"
    path.write_text("an earlier one")
    tamper(grown, "DELETE FROM consentfeed.events WHERE seq = 300")
    Sql.run_as(grown.admin_url, "REVOKE SELECT ON consentfeed.events FROM consentfeed_app")
    assert run("export-log", "-o", str(path), database_url=grown.app_url).status == 1
    assert path.read_text() == "an earlier one"
    assert [one.name for one in tmp_path.iterdir()] == ["copy"]


def test_verify_says_in_sentences_what_evidence_proves(run: Run, database: Sql, key: str, tmp_path: Path) -> None:
    consent = database.consents()[0]
    database.set(consent, "granted")
    make_checkpoint(database)
    path = tmp_path / "evidence.json"
    with nodes(database) as start:
        answer = start(checkpoint_key=key, log_name=NAME).client("csr").get(f"/api/v1/consents/{consent}/evidence")
        path.write_bytes(answer.content)
    result = run("verify", "--evidence", str(path), "--key", verifier(key))
    assert result.status == 0, result
    assert result.out.splitlines()[-1].startswith("Proved: each of these events is in the log that was signed")
    assert f"The consent {consent} of customer" in result.out
    assert run("verify", "--evidence", str(path)).status == 0
    path.write_bytes(answer.content.replace(b"granted", b"revoked"))
    changed = run("verify", "--evidence", str(path), "--key", verifier(key))
    assert changed.status == 1
    assert "NOT PROVED: event 1: its hash does not follow from its body" in changed.out
    assert refused(run("verify", "--evidence", str(path), "--expect", "1-00000000"), "--evidence goes with --key alone")
    path.write_text("{}")
    assert refused(run("verify", "--evidence", str(path)), "no evidence of a consent")
