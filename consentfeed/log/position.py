"""Positions in the log: the places between events, from which readers go on."""

from typing import Final, NamedTuple


class Position(NamedTuple):
    """Everything up to and including event seq, 0 for row 0. hash is that event's, or only the first bytes of it."""

    seq: int
    hash: bytes


# Before the first event; zeros stand for whatever hash row 0 has.
ORIGIN: Final = Position(0, bytes(8))
