"""Everything out, beside psql's \\copy of the same rows; everything in."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from benchmarks.bench import Bench
from benchmarks.case import PRODUCT, Figures, Sides
from benchmarks.error import BenchError
from benchmarks.load import Load
from benchmarks.meters import CpuMeter, postmaster
from benchmarks.node import Node
from consentfeed.embedded.binaries import find_binaries
from tests.support.database import Sql
from tests.support.process import CONSENTFEED
from tests.support.tokens import bearer

PEOPLE = """
    INSERT INTO consentfeed.customers (name, email, msisdn, reference)
    SELECT
        'Moved ' || md5(nth::text), 'moved' || nth || '@example.com', '+9477' || lpad(nth::text, 7, '0'), 'MV-' || nth
    FROM generate_series(1, %s) AS nth
"""
GRANTED = """
    UPDATE consentfeed.consents SET status = 'granted' WHERE status = 'pending' AND purpose IN ('marketing', 'surveys')
"""
ROWS = """
    SELECT c.id, c.customer_id, u.reference, u.name, u.email, u.msisdn, u.language, c.purpose, c.channel, c.status,
        c.version, c.notice_version, c.notice_language, c.notice_sha256, c.granted_at, c.revoked_at, c.expires_at,
        c.updated_at, u.erased_at
    FROM consentfeed.consents AS c JOIN consentfeed.customers AS u ON u.id = c.customer_id
"""
OFFERS = "SELECT key, unnest(channels) FROM consentfeed.purposes WHERE offered ORDER BY 1, 2"
END_OF_CHUNKS = b"\r\n0\r\n\r\n"


def exported(bench: Bench, load: Load) -> Sides:
    database, new = bench.cluster.kept(f"exported_{load.rows}")
    if new:
        _fill(database, load.rows)
    rows = int(database.value("SELECT count(*) FROM consentfeed.consents"))
    with bench.product(settings={"export_seconds": "3600"}, database=database) as node:
        figures = {"rows": float(rows)}
        for name, accept in (("NDJSON", "application/x-ndjson"), ("CSV", "text/csv")):
            cpu, seconds = CpuMeter(node.pid), _taken(node, accept)
            figures |= {f"{name} rows/s": rows / seconds, f"{name} server CPU s": cpu.read()}
    return {PRODUCT: figures, r"psql \copy": _copied(database, rows)}


def _fill(database: Sql, consents: int) -> None:
    """Customers with all that is offered, some of it granted."""
    each = int(database.value("SELECT sum(cardinality(channels)) FROM consentfeed.purposes"))
    database.run(PEOPLE, consents // each)
    for (purpose,) in database.run("SELECT key FROM consentfeed.purposes"):
        database.run("SELECT consentfeed.give_consents(%s, NULL, 100000000)", purpose)
    database.run(GRANTED)
    database.run("VACUUM ANALYZE")


def _taken(node: Node, accept: str) -> float:
    """Seconds until the whole of an export has come; read as bytes, so that the reader costs nothing."""
    head = (
        f"GET /api/v1/exports/consents HTTP/1.1\r\nHost: 127.0.0.1:{node.port}\r\nAccept: {accept}\r\n"
        f"Authorization: Bearer {bearer('service')}\r\nConnection: close\r\n\r\n"
    )
    begin, tail = time.monotonic(), b""
    with socket.create_connection(("127.0.0.1", node.port), timeout=600) as client:
        client.sendall(head.encode())
        while piece := client.recv(1 << 20):
            tail = (tail + piece)[-len(END_OF_CHUNKS) :]
    if tail != END_OF_CHUNKS:
        raise BenchError("The export is not whole.")
    return time.monotonic() - begin


def _copied(database: Sql, rows: int) -> Figures:
    parts = urlsplit(database.url)
    url = urlunsplit(parts._replace(netloc=f"{parts.username}@{parts.hostname}:{parts.port}"))
    environment = os.environ | {"PGPASSWORD": parts.password or ""}
    query, figures = " ".join(ROWS.split()), {}
    for name, options in (("NDJSON", ""), ("CSV", " (FORMAT csv, HEADER)")):
        command = [str(find_binaries() / "psql"), url, "-qXc", rf"\copy ({query}) TO '/dev/null'{options}"]
        begin = time.monotonic()
        subprocess.run(command, env=environment, check=True)
        figures[f"{name} rows/s"] = rows / (time.monotonic() - begin)
    return figures


def imported(bench: Bench, load: Load) -> Sides:
    """A file of an operator comes in by the command, and once more, when nothing changes."""
    path = bench.home / "import.csv"
    with bench.product() as node:
        _write_file(path, load.rows, node.database.run(OFFERS))
        figures: dict[str, float] = {"rows": float(load.rows)}
        for name in ("", "again: "):
            before, cpu = node.database.head(), CpuMeter(node.pid)
            sql = CpuMeter(postmaster(node.database))
            seconds, command_mb = _import(node, path)
            figures |= {
                f"{name}rows/s": load.rows / seconds,
                f"{name}server CPU s": cpu.read(),
                f"{name}PostgreSQL CPU s": sql.read(),
                f"{name}events": float(node.database.head() - before),
                f"{name}command's memory MB": command_mb,
            }
        figures["rows without an event"] = load.rows - figures["events"]
        figures["server's memory MB"] = _most_memory(node.pid)
    return {PRODUCT: figures}


def _write_file(path: Path, rows: int, offers: list[tuple[str, str]]) -> None:
    """All consents of one customer after the other, as a CRM has them."""
    begin = datetime.now(UTC) - timedelta(days=100)  # no validity has run out: an expiry is an event, too
    with path.open("w") as file:
        file.write("reference,name,email,msisdn,purpose,channel,status,decided_at\n")
        for nth in range(rows):
            who, (purpose, channel) = nth // len(offers), offers[nth % len(offers)]
            at = begin + timedelta(seconds=nth)
            status = "revoked" if nth % 3 == 0 else "granted"
            known = f"MV-{who},Moved {who},moved{who}@example.com,+9477{who % 10**7:07}"
            file.write(f"{known},{purpose},{channel},{status},{at.isoformat()}\n")


def _import(node: Node, path: Path) -> tuple[float, float]:
    """Seconds that the command took, and its most memory."""
    command = [*CONSENTFEED, "import", str(path), "--url", node.url, "--token", bearer("service")]
    begin, most = time.monotonic(), 0.0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as running:
        while running.poll() is None:
            most = max(most, _most_memory(running.pid))
            time.sleep(0.05)
    if running.returncode != 0:
        raise BenchError(f"consentfeed import ended with {running.returncode}.")
    return time.monotonic() - begin, most


def _most_memory(pid: int) -> float:
    """What a process has had resident at most, in MB."""
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    except OSError:  # it has just ended
        return 0.0
    return int(found[1]) / 1024 if found else 0.0
