"""Counts and sums of hashes by bucket: added up over parts of a table, compared, digested.

A sum and not XOR: two equal rows too many would cancel out under XOR. Sums are exact whole numbers, not modulo.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Bucket(NamedTuple):
    """How many rows, and the sum of their hashes."""

    rows: int
    total: int


Buckets = Mapping[int, Bucket]
"""By number; a bucket without rows is not there."""

_EMPTY = Bucket(0, 0)


def added(found: Iterable[tuple[int, int, int]]) -> dict[int, Bucket]:
    """All of a table, from (number, count, sum) of its slices."""
    whole: dict[int, Bucket] = {}
    for number, count, total in found:
        before = whole.get(number, _EMPTY)
        whole[number] = Bucket(before.rows + count, before.total + total)
    return whole


def differing(source: Buckets, target: Buckets) -> tuple[int, ...]:
    """Numbers of the buckets that are not the same, ascending."""
    numbers = source.keys() | target.keys()
    return tuple(sorted(n for n in numbers if source.get(n, _EMPTY) != target.get(n, _EMPTY)))


def rows_of(buckets: Buckets) -> int:
    """All rows."""
    return sum(bucket.rows for bucket in buckets.values())


def digest_of(buckets: Buckets) -> str:
    """SHA-256 in hexadecimal over every bucket in order."""
    hashed = hashlib.sha256()
    for number in sorted(buckets):
        hashed.update(f"{number} {buckets[number].rows} {buckets[number].total}\n".encode())
    return hashed.hexdigest()
