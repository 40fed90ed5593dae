"""`consentfeed import`: a file of decisions that were made elsewhere, with their dates."""

import csv
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import tzinfo
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from consentfeed.cli import terminal
from consentfeed.cli.import_csv import FIELDS, look_at, rows_of
from consentfeed.cli.import_sender import Outcome, Sender
from consentfeed.cli.remote import TOKEN, URL, service
from consentfeed.client import Refused

_FINE: Final = ("recorded", "unchanged", "superseded", "skipped")
_ORDER: Final = (*_FINE, "erased")
_FIRST: Final = 10
_PATIENCE_SECONDS: Final = 120.0


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--map", "maps", multiple=True, metavar="COLUMN=FIELD", help=f"Fields: {', '.join(FIELDS)}.")
@click.option("--set", "sets", multiple=True, metavar="FIELD=VALUE", help="The same in each row, such as purpose=news.")
@click.option("--dry-run", is_flag=True, help="Says what would happen, and keeps nothing.")
@click.option("--report", type=click.Path(path_type=Path), help="A CSV with a line for each row that is not recorded.")
@click.option("--zone", help="Of times without one, such as Asia/Colombo.")
@click.option("--time-format", help="Of times that are not as in ISO 8601, such as %d/%m/%Y.")
@click.option("--delimiter", help="Between two cells; found by the header if left out.")
@click.option("--source", help="Where the rows are from, for the log; by default the file's hash.")
@URL
@TOKEN
def import_(
    file: Path,
    maps: tuple[str, ...],
    sets: tuple[str, ...],
    dry_run: bool,
    report: Path | None,
    zone: str | None,
    time_format: str | None,
    delimiter: str | None,
    source: str | None,
    url: str,
    token: str | None,
) -> None:
    """Imports decisions from a CSV file; it may be started again at any time, and then changes nothing twice."""
    where = _zone(zone)
    if delimiter is not None and len(delimiter) != 1:
        raise click.UsageError("--delimiter is one character.")
    names, fixed, tally = _pairs(maps, "--map", last=True), _pairs(sets, "--set", last=False), _Tally()
    with service(url, token) as http:
        layout = look_at(file, delimiter, names, fixed)
        if layout.unused:
            terminal.note(f"not used: the columns {', '.join(layout.unused)}")
        body = {"source": source or f"file-{layout.sha256[:16]}", "dry_run": dry_run, "import_id": str(uuid.uuid4())}
        sender = Sender(http, body, _PATIENCE_SECONDS, terminal.note)
        with _report(report) as write, terminal.progress("rows", layout.rows) as bar:
            for outcomes in sender.send(rows_of(file, layout, where, time_format)):
                for one in outcomes:
                    tally.add(one)
                    write(one)
                bar.update(len(outcomes))
    tally.say(dry_run)
    if bad := tally.bad:
        would = "would not be" if dry_run else "were not"
        raise Refused(f"{bad} of {layout.rows} rows {would} imported" + ("" if report else "; --report says which"))


class _Tally:
    """What became of the rows: how many of each kind, and the first of them."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._first: dict[str, list[Outcome]] = {}

    def add(self, one: Outcome) -> None:
        """One more."""
        self._counts[one.code] += 1
        first = self._first.setdefault(one.code, [])
        if len(first) < _FIRST:
            first.append(one)

    @property
    def bad(self) -> int:
        """How many were erased or refused."""
        return sum(count for code, count in self._counts.items() if code not in _FINE)

    def say(self, dry_run: bool) -> None:
        """A line for each kind; of a dry run, and of problems, with the first rows."""
        codes = [code for code in _ORDER if code in self._counts]
        codes += sorted(code for code in self._counts if code not in _ORDER)
        for code in codes:
            terminal.result(f"{code:<12} {self._counts[code]}")
            if dry_run or code not in _ORDER:
                for one in self._first[code]:
                    terminal.result(f"  row {one.number} (line {one.line}){': ' if one.detail else ''}{one.detail}")


@contextmanager
def _report(path: Path | None) -> Iterator[Any]:
    """Writes outcomes to a file that gets its name when it is whole."""
    if path is None:
        yield lambda _: None
        return
    scratch = path.with_name(f"{path.name}.part")
    try:
        with scratch.open("w", encoding="utf-8", newline="") as file:
            lines = csv.writer(file)
            lines.writerow(("row", "line", "outcome", "detail"))
            yield lambda one: one.code == "recorded" or lines.writerow(one)
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)


def _pairs(given: tuple[str, ...], option: str, *, last: bool) -> dict[str, str]:
    """Pairs with a field on one side: the last of the two where it is mapped to. Raises UsageError."""
    pairs = {}
    for text in given:
        left, equals, right = text.rpartition("=") if last else text.partition("=")
        if not equals or (right if last else left) not in FIELDS:
            raise click.UsageError(f"{option} {text}: the fields are {', '.join(FIELDS)}.")
        pairs[left] = right
    return pairs


def _zone(name: str | None) -> tzinfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise click.UsageError(f"--zone {name}: not a time zone, such as Asia/Colombo.") from None
