"""A run: writers write, readers read, things go wrong, and all the while everything is held against the table."""

import random
import time
from collections.abc import Callable, Collection, Sequence
from typing import Any

from tests.oracle import settling
from tests.oracle.checker import ReaderCheck
from tests.oracle.claims import check_claims
from tests.oracle.faults import inflict, possible
from tests.oracle.node import Node
from tests.oracle.reader import Reader
from tests.oracle.verdict import Verdict
from tests.oracle.world import World
from tests.oracle.writer import Writer

SETTLE_SECONDS = 30.0


class Oracle:
    """A world and what is found out about it. settle_seconds: what is not well after that time is late.

    until: a violation of one of these kinds is enough.
    """

    def __init__(
        self, seed: str, *, settle_seconds: float = SETTLE_SECONDS, until: Collection[str] = (), **options: Any
    ) -> None:
        self.world = World(seed, **options)
        self.verdict = Verdict(self.world.folder)
        self._checks = [
            ReaderCheck(reader, self.world.customers, self.verdict) for reader in self.world.readers
        ]  # fmt: skip
        self._settle_seconds = settle_seconds
        self._until = until
        self.last = "none yet"
        self.world.start()

    def inflict(self, name: str) -> None:
        """A fault, and what a supervisor does after it."""
        self.last = name
        inflict(self.world, name)
        self.world.revive()
        self.verdict.counts[name] += 1

    def settle(self) -> None:
        """Waits until all is well, and judges all that was told since the last time."""
        head = settling.hold(self.world)
        self._judge_histories()
        self._judge_errors()
        if self.enough:
            return
        self._late(settling.late_readers(self.world, head, self._settle_seconds))
        self._late(settling.late_receivers(self.world, head, self._settle_seconds))
        self._late(settling.late_stream(self.world, self._settle_seconds))
        for check in self._checks:
            check.look()
        self.world.read()
        self._judge(head)
        if self.enough:
            return
        self.world.forget()
        settling.let_go(self.world)
        self._late(settling.late_writers(self.world, self._settle_seconds))
        self._late(settling.late_nodes(self.world, self._settle_seconds))

    @property
    def enough(self) -> bool:
        """Whether what was looked for has been found."""
        return any(violation.kind in self._until for violation in self.verdict.violations)

    def give_up(self) -> Verdict:
        """Ends all at once; nothing more is found out."""
        self.world.abandon()
        return self.verdict

    def end(self) -> Verdict:
        """Settles for the last time, and ends all."""
        try:
            self.settle()
            for name in self.world.stop():
                self.verdict.add("late", name, "does not end")
            self._judge_log()
            self._judge_diligence()
        finally:
            self.world.close(keep_logs=bool(self.verdict.violations))
        return self.verdict

    def _judge(self, head: int) -> None:
        histories = self.world.histories
        self.verdict.counts["histories"] += len(histories) - 1
        for check in self._checks:
            check.judge(histories, head)
        for writer in self.world.writers:
            check_claims(writer, histories, self.verdict)
        self._judge_histories()
        self._judge_deliveries(head)
        self._judge_notes()
        self._judge_errors()

    def _judge_notes(self) -> None:
        for what in self.world.notes.judge(list(self.world.histories.values())):
            self.verdict.add("log", "signer", what)
        self.verdict.counts["checkpoints"] = self.world.notes.count

    def _judge_deliveries(self, head: int) -> None:
        deliveries = self.world.deliveries
        for kind, what in deliveries.judge(self.world.histories, head):
            self.verdict.add(kind, "receiver", what)
        self.verdict.counts["deliveries"] = deliveries.count
        self.verdict.counts["deliveries that failed"] = deliveries.failures

    def _judge_histories(self) -> None:
        for history in self.world.histories.values():
            for what in history.broken:
                self.verdict.add("log", "table", what)
            history.broken.clear()

    def _judge_errors(self) -> None:
        everybody: list[Node | Reader | Writer] = [*self.world.nodes, *self.world.readers, *self.world.writers]
        for one in everybody:
            for what in one.errors:
                self.verdict.add("error", one.name, what)
            one.errors.clear()

    def _late(self, late: settling.Late) -> None:
        for who, what in late:
            self.verdict.add("late", who, what)
            if self.enough:
                return

    def _judge_log(self) -> None:
        self.verdict.counts["log"] = len(self.world.history.facts)
        for seq, problem in self.world.table("SELECT seq, problem FROM consentfeed.verify_log()"):
            self.verdict.add("log", "verify", f"{seq}: {problem}")
        for node in self.world.nodes:
            for line in node.failures()[:3]:
                self.verdict.add("error", node.name, line[:1000])

    def _judge_diligence(self) -> None:
        """Who did nothing has shown nothing."""
        for reader in self.world.readers:
            self.verdict.counts["silences"] += reader.counts["silences"]
            self.verdict.counts["goodbyes"] += reader.counts["goodbyes"]
            if not reader.counts["events"]:
                self.verdict.add("idle", reader.name, "has read nothing")
        for writer in self.world.writers:
            if not writer.successes:
                self.verdict.add("idle", writer.name, "has written nothing")


def run(
    seed: str,
    faults: Sequence[str] | None = None,
    *,
    goes_on: Callable[[Oracle, int], bool],
    settle_every: int = 1,
    without: Collection[str] = (),
    **options: Any,
) -> Verdict:
    """One run; the seed decides who writes what, and which faults come where none are named.

    goes_on is asked before each fault, with their number so far. without: faults that do not come.
    """
    oracle = Oracle(seed, **options)
    try:
        choose = random.Random(f"{seed}/faults")
        count = 0
        while goes_on(oracle, count):
            oracle.world.pause()
            if faults is None:
                oracle.inflict(choose.choice([name for name in possible(oracle.world) if name not in without]))
            elif faults:
                oracle.inflict(faults[count % len(faults)])
            oracle.world.pause()
            count += 1
            if count % settle_every == 0:
                oracle.settle()
                if oracle.enough:
                    return oracle.give_up()
        return oracle.end()
    except BaseException:
        oracle.world.close(keep_logs=True)
        raise


def for_seconds(seconds: float) -> Callable[[Oracle, int], bool]:
    """Goes on until this time is over."""
    ends = time.monotonic() + seconds
    return lambda _oracle, _count: time.monotonic() < ends
