"""The ledger's own copy in the coordination store: a head and compressed segments, changed in one transaction."""

from pydantic import ValidationError

from ndcops.adapters.etcd_store.client import EtcdStore
from ndcops.adapters.etcd_store.keys import ROOT
from ndcops.adapters.etcd_store.requests import Compare, Delete, Put, Read
from ndcops.model.errors import Refused
from ndcops.model.ledger import LedgerHead, LedgerSegment
from ndcops.model.record import canonical_json

NAME = "coordination store"


class EtcdLedger:
    """The port LedgerStore; every answer needs a majority of the store's members."""

    name = NAME

    def __init__(self, store: EtcdStore, root: str = ROOT) -> None:
        self._store = store
        self._head = f"{root}/ledger/head"
        self._segments = f"{root}/ledger/segments/"

    def head(self) -> LedgerHead | None:
        """Where the chain ends. Raises Unreachable, and Refused when what stands there is no head."""
        found = self._store.get(self._head)
        if found is None:
            return None
        try:
            return LedgerHead.model_validate_json(found.value)
        except ValidationError as error:
            raise Refused(
                f"the ledger's head in the {NAME} is damaged",
                details=[f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()[:5]],
                resolution="ndcops ledger verify",
            ) from error

    def checkpoint(self) -> str | None:
        """The signed note of the head. Raises Unreachable, Refused."""
        head = self.head()
        return head.checkpoint if head is not None else None

    def firsts(self) -> tuple[int, ...]:
        """Numbers of the segments' first records. Raises Unreachable, and Refused for a key that is no number."""
        names = [key.removeprefix(self._segments) for key in self._store.list_names(self._segments)]
        strange = next((name for name in names if not (name.isascii() and name.isdigit())), None)
        if strange is not None:
            raise Refused(f"the {NAME} holds a segment called '{strange[:40]}'", resolution="ndcops ledger verify")
        return tuple(map(int, names))

    def segment(self, first: int) -> LedgerSegment | None:
        """That segment. Raises Unreachable."""
        found = self._store.get(f"{self._segments}{first:012d}")
        return None if found is None else LedgerSegment(first=first, data=found.value)

    def commit(self, segment: LedgerSegment, head: LedgerHead, *, after: LedgerHead | None) -> bool:
        """Write both if the head is still `after`. Raises Unreachable, NdcopsError when the store is full."""
        new = _value(head)
        unchanged = (
            Compare(self._head, "create_revision", 0)
            if after is None
            else Compare(self._head, "value", _value(after))
        )
        writes = [Put(f"{self._segments}{segment.name}", segment.data), Put(self._head, new)]
        outcome = self._store.transact([unchanged], writes, [Read(self._head)])
        if outcome.succeeded:
            return True
        # The answer to the first of two equal requests may have got lost: then our own head stands there.
        found = outcome.found[0] if outcome.found else ()
        return bool(found) and found[0].value == new

    def put_segment(self, segment: LedgerSegment) -> None:
        """Write or replace a segment. Raises Unreachable, NdcopsError when the store is full."""
        self._store.transact([], [Put(f"{self._segments}{segment.name}", segment.data)])

    def remove_segment(self, first: int) -> None:
        """Remove a segment. Raises Unreachable."""
        self._store.transact([], [Delete(f"{self._segments}{first:012d}")])

    def put_head(self, head: LedgerHead) -> None:
        """Replace the head. Raises Unreachable."""
        self._store.transact([], [Put(self._head, _value(head))])


def _value(head: LedgerHead) -> bytes:
    return canonical_json(head.model_dump(mode="json"))
