"""The hash chain: whether rows of the log follow one another."""

import hashlib
from itertools import pairwise

from consentfeed.errors import ConsentfeedError
from consentfeed.log.event import Row
from consentfeed.log.position import Position


def chains(previous_hash: bytes, row: Row) -> bool:
    """Whether the row's hash follows from the one before it and its body."""
    assert row.body is not None
    return hashlib.sha256(previous_hash + row.body.encode()).digest() == row.hash


class Forked(ConsentfeedError):
    """The log no longer contains the place that was read from: it has another history, or events were dropped."""


def chained(place: Position, rows: list[Row]) -> list[Row]:
    """The rows after `place`, which must come first and be followed by each other; raises Forked."""
    if not rows or rows[0].seq != place.seq or not rows[0].hash.startswith(place.hash):
        raise Forked
    for previous, row in pairwise(rows):
        if row.seq != previous.seq + 1 or not chains(previous.hash, row):
            raise Forked
    return rows[1:]
