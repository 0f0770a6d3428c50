"""Which clusters a change goes to: the lab's, or production's; each pinned by its UID."""

from enum import StrEnum
from pathlib import Path

from ndcops.model.document import Value

SIMULATED_IN_LAB = ("nodes and pods (KWOK)", "volumes and their replication (no storage system in the lab)")
"""What the lab only plays: named wherever its results are shown."""


class TargetKind(StrEnum):
    """A rehearsal can never hit production: every plan, prompt and report prints this."""

    LAB = "lab"
    PRODUCTION = "production"


class ClusterRef(Value):
    """One site's cluster. `uid` is that of its kube-system namespace; None means not pinned yet."""

    site: str
    kubeconfig: Path
    context: str
    uid: str | None


class Target(Value):
    """The clusters of a run, and the folder that keeps the state of their stacks."""

    kind: TargetKind
    clusters: tuple[ClusterRef, ...]
    state_dir: Path

    def cluster(self, site: str) -> ClusterRef | None:
        """The cluster of that site, if the target has one."""
        return next((cluster for cluster in self.clusters if cluster.site == site), None)
