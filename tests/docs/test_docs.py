"""The docs' tables are what the code says, and its one lists are complete."""

import ast
import re
from dataclasses import fields
from pathlib import Path

import pytest
from prometheus_client.metrics import MetricWrapperBase

from benchmarks.cases import CASES
from consentfeed import metrics
from consentfeed.doctor.checks import OF_THE_DATABASE, OF_THE_URL
from consentfeed.errors import PROBLEMS
from consentfeed.node.wiring import Node
from consentfeed.settings import Settings, variable
from consentfeed.url_parameters import PARAMETERS
from tests.support.tokens import SECRET

ROOT = Path(__file__).parents[2]


def _settings() -> list[str]:
    """A section for each group."""
    lines: list[str] = []
    for group in Settings.__bases__:
        lines += [
            f"### {str(group.__doc__).rstrip('.')}",
            "",
            "| variable | default | meaning |",
            "| --- | --- | --- |",
        ]
        for one in fields(group):
            default = "" if one.default in {None, ""} else f"`{one.default}`"
            lines.append(f"| `{variable(one.name)}` | {default} | {one.metadata['meaning']} |")
        lines.append("")
    return lines[:-1]


def _metrics() -> list[str]:
    rows = ["| metric | type | meaning |", "| --- | --- | --- |"]
    for metric in metrics.registry.collect():
        name = metric.name + ("_total" if metric.type == "counter" else "")
        rows.append(f"| `{name}` | {metric.type} | {metric.documentation} |")
    return rows


def _checks() -> list[str]:
    rows = ["| check | what it looks at |", "| --- | --- |"]
    for name, check in {**OF_THE_DATABASE, **OF_THE_URL}.items():
        rows.append(f"| `{name}` | {check.__doc__} |")
    return rows


def _problems() -> list[str]:
    rows = ["| status | code | title | what to do | Retry-After |", "| --- | --- | --- | --- | --- |"]
    for code, kind in PROBLEMS.items():
        rows.append(f"| {kind.status} | `{code}` | {kind.title} | {kind.detail} | {kind.retry_after or ''} |")
    return rows


def _routes() -> list[str]:
    node = Node(Settings(database_url="postgresql://nobody@127.0.0.1:1/none", secret=SECRET))
    rows = ["| route | who | scope | what |", "| --- | --- | --- | --- |"]
    return rows + [
        f"| `{one.name}` | {', '.join(one.access.roles) or 'open'} | {one.access.scope} | {one.summary} |"
        for one in node.endpoints
    ]


def _parameters() -> list[str]:
    rows = ["| parameter | meaning | values |", "| --- | --- | --- |"]
    for name, one in PARAMETERS.items():
        rows.append(f"| `{name}` | {one.meaning} | {', '.join(f'`{value}`' for value in one.values)} |")
    return rows


def _cases() -> list[str]:
    rows = [
        "| case | what it measures, and why a user cares | load | compared with | marks |",
        "| --- | --- | --- | --- | --- |",
    ]
    for case in CASES:
        marks = "; ".join(f"{mark.figure} {mark}" for mark in case.marks if mark.most != 0)
        rows.append(f"| `{case.name}` | {case.why} | {case.load} | {', '.join(case.compared)} | {marks} |")
    return rows


@pytest.mark.parametrize(
    ("file", "mark", "table"),
    [
        ("settings.md", "settings", _settings),
        ("settings.md", "parameters", _parameters),
        ("operations.md", "metrics", _metrics),
        ("operations.md", "checks", _checks),
        ("api.md", "problems", _problems),
        ("api.md", "routes", _routes),
        ("performance.md", "cases", _cases),
    ],
)
def test_a_table_of_the_docs_says_what_the_code_says(file: str, mark: str, table: object) -> None:
    assert callable(table)
    expected = "\n".join(table())
    text = (ROOT / "docs" / file).read_text()
    found = re.search(rf"<!-- {mark} -->\n\n((?:\|.*\n|###.*\n|\n(?=###|\|))*)", text)
    assert found, f"docs/{file} has no table after <!-- {mark} -->"
    assert found[1].rstrip("\n") == expected, f"docs/{file}: the table should be\n\n{expected}"


def test_every_problem_tells_what_to_do_and_when_to_try_again() -> None:
    assert not [code for code, kind in PROBLEMS.items() if not re.fullmatch(r"[A-Z].{10,}\.", kind.detail)]
    assert not [code for code, kind in PROBLEMS.items() if (kind.status in {429, 503}) != bool(kind.retry_after)]


def test_every_setting_is_used() -> None:
    lists = {"settings.py", "setting_groups.py"}
    source = "\n".join(path.read_text() for path in (ROOT / "consentfeed").rglob("*.py") if path.name not in lists)
    assert not [one.name for one in fields(Settings) if f".{one.name}" not in source]


def test_every_metric_is_set_somewhere() -> None:
    source = "\n".join(path.read_text() for path in (ROOT / "consentfeed").rglob("*.py") if path.name != "metrics.py")
    names = [name for name in vars(metrics) if isinstance(getattr(metrics, name), MetricWrapperBase)]
    assert len(names) > 15
    assert not [name for name in names if f"metrics.{name}" not in source]


def test_the_architecture_page_names_every_room() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    rooms = [path.parent.name for path in (ROOT / "consentfeed").glob("*/__init__.py")]
    assert len(rooms) >= 12
    assert not [room for room in rooms if f"[`{room}/`](../consentfeed/{room})" not in text]


def test_every_room_says_what_it_is() -> None:
    for path in (ROOT / "consentfeed").glob("*/__init__.py"):
        module = ast.parse(path.read_text())
        text = ast.get_docstring(module) or ""
        assert [part for part in ("In:", "Out:", "Always so:") if part in text] == ["In:", "Out:", "Always so:"], path
        # What other programs import has one, as the contract says: from consentfeed.client import Client.
        assert len(module.body) == 1 or path.parent.name == "client", (
            f"{path} imports or defines something: a room has no face of its own"
        )
