"""The port Clusters in memory: what each cluster would answer, or why it does not."""

from dataclasses import dataclass, field

from ndcops.model.errors import NdcopsError
from ndcops.model.site_status import SiteCondition
from ndcops.model.stack_changes import ObjectRef, Writer
from ndcops.model.stack_input import MovedObject
from ndcops.model.target import ClusterRef


@dataclass
class FakeClusters:
    """Answers by site; a site in `silent` does not answer at all."""

    uids: dict[str, str] = field(default_factory=dict)
    conditions: dict[str, SiteCondition] = field(default_factory=dict)
    writers: dict[str, tuple[Writer, ...]] = field(default_factory=dict)
    """By object, as `str(ObjectRef)` names it."""
    moved: dict[str, tuple[MovedObject, ...]] = field(default_factory=dict)
    api_groups: tuple[str, ...] = ()
    silent: set[str] = field(default_factory=set)

    def read_uid(self, cluster: ClusterRef) -> str:
        self._reach(cluster)
        return self.uids[cluster.site]

    def read_condition(self, cluster: ClusterRef) -> SiteCondition:
        self._reach(cluster)
        return self.conditions[cluster.site]

    def read_writers(self, cluster: ClusterRef, ref: ObjectRef) -> tuple[Writer, ...]:
        self._reach(cluster)
        return self.writers.get(str(ref), ())

    def read_moved(self, cluster: ClusterRef) -> tuple[MovedObject, ...]:
        self._reach(cluster)
        return self.moved.get(cluster.site, ())

    def read_api_groups(self, cluster: ClusterRef) -> tuple[str, ...]:
        self._reach(cluster)
        return self.api_groups

    def _reach(self, cluster: ClusterRef) -> None:
        if cluster.site in self.silent:
            raise NdcopsError(
                f"cluster {cluster.site} (context {cluster.context}) does not answer",
                details=["connection refused"],
                resolution="ndcops doctor",
            )
