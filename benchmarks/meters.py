"""What processes have used: CPU seconds, memory, and memory of the kernel for them."""

from __future__ import annotations

import os
from pathlib import Path

from tests.support.database import Sql

PAGE = os.sysconf("SC_PAGE_SIZE")


class CpuMeter:
    """CPU seconds of some programs and what they have started, since this was made."""

    def __init__(self, *pids: int) -> None:
        self._pids = pids
        self._begin = self._now()

    def _now(self) -> float:
        table = _processes()
        return sum(table[pid][1] for root in self._pids for pid in _tree(root, table))

    def read(self) -> float:
        return self._now() - self._begin

    @property
    def total(self) -> float:
        """Since they were started."""
        return self._now()


def postmaster(database: Sql) -> int:
    """The process that all of PostgreSQL's are children of."""
    with database.connect() as connection:
        return _processes()[connection.info.backend_pid][0]


def resident(*pids: int) -> int:
    """Bytes in memory of these programs and what they have started."""
    table = _processes()
    return sum(_resident(pid) for root in pids for pid in _tree(root, table))


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    except OSError:
        return 0  # it has ended meanwhile


def kernel() -> int:
    """Bytes of the kernel's tables (of the whole machine), and of TCP's buffers."""
    slab = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("Slab:"))
    tcp = next(line for line in Path("/proc/net/sockstat").read_text().splitlines() if line.startswith("TCP:"))
    return int(slab.split()[1]) * 1024 + int(tcp.split()[-1]) * PAGE


def _processes() -> dict[int, tuple[int, float]]:
    """By pid: the parent, and the CPU seconds of the process and of its children that are gone."""
    ticks, table = os.sysconf("SC_CLK_TCK"), {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = entry.joinpath("stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        table[int(entry.name)] = int(fields[1]), sum(map(int, fields[11:15])) / ticks
    return table


def _tree(root: int, table: dict[int, tuple[int, float]]) -> set[int]:
    pids, size = {root} & table.keys(), 0
    while len(pids) > size:
        size = len(pids)
        pids |= {pid for pid, (parent, _) in table.items() if parent in pids}
    return pids
