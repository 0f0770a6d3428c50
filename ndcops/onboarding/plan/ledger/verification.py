"""Whether the copies of a ledger hold and agree: each against its own head, and against the heads of all others.

A cut end, or an older state put back whole, shows in no copy alone: it shows against a head that another place
kept. So every valid head is held against every copy.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from ndcops.model.signed_note import BadNote, Checkpoint, IsValid, NoteKey, SignedNote


@dataclass(frozen=True)
class HeadRules:
    """Which heads count: the log's name, the signers' keys, and how many of them must have signed."""

    origin: str
    keys: tuple[NoteKey, ...]
    needed: int
    is_valid: IsValid

    def check(self, note: str) -> Checkpoint:
        """The checkpoint of a signed head. Raises BadNote when it does not count."""
        parsed = SignedNote.parse(note)
        checkpoint = Checkpoint.parse(parsed.body)
        if checkpoint.origin != self.origin:
            raise BadNote(f"it is of the log '{checkpoint.origin}'; expected '{self.origin}'")
        signers = parsed.signers(self.keys, self.is_valid)
        if len(signers) < self.needed:
            raise BadNote(f"{len(signers)} known signers signed it; {self.needed} are needed")
        return checkpoint


@dataclass(frozen=True)
class CopyHead:
    """The head that one place keeps. checkpoint: None when there is none or it does not count, see `problem`."""

    place: str
    note: str | None
    checkpoint: Checkpoint | None
    problem: str = ""


@dataclass(frozen=True)
class CopyChain:
    """How far one place's chain holds. roots: Merkle roots at the sizes of all heads; broken: why it ends."""

    place: str
    size: int
    roots: Mapping[int, bytes] = field(default_factory=dict)
    broken: str = ""


class CopyState(StrEnum):
    """What a copy is worth."""

    WHOLE = "whole"
    BEHIND = "behind"
    DAMAGED = "damaged"
    MISSING = "missing"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True)
class CopyVerdict:
    """One place, judged. size: records that hold."""

    place: str
    state: CopyState
    size: int
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class LedgerVerification:
    """All places. size, checkpoint: of the longest valid head, None when there is none at all."""

    size: int
    checkpoint: str | None
    copies: tuple[CopyVerdict, ...]

    @property
    def is_whole(self) -> bool:
        """Every copy holds, and all are the same."""
        return bool(self.copies) and all(copy.state is CopyState.WHOLE for copy in self.copies)

    @property
    def source(self) -> str | None:
        """The place that others may be mended from: a whole one."""
        return next((copy.place for copy in self.copies if copy.state is CopyState.WHOLE), None)


def checked_head(place: str, note: str | None, rules: HeadRules) -> CopyHead:
    """A place's head, judged alone."""
    if note is None:
        return CopyHead(place, None, None)
    try:
        return CopyHead(place, note, rules.check(note))
    except BadNote as error:
        return CopyHead(place, note, None, f"its head does not count: {error}")


def watched_sizes(heads: Iterable[CopyHead]) -> frozenset[int]:
    """The sizes at which chains are held against heads."""
    return frozenset(head.checkpoint.size for head in heads if head.checkpoint is not None)


def judge(
    heads: Sequence[CopyHead],
    chains: Sequence[CopyChain],
    unreachable: Mapping[str, str],
    elsewhere: Sequence[CopyHead] = (),
) -> LedgerVerification:
    """The verdict. elsewhere: heads that somebody kept apart from any copy, such as an auditor's."""
    valid = [head for head in [*heads, *elsewhere] if head.checkpoint is not None]
    longest = max(valid, key=lambda head: head.checkpoint.size if head.checkpoint else -1, default=None)
    goal = longest.checkpoint.size if longest is not None and longest.checkpoint is not None else 0
    by_place = {chain.place: chain for chain in chains}
    copies = [_verdict(head, by_place.get(head.place), valid, goal) for head in heads]
    copies += [CopyVerdict(place, CopyState.UNREACHABLE, 0, (why,)) for place, why in unreachable.items()]
    return LedgerVerification(goal, longest.note if longest else None, tuple(copies))


def _verdict(head: CopyHead, chain: CopyChain | None, valid: Sequence[CopyHead], goal: int) -> CopyVerdict:
    if chain is None or (head.note is None and chain.size == 0 and not chain.broken):
        if goal == 0 and chain is not None:
            return CopyVerdict(head.place, CopyState.WHOLE, 0)
        return CopyVerdict(head.place, CopyState.MISSING, 0, ("it holds no ledger",))
    damage = [*_own_problems(head, chain, valid), *_contradictions(head, chain, valid)]
    if damage:
        return CopyVerdict(head.place, CopyState.DAMAGED, chain.size, tuple(damage))
    if head.checkpoint is None or head.checkpoint.size < goal:
        behind = (
            f"{goal - (head.checkpoint.size if head.checkpoint else 0)} records behind: cut off, or not brought up"
        )
        return CopyVerdict(head.place, CopyState.BEHIND, chain.size, (behind,))
    return CopyVerdict(head.place, CopyState.WHOLE, chain.size)


def _own_problems(head: CopyHead, chain: CopyChain, valid: Sequence[CopyHead]) -> Iterable[str]:
    """What is wrong with a copy by its own head."""
    if chain.broken:
        yield chain.broken
    if head.problem:
        yield head.problem
    signed = head.checkpoint.size if head.checkpoint is not None else 0
    if chain.size < signed and not chain.broken:
        yield f"it ends after {chain.size} records; its own head signs for {signed}"
    others = {each.checkpoint.size for each in valid if each.checkpoint is not None}
    # A run that was killed between a segment and its head leaves records that the store's head signs for.
    if chain.size > signed and not head.problem and chain.size not in others:
        yield f"{chain.size - signed} records at its end, which no head signs for"


def _contradictions(head: CopyHead, chain: CopyChain, valid: Sequence[CopyHead]) -> Iterable[str]:
    """Heads, its own or another's, of whose records this copy has others."""
    for other in valid:
        checkpoint = other.checkpoint
        if checkpoint is None or checkpoint.size not in chain.roots:
            continue
        if chain.roots[checkpoint.size] != checkpoint.root:
            whose = "its own head" if other.place == head.place else f"the head of {other.place}"
            yield f"its first {checkpoint.size} records are not those that {whose} signs for"
