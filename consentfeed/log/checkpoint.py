"""Checkpoints (C2SP tlog-checkpoint): the log's name, how many events there are, and the root of their tree."""

import re
from base64 import b64decode, b64encode
from typing import Final, NamedTuple

from consentfeed.log.note import BadNote, VerifierKey, verified_text

_TEXT: Final = re.compile("([^\n]+)\n(0|[1-9][0-9]{0,17})\n([A-Za-z0-9+/]{43}=)\n(?:[^\n]+\n)*")


class Checkpoint(NamedTuple):
    """The state of a log: the root covers `size` events, from row 0 on."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """What is signed."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"


def read_checkpoint(note: str, key: VerifierKey) -> Checkpoint:
    """The checkpoint of a note that the key has signed; raises BadNote."""
    checkpoint = parse(verified_text(note, key))
    if checkpoint.origin != key.name:
        raise BadNote(f"the checkpoint is of the log {checkpoint.origin}, and the key of {key.name}")
    return checkpoint


def parse(text: str) -> Checkpoint:
    """The checkpoint of a text, whoever signed it; raises BadNote."""
    match = _TEXT.fullmatch(text)
    root = b64decode(match[3]) if match else b""
    if not match or b64encode(root).decode() != match[3]:
        raise BadNote("the note is no checkpoint: a name, a size and a root, each on a line")
    return Checkpoint(match[1], int(match[2]), root)
