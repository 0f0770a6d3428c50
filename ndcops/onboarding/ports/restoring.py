"""Restores on another server, for acceptance and for the last archive."""

from typing import Protocol

from ndcops.model.cutover import RestoreFindings


class Restores(Protocol):
    """Every method raises NdcopsError when a server refuses or is gone."""

    def is_same_server(self, words: str, other: str) -> bool:
        """Whether both words lead to one server or its copies. Raises Refused when a server does not say."""
        ...

    def is_gone(self, words: str, name: str) -> bool:
        """Whether the server of these words answers and has no database of that name."""
        ...

    def restore(self, words: str, own_schema: str, into: str) -> RestoreFindings:
        """Restore a database, as it is at one moment, into a scratch one elsewhere, compare, take that away.

        own_schema: of our own tables, left out.
        """
        ...
