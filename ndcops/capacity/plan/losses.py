"""The loss of a rack, or of a power feed: do the pods find places on the other nodes of their site."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from ndcops.capacity.plan.fit.cluster import Cluster
from ndcops.capacity.plan.fit.nodes import Mask
from ndcops.capacity.plan.fit.pod_shape import PodShape
from ndcops.capacity.plan.placing import Placer
from ndcops.capacity.plan.power import power_uses, rack_draws_w
from ndcops.capacity.plan.shortfall import worst_reason
from ndcops.model.object_names import RACK_LABEL
from ndcops.model.site import Site


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


@dataclass(frozen=True)
class FeedLoss:
    """One power feed of a site or of a hall lost: what the nodes draw, what the other feeds carry, who goes dark.

    dark_racks: switched off so that the rest can run, those with the least urgent pods first. An empty tuple with
    `survives` false means that no facts tell which racks stand there.
    """

    site: str
    place: str
    drawn_w: int
    left_w: int
    dark_racks: tuple[str, ...] = ()
    pods: int = 0
    homeless: int = 0
    reason: str = ""

    @property
    def shortfall_w(self) -> int:
        """Watts that the other feeds do not carry."""
        return max(0, self.drawn_w - self.left_w)

    @property
    def survives(self) -> bool:
        """Whether all goes on, or every pod of the racks that go dark finds another place."""
        return self.shortfall_w == 0 or (bool(self.dark_racks) and self.homeless == 0)


def rack_losses(site: str, cluster: Cluster, label: str = RACK_LABEL) -> Iterator[RackLoss]:
    """Each rack lost in turn; pods that belong to a node (DaemonSets) go with it and want no other place."""
    column = cluster.state.nodes.label(label)
    for number, rack in sorted(enumerate(column.values), key=lambda each: each[1]):
        lost = column.codes == number
        yield RackLoss(site, rack, int(lost.sum()), *_moved(Placer(cluster), lost))


def feed_losses(site: Site, cluster: Cluster, label: str = RACK_LABEL) -> Iterator[FeedLoss]:
    """One feed lost: of the whole site, then of each hall. Doubled feeds (A and B) carry all when one is lost."""
    column = cluster.state.nodes.label(label)
    for use in power_uses(site):
        draws_w = rack_draws_w(site, None if use.name == site.name else use.name)
        dark = _dark_racks(draws_w, use.drawn_w - use.after_feed_loss_w, _urgency(cluster, label))
        codes = [number for number, rack in enumerate(column.values) if rack in dark]
        moved = _moved(Placer(cluster), np.isin(column.codes, codes)) if codes else (0, 0, "")
        yield FeedLoss(site.name, use.name, use.drawn_w, use.after_feed_loss_w, dark if codes else (), *moved)


def _dark_racks(draws_w: Mapping[str, int], excess_w: int, urgency: Mapping[str, int]) -> tuple[str, ...]:
    """Racks to switch off until `excess_w` is gone: empty ones first, then by their most urgent pod."""
    dark: list[str] = []
    for rack in sorted(draws_w, key=lambda name: (name in urgency, urgency.get(name, 0), name)):
        if excess_w <= 0:
            break
        dark.append(rack)
        excess_w -= draws_w[rack]
    return tuple(dark)


def _urgency(cluster: Cluster, label: str) -> dict[str, int]:
    """The highest priority of the pods that stand in each rack; racks without any are left out."""
    column = cluster.state.nodes.label(label)
    highest: dict[str, int] = {}
    for number, rack in enumerate(column.values):
        standing = _standing(cluster, column.codes == number)
        if standing:
            highest[rack] = max(shape.priority for shape, _ in standing)
    return highest


def _moved(placer: Placer, lost: Mask) -> tuple[int, int, str]:
    """Pods that stood on the lost nodes, those of them without a new place, and the commonest reason."""
    moving = sorted(_standing(placer.cluster, lost), key=lambda each: -each[0].priority)
    placer.cluster.state.lose(lost)
    pods = homeless = 0
    reasons: Counter[str] = Counter()
    for shape, count in moving:
        placement = placer.move(shape, count)
        pods, homeless = pods + count, homeless + count - placement.placed
        reasons.update(placement.reasons)
    return pods, homeless, worst_reason(reasons) if homeless else ""


def _standing(cluster: Cluster, lost: Mask) -> list[tuple[PodShape, int]]:
    standing: Counter[PodShape] = Counter()
    for group in cluster.state.residents.groups():
        standing[group.shape] += sum(count for node, count in group.counts.items() if lost[node])
    return [(shape, count) for shape, count in standing.items() if count > 0 and not shape.belongs_to_node]
