"""The embedded PostgreSQL, in real processes: it starts, keeps its data, never outlives us."""

import fcntl
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import IO

import psycopg
import pytest

from consentfeed.embedded import binaries, cluster
from consentfeed.embedded import server as embedded
from consentfeed.embedded.server import EmbeddedError, find_binaries, postgres
from consentfeed.embedded.site import Site, account_for
from tests.support.process import process
from tests.support.waiting import wait_until

ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not ROOT, reason="only root changes to another user")
needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

# Starts a server, lets go of two children that would outlive it, says so, and waits to be killed.
HOLDER = """
import os, pathlib, subprocess, sys, time
from consentfeed.embedded.server import postgres
with postgres(pathlib.Path(sys.argv[1])) as url:
    spawned = subprocess.Popen(["sleep", "600"], stdout=subprocess.DEVNULL)
    forked = os.fork()
    if forked == 0:
        os.close(1)
        time.sleep(600)
        os._exit(0)
    print(url, spawned.pid, forked, flush=True)
    time.sleep(600)
"""


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("made") / "data"
    with postgres(made):
        return made


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A server for all tests that only look, below a directory closed to others; its place and its URL."""
    above = tmp_path_factory.mktemp("mein Ordner äß")
    above.chmod(0o700)
    before = modes_above(above)
    careless = {"listen_addresses": "*", "unix_socket_directories": "/tmp", "max_connections": "37"}
    with postgres(above / "data", user="owner @ home", database="tw/o?", settings=careless) as url:
        yield above / "data", url
        assert modes_above(above) == before, "directories above keep their modes and owners"


def modes_above(directory: Path) -> list[tuple[int, int, int]]:
    return [(s.st_mode, s.st_uid, s.st_gid) for s in (p.stat() for p in (directory, *directory.parents))]


@pytest.fixture
def data_dir(made_once: Path) -> Path:
    """A directory that has served before: the same for all, because initdb takes its time. Leave it fit to serve."""
    (made_once / "postgres.port").unlink(missing_ok=True)
    return made_once


@pytest.fixture
def new_dir(tmp_path: Path) -> Path:
    return tmp_path / "not yet" / "there"


def run(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def port_of(url: str) -> int:
    return int(psycopg.conninfo.conninfo_to_dict(url)["port"] or 0)


def server_pid(data_dir: Path) -> int:
    return int((data_dir / "postgres" / "postmaster.pid").read_text().split()[0])


def all_is_over(data_dir: Path) -> bool:
    """Supervisor and server hold the lock as long as one of them lives."""
    with (data_dir / "postgres.lock").open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def output(program: subprocess.Popen[str]) -> IO[str]:
    assert program.stdout
    return program.stdout


# --- data and start ---------------------------------------------------------------------------


def test_data_and_address_outlive_a_restart(data_dir: Path) -> None:
    with postgres(data_dir) as first:
        run(first, "CREATE TABLE kept_by_restart AS SELECT 42 AS answer")
    with postgres(data_dir) as second:
        assert run(second, "SELECT answer FROM kept_by_restart") == [(42,)]
    assert second == first


def test_the_server_is_gone_when_the_context_ends(data_dir: Path) -> None:
    with postgres(data_dir) as url:
        assert not all_is_over(data_dir)
    assert all_is_over(data_dir)
    with pytest.raises(psycopg.OperationalError):
        run(url, "SELECT 1")


def test_the_server_is_gone_when_the_context_ends_in_an_error(data_dir: Path) -> None:
    with pytest.raises(ZeroDivisionError), postgres(data_dir):
        raise ZeroDivisionError
    assert all_is_over(data_dir)


def test_an_installed_postgresql_serves_where_no_wheel_is(new_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "WHEELS", ())
    try:
        find_binaries()
    except EmbeddedError:
        pytest.skip("no PostgreSQL is installed here")
    for expected in (1, 2):
        with postgres(new_dir) as url:
            run(url, "CREATE TABLE IF NOT EXISTS starts (at timestamptz)")
            run(url, "INSERT INTO starts VALUES (now())")
            assert run(url, "SELECT count(*) FROM starts") == [(expected,)]
            assert run(url, "SELECT lower('ÄÖ'), 'b' < 'Ä'") == [("äö", True)]


def test_without_any_postgresql_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(binaries, "WHEELS", ())
    monkeypatch.setattr(binaries, "PACKAGED", ())
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(EmbeddedError, match=r"pip install 'consentfeed\[embedded\]'.* 15 "):
        find_binaries()


def test_a_failed_start_shows_what_the_server_said(data_dir: Path) -> None:
    with (
        pytest.raises(EmbeddedError, match="no_such_setting"),
        postgres(data_dir, settings={"no_such_setting": "1"}),
    ):
        pass
    with postgres(data_dir) as url:
        assert run(url, "SELECT 1") == [(1,)]


# --- one server, looked at ---------------------------------------------------------------------


def test_names_with_blanks_and_umlauts_will_do(served: tuple[Path, str]) -> None:
    assert run(served[1], "SELECT current_user, current_database()") == [("owner @ home", "tw/o?")]


def test_the_cluster_is_utf8_checksummed_and_durable(served: tuple[Path, str]) -> None:
    for setting, value in {
        "server_encoding": "UTF8",
        "data_checksums": "on",
        "fsync": "on",
        "password_encryption": "scram-sha-256",
    }.items():
        assert run(served[1], f"SHOW {setting}") == [(value,)]
    assert run(served[1], "SELECT lower('ÄÖ'), 'b' < 'Ä'") == [("äö", True)]


def test_settings_reach_the_server_but_it_listens_on_loopback_and_no_unix_socket(served: tuple[Path, str]) -> None:
    assert run(served[1], "SHOW max_connections") == [("37",)]
    assert run(served[1], "SHOW listen_addresses") == [("127.0.0.1",)]
    assert run(served[1], "SHOW unix_socket_directories") == [("",)]


def test_nobody_connects_without_the_password(served: tuple[Path, str]) -> None:
    for password in ("", "wrong"):
        guess = psycopg.conninfo.make_conninfo(served[1], password=password)
        with pytest.raises(psycopg.OperationalError, match="password"):
            run(guess, "SELECT 1")
    assert run(served[1], "SELECT DISTINCT auth_method FROM pg_hba_file_rules") == [("scram-sha-256",)]


def test_password_and_cluster_are_closed_to_others(served: tuple[Path, str]) -> None:
    assert stat.S_IMODE((served[0] / "postgres.password").stat().st_mode) == 0o600
    assert stat.S_IMODE((served[0] / "postgres").stat().st_mode) == 0o700


def test_a_second_start_is_refused_while_the_first_serves(
    served: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "BUSY_SECONDS", 0.2)
    with pytest.raises(EmbeddedError, match="Another `consentfeed dev` runs on"):
        postgres(served[0]).__enter__()
    assert run(served[1], "SELECT 1") == [(1,)]


def test_a_server_started_by_other_means_is_not_mistaken_for_ours(served: tuple[Path, str]) -> None:
    with tempfile.TemporaryFile() as unrelated:
        account = account_for(served[0] / "postgres")
        site = Site(served[0], find_binaries(), account, unrelated.fileno())
        cluster.drop_reused_pid(site.cluster)
        with pytest.raises(EmbeddedError, match="Another `consentfeed dev` runs on"):
            embedded._server(site, {}).__enter__()
    assert run(served[1], "SELECT 1") == [(1,)]


@needs_proc
def test_the_terminals_signals_do_not_reach_the_server(served: tuple[Path, str]) -> None:
    supervisor = supervisor_of(served[0])
    assert os.getsid(supervisor) != os.getsid(0)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(supervisor, number)
    assert run(served[1], "SELECT pg_sleep(0.2)::text") == [("",)]
    assert supervisor_of(served[0]) == supervisor


@needs_root
@needs_proc
def test_root_runs_the_server_as_an_unprivileged_user_with_no_other_groups(served: tuple[Path, str]) -> None:
    status = Path(f"/proc/{server_pid(served[0])}/status").read_text()
    fields = dict(line.split(":", 1) for line in status.splitlines())
    assert "0" not in (*fields["Uid"].split(), *fields["Gid"].split(), *fields["Groups"].split())
    assert int(fields["CapEff"], 16) == int(fields["CapAmb"], 16) == 0


def test_a_lost_password_is_explained(data_dir: Path) -> None:
    password = (data_dir / "postgres.password").rename(data_dir / "lost")
    with pytest.raises(EmbeddedError, match="put the file back"), postgres(data_dir):
        pass
    password.rename(data_dir / "postgres.password")


# --- however we end ---------------------------------------------------------------------------


def test_a_killed_parent_takes_the_server_along_and_loses_nothing(data_dir: Path) -> None:
    with process(sys.executable, "-c", HOLDER, str(data_dir)) as holder:
        url, *children = output(holder).readline().split()
        try:
            run(url, "CREATE TABLE kept_by_kill AS SELECT 42 AS answer")
            holder.kill()
            wait_until(lambda: all_is_over(data_dir), 30, "supervisor and server gone")
            with postgres(data_dir) as again:
                assert run(again, "SELECT answer FROM kept_by_kill") == [(42,)]
        finally:
            for child in children:  # both lived through it
                os.kill(int(child), signal.SIGKILL)


def test_a_start_waits_for_the_server_of_a_parent_killed_a_moment_ago(data_dir: Path) -> None:
    with process(sys.executable, "-c", HOLDER, str(data_dir)) as holder:
        _, *children = output(holder).readline().split()
        holder.kill()
        try:
            with postgres(data_dir) as url:
                assert run(url, "SELECT 1") == [(1,)]
        finally:
            for child in children:
                os.kill(int(child), signal.SIGKILL)


def supervisor_of(data_dir: Path) -> int:
    status = Path(f"/proc/{server_pid(data_dir)}/status").read_text()
    return int(status.partition("PPid:")[2].split()[0])


@needs_proc
def test_a_killed_supervisor_takes_the_server_along(data_dir: Path) -> None:
    with postgres(data_dir):
        os.kill(supervisor_of(data_dir), signal.SIGKILL)
        wait_until(lambda: not (data_dir / "postgres" / "postmaster.pid").exists(), 30, "server gone")
    wait_until(lambda: all_is_over(data_dir), 30, "lock free")


def test_a_crashed_server_recovers_at_the_next_start(data_dir: Path) -> None:
    with postgres(data_dir) as url:
        run(url, "CREATE TABLE kept_by_crash AS SELECT 42 AS answer")
        os.kill(server_pid(data_dir), signal.SIGKILL)
    with postgres(data_dir) as url:
        assert run(url, "SELECT answer FROM kept_by_crash") == [(42,)]


def test_an_initdb_killed_half_way_is_repaired(new_dir: Path) -> None:
    half = new_dir / "postgres.new" / "data"
    with process(sys.executable, "-c", HOLDER, str(new_dir)) as holder:
        wait_until((half / "global").exists, 30, "initdb under way")
        holder.kill()
    wait_until(lambda: all_is_over(new_dir), 30, "initdb gone")
    half.mkdir(parents=True, exist_ok=True)
    (half / "PG_VERSION").write_text("left behind")
    shutil.rmtree(new_dir / "postgres", ignore_errors=True)  # had it just become ready
    with postgres(new_dir) as url:
        assert run(url, "SELECT 1") == [(1,)]
    assert not half.parent.exists()


# --- in the way -------------------------------------------------------------------------------


def test_a_busy_port_is_exchanged_for_another(data_dir: Path) -> None:
    with postgres(data_dir) as url:
        port = port_of(url)
    with closing(socket.create_server(("127.0.0.1", port))), postgres(data_dir) as moved:
        assert port_of(moved) != port
        assert run(moved, "SELECT 1") == [(1,)]


def test_a_port_lost_between_choosing_and_binding_is_exchanged(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as thief:
        taken = thief.getsockname()[1]
        choose, ports = embedded._free_port, iter([taken, taken])
        monkeypatch.setattr(embedded, "_free_port", lambda preferred: next(ports, choose(preferred)))
        with postgres(data_dir) as url:
            assert port_of(url) != taken
            assert run(url, "SELECT 1") == [(1,)]


def test_a_pid_file_whose_number_another_program_has_is_no_obstacle(data_dir: Path) -> None:
    pid_file = data_dir / "postgres" / "postmaster.pid"
    owner = pid_file.parent.stat().st_uid if ROOT else None  # PostgreSQL heeds its own user's only
    sleeper = subprocess.Popen(["sleep", "600"], user=owner, cwd="/")
    try:
        pid_file.write_text(f"{sleeper.pid}\n")
        pid_file.chmod(0o644)
        with postgres(data_dir) as url:
            assert run(url, "SELECT 1") == [(1,)]
        assert sleeper.poll() is None
    finally:
        sleeper.kill()
        sleeper.wait()


@pytest.mark.parametrize("content", ["", "999999\n"])
def test_a_pid_file_left_by_a_power_cut_is_no_obstacle(data_dir: Path, content: str) -> None:
    (data_dir / "postgres" / "postmaster.pid").write_text(content)
    (data_dir / "postgres" / "postmaster.pid").chmod(0o644)
    with postgres(data_dir) as url:
        assert run(url, "SELECT 1") == [(1,)]


def test_a_cluster_of_another_major_version_is_refused_naming_both(data_dir: Path) -> None:
    made_by = data_dir / "postgres" / "PG_VERSION"
    here = made_by.read_text()
    made_by.write_text("14\n")
    refusal = rf"made by PostgreSQL 14, and here is PostgreSQL {here.strip()}"
    with pytest.raises(EmbeddedError, match=refusal), postgres(data_dir):
        pass
    made_by.write_text(here)


def test_a_directory_that_is_no_cluster_is_left_alone(new_dir: Path) -> None:
    precious = new_dir / "postgres" / "thesis.txt"
    precious.parent.mkdir(parents=True)
    precious.write_text("mine")
    if ROOT:
        shutil.chown(precious.parent, "nobody")
    with pytest.raises(EmbeddedError, match="is not a PostgreSQL cluster"), postgres(new_dir):
        pass
    assert precious.read_text() == "mine"


# --- root -------------------------------------------------------------------------------------


@pytest.fixture
def hidden_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A wheel's programs below a directory that only root may enter."""
    programs = find_binaries()
    if not programs.parent.name.startswith("pginstall"):
        pytest.skip("no wheel is installed here")
    package = programs.parent.parent
    hidden = tmp_path / "venv"
    hidden.mkdir(mode=0o700)
    for folder in (package, package.with_name(f"{package.name}.libs")):
        if folder.exists():
            shutil.copytree(folder, hidden / folder.name)
    moved = hidden.joinpath(*programs.parts[-3:])
    monkeypatch.setattr(embedded, "find_binaries", lambda: moved)
    return moved


@pytest.fixture
def open_place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        os.chmod(name, 0o755)
        place = Path(name) / "cache"
        monkeypatch.setattr(binaries, "COPIES", (place,))
        yield place


@needs_root
def test_programs_out_of_reach_are_copied_once_and_used_while_they_are_roots_alone(
    data_dir: Path, hidden_wheel: Path, open_place: Path
) -> None:
    for _ in range(2):
        with postgres(data_dir) as url:
            assert run(url, "SELECT 1") == [(1,)]
        [copy] = open_place.iterdir()
        assert copy.stat().st_uid == 0
    assert stat.S_IMODE(hidden_wheel.parents[2].stat().st_mode) == 0o700
    for level in (open_place, copy):
        os.chown(level, 65534, 65534)
        with pytest.raises(EmbeddedError, match=str(hidden_wheel)), postgres(data_dir):
            pass
        os.chown(level, 0, 0)
