"""The loss of a rack: do its pods find places on the other nodes of their site."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from ndcops.capacity.plan.fit.cluster import Cluster
from ndcops.capacity.plan.fit.nodes import Mask
from ndcops.capacity.plan.fit.pod_shape import PodShape
from ndcops.capacity.plan.placing import Placer
from ndcops.capacity.plan.shortfall import worst_reason
from ndcops.model.object_names import RACK_LABEL


@dataclass(frozen=True)
class RackLoss:
    """One rack of a site: pods that stood there, those without a new place, and why."""

    site: str
    rack: str
    nodes: int
    pods: int
    homeless: int
    reason: str = ""

    @property
    def survives(self) -> bool:
        """Whether every pod finds a place."""
        return self.homeless == 0


def rack_losses(site: str, cluster: Cluster, label: str = RACK_LABEL) -> Iterator[RackLoss]:
    """Each rack lost in turn; pods that belong to a node (DaemonSets) go with it and want no other place."""
    column = cluster.state.nodes.label(label)
    for number, rack in sorted(enumerate(column.values), key=lambda each: each[1]):
        yield _lose(site, rack, Placer(cluster), column.codes == number)


def _lose(site: str, rack: str, placer: Placer, lost: Mask) -> RackLoss:
    moving = sorted(_standing(placer.cluster, lost), key=lambda each: -each[0].priority)
    placer.cluster.state.lose(lost)
    pods = homeless = 0
    reasons: Counter[str] = Counter()
    for shape, count in moving:
        placement = placer.move(shape, count)
        pods, homeless = pods + count, homeless + count - placement.placed
        reasons.update(placement.reasons)
    reason = worst_reason(reasons) if homeless else ""
    return RackLoss(site, rack, int(lost.sum()), pods, homeless, reason)


def _standing(cluster: Cluster, lost: Mask) -> list[tuple[PodShape, int]]:
    standing: Counter[PodShape] = Counter()
    for group in cluster.state.residents.groups():
        standing[group.shape] += sum(count for node, count in group.counts.items() if lost[node])
    return [(shape, count) for shape, count in standing.items() if count > 0 and not shape.belongs_to_node]
