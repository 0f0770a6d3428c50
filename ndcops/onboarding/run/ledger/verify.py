"""Reads every copy of the ledger and lets the plan judge them; equal bytes are followed once."""

import hashlib
from collections.abc import Sequence

from ndcops.model.errors import InvalidInput, NdcopsError
from ndcops.model.ledger import LedgerSegment
from ndcops.model.record_lines import ChainBroken, RecordChain
from ndcops.onboarding.plan.ledger.growth import CHECK
from ndcops.onboarding.plan.ledger.segments import BadSegment, unpacked
from ndcops.onboarding.plan.ledger.verification import (
    CopyChain,
    CopyHead,
    HeadRules,
    LedgerVerification,
    checked_head,
    judge,
    watched_sizes,
)
from ndcops.onboarding.ports import LedgerCopy

READINGS = 5
"""A reading that an append came into is done again; after five, what was read last is judged."""


def verify_copies(
    copies: Sequence[LedgerCopy], rules: HeadRules, kept_elsewhere: Sequence[tuple[str, str]]
) -> LedgerVerification:
    """The verdict on all copies. Raises InvalidInput for a head from elsewhere that does not count."""
    elsewhere = [checked_head(name, note, rules) for name, note in kept_elsewhere]
    bad = next((head for head in elsewhere if head.problem), None)
    if bad is not None:
        raise InvalidInput(f"{bad.place}: {bad.problem}", resolution="give a head of this ledger")
    by_name = {copy.name: copy for copy in copies}
    for _ in range(READINGS):
        heads, unreachable = _heads(copies, rules)
        watched = watched_sizes([*heads, *elsewhere])
        chains: list[CopyChain] = []
        silent = dict(unreachable)
        known: dict[str, CopyChain] = {}
        for head in heads:
            try:
                chains.append(_followed_once(by_name[head.place], watched, known))
            except NdcopsError as error:
                silent[head.place] = error.message
        if _heads(copies, rules) == (heads, unreachable):
            break  # nobody appended meanwhile
    return judge([head for head in heads if head.place not in silent], chains, silent, elsewhere)


def followed(place: str, segments: Sequence[LedgerSegment], watched: frozenset[int]) -> CopyChain:
    """How far a chain of segments holds."""
    chain = RecordChain(watched)
    try:
        for segment in segments:
            follow_segment(chain, segment)
    except (ChainBroken, BadSegment) as error:
        return CopyChain(place, chain.size, dict(chain.roots), str(error))
    return CopyChain(place, chain.size, dict(chain.roots))


def follow_segment(chain: RecordChain, segment: LedgerSegment) -> list[bytes]:
    """The segment's lines, after the chain went through them. Raises ChainBroken, BadSegment."""
    if segment.first != chain.size:
        raise ChainBroken(f"segment {segment.name}: it stands where record {chain.size} is expected")
    lines = unpacked(segment)
    chain.take(lines)
    return lines


def read_segment(copy: LedgerCopy, first: int) -> LedgerSegment:
    """A segment that the copy listed. Raises NdcopsError when it is gone by now."""
    segment = copy.segment(first)
    if segment is None:
        raise NdcopsError(f"{copy.name}: segment {first} went away while it was read", resolution=CHECK)
    return segment


def _heads(copies: Sequence[LedgerCopy], rules: HeadRules) -> tuple[list[CopyHead], dict[str, str]]:
    """What each copy's head says, and which copies do not answer."""
    heads: list[CopyHead] = []
    unreachable: dict[str, str] = {}
    for copy in copies:
        try:
            heads.append(checked_head(copy.name, copy.checkpoint(), rules))
        except NdcopsError as error:
            unreachable[copy.name] = error.message
    return heads, unreachable


def _followed_once(copy: LedgerCopy, watched: frozenset[int], known: dict[str, CopyChain]) -> CopyChain:
    segments = [read_segment(copy, first) for first in copy.firsts()]
    digest = _digest(segments)
    if digest not in known:
        known[digest] = followed(copy.name, segments, watched)
    same = known[digest]
    return CopyChain(copy.name, same.size, same.roots, same.broken)


def _digest(segments: Sequence[LedgerSegment]) -> str:
    digest = hashlib.sha256()
    for segment in segments:
        digest.update(f"{segment.name} {len(segment.data)}\n".encode())
        digest.update(segment.data)
    return digest.hexdigest()
