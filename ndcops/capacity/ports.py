"""What capacity needs from outside: facts of the clusters, a place for snapshots, usage over time."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from ndcops.model.record import JsonObject
from ndcops.model.replay import Replayed, ReplayProgress
from ndcops.model.snapshot import FactsProgress, SiteSnapshot, Snapshot
from ndcops.model.target import ClusterRef
from ndcops.model.usage_history import UsageHistory

OnFacts = Callable[[FactsProgress], None]
OnReplay = Callable[[ReplayProgress], None]


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


class RealScheduler(Protocol):
    """Asks the scheduler itself, on a copy of what a site holds."""

    def replay(
        self, site: SiteSnapshot, pods: Sequence[JsonObject], on_progress: OnReplay
    ) -> tuple[Replayed, ...]:
        """Create `pods` one after another, as an operator would; gives each one's node or refusal.

        Nothing is evicted, and nothing of the site changes. Raises NdcopsError when the copy cannot be made or a
        decision does not come.
        """
        ...
