"""The workers of a node of several processes, as the kernel and its metrics know them."""

import re
from pathlib import Path

import httpx

from tests.support.node_process import NodeProcess


def pids(node: NodeProcess) -> list[int]:
    """Processes that the supervisor has started."""
    tasks = Path(f"/proc/{node.pid}/task").iterdir()
    return sorted(int(pid) for task in tasks for pid in (task / "children").read_text().split())


def metric(node: NodeProcess, name: str) -> dict[str, float]:
    """Values of a metric by the text of their labels."""
    text = httpx.get(node.url + "/metrics", trust_env=False, timeout=10).text
    found = re.findall(rf"^{name}(?:{{(.*)}})? (\S+)$", text, re.MULTILINE)
    assert found, f"no {name} in the metrics"
    return {labels: float(value) for labels, value in found}


def reasons(node: NodeProcess) -> list[str]:
    """Why the node is not ready."""
    return list(httpx.get(node.url + "/readyz", trust_env=False, timeout=10).json()["reasons"])
