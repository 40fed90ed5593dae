"""PgBouncer before a database."""

import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit, urlunsplit

from tests.support.ports import accepts, free_port
from tests.support.waiting import wait_until

PROGRAM: Final = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
MISSING: Final = not Path(PROGRAM).exists()


@contextmanager
def pgbouncer(url: str, mode: str, **settings: str) -> Iterator[str]:
    """In this mode (session, transaction), for the role of the URL; the URL through it."""
    parts, port = urlsplit(url), free_port()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "users").write_text(f'"{parts.username}" "{unquote(parts.password or "")}"\n')
        own = {
            "listen_addr": "127.0.0.1",
            "listen_port": str(port),
            "auth_type": "plain",
            "auth_file": f"{folder}/users",
            "pool_mode": mode,
            "unix_socket_dir": "",
            **settings,
        }
        lines = [f"{key} = {value}" for key, value in own.items()]
        server = f"[databases]\n* = host={parts.hostname} port={parts.port}\n"
        (folder / "ini").write_text("\n".join([server, "[pgbouncer]", *lines, ""]))
        user = ["-u", "nobody"] if Path("/proc/self").stat().st_uid == 0 else []
        process = subprocess.Popen([PROGRAM, *user, str(folder / "ini")], stderr=subprocess.DEVNULL)
        try:
            wait_until(lambda: accepts(port), what="pgbouncer")
            yield urlunsplit(parts._replace(netloc=f"{parts.netloc.rsplit('@')[0]}@127.0.0.1:{port}"))
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(10)
