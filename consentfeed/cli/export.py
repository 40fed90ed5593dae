"""`consentfeed export`: every consent that fits, to a file that is whole or is not there."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import click
import httpx

from consentfeed.cli import terminal
from consentfeed.cli.remote import TOKEN, URL, cause, refusal, service
from consentfeed.client import Refused

_MEDIA: Final = {"ndjson": "application/x-ndjson", "csv": "text/csv"}
_NOT_WHOLE: Final = "the export is not whole, so nothing is kept: "
_TAIL: Final = 200  # bytes, in which the end of NDJSON is


@click.command()
@click.option("--format", type=click.Choice([*_MEDIA]), default="ndjson", show_default=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The file to be written; else stdout.")
@click.option("--purpose", multiple=True, help="Of this purpose alone; it and those below may be repeated.")
@click.option("--channel", multiple=True, help="Of this channel alone.")
@click.option("--status", multiple=True, type=click.Choice(["pending", "granted", "revoked", "expired"]))
@click.option("--updated-after", help="Changed after this time alone, such as 2026-11-22T00:00:00Z.")
@click.option("--updated-before", help="Changed before this time alone.")
@URL
@TOKEN
def export(format: str, output: Path | None, url: str, token: str | None, **filters: object) -> None:
    """Takes out every consent that fits, from one snapshot, as lines of JSON or as CSV."""
    scratch = output.with_name(f"{output.name}.part") if output else None
    wanted = {name: value for name, value in filters.items() if value}
    with service(url, token) as http:
        try:
            if scratch is None:
                end = _receive(http, format, wanted, terminal.piece)
            else:
                with scratch.open("wb") as file:
                    end = _receive(http, format, wanted, file.write)
                    file.flush()
                    os.fsync(file.fileno())
                scratch.replace(output or scratch)
        except httpx.HTTPError as error:
            raise Refused(_NOT_WHOLE + cause(error)) from None
        finally:
            if scratch:
                scratch.unlink(missing_ok=True)
    terminal.note(end)


def _receive(http: httpx.Client, format: str, filters: dict[str, object], write: Callable[[bytes], int]) -> str:
    """Writes all that comes; what came. Raises Refused and HTTPError where that is not everything."""
    headers = {"Accept": _MEDIA[format]}
    with http.stream("GET", "/api/v1/exports/consents", params=filters, headers=headers) as answer:  # type: ignore[arg-type]
        if answer.status_code != 200:
            answer.read()
            raise refusal(answer)
        about, lines, tail = int(answer.headers.get("consentfeed-about", 0)), 0, b""
        with terminal.progress("consents", about) as bar:
            for piece in answer.iter_bytes():
                write(piece)
                count = piece.count(b"\n")
                lines, tail = lines + count, (tail + piece)[-_TAIL:]
                bar.update(count)
    rows = lines - 1  # the header of CSV, or the end of NDJSON
    if format == "ndjson":
        _check_end(tail, rows)
    return f"{rows} consents as of {answer.headers.get('consentfeed-position')}"


def _check_end(tail: bytes, rows: int) -> None:
    try:
        end = json.loads(tail.splitlines()[-1])["end"]["rows"]
    except (ValueError, LookupError, TypeError):
        end = None
    if end != rows:
        raise Refused(f"{_NOT_WHOLE}{rows + 1} lines came, and no end that fits them")
