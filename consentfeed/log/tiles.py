"""Tiles: which stored hashes of the tree a proof needs, and the proof from them.

Of the tree every eighth level is kept: level 0 are the leaves' hashes, a hash of level 1 is above 256 of them (a tile),
one of level 2 above 256 tiles, and so on. What is between is hashed again when it is asked for.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from consentfeed.log.merkle import Span, joined, subtrees, whole

_BITS: Final = 8
TILE: Final = 1 << _BITS


class Run(NamedTuple):
    """Stored hashes of a level that follow one another."""

    level: int
    first: int
    length: int


def runs(spans: Sequence[Span]) -> list[Run]:
    """The stored hashes that the hashes of these spans need; of each tile one run."""
    parts = [_run(subtree) for span in spans for subtree in subtrees(span)]
    tiles: dict[tuple[int, int], list[Run]] = {}
    for part in parts:
        tiles.setdefault((part.level, part.first // TILE), []).append(part)
    return [_covering(level, group) for (level, _), group in tiles.items()]


def span_hashes(spans: Iterable[Span], stored: Mapping[tuple[int, int], bytes]) -> list[bytes]:
    """The hash of each span; stored: by level and number, those of runs()."""
    return [joined([_subtree_hash(_run(subtree), stored) for subtree in subtrees(span)]) for span in spans]


def _run(subtree: Span) -> Run:
    height = (subtree.end - subtree.start).bit_length() - 1
    level = height // _BITS
    return Run(level, subtree.start >> (level * _BITS), 1 << (height % _BITS))


def _covering(level: int, parts: Sequence[Run]) -> Run:
    first = min(part.first for part in parts)
    return Run(level, first, max(part.first + part.length for part in parts) - first)


def _subtree_hash(run: Run, stored: Mapping[tuple[int, int], bytes]) -> bytes:
    return whole([stored[run.level, run.first + nth] for nth in range(run.length)])
