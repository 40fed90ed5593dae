"""What is installed is locked: by version and hash, for every Python, and wherever something is installed."""

import json
import re
import subprocess
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.lock import FOLDER, Pin, day, pins

ROOT = FOLDER.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
TRACKED = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
FILES = sorted(FOLDER.glob("*.txt"))


def _wanted(extra: str | None) -> list[Requirement]:
    """What pyproject.toml asks for, with that extra and those which it brings."""
    if extra is None:
        return [Requirement(line) for line in PROJECT["project"]["dependencies"]]
    lines = map(Requirement, PROJECT["project"]["optional-dependencies"][extra])
    return [
        wanted
        for line in lines
        for wanted in ([one for own in line.extras for one in _wanted(own)] if line.name == "consentfeed" else [line])
    ] + _wanted(None)


WANTED = {
    "build": [Requirement(line) for line in PROJECT["build-system"]["requires"]],
    "service": _wanted("nats"),
    "demo": [*_wanted("embedded"), *_wanted("nats")],
    "dev": _wanted("dev"),
    "bench": _wanted("bench"),
}


def _serving(file: Path, name: str, python: str) -> list[Pin]:
    machine = {"python_version": python, "python_full_version": f"{python}.1"}
    return [pin for pin in pins(file) if pin.name == canonicalize_name(name) and pin.serves(machine)]


def test_the_files_are_the_ones_that_pyproject_asks_for() -> None:
    assert {file.stem for file in FILES} == set(WANTED)
    assert PROJECT["project"]["requires-python"] == f">={PYTHONS[0]}"
    assert f"--python-version {PYTHONS[0]} " in (ROOT / "Makefile").read_text()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_package_has_one_version_and_hashes(file: Path) -> None:
    assert pins(file)
    loose = [
        str(pin.requirement)
        for pin in pins(file)
        if not re.fullmatch(r"==[^*,]+", str(pin.requirement.specifier))
        or not pin.hashes
        or not all(re.fullmatch(r"sha256:[0-9a-f]{64}", one) for one in pin.hashes)
    ]
    assert not loose, "run make lock"


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("name", WANTED)
def test_the_lock_holds_what_pyproject_asks_for(name: str, python: str) -> None:
    for wanted in WANTED[name]:
        served = [pin.version for pin in _serving(FOLDER / f"{name}.txt", wanted.name, python)]
        fitting = [one for one in served if wanted.specifier.contains(one)]
        assert len(served) == len(fitting) == 1, f"{wanted} on Python {python}: {served} is locked; run make lock"


@pytest.mark.parametrize("python", PYTHONS)
def test_a_package_has_the_same_version_in_all_files(python: str) -> None:
    """What is tested is what is shipped."""
    for name in {pin.name for file in FILES for pin in pins(file)}:
        versions = {pin.version for file in FILES for pin in _serving(file, name, python)}
        assert len(versions) <= 1, f"{name}: {versions}; run make lock"
    assert len({day(file) for file in FILES}) == 1


def test_the_service_brings_nothing_of_the_tests() -> None:
    own = {pin.name for pin in pins(FOLDER / "service.txt")}
    others = {canonicalize_name(one.name) for name in ("dev", "bench", "build") for one in WANTED[name]}
    assert not own & others - {canonicalize_name(one.name) for one in WANTED["service"]}
    assert not own & {"pip", "setuptools"}


def test_what_runs_here_is_what_is_locked() -> None:
    locked = {
        pin.name: pin.version for name in ("dev", "build") for pin in pins(FOLDER / f"{name}.txt") if pin.serves()
    }
    differing = {name: (version(name), one) for name, one in locked.items() if version(name) != one}
    assert not differing, "installed and locked; run make .venv/installed"


def test_no_lock_names_a_registry() -> None:
    """Each machine has its own."""
    npm = [path for path in TRACKED if Path(path).name == "package-lock.json"]
    assert len(npm) == len([path for path in TRACKED if Path(path).name == "package.json"])
    for path in npm:
        packages = json.loads((ROOT / path).read_text())["packages"]
        assert all("integrity" in one for name, one in packages.items() if name), path
        assert not [name for name, one in packages.items() if "resolved" in one], path
    for file in FILES:
        assert not re.findall(r"^.*(?:://|--(?:extra-)?index|--find-links).*$", file.read_text(), re.MULTILINE), file


def _installing(path: str) -> list[str]:
    """The commands of a script that install something of PyPI or npm; on a page, those of its examples."""
    text = (ROOT / path).read_text()
    if path.endswith(".md"):
        text = "\n".join(re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE))
    lines = [line for line in text.splitlines() if not line.startswith("INSTALL :=")]
    commands = [command.strip() for line in lines for command in line.split("&&")]
    return [
        one
        for one in commands
        if re.search(r"\bpip\b.* (install|wheel)\b|\$\(INSTALL\)|\bnpm (ci|i|install|add)\b", one)
    ]


def test_whatever_is_installed_is_locked() -> None:
    """The project itself goes in without its dependencies, built by what is locked; in the image, as a wheel."""
    places = [path for path in TRACKED if re.search(r"(\.sh|\.md|/run|Makefile|Dockerfile)$", path)]
    commands = {path: _installing(path) for path in places}
    for path in ("Makefile", "Dockerfile", "README.md", "benchmarks/peers.sh"):
        assert commands[path], f"{path} installs something, and this test does not see it"
    locked = r"--require-hashes -r |--no-deps --no-build-isolation |--no-deps /wheel/|npm ci\b"
    assert not [(path, one) for path in places for one in commands[path] if not re.search(locked, one)]
