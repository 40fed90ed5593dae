"""docs/proof.md: its vectors are right, and a verifier written from it alone, in another language, agrees with ours."""

import copy
import json
import re
import shutil
import subprocess
import sys
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from consentfeed.log.checkpoint import Checkpoint, read_checkpoint
from consentfeed.log.copy import Copy, line
from consentfeed.log.evidence_report import check
from consentfeed.log.merkle import extends, includes, leaf_hash
from consentfeed.log.note import Signer, read_key
from tests.support.checkpoints import NAME, add_events, key_file, make_checkpoint
from tests.support.database import Sql
from tests.support.node import nodes
from tests.support.seed import OTHER

PAGE = Path(__file__).parents[2] / "docs" / "proof.md"
NEEDS_NODE = pytest.mark.skipif(shutil.which("node") is None, reason="no Node here")


def vector(name: str) -> str:
    found = re.search(rf"<!-- {name} -->\n\n```\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found, name
    return found[1]


def vectors() -> dict[str, Any]:
    texts = {name: vector(name) for name in ("key", "log", "checkpoint")}
    proofs = {name: json.loads(vector(name)) for name in ("inclusion", "consistency")}
    return texts | proofs | {"earlier": vector("earlier checkpoint")}


def verified(given: dict[str, Any]) -> dict[str, Any]:
    """What the verifier in JavaScript says."""
    script = Path(__file__).with_name("verifier.mjs")
    done = subprocess.run(
        ["node", str(script)], input=json.dumps(given), capture_output=True, text=True, check=True, timeout=60
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_vectors_are_right() -> None:
    given = vectors()
    key = read_key(given["key"])
    checkpoint, earlier = read_checkpoint(given["checkpoint"], key), read_checkpoint(given["earlier"], key)
    lines = given["log"].encode().splitlines()
    Copy(checkpoint).read(lines)
    Copy(earlier).read(lines)
    hashes = [bytes.fromhex(json.loads(one)["hash"]) for one in lines]
    proof = {name: [b64decode(one) for one in given[name]["hashes"]] for name in ("inclusion", "consistency")}
    assert includes(checkpoint.root, 7, 2, leaf_hash(hashes[2]), proof["inclusion"])
    assert extends(earlier.root, 3, checkpoint.root, 7, proof["consistency"])


@NEEDS_NODE
def test_a_verifier_written_from_the_page_alone_agrees_on_the_vectors() -> None:
    assert verified(vectors()) == {"size": 7, "log": True, "inclusion": True, "consistency": True}


@NEEDS_NODE
@pytest.mark.parametrize("part", ["log", "inclusion", "consistency"])
def test_that_verifier_refuses_what_was_changed(part: str) -> None:
    given = vectors()
    if part == "log":
        given["log"] = given["log"].replace("Größe 4", "Größe 5")
    else:
        given[part]["hashes"][0] = given[part]["hashes"][1]
    assert verified(given)[part] is False


def alone(document: dict[str, Any], key: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """docs/verify.py, with nothing of ours to import."""
    (folder / "evidence.json").write_text(json.dumps(document))
    command = [sys.executable, "-I", str(PAGE.with_name("verify.py")), str(folder / "evidence.json"), key]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, cwd=folder)


CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "body": lambda d: d["events"][0].update(body=d["events"][0]["body"].replace("sms", "email")),
    "hash": lambda d: d["events"][0].update(hash="00" * 32),
    "previous hash": lambda d: d["events"][0].update(previous_hash="00" * 32),
    "proof": lambda d: d["events"][0]["proof"]["hashes"].reverse(),
    "index": lambda d: d["events"][0]["proof"].update(index=2),
    "notice": lambda d: d["notices"][0].update(text="Something else"),
    "last event": lambda d: d["events"].pop(),
    "events": lambda d: d["events"].clear(),
    "consent": lambda d: d["consent"].update(id=OTHER),
    "checkpoint": lambda d: d.update(checkpoint=d["checkpoint"].replace("\n3", "\n4", 1)),
}


@NEEDS_NODE
def test_verifiers_written_from_the_page_agree_on_evidence(database: Sql, tmp_path: Path) -> None:
    consent = database.consents()[1]
    for status in ("granted", "revoked"):
        database.set(consent, status)
    add_events(database, 300)
    make_checkpoint(database)
    path = key_file(tmp_path)
    with nodes(database) as start:
        client = start(checkpoint_key=path, log_name=NAME).client("csr")
        document = client.get(f"/api/v1/consents/{consent}/evidence").json()
    key = str(Signer(NAME, Path(path).read_bytes()).key)
    assert verified({"key": key, "evidence": document}) == {"evidence": True}
    done = alone(document, key, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == f"Proved, up to version 2 of the consent {consent}."
    for name, change in CHANGES.items():
        changed = copy.deepcopy(document)
        change(changed)
        assert changed != document, name
        assert verified({"key": key, "evidence": changed}) == {"evidence": False}, name
        assert check(json.dumps(changed).encode(), read_key(key)).problems, name
        assert "NOT PROVED" in alone(changed, key, tmp_path).stdout, name


@NEEDS_NODE
def test_that_verifier_agrees_on_a_log_of_ours(database: Sql, tmp_path: Path) -> None:
    for consent in database.consents()[:2]:
        database.set(consent, "granted")
    add_events(database, 300)
    size = make_checkpoint(database)
    signer = Signer(NAME, Path(key_file(tmp_path)).read_bytes())
    note = signer.sign(Checkpoint(NAME, size, database.value("SELECT root FROM consentfeed.checkpoints")).text)
    rows = database.run("SELECT seq, body, hash FROM consentfeed.events ORDER BY seq")
    log = b"".join(line(*row) for row in rows).decode()
    assert verified({"key": str(signer.key), "log": log, "checkpoint": note}) == {"size": 303, "log": True}
