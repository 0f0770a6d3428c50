"""Restores on another server, for acceptance and for the last archive."""

from contextlib import AbstractContextManager
from typing import Protocol

from ndcops.model.cutover import CopyFindings, RestoredCopy


class Restores(Protocol):
    """Every method raises NdcopsError when a server refuses or is gone."""

    def is_same_server(self, words: str, other: str) -> bool:
        """Whether both words lead to one server or its copies. Raises Refused when a server does not say."""
        ...

    def is_gone(self, words: str, name: str) -> bool:
        """Whether the server of these words answers and has no database of that name."""
        ...

    def restored(self, words: str, own_schema: str, into: str) -> AbstractContextManager[RestoredCopy]:
        """A database, as it is at one moment, in a scratch one elsewhere until the block ends.

        own_schema: of our own tables, left out. Owners, grants and settings of the database stay behind.
        """
        ...


class CopyProofs(Protocol):
    """Compares by what `agency verify` compares by."""

    def compare(self, words: str, copy: RestoredCopy, *, ours: str) -> CopyFindings:
        """ours: the schema of our own tables. Raises NdcopsError when a server is gone, Refused, Interrupted."""
        ...
