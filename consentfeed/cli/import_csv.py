"""A file of decisions, read row by row, whatever its delimiter and encoding; a damaged one is refused as a whole."""

import codecs
import csv
import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any, Final, NamedTuple

from consentfeed.errors import ConsentfeedError

FIELDS: Final = (
    "id", "reference", "name", "email", "msisdn", "customer_language", "purpose", "channel", "status", "decided_at",
    "decision_reference", "notice_version", "language",
)  # fmt: skip
_OF_THE_CUSTOMER: Final = {
    "id": "id", "reference": "reference", "name": "name", "email": "email", "msisdn": "msisdn",
    "customer_language": "language",
}  # fmt: skip
_NEEDED: Final = ("purpose", "channel", "status", "decided_at")
# What our own export calls them.
_ALIASES: Final = {"customer_id": "id", "notice_language": "language"}
_DELIMITERS: Final = ",;\t|"
_LONGEST_CELL: Final = 64 << 10  # a quote that never closes takes no more memory than this
_BOMS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_DEFUSED: Final = re.compile(r"'[-=+@＝＋－＠]")


class BadFile(ConsentfeedError):
    """The file cannot be read as it is; nothing of it was sent. The message says where, and what to do."""


class Layout(NamedTuple):
    """How a file is written, what its columns mean (None: nothing), and how many rows it has.

    fixed: fields that are the same in each row. sha256: of the whole file.
    """

    encoding: str
    delimiter: str
    columns: tuple[str | None, ...]
    unused: tuple[str, ...]
    fixed: dict[str, str]
    rows: int
    sha256: str


class Row(NamedTuple):
    """A row: its number among the rows, the line on which it ends, and what it says as the API takes it."""

    number: int
    line: int
    body: dict[str, Any]


def look_at(path: Path, delimiter: str | None, names: dict[str, str], fixed: dict[str, str]) -> Layout:
    """Reads all of it once, and keeps nothing; names: fields by column. Raises BadFile and OSError."""
    digest, head = hashlib.sha256(), b""
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            head = head or piece[:4]
            digest.update(piece)
    encoding = next((name for bom, name in _BOMS if head.startswith(bom)), "utf-8")
    with _readable(path, encoding):
        delimiter = delimiter or _delimiter(path, encoding)
        with path.open(encoding=encoding, newline="") as text:
            cells = _reader(text, delimiter)
            header = [cell.strip() for cell in next(cells, [])]
            columns = _columns(header, names, fixed)
            rows = sum(_fits(cells.line_num, row, len(header)) for row in cells if row)
    unused = tuple(name for name, field in zip(header, columns, strict=True) if field is None)
    return Layout(encoding, delimiter, columns, unused, fixed, rows, digest.hexdigest())


def rows_of(path: Path, layout: Layout, zone: tzinfo | None, time_format: str | None) -> Iterator[Row]:
    """The rows, one after the other. Raises as look_at(), where the file was changed meanwhile."""
    with _readable(path, layout.encoding), path.open(encoding=layout.encoding, newline="") as text:
        cells = _reader(text, layout.delimiter)
        next(cells, None)
        for number, row in enumerate((row for row in cells if row), 1):
            _fits(cells.line_num, row, len(layout.columns))
            said = layout.fixed | {
                field: _undefused(cell.strip()) for field, cell in zip(layout.columns, row, strict=True) if field
            }
            yield Row(number, cells.line_num, _body(said, number, zone, time_format))


def _body(said: dict[str, str], number: int, zone: tzinfo | None, time_format: str | None) -> dict[str, Any]:
    customer = {_OF_THE_CUSTOMER[field]: value for field, value in said.items() if field in _OF_THE_CUSTOMER and value}
    version = said.get("notice_version")
    return {
        "customer": customer,
        "purpose": said.get("purpose", ""),
        "channel": said.get("channel", ""),
        "status": said.get("status", "").lower() or None,
        "decided_at": _time(said.get("decided_at", ""), zone, time_format),
        "reference": said.get("decision_reference") or f"row {number}",
        # What is no number, the service refuses, in its words.
        "notice_version": int(version) if version and version.isdecimal() else version or None,
        "language": said.get("language") or None,
    }


def _time(text: str, zone: tzinfo | None, time_format: str | None) -> str:
    """With its zone where it has one, or where one is given; what is no time, the service refuses."""
    try:
        at = datetime.strptime(text, time_format) if time_format else datetime.fromisoformat(text)  # noqa: DTZ007
    except ValueError:
        return text
    return (at if at.tzinfo or zone is None else at.replace(tzinfo=zone)).isoformat()


def _undefused(cell: str) -> str:
    """Without the apostrophe that keeps a spreadsheet from running it."""
    return cell[1:] if _DEFUSED.match(cell) else cell


def _delimiter(path: Path, encoding: str) -> str:
    """The one by which the header has most columns."""
    with path.open(encoding=encoding, newline="") as text:
        first = text.readline(_LONGEST_CELL)
    return max(_DELIMITERS, key=lambda one: len(next(csv.reader([first], delimiter=one), [])))


def _columns(header: Sequence[str], names: dict[str, str], fixed: dict[str, str]) -> tuple[str | None, ...]:
    """What each column means; raises BadFile."""
    if not any(header):
        raise BadFile("the file has no header: the first line names the columns")
    if twice := [name for name, count in Counter(header).items() if count > 1]:
        raise BadFile(f"the column {twice[0]!r} is there twice: rename one of them")
    if missing := [name for name in names if name not in header]:
        raise BadFile(f"there is no column {missing[0]!r} to map; there are {', '.join(header)}")
    columns = tuple(names.get(name) or _ALIASES.get(name) or (name if name in FIELDS else None) for name in header)
    found = Counter([field for field in columns if field] + list(fixed))
    if twice := [field for field, count in found.items() if count > 1]:
        raise BadFile(f"{twice[0]} is said twice: two columns, or a column and --set, mean it")
    missing = [field for field in _NEEDED if field not in found]
    if not {"id", "reference"} & {*found}:
        missing.append("id or reference")
    if missing:
        hint = "is the --delimiter right?" if len(header) == 1 else f"there are {', '.join(header)}; --map column=field"
        raise BadFile(f"no column for {', '.join(missing)}: {hint}")
    return columns


def _reader(text: Any, delimiter: str) -> Any:
    csv.field_size_limit(_LONGEST_CELL)
    return csv.reader(_without_nul(text), delimiter=delimiter, strict=True)


def _without_nul(lines: Any) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        if "\0" in line:
            raise BadFile(f"line {number} holds a NUL: the file is damaged, or is UTF-16 without its mark (BOM)")
        yield line


def _fits(line: int, row: Sequence[str], width: int) -> bool:
    if len(row) != width:
        raise BadFile(f"the row that ends on line {line} has {len(row)} cells, and the header {width}")
    return True


@contextmanager
def _readable(path: Path, encoding: str) -> Iterator[None]:
    try:
        yield
    except UnicodeDecodeError:
        name = "UTF-16" if encoding == "utf-16" else "UTF-8"
        raise BadFile(f"{path} is not in {name} throughout: save it as UTF-8, or as UTF-16 with its mark") from None
    except csv.Error as error:
        if "field larger" in str(error) or "unexpected end of data" in str(error):
            raise BadFile(f"a quote in {path} never closes, or a cell is longer than {_LONGEST_CELL} letters") from None
        raise BadFile(f"{path} is no CSV: {error}") from None
