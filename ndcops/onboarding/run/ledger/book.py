"""The ledger at work: appends go through the store, then to files at every centre; all copies are verified."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from ndcops.model.errors import InvalidInput, NdcopsError, Refused
from ndcops.model.ledger import LedgerHead, LedgerSegment
from ndcops.model.record import JsonObject, Record
from ndcops.model.record_lines import ChainBroken, RecordChain
from ndcops.model.signed_note import BadNote, SignedNote
from ndcops.onboarding.plan.ledger.growth import CHECK, Entry, Growth, grow
from ndcops.onboarding.plan.ledger.mending import LEDGER_MENDED, MendPlan
from ndcops.onboarding.plan.ledger.segments import BadSegment, unpacked
from ndcops.onboarding.plan.ledger.verification import (
    CopyChain,
    HeadRules,
    LedgerVerification,
    checked_head,
    judge,
)
from ndcops.onboarding.ports import LedgerCopy, LedgerMirror, LedgerStore, NoteSigner
from ndcops.onboarding.run.ledger.mend import mend_mirror, mend_store
from ndcops.onboarding.run.ledger.verify import follow_segment, read_segment, verify_copies

TRIES = 20
"""Appends that lost the race to another operator are tried again; twenty in a row mean that something is wrong."""


@dataclass(frozen=True)
class Lag:
    """A mirror that could not be brought up, and why."""

    place: str
    why: str


@dataclass(frozen=True)
class Appended:
    """What was recorded, under which head, and the mirrors that do not have it yet."""

    records: tuple[Record, ...]
    head: LedgerHead
    lags: tuple[Lag, ...]


@dataclass
class Ledger:
    """The entrance. signer: None where only reading is wanted. Safety: a record is durable in the store, under a
    signed head, before `append` returns; a store that is behind a mirror takes no more records.
    """

    store: LedgerStore
    mirrors: Sequence[LedgerMirror]
    rules: HeadRules
    signer: NoteSigner | None
    actor: str
    now: Callable[[], datetime]
    _read: tuple[str | None, tuple[Record, ...]] | None = None
    """What was read last, under which head: steps ask for all records again and again."""

    def append(self, kind: str, body: JsonObject) -> Record:
        """Record one action, as `workflow.Journal` wants it. Raises Refused, InvalidInput."""
        return self.append_all([Entry(kind, body)]).records[0]

    def records(self) -> tuple[Record, ...]:
        """All records of the store, oldest first, chain and head checked. Raises Refused when they do not hold."""
        checkpoint = self.store.checkpoint()
        if self._read is None or self._read[0] != checkpoint:
            self._read = (checkpoint, tuple(self.records_of(self.store)))
        return self._read[1]

    def append_all(self, entries: Sequence[Entry]) -> Appended:
        """Record several, in order. Raises Refused when the ledger is damaged, InvalidInput for a bad entry."""
        if not entries:
            raise InvalidInput("nothing to record")
        records: list[Record] = []
        left = tuple(entries)
        while True:
            growth, head = self._step(left)
            records += growth.records
            left = growth.left
            if not left:
                return Appended(tuple(records), head, self.sync())

    def _step(self, entries: Sequence[Entry]) -> tuple[Growth, LedgerHead]:
        for _ in range(TRIES):
            head = self.store.head()
            try:
                self._refuse_what_does_not_count(head)
                first, lines = self._open_segment()
                growth = grow(
                    head, first, lines, entries, origin=self.rules.origin, actor=self.actor, time=self.now()
                )
            except Refused:
                if self.store.head() != head:
                    continue  # another operator's append came between what was read first and last
                raise
            signed = self._signed(SignedNote(growth.checkpoint.body()))
            new = growth.head(signed)
            if self.store.commit(growth.segment, new, after=head):
                return growth, new
        raise NdcopsError(
            f"the ledger took none of {TRIES} tries: others write to it all the time",
            resolution="run the same command again",
        )

    def _signed(self, note: SignedNote) -> SignedNote:
        if self.signer is None:
            raise InvalidInput(
                "no key signs the ledger", resolution="NDCOPS_LEDGER_KEY=FILE, an Ed25519 key in PEM"
            )
        signed = note.signed(self.signer.key, self.signer.sign(note.body.encode()))
        try:
            self.rules.check(signed.text())
        except BadNote as error:
            raise Refused(
                f"the key of '{self.signer.key.name}' cannot sign this ledger: {error}",
                resolution="use a key that inventory/ledger.yaml names",
            ) from error
        return signed

    def _open_segment(self) -> tuple[int, list[bytes]]:
        firsts = self.store.firsts()
        segment = self.store.segment(firsts[-1]) if firsts else None
        if segment is None:
            return 0, []
        try:
            return segment.first, unpacked(segment)
        except BadSegment as error:
            raise Refused(f"the ledger's last segment is damaged: {error}", resolution=CHECK) from error

    def _refuse_what_does_not_count(self, head: LedgerHead | None) -> None:
        """Fail closed: no record follows a head that is not signed, or that is older than a mirror's."""
        size = 0
        if head is not None:
            try:
                size = self.rules.check(head.checkpoint).size
            except BadNote as error:
                raise Refused(f"the ledger's head does not count: {error}", resolution=CHECK) from error
        for mirror in self.mirrors:
            try:
                kept = checked_head(mirror.name, mirror.checkpoint(), self.rules)
            except NdcopsError:
                continue  # an unreachable mirror is named when it is brought up
            if kept.checkpoint is not None and kept.checkpoint.size > size:
                raise Refused(
                    f"the ledger's store ends after {size} records, but {mirror.name} has a head "
                    f"that signs for {kept.checkpoint.size}",
                    details=["the store was cut at its end or put back to an older state; nothing was recorded"],
                    resolution=CHECK,
                )

    def sync(self) -> tuple[Lag, ...]:
        """Bring every mirror up to the store; names those that could not be."""
        lags = []
        for mirror in self.mirrors:
            try:
                self._bring_up(mirror)
            except NdcopsError as error:
                lags.append(Lag(mirror.name, error.message))
        return tuple(lags)

    def _bring_up(self, mirror: LedgerMirror) -> None:
        """Write what the mirror lacks: its last segment may have grown since, earlier ones never change.

        Holding the mirror while the store is read keeps it from going back when two operators append at once.
        """
        with mirror.held():
            while True:
                checkpoint = self.store.checkpoint()
                if checkpoint is None or mirror.checkpoint() == checkpoint:
                    return
                self._refuse_to_go_back(mirror, checkpoint)
                last = self._put_whole_segments(mirror)
                if self.store.checkpoint() == checkpoint:
                    mirror.put_segment(last)
                    mirror.put_checkpoint(checkpoint)

    def _put_whole_segments(self, mirror: LedgerMirror) -> LedgerSegment:
        """Write all that the mirror lacks but the store's last segment, which is given back."""
        held = mirror.firsts()
        last_held = held[-1] if held else -1
        *whole, last = self.store.firsts()
        for first in whole:
            if first not in held or first >= last_held:
                mirror.put_segment(read_segment(self.store, first))
        return read_segment(self.store, last)

    def _refuse_to_go_back(self, mirror: LedgerMirror, checkpoint: str) -> None:
        kept = checked_head(mirror.name, mirror.checkpoint(), self.rules).checkpoint
        size = self.rules.check(checkpoint).size
        if kept is not None and kept.size > size:
            raise Refused(f"its head signs for {kept.size} records, the store's for {size}", resolution=CHECK)

    def copies(self) -> tuple[LedgerCopy, ...]:
        """The store and all mirrors."""
        return (self.store, *self.mirrors)

    def copy(self, name: str | None) -> LedgerCopy:
        """The copy of that name; the store when none is named. Raises InvalidInput."""
        if name is None:
            return self.store
        found = next((copy for copy in self.copies() if copy.name == name), None)
        if found is None:
            raise InvalidInput(
                f"no copy of the ledger is called '{name}'",
                details=[f"copies: {', '.join(copy.name for copy in self.copies())}"],
            )
        return found

    def lines(self, copy: LedgerCopy) -> Iterator[bytes]:
        """The records of a copy as they lie there, the chain and the signed head checked before the last is given.

        Raises Refused at the first that does not hold.
        """
        head = checked_head(copy.name, copy.checkpoint(), self.rules)
        if head.note is None:
            return
        size = head.checkpoint.size if head.checkpoint is not None else 0
        chain = RecordChain([size])
        try:
            for first in copy.firsts():
                yield from follow_segment(chain, read_segment(copy, first))
        except (ChainBroken, BadSegment) as error:
            raise _broken(copy.name, str(error)) from error
        verdict = judge([head], [CopyChain(copy.name, chain.size, chain.roots)], {})
        if not verdict.is_whole:
            raise _broken(copy.name, *verdict.copies[0].problems)

    def records_of(self, copy: LedgerCopy) -> Iterator[Record]:
        """The same, as Records."""
        for line in self.lines(copy):
            try:
                yield Record.model_validate_json(line)
            except ValidationError as error:
                raise _broken(copy.name, f"not a record: {line[:80].decode(errors='replace')}") from error

    def whole(self, name: str | None) -> tuple[str | None, tuple[LedgerSegment, ...]]:
        """A copy's signed head and segments, followed to the end. Raises Refused when they do not hold."""
        copy = self.copy(name)
        note = copy.checkpoint()
        for _ in self.lines(copy):
            pass
        segments = tuple(read_segment(copy, first) for first in copy.firsts())
        if copy.checkpoint() != note:
            raise NdcopsError("records were added while the ledger was read", resolution="run the command again")
        return note, segments

    def verify(self, kept_elsewhere: Sequence[tuple[str, str]] = ()) -> LedgerVerification:
        """Every copy against its head and all heads. kept_elsewhere: names and notes of heads from outside."""
        return verify_copies(self.copies(), self.rules, kept_elsewhere)

    def mend(self, plan: MendPlan) -> Appended:
        """Write the plan's copies anew from its source, and record that it was done. Raises NdcopsError."""
        source = self.copy(plan.source)
        names = {each.place for each in plan.mendings}
        if self.store.name in names:
            mend_store(source, self.store)
        for mirror in self.mirrors:
            if mirror.name in names:
                mend_mirror(source, mirror)
        return self.append_all([Entry(LEDGER_MENDED, plan.document())])


def _broken(place: str, *why: str) -> Refused:
    return Refused(f"the ledger at {place} does not hold", details=why, resolution=CHECK)
