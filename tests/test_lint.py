"""The linters of ours find what they are for: keys in files that git knows; and `make audit` never takes silence for
good news."""

import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support import audit, lock

ROOT = Path(__file__).parent.parent
# Made here, or the linter would find them in this file.
DIGEST = hashlib.sha256(b"of nothing").hexdigest()
TOKEN = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (b'{"alg":"HS256"}', b'{"sub":"a"}'))
KEYS = {
    "AWS Access Key": f"AKIA{DIGEST[:16].upper()}",
    "GitHub Token": f"ghp_{DIGEST[:36]}",
    "Private Key": f"-----BEGIN {'PRIVATE KEY'}-----\n{DIGEST}",
    "JSON Web Token": f"{TOKEN}.{DIGEST}",
    "Hex High Entropy String": f"CONSENTFEED_SECRET={DIGEST}",
    "Basic Auth Credentials": f"CONSENTFEED_OWNER_URL=postgresql://owner:{DIGEST[:10]}@db/consents",
}


def linted(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    """`make secrets` of this repository, in another one with just this text."""
    shutil.copy(ROOT / "Makefile", folder)
    (folder / "notes.env").write_text(f"{text}\n")
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    subprocess.run(["git", "add", "notes.env"], cwd=folder, check=True)
    command = ["make", "--silent", f"VENV={sys.prefix}", "--old-file", f"{sys.prefix}/installed", "secrets"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_keys_in_a_file_are_found(tmp_path: Path) -> None:
    found = linted(tmp_path, "\n".join(KEYS.values()))
    assert found.returncode != 0
    assert set(re.findall(r"Secret Type: (.+)", found.stdout)) == set(KEYS)
    assert set(re.findall(r"Location: +(.+):", found.stdout)) == {"notes.env"}


@pytest.mark.parametrize(
    "text",
    ["CONSENTFEED_DATABASE_URL=postgresql://consentfeed_app@db/consents", f"uv==1 \\\n    --hash=sha256:{DIGEST}"],
)
def test_what_is_no_key_is_none(tmp_path: Path, text: str) -> None:
    found = linted(tmp_path, text)
    assert (found.returncode, found.stdout) == (0, "")


def answers(monkeypatch: pytest.MonkeyPatch, python: object, npm: object, days: int = 7) -> None:
    """What the two services say, with a lock as old as that."""
    monkeypatch.setattr(audit, "lock_age", lambda _now: timedelta(days))
    monkeypatch.setattr(shutil, "which", lambda _name: "npm")
    monkeypatch.setattr(audit, "output", lambda command: npm if command[0] == "npm" else python)


VULNERABLE = {"name": "a", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}]}
SOUND = {"name": "b", "version": "1", "vulns": []}
SKIPPED = {"name": "c", "version": "1", "skip_reason": "Dependency not found on PyPI"}


@pytest.mark.parametrize(
    ("python", "npm", "status", "told"),
    [
        ({"dependencies": [SOUND]}, {"vulnerabilities": {}}, 0, "Python: 0 known"),
        ({"dependencies": [SOUND, VULNERABLE]}, {"vulnerabilities": {}}, 1, "a 1: CVE-1"),
        ({"dependencies": [SOUND]}, {"vulnerabilities": {"d": {"severity": "high", "range": "<2"}}}, 1, "d: high, <2"),
        ({"dependencies": [SKIPPED]}, {"vulnerabilities": {}}, 2, "Python: NOT looked up"),
        (None, {"vulnerabilities": {}}, 2, "Python: NOT looked up"),
        ({"dependencies": [SOUND]}, {"statusCode": 405}, 2, "npm: NOT looked up"),
        ({"dependencies": [VULNERABLE]}, None, 1, "npm: NOT looked up"),
    ],
)
def test_an_audit_tells_what_is_known_and_what_is_not(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    python: object,
    npm: object,
    status: int,
    told: str,
) -> None:
    answers(monkeypatch, python, npm)
    assert audit.main() == status
    assert told in capsys.readouterr().out


@pytest.mark.parametrize(
    ("days", "status", "line"), [(60, 0, "60 days old\n"), (61, 1, "61 days old, more than 60: run make")]
)
def test_an_audit_says_that_the_lock_is_old(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], days: int, status: int, line: str
) -> None:
    answers(monkeypatch, {"dependencies": [SOUND]}, {"vulnerabilities": {}}, days)
    assert audit.main() == status
    assert line in capsys.readouterr().out


def test_a_lock_ages_by_the_day_it_was_made_for() -> None:
    made = lock.day(lock.FOLDER / "dev.txt")
    assert audit.lock_age(datetime(made.year, made.month, made.day, 23, tzinfo=UTC) + timedelta(61)) == timedelta(61)


def test_what_prints_no_json_was_not_reached() -> None:
    assert audit.output([sys.executable, "-c", "print('connection refused')"]) is None
    assert audit.output([sys.executable, "-c", f"print({json.dumps(json.dumps(SOUND))}); raise SystemExit(1)"]) == SOUND


def test_no_pattern_has_possessive_quantifiers() -> None:
    """Before 3.11.5 Python's now and then match what they must not: python/cpython#106052."""
    possessive = re.compile(r"[*+?}]\+(?=[)\"'\[({|$]|$)")
    for path in (ROOT / "consentfeed").rglob("*.py"):
        for literal in re.findall(r"(?:re\.compile\(r?[bf]?r?|_[A-Z]+: Final = r)(.*)", path.read_text()):
            assert not possessive.search(literal), f"{path.name}: {literal}"
