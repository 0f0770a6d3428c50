"""Writes copies of the ledger anew from one that holds."""

from ndcops.model.errors import Refused
from ndcops.model.ledger import LedgerHead, LedgerSegment
from ndcops.model.record_lines import RecordChain
from ndcops.model.signed_note import Checkpoint, SignedNote
from ndcops.onboarding.plan.ledger.growth import CHECK
from ndcops.onboarding.ports import LedgerCopy, LedgerMirror, LedgerStore
from ndcops.onboarding.run.ledger.verify import follow_segment, read_segment


def mend_mirror(source: LedgerCopy, mirror: LedgerMirror) -> None:
    """Make the mirror what the source is. Its head is written last: a run that is cut off here is done again."""
    with mirror.held():
        segments, head = _whole(source)
        for first in set(mirror.firsts()) - {segment.first for segment in segments}:
            mirror.remove_segment(first)
        for segment in segments:
            if mirror.segment(segment.first) != segment:
                mirror.put_segment(segment)
        mirror.put_checkpoint(head.checkpoint)


def mend_store(source: LedgerCopy, store: LedgerStore) -> None:
    """Make the store what the source is, its head last."""
    segments, head = _whole(source)
    for first in set(store.firsts()) - {segment.first for segment in segments}:
        store.remove_segment(first)
    for segment in segments:
        if store.segment(segment.first) != segment:
            store.put_segment(segment)
    store.put_head(head)


def _whole(source: LedgerCopy) -> tuple[list[LedgerSegment], LedgerHead]:
    """The source's segments and a head for them, followed once more. Raises Refused when it changed meanwhile."""
    note = source.checkpoint()
    segments = [read_segment(source, first) for first in source.firsts()]
    chain = RecordChain()
    for segment in segments:
        follow_segment(chain, segment)
    if note is None or Checkpoint.parse(SignedNote.parse(note).body).root != chain.tree.root():
        raise Refused(f"the ledger at {source.name} changed while it was read", resolution=CHECK)
    peaks = tuple(peak.hex() for peak in chain.tree.peaks)
    return segments, LedgerHead(checkpoint=note, last_digest=chain.last_digest, peaks=peaks)
