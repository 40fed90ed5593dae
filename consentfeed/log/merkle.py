"""The Merkle tree over the log (RFC 9162, section 2.1): its hashes, its proofs, and whether a proof holds."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

HASH_BYTES: Final = 32


class Span(NamedTuple):
    """The leaves from start up to, not including, end."""

    start: int
    end: int


def leaf_hash(entry: bytes) -> bytes:
    """The hash of a leaf."""
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of what is above two hashes."""
    return hashlib.sha256(b"\1" + left + right).digest()


def inclusion_spans(index: int, size: int) -> list[Span]:
    """The spans whose hashes, in this order, lead from leaf `index` to the root over `size` leaves."""
    start, end, spans = 0, size, []
    while end - start > 1:
        middle = _middle(start, end)
        if index < middle:
            spans.append(Span(middle, end))
            end = middle
        else:
            spans.append(Span(start, middle))
            start = middle
    return spans[::-1]


def consistency_spans(old: int, new: int) -> list[Span]:
    """The spans whose hashes, in this order, show that the first `old` of `new` leaves are the same; 0 < old <= new."""
    start, end, spans = 0, new, []
    while end != old:
        middle = _middle(start, end)
        if old <= middle:
            spans.append(Span(middle, end))
            end = middle
        else:
            spans.append(Span(start, middle))
            start = middle
    if start:
        spans.append(Span(start, end))
    return spans[::-1]


def subtrees(span: Span) -> Iterator[Span]:
    """The whole subtrees of a span of a proof, or of the whole tree: each a power of two, the largest first."""
    start = span.start
    while start < span.end:
        length = 1 << ((span.end - start).bit_length() - 1)
        yield Span(start, start + length)
        start += length


def whole(hashes: Sequence[bytes]) -> bytes:
    """The hash above a power of two of hashes."""
    while len(hashes) > 1:
        hashes = [node_hash(hashes[at], hashes[at + 1]) for at in range(0, len(hashes), 2)]
    return hashes[0]


def joined(hashes: Sequence[bytes]) -> bytes:
    """The hash of a span, from those of its subtrees."""
    *rest, joint = hashes
    for left in reversed(rest):
        joint = node_hash(left, joint)
    return joint


def includes(root: bytes, size: int, index: int, leaf: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the tree with this root over `size` leaves has the hash `leaf` at `index`."""
    if not 0 <= index < size or not _are_hashes(root, leaf, *proof):
        return False
    at, last, seen = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            seen = node_hash(sibling, seen)
            at, last = _risen(at, last)
        else:
            seen = node_hash(seen, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and seen == root


def extends(old_root: bytes, old: int, root: bytes, size: int, proof: Sequence[bytes]) -> bool:
    """Whether the tree with this root over `size` leaves begins with the tree with old_root over `old` leaves."""
    if not 0 < old <= size or not _are_hashes(old_root, root, *proof):
        return False
    if old == size:
        return not proof and old_root == root
    path = list(proof)
    if old & (old - 1) == 0:  # a whole subtree, whose hash everybody knows
        path.insert(0, old_root)
    if not path:
        return False
    at, last = old - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old_seen = seen = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old_seen, seen = node_hash(sibling, old_seen), node_hash(sibling, seen)
            at, last = _risen(at, last)
        else:
            seen = node_hash(seen, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and old_seen == old_root and seen == root


class Frontier:
    """A tree that grows leaf by leaf, of which only the whole subtrees are kept: the root of millions, one by one."""

    def __init__(self) -> None:
        self.size = 0
        self._subtrees: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """One more leaf, by its hash."""
        self.size += 1
        self._subtrees.append(leaf)
        # Each 0 at the end of the size is two subtrees that have become one.
        for _ in range((self.size & -self.size).bit_length() - 1):
            right = self._subtrees.pop()
            self._subtrees.append(node_hash(self._subtrees.pop(), right))

    @property
    def root(self) -> bytes:
        """The root over all leaves so far."""
        return joined(self._subtrees) if self._subtrees else hashlib.sha256().digest()


def _middle(start: int, end: int) -> int:
    """Where the left subtree of a span ends: after the largest power of two that is less than all of it."""
    return start + (1 << ((end - start - 1).bit_length() - 1))


def _risen(at: int, last: int) -> tuple[int, int]:
    """Up past the levels at which a node at the right edge has no sibling."""
    while at and not at & 1:
        at, last = at >> 1, last >> 1
    return at, last


def _are_hashes(*hashes: bytes) -> bool:
    return all(len(one) == HASH_BYTES for one in hashes)
