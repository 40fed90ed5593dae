"""Holds what a reader was told against the truth."""

from typing import Final

from tests.oracle.reader import Consents, Mark, Reader
from tests.oracle.truth import Fact, History
from tests.oracle.verdict import Verdict

Histories = dict[int, History]  # by their number; the last is the present one


class ReaderCheck:
    """One reader's marks, one after the other, each looked at once; it stands at an event of one history, or more."""

    def __init__(self, reader: Reader, customers: dict[str, tuple[str, str, str]], verdict: Verdict) -> None:
        self.reader: Final = reader
        self._sees = reader.sees
        self._customers = customers  # and purpose and channel, by consent
        self._verdict = verdict
        self._at = 0
        self._in = {0}
        self._marks: list[Mark] = []
        self._consents: Consents = {}

    def look(self) -> None:
        """Takes what the reader has been told so far. The truth is read after it, so that it must be there."""
        self._marks = list(self.reader.marks)
        del self.reader.marks[: len(self._marks)]
        self._consents = dict(self.reader.consents)

    def judge(self, all: Histories, head: int) -> None:
        """Exactly the events it may see, once, in order, no gap without a reset, up to event `head` at least."""
        # What it has seen may also be the beginning of a history that has begun since.
        self._in = {number for number in all if all[number].begins_like(all[max(self._in)], self._at)}
        for mark in self._marks:
            self._verdict.counts[mark.kind] += 1
            if mark.kind == "start":
                self._start(mark, all)
            else:
                self._go_on(mark, all)
        self._end(all, head)

    # Where it starts

    def _start(self, mark: Mark, all: Histories) -> None:
        if mark.reason:
            self._verdict.counts[f"reset: {mark.reason}"] += 1
            if mark.reason not in self._causes(all):
                self._violated("reset", f"{mark.reason}, at event {self._at}")
        self._move(mark, all)
        # A list after a reset to a history that was gone again is another's; but then there is a further reset.
        if mark.consents is not None and max(self._in) == max(all):
            for what in min((self._compare(mark.consents, all[number]) for number in self._in), key=len):
                self._violated("list", what)

    def _causes(self, all: Histories) -> set[str]:
        """Why there may be a reset here."""
        causes = set()
        if len(all) > 1:  # since all were last seen to stand in the same history there has been another
            causes |= {"forked", "unknown"}
        if self._at < max(history.dropped for history in all.values()):
            causes |= {"unknown"} if self._sees.owner else {"pruned"}
        return causes

    def _move(self, mark: Mark, all: Histories) -> None:
        """To a position wherever it is."""
        self._in = {number for number, history in all.items() if self._sees.seq_in(history, mark.id) >= 0}
        if not self._in:
            self._violated("altered", f"{mark.kind} {mark.id} is in no history")
            self._in = {max(all)}
        history = all[max(self._in)]
        self._at = max(self._sees.seq_in(history, mark.id), 0)
        self._owns(history, self._at)

    def _compare(self, consents: Consents, history: History) -> list[str]:
        """A list holds all consents but those that changed later, none older than its position, each as it was."""
        own = {consent for consent, (owner, *_) in self._customers.items() if self._sees.owner in ("", owner)}
        later = {fact.consent for fact in history.facts[self._at :]}
        wrong = []
        if not own - later <= consents.keys() <= own:
            wrong.append(f"{len(consents)} consents of {len(own)}, {len(later)} of which changed later")
        for consent, (version, status) in consents.items():
            seq, newer = history.event_of(consent, version), history.event_of(consent, version + 1)
            if (version > 0 and seq is None) or (newer is not None and newer <= self._at):
                wrong.append(f"consent {consent} has version {version} in a list at event {self._at}")
            elif not _same(status, history.facts[seq - 1].status if seq else "pending"):
                wrong.append(f"consent {consent} is {status} in a list at event {self._at}")
        return wrong

    # How it goes on

    def _go_on(self, mark: Mark, all: Histories) -> None:
        seqs = {number: self._sees.seq_in(all[number], mark.id) for number in self._in}
        here = {number for number, seq in seqs.items() if seq >= 0}
        if not here:
            there = [(number, seq) for number, one in all.items() if (seq := self._sees.seq_in(one, mark.id)) >= 0]
            where = f"{mark.kind} {mark.id} is {there or 'nowhere'}; it was at event {self._at} of {self._in}"
            self._violated("unsignalled" if there else "altered", where)
            self._move(mark, all)  # so that one fault is told once
            return
        self._in = here
        history, seq = all[max(here)], seqs[max(here)]
        if mark.kind == "event":
            self._event(mark, history, seq)
        else:
            self._position(mark, history, seq)
        self._at = seq

    def _event(self, mark: Mark, history: History, seq: int) -> None:
        fact: Fact | None = history.facts[seq - 1] if seq else None
        if fact is None or not self._sees.sees(fact):
            self._violated("foreign", f"event {seq} is not for it")
        elif fact.digest != mark.digest:
            self._violated("altered", f"event {seq} is not what the table says")
        elif seq == self._at:
            self._violated("repeated", f"event {seq}")
        elif seq < self._at:
            self._violated("order", f"event {seq} after event {self._at}")
        elif missing := self._missing(history, seq - 1):
            self._violated("lost", f"{missing} events before event {seq}")

    def _position(self, mark: Mark, history: History, seq: int) -> None:
        self._owns(history, seq)
        if mark.kind == "first" and seq != self._at:
            self._violated("order", f"a stream from {self._at} began at {seq}")
        elif seq < self._at:
            self._violated("order", f"its position went back from {self._at} to {seq}")
        elif missing := self._missing(history, seq):
            self._violated("lost", f"{missing} events before position {seq}")

    def _owns(self, history: History, seq: int) -> None:
        """A customer's position moves with own events alone; where none is kept, it is the last that was dropped."""
        if self._sees.owner and seq > max(history.dropped, 0) and history.facts[seq - 1].customer != self._sees.owner:
            self._violated("foreign", f"its position is event {seq}, which is another's")

    def _missing(self, history: History, upto: int) -> int:
        return sum(self._sees.sees(fact) for fact in history.facts[self._at : upto])

    # Where it ends

    def _end(self, all: Histories, head: int) -> None:
        present = max(all)
        if present not in self._in:
            self._violated("unsignalled", "it still is in a history that is no more")
        elif missing := self._missing(all[present], head):
            self._violated("lost", f"{missing} events at the end")
        else:
            self._fold(all[present], head)
        self._in = {present}

    def _fold(self, history: History, head: int) -> None:
        """What it made of its list and its events is what the table says, but for what has changed since."""
        later = {fact.consent for fact in history.facts[head:]}
        if self._sees.types:
            return  # it is not meant to know the present state
        wrong = [
            consent
            for consent, row in history.consents.items()
            if self._sees.watches(*self._customers[consent]) and consent not in later
            if not _fits(self._consents.get(consent, (0, "pending")), row)
        ]
        if wrong:
            self._violated("list", f"folded from its events {len(wrong)} consents differ from the table")

    def _violated(self, kind: str, what: str) -> None:
        self._verdict.add(kind, self.reader.name, what)


def _fits(consent: tuple[int, str], row: tuple[int, str]) -> bool:
    return consent[0] == row[0] and _same(consent[1], row[1])


def _same(status: str, actual: str) -> bool:
    """A list says that a grant has expired before there is an event of it."""
    return status == actual or (status, actual) == ("expired", "granted")
