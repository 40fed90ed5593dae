"""The product broken on purpose, in ways that others have shipped; and by what the oracle must see it."""

import shutil
from pathlib import Path
from typing import Final, NamedTuple

from tests.support.process import ROOT


class Change(NamedTuple):
    """What stands in a file, exactly once, and what stands there instead."""

    there: str
    instead: str


class Mutant(NamedTuple):
    """changes of a file; seen: violations, any of which tells of it, under these faults; before: SQL to run first.

    often: whether it is tried in every run of the tests, or by `make mutants` alone.
    """

    file: str
    changes: tuple[Change, ...]
    seen: tuple[str, ...]
    faults: tuple[str, ...] = ()
    before: str = ""
    often: bool = False


_LOCK = Change("    LOCK TABLE consentfeed.log_order IN EXCLUSIVE MODE;\n", "")

MUTANTS: Final = {
    "it reads before it listens": Mutant(
        "consentfeed/postgres/listener.py",
        (
            Change(
                """\
            await connection.add_listener("consentfeed", self._hear)
""",
                """\
            self._wake(None, 0)
            await asyncio.sleep(5)  # what is rare where it is not looked for
            await connection.add_listener("consentfeed", self._hear)
""",
            ),
            Change(
                """\
            # LISTEN first, then read: what was committed in between is found by one or the other.
            self._wake(None, 0)
""",
                "",
            ),
        ),
        seen=("late",),
        faults=("backends_are_terminated",),
    ),
    "a sequence gives the position": Mutant(
        "sql/functions/log/append_events.sql",
        (
            _LOCK,
            Change("_seq := _seq + 1;", "_seq := nextval('consentfeed.positions');"),
        ),
        seen=("log", "reset"),
        before="CREATE SEQUENCE consentfeed.positions",
    ),
    "the log is not locked": Mutant("sql/functions/log/append_events.sql", (_LOCK,), seen=("error",)),
    "the last frame of a write is dropped": Mutant(
        "consentfeed/stream/frames.py",
        (
            Change(
                """\
    if last is not None:
        yield b"".join(frames), len(frames), last.position
""",
                """\
    if last is not None:
        yield b"".join(frames[:-1] or frames), len(frames), last.position
""",
            ),
        ),
        seen=("lost",),
    ),
    "the last frames before a close are dropped": Mutant(
        "consentfeed/stream/streams.py",
        (
            Change(
                "stream.reader.connection.end(frames.goodbye(reason))",
                "_goodbye(stream.reader, reason, lambda: stream.ids.write(self.pump.position))",
            ),
            Change(
                "class Streams:\n",
                """\
async def _goodbye(reader: Reader, reason: str, resume: Any) -> None:
    await asyncio.sleep(0.5)  # what is rare where it is not looked for
    await reader.connection.end(f"id: {resume()}\\n".encode() + frames.goodbye(reason))

class Streams:
""",
            ),
            Change("from typing import Final\n", "from typing import Any, Final\n"),
        ),
        seen=("lost",),
        faults=("nodes_are_rolled",),
    ),
    "joiners get what is being sent": Mutant(
        "consentfeed/stream/pump.py",
        (
            Change(
                """\
        self.follower.position = self._feed.head
        for group, matches, readers in work:
            # The readers as they stood before: who joined since lacks nothing of this batch.
            await self._send(readers, list(chunks(matches, group.ids)), before, slices)
""",
                """\
        for group, matches, readers in work:
            await self._send(readers, list(chunks(matches, group.ids)), before, slices)
            await asyncio.sleep(0.01)
        self.follower.position = self._feed.head
""",
            ),
        ),
        seen=("repeated", "lost"),
    ),
    "a customer's replay forgets whose it is": Mutant(
        "consentfeed/stream/pump.py",
        (
            Change(
                "events = None if reader.filter.owner else self._feed.after(reader.position)",
                "events = self._feed.after(reader.position)",
            ),
            Change("and reader.filter.matches(e)", "and (reader.filter.owner or reader.filter.matches(e))"),
        ),
        seen=("foreign",),
        often=True,
    ),
    "a customer gets what happens to another": Mutant(
        "consentfeed/stream/readers.py",
        (
            Change(
                "for group in self._by_customer.get(event.customer_id, ()):",
                "for group in set().union(*self._by_customer.values()):",
            ),
            Change("if group.filter.matches(event):\n", "if group.filter.owner or group.filter.matches(event):\n"),
        ),
        seen=("foreign",),
    ),
    "a heartbeat names the head of the log before it is sent": Mutant(
        "consentfeed/stream/pump.py",
        (
            Change(
                "            await self.follower.wait(beat_at - time.monotonic())\n",
                """\
            await self.follower.wait(beat_at - time.monotonic())
            await asyncio.sleep(0.05)  # more at once
""",
            ),
            Change("            await self._round()\n            if self._beat_now", "            if self._beat_now"),
            Change(
                """\
                await self._beat()

""",
                """\
                await self._beat()
            await self._round()

""",
            ),
            Change(
                "group.resume_position if group.filter.owner and group.resume_position else self.position\n",
                "group.resume_position if group.filter.owner and group.resume_position else self._feed.head\n",
            ),
        ),
        seen=("lost",),
    ),
    "it resumes one event too far": Mutant(
        "consentfeed/stream/pump.py",
        (
            Change(
                "(e for e in events if e.seq <= upto.seq and",
                "(e for e in events[1:] if e.seq <= upto.seq and",
            ),
        ),
        seen=("lost",),
    ),
    "a webhook goes on although it was not taken": Mutant(
        "consentfeed/webhooks/delivery.py",
        (
            Change(
                "        if failure is None:\n            metrics",
                "        if failure is None or True:\n            metrics",
            ),
        ),
        seen=("lost",),
    ),
    "a lost history is not noticed by its streams": Mutant(
        "consentfeed/stream/pump.py",
        (
            Change(
                """\
            await self._tell_lost(reader, "forked")
            return
""",
                """\
            reader.generation, reader.position = self.follower.generation, self.position
""",
            ),
        ),
        seen=("unsignalled",),
        faults=("standby_takes_over_without_the_last_commits",),
    ),
    "an unknown outcome is told as a failure": Mutant(
        "consentfeed/writes/writer.py",
        (
            Change(
                """self._fail(batch, "outcome-unknown", "Send""",
                """self._fail(batch, "database-away", "Send""",
            ),
        ),
        seen=("claims",),
        faults=("answers_are_lost",),
        often=True,
    ),
    "a key is forgotten when it is asked for": Mutant(
        "sql/functions/consents/record_decisions.sql",
        (Change("            AND kept.created_at < statement_timestamp() - interval '24 hours';\n", ";\n"),),
        seen=("log",),
    ),
}


def make(mutant: Mutant, folder: Path) -> str:
    """A copy of package and SQL in the folder with the mutant in it; the SQL to run where it is one of SQL."""
    for part in ("consentfeed", "sql"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    file = folder / mutant.file
    text = file.read_text()
    for there, instead in mutant.changes:
        if text.count(there) != 1:
            raise ValueError(f"{mutant.file} has changed: {there!r}")
        text = text.replace(there, instead)
    file.write_text(text)
    return f"{mutant.before}; {text}" if file.suffix == ".sql" else ""
