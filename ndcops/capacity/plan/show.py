"""What a site has, what is promised, what is left: by pool, rack, storage tier and agency, and in watts.

Requested counts pods' requests against allocatable, as the scheduler does; nothing here is measured usage.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ndcops.capacity.plan.fit.cluster import Cluster
from ndcops.capacity.plan.fit.nodes import Counts, Mask
from ndcops.capacity.plan.fit.storage import claim_class, requested_bytes
from ndcops.capacity.plan.power import PowerUse, power_uses
from ndcops.model.object_names import POOL_LABEL, RACK_LABEL, SERVICE_LABEL, storage_class
from ndcops.model.quantity import parse_quantity
from ndcops.model.service import Service
from ndcops.model.site import Site

PODS = "pods"
UNLABELLED = "(without label)"
AGENCY_LABEL = "ndc.gov.vn/agency"


@dataclass(frozen=True)
class Amount:
    """One resource of some nodes, in millicores, bytes or pieces.

    largest_free: the most that one node still has. stranded: what is free on nodes where another resource has run
    out for a pod of their mean size.
    """

    resource: str
    allocatable: int
    requested: int
    largest_free: int
    stranded: int

    @property
    def free(self) -> int:
        """Allocatable and not requested; below zero where nodes are overcommitted."""
        return self.allocatable - self.requested

    @property
    def share(self) -> float:
        """Requested as a share of allocatable; 0 when there is none of it."""
        return self.requested / self.allocatable if self.allocatable else 0.0


@dataclass(frozen=True)
class Part:
    """Some nodes of a site: all, a pool or a rack."""

    name: str
    nodes: int
    cordoned: int
    amounts: tuple[Amount, ...]

    def amount(self, resource: str) -> Amount | None:
        """One resource of the part, if it has it."""
        return next((each for each in self.amounts if each.resource == resource), None)


@dataclass(frozen=True)
class TierUse:
    """A storage tier: bytes that exist, bytes that claims were promised."""

    name: str
    usable_bytes: int
    claimed_bytes: int
    claims: int

    @property
    def free_bytes(self) -> int:
        """What is left; below zero for a tier that promised more than it has."""
        return self.usable_bytes - self.claimed_bytes


@dataclass(frozen=True)
class AgencyUse:
    """What one agency's pods request at a site."""

    agency: str
    pods: int
    cpu_m: int
    memory_bytes: int


@dataclass(frozen=True)
class SiteRoom:
    """One site, all ways."""

    site: str
    total: Part
    pools: tuple[Part, ...]
    racks: tuple[Part, ...]
    tiers: tuple[TierUse, ...]
    agencies: tuple[AgencyUse, ...]
    power: tuple[PowerUse, ...]


def site_room(site: Site, cluster: Cluster, services: Sequence[Service] = ()) -> SiteRoom:
    """Everything about one site."""
    nodes = cluster.state.nodes
    return SiteRoom(
        site=site.name,
        total=_part(site.name, cluster, ~nodes.nothing()),
        pools=tuple(_parts(cluster, POOL_LABEL)),
        racks=tuple(_parts(cluster, RACK_LABEL)),
        tiers=tuple(_tiers(site, cluster)),
        agencies=tuple(_agencies(cluster, {each.id: each.owner for each in services})),
        power=tuple(power_uses(site)),
    )


def _parts(cluster: Cluster, label: str) -> Iterator[Part]:
    column = cluster.state.nodes.label(label)
    for number, value in sorted(enumerate(column.values), key=lambda each: each[1]):
        yield _part(value, cluster, column.codes == number)
    if not column.present.all():
        yield _part(UNLABELLED, cluster, ~column.present)


def _part(name: str, cluster: Cluster, mask: Mask) -> Part:
    state = cluster.state
    names = [*state.nodes.resources, PODS]
    has = np.column_stack([state.nodes.allocatable, state.nodes.pod_slots])[mask]
    asked = np.column_stack([state.requested, state.pods])[mask]
    free = np.maximum(has - asked, 0)
    exhausted = _exhausted(has, asked, free)
    amounts = []
    for at, resource in enumerate(names):
        others = np.delete(exhausted, at, axis=1).any(axis=1)
        amounts.append(
            Amount(
                resource=resource,
                allocatable=int(has[:, at].sum()),
                requested=int(asked[:, at].sum()),
                largest_free=int(free[:, at].max(initial=0)),
                stranded=int(free[others & ~exhausted[:, at], at].sum()),
            )
        )
    kept = tuple(each for each in amounts if each.allocatable or each.requested)
    return Part(name, int(mask.sum()), int((state.nodes.is_cordoned & mask).sum()), kept)


def _exhausted(has: Counts, asked: Counts, free: Counts) -> Mask:
    """Where a node has not enough of a resource left for one more pod of the part's mean size."""
    pods = max(int(asked[:, -1].sum()), 1)
    mean = asked.sum(axis=0) / pods
    result: Mask = (has > 0) & (mean > 0) & (free < mean)
    return result


def _tiers(site: Site, cluster: Cluster) -> Iterator[TierUse]:
    promised: Counter[str] = Counter()
    count: Counter[str] = Counter()
    for claim in cluster.state.storage.claims.values():
        promised[claim_class(claim)] += requested_bytes(claim) or 0
        count[claim_class(claim)] += 1
    for tier in site.tiers:
        name = storage_class(tier.name)
        yield TierUse(tier.name, int(parse_quantity(tier.usable)), promised[name], count[name])


def _agencies(cluster: Cluster, owners: Mapping[str, str]) -> Iterator[AgencyUse]:
    """By the pod's agency label, else its service's owner, else its namespace's label, else its namespace."""
    pods: dict[str, Counter[str]] = defaultdict(Counter)
    for group in cluster.state.residents.groups():
        shape, count = group.shape, group.counts.total()
        namespace = cluster.state.namespaces.get(shape.namespace, {})
        agency = (
            shape.labels.get(AGENCY_LABEL)
            or owners.get(shape.labels.get(SERVICE_LABEL, ""))
            or namespace.get(AGENCY_LABEL)
            or shape.namespace
        )
        use = pods[agency]
        use[PODS] += count
        for resource in ("cpu", "memory"):
            use[resource] += shape.requests.get(resource, 0) * count
    for agency, use in sorted(pods.items(), key=lambda each: -each[1]["cpu"]):
        if use[PODS] <= 0:
            continue
        yield AgencyUse(agency, use[PODS], use["cpu"], use["memory"])


def fullest(parts: Iterable[Part]) -> tuple[Part, Amount] | None:
    """The part and resource with the largest share requested."""
    pairs = [(part, amount) for part in parts for amount in part.amounts if amount.allocatable]
    return max(pairs, key=lambda each: each[1].share, default=None)
