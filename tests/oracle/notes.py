"""What the nodes have signed: each checkpoint is over the first events of a history that there was."""

from collections.abc import Iterator
from pathlib import Path

from consentfeed.log.checkpoint import read_checkpoint
from consentfeed.log.merkle import Frontier, leaf_hash
from consentfeed.log.note import read_key
from tests.oracle.truth import History
from tests.support.checkpoints import NAME, key_file, verifier


class Notes:
    """The folder that both nodes write to, and the key that both sign with. origin: the hash of row 0 of the log."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "checkpoints"
        self._folder.mkdir()
        self._key = key_file(folder)
        self._judged: set[str] = set()
        self.origin = b""

    @property
    def settings(self) -> dict[str, str]:
        """What makes a node sign."""
        often = {"checkpoint_seconds": "2"}
        return {"checkpoint_key": self._key, "checkpoint_dir": str(self._folder), "log_name": NAME, **often}

    @property
    def count(self) -> int:
        """How many have been judged."""
        return len(self._judged)

    def judge(self, histories: list[History]) -> Iterator[str]:
        """What is wrong with those that have come since the last time."""
        names = {path.name for path in self._folder.iterdir() if path.name.isdecimal()} - self._judged
        self._judged |= names
        sizes = {int(name) for name in names}
        known = [self._roots(history, sizes) for history in histories]
        for name in sorted(names, key=int):
            note = read_checkpoint((self._folder / name).read_text(), read_key(verifier(self._key)))
            if note.size != int(name):
                yield f"the checkpoint in the file {name} is over {note.size} events"
            elif note.root not in [roots.get(note.size) for roots in known]:
                yield f"the checkpoint over {note.size} events is of no history that there was"

    def _roots(self, history: History, sizes: set[int]) -> dict[int, bytes]:
        """The roots over the first so many events, where there are so many."""
        tree, roots = Frontier(), {}
        for size, hash_ in enumerate([self.origin, *(fact.hash for fact in history.facts)], 1):
            tree.add(leaf_hash(hash_))
            if size in sizes:
                roots[size] = tree.root
        return roots
