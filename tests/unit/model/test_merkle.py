"""The Merkle tree against the definition of RFC 6962, and going on from its peaks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ndcops.model.merkle import EMPTY_ROOT, MerkleTree, leaf_hash, node_hash


def defined_root(entries: list[bytes]) -> bytes:
    """MTH of section 2.1, as it is written there."""
    if not entries:
        return EMPTY_ROOT
    if len(entries) == 1:
        return leaf_hash(entries[0])
    half = 1
    while half * 2 < len(entries):
        half *= 2
    return node_hash(defined_root(entries[:half]), defined_root(entries[half:]))


@given(entries=st.lists(st.binary(max_size=4), max_size=70), at=st.integers(0, 70))
def test_the_root_is_the_defined_one_also_when_a_tree_goes_on(entries: list[bytes], at: int) -> None:
    first = MerkleTree()
    first.extend(entries[:at])
    tree = MerkleTree(first.size, first.peaks)
    tree.extend(entries[at:])
    assert tree.size == len(entries)
    assert tree.root() == defined_root(entries)


def test_the_published_empty_and_single_roots() -> None:
    # Test vectors of certificate-transparency-go, merkle tree of inputs "" and 00.
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    tree = MerkleTree()
    tree.extend([b""])
    assert tree.root().hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    tree.extend([b"\x00"])
    assert tree.root().hex() == "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"


@pytest.mark.parametrize(("size", "peaks"), [(1, 0), (3, 1), (4, 2), (-1, 0)])
def test_peaks_that_do_not_fit_the_size_are_refused(size: int, peaks: int) -> None:
    with pytest.raises(ValueError, match="peaks"):
        MerkleTree(size, [b"\0" * 32] * peaks)
