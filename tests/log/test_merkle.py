"""The tree against a recursion written from RFC 9162 alone, against known roots, and against every changed byte."""

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentfeed.log.merkle import (
    Frontier,
    Span,
    consistency_spans,
    extends,
    includes,
    inclusion_spans,
    leaf_hash,
)
from consentfeed.log.tiles import Run, runs, span_hashes

# Of Certificate Transparency's reference implementations: the roots over the first 1, 2, … of these.
KNOWN_LEAVES = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
KNOWN_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
Leaves = Sequence[bytes]
SIZES = st.integers(1, 700)


def leaves(size: int) -> list[bytes]:
    return [hashlib.sha256(number.to_bytes(8)).digest() for number in range(size)]


def naive_root(entries: Leaves) -> bytes:
    """MTH() of the RFC."""
    if len(entries) == 1:
        return hashlib.sha256(b"\0" + entries[0]).digest()
    k = 1
    while k * 2 < len(entries):
        k *= 2
    return hashlib.sha256(b"\1" + naive_root(entries[:k]) + naive_root(entries[k:])).digest()


def naive_path(m: int, entries: Leaves) -> list[bytes]:
    """PATH() of the RFC."""
    n = len(entries)
    if n == 1:
        return []
    k = 1
    while k * 2 < n:
        k *= 2
    if m < k:
        return [*naive_path(m, entries[:k]), naive_root(entries[k:])]
    return [*naive_path(m - k, entries[k:]), naive_root(entries[:k])]


def naive_proof(m: int, entries: Leaves, whole: bool = True) -> list[bytes]:
    """PROOF() and SUBPROOF() of the RFC."""
    n = len(entries)
    if m == n:
        return [] if whole else [naive_root(entries)]
    k = 1
    while k * 2 < n:
        k *= 2
    if m <= k:
        return [*naive_proof(m, entries[:k], whole), naive_root(entries[k:])]
    return [*naive_proof(m - k, entries[k:], False), naive_root(entries[:k])]


def stored(entries: Leaves) -> dict[tuple[int, int], bytes]:
    """What is kept of a tree: its leaves, and what is above whole tiles."""
    kept = {(0, number): leaf_hash(entry) for number, entry in enumerate(entries)}
    for number in range(len(entries) // 256):
        kept[1, number] = naive_root(entries[number * 256 : (number + 1) * 256])
    return kept


def proof(spans: list[Span], entries: Leaves) -> list[bytes]:
    """From the stored hashes that runs() names, and no others."""
    kept = stored(entries)
    needed = {(run.level, run.first + nth) for run in runs(spans) for nth in range(run.length)}
    return span_hashes(spans, {key: kept[key] for key in needed})


def changed(hashes: Sequence[bytes], nth: int) -> list[bytes]:
    """One bit of one byte is another."""
    flat = bytearray(b"".join(hashes))
    flat[nth] ^= 1
    return [bytes(flat[at : at + 32]) for at in range(0, len(flat), 32)]


def root_of(entries: Leaves) -> bytes:
    tree = Frontier()
    for entry in entries:
        tree.add(leaf_hash(entry))
    return tree.root


def test_roots_are_the_known_ones() -> None:
    for size, known in enumerate(KNOWN_ROOTS, 1):
        assert root_of(KNOWN_LEAVES[:size]).hex() == known == naive_root(KNOWN_LEAVES[:size]).hex()
    assert Frontier().root.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@given(SIZES, st.data())
def test_an_inclusion_proof_is_that_of_the_rfc_and_holds(size: int, data: st.DataObject) -> None:
    index, entries = data.draw(st.integers(0, size - 1)), leaves(size)
    hashes = proof(inclusion_spans(index, size), entries)
    assert hashes == naive_path(index, entries)
    assert includes(naive_root(entries), size, index, leaf_hash(entries[index]), hashes)


@given(SIZES, st.data())
def test_a_consistency_proof_is_that_of_the_rfc_and_holds(size: int, data: st.DataObject) -> None:
    old, entries = data.draw(st.integers(1, size)), leaves(size)
    hashes = proof(consistency_spans(old, size), entries)
    assert hashes == naive_proof(old, entries)
    assert extends(naive_root(entries[:old]), old, naive_root(entries), size, hashes)


@pytest.mark.parametrize(("index", "size"), [(0, 1), (0, 2), (5, 7), (6, 7), (7, 8), (255, 300), (299, 300)])
def test_an_inclusion_proof_with_any_byte_changed_is_refused(index: int, size: int) -> None:
    entries = leaves(size)
    root, leaf, hashes = naive_root(entries), leaf_hash(entries[index]), naive_path(index, entries)
    for nth in range(32 * len(hashes)):
        assert not includes(root, size, index, leaf, changed(hashes, nth))
    for nth in range(32):
        assert not includes(changed([root], nth)[0], size, index, leaf, hashes)
        assert not includes(root, size, index, changed([leaf], nth)[0], hashes)
    assert not includes(root, size, index, leaf, [*hashes, leaf])
    assert not hashes or not includes(root, size, index, leaf, hashes[:-1])
    for other in {*range(size), -1, size} - {index}:
        assert not includes(root, size, other, leaf, hashes), "no other place"
    assert not includes(root, size, index, leaf, [one[:31] for one in hashes] or [b""])


@pytest.mark.parametrize(("old", "size"), [(1, 2), (3, 7), (4, 7), (6, 8), (7, 7), (256, 300), (257, 300), (300, 300)])
def test_a_consistency_proof_with_any_byte_changed_is_refused(old: int, size: int) -> None:
    entries = leaves(size)
    before, after, hashes = naive_root(entries[:old]), naive_root(entries), naive_proof(old, entries)
    assert extends(before, old, after, size, hashes)
    for nth in range(32 * len(hashes)):
        assert not extends(before, old, after, size, changed(hashes, nth))
    for nth in range(32):
        assert not extends(changed([before], nth)[0], old, after, size, hashes)
        assert not extends(before, old, changed([after], nth)[0], size, hashes)
    assert not extends(before, old, after, size, [*hashes, after])
    assert not hashes or not extends(before, old, after, size, hashes[:-1])
    assert not extends(before, 0, after, size, hashes)
    assert not extends(before, size + 1, after, size, hashes)


def test_a_proof_needs_few_stored_hashes_of_a_large_log() -> None:
    needed = runs(inclusion_spans(5_000_000, 10_000_000))
    assert len(needed) <= 6
    assert sum(run.length for run in needed) <= 6 * 256
    assert Run(0, 5_000_000 // 256 * 256, 256).first in {run.first for run in needed if run.level == 0}
