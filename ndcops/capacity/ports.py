"""What capacity needs from outside: facts of the clusters, a place for snapshots, usage over time."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Protocol

from ndcops.model.snapshot import FactsProgress, SiteSnapshot, Snapshot
from ndcops.model.target import ClusterRef
from ndcops.model.usage_history import UsageHistory

OnFacts = Callable[[FactsProgress], None]


class SiteFacts(Protocol):
    """Reads what a site's cluster holds; several threads may read several sites."""

    def read_site_facts(self, cluster: ClusterRef, on_progress: OnFacts) -> SiteSnapshot:
        """Everything that scheduling reads. Raises NdcopsError when the cluster does not give nodes and pods."""
        ...


class SnapshotStore(Protocol):
    """Keeps a snapshot as one file."""

    def save(self, snapshot: Snapshot, path: Path) -> str:
        """Write the file whole or not at all; gives its digest. Raises NdcopsError."""
        ...

    def open(self, path: Path) -> Snapshot:
        """Raises InvalidInput when the file is not a whole snapshot that this release reads."""
        ...


class UsageHistorySource(Protocol):
    """Gives usage over time."""

    def read(self, begin: datetime, end: datetime) -> UsageHistory:
        """Samples of `begin` <= time <= `end`.

        Raises InvalidInput for a source that is wrong, NdcopsError for one that does not answer.
        """
        ...
