"""What commands print: results on stdout, everything else on stderr, and nothing that a terminal would obey."""

import errno
import io
import json
import os
import select
import signal
import sys
import threading
from contextlib import suppress
from typing import Any, Final

import click

READER_GONE: Final = 128 + signal.SIGPIPE
# Zero-width joiner and non-joiner: Sinhala is written with them, and they move nothing on a screen.
_JOINERS: Final = frozenset("\u200c\u200d")


def printable(text: str) -> str:
    """The text as one line, without characters that a terminal obeys, or that hide or turn others.

    They are escaped as in JSON, so that a line of JSON stays the same JSON.
    """
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() or character in _JOINERS else json.dumps(character)[1:-1]
        for character in text
    )


def result(text: str) -> None:
    """One line on stdout, whoever the text is from."""
    verbatim(f"{printable(text)}\n")


def result_json(value: object) -> None:
    """One line of JSON on stdout."""
    encoding = getattr(sys.stdout, "encoding", None) or ""
    result(json.dumps(value, ensure_ascii=encoding.lower() != "utf-8"))


def verbatim(text: str) -> None:
    """A text of our own on stdout, as it is. Raises OSError where it cannot be written."""
    if sys.stdout is None:
        raise OSError(errno.EBADF, "stdout is closed")
    click.echo(text, nl=False)


def note(text: str) -> None:
    """One line on stderr, whoever the text is from, and however many lines it has."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    click.echo(f"consentfeed: {printable('; '.join(line for line in lines if line))}", err=True)


def piece(data: bytes) -> int:
    """A piece of a result that is no text of ours; how much was written."""
    count = sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
    return count


def progress(label: str, length: int) -> Any:
    """A context with update(count), and a bar on stderr where that is a terminal."""
    return click.progressbar(length=length, label=label, show_pos=True, file=sys.stderr, hidden=not sys.stderr.isatty())


def usage(error: click.ClickException) -> None:
    """What click says of arguments that it does not understand, on stderr; they may be anybody's."""
    text = io.StringIO()
    error.show(text)
    for line in text.getvalue().rstrip("\n").split("\n"):
        click.echo(printable(line), err=True)


def take_any_text() -> None:
    """Lets stdout escape what its encoding does not have, rather than fail in the middle of a result."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def give_up_stdout() -> None:
    """Lets go of what stdout did not take: Python would try once more at its end, and make the status another."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def end_with_reader() -> None:
    """Ends this process, as SIGPIPE does, as soon as whoever reads stdout has gone: there may be nothing to write for
    hours, and `consentfeed tail | head -1` would not end before."""
    with suppress(OSError):  # no descriptor: a test reads it
        poll = select.poll()
        poll.register(sys.stdout.fileno(), 0)  # POLLERR and POLLHUP are reported all the same
        threading.Thread(target=_wait_for_end, args=(poll,), daemon=True).start()


def _wait_for_end(poll: "select.poll") -> None:
    poll.poll()
    os._exit(READER_GONE)
