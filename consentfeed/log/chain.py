"""The hash chain: whether rows of the log follow one another."""

from hashlib import sha256

from consentfeed.errors import ConsentfeedError
from consentfeed.log.event import Row
from consentfeed.log.position import Position


def chains(previous_hash: bytes, row: Row) -> bool:
    """Whether the row's hash follows from the one before it and its body."""
    assert row.body is not None
    return sha256(previous_hash + row.body.encode()).digest() == row.hash


class Forked(ConsentfeedError):
    """The log no longer contains the place that was read from: it has another history, or events were dropped."""


def chained(place: Position, rows: list[Row]) -> list[Row]:
    """The rows after `place`, which must come first and be followed by each other; raises Forked."""
    if not rows or rows[0].seq != place.seq or not rows[0].hash.startswith(place.hash):
        raise Forked
    previous, following = rows[0].hash, rows[1:]
    # As chains() says, without a call of it for each: of what a replay costs, this is a fifth.
    for expected, (seq, hash_, _, body, _, _) in enumerate(following, place.seq + 1):
        assert body is not None
        if seq != expected or sha256(previous + body.encode()).digest() != hash_:
            raise Forked
        previous = hash_
    return following
