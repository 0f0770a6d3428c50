"""What wants a place: equal pods with a name, made from services, manifests or residents that must move."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from ndcops.capacity.plan.fit.pod_shape import PodShape, pod_shape
from ndcops.capacity.plan.fit.pod_volumes import ClaimVolume, PodVolumes
from ndcops.model.object_names import priority_class, storage_class, workload_object, zone_namespace
from ndcops.model.record import JsonObject
from ndcops.model.service import Grade, Service, Workload
from ndcops.model.site import Site
from ndcops.model.workload_pod import Placed, pod_template

Claims = dict[tuple[str, str], JsonObject]
"""Claims by namespace and name."""


@dataclass(frozen=True)
class Demand:
    """`count` pods of one template. `claims` are made for each pod anew, as a StatefulSet does."""

    name: str
    pod: JsonObject
    count: int
    claims: tuple[JsonObject, ...] = ()

    def shapes(self) -> Iterator[tuple[PodShape, Claims]]:
        """The shape of each pod in turn, and the claims that it brings."""
        shape = pod_shape(self.pod)
        for number in range(self.count):
            made = self._claims_of(number, shape.namespace)
            if made:
                own = tuple(ClaimVolume(name) for _, name in made)
                volumes = PodVolumes((*shape.volumes.claims, *own), shape.volumes.disks)
                yield shape.with_volumes(volumes), made
            else:
                yield shape, made

    def _claims_of(self, number: int, namespace: str) -> Claims:
        """The claims of the pod of that number, not bound yet."""
        made: Claims = {}
        for template in self.claims:
            name = f"{template['metadata']['name']}-{self.name}-{number}"
            metadata = {"name": name, "namespace": namespace}
            made[(namespace, name)] = {**template, "metadata": metadata, "status": {"phase": "Pending"}}
        return made


def service_demands(site: Site, service: Service) -> tuple[Demand, ...]:
    """The pods of a service at a site, as the compute stack makes them.

    Raises LookupError when the site lacks a pool that the service names.
    """
    return tuple(_workload_demand(site, service, workload) for workload in service.workloads)


def _workload_demand(site: Site, service: Service, workload: Workload) -> Demand:
    pool = site.pool(workload.pool)
    if pool is None:
        raise LookupError(f"site '{site.name}' has no pool '{workload.pool}'")
    placed = Placed(site, service, workload, pool, is_exposed=False)
    template = pod_template(placed)
    spec = {
        **template["spec"],
        "priority": service.grade.priority,
        "priorityClassName": priority_class(service.grade),
        "preemptionPolicy": "Never" if service.grade is Grade.D else "PreemptLowerPriority",
    }
    metadata = {**template["metadata"], "namespace": zone_namespace(service.zone)}
    volume = workload.volume
    claims: tuple[JsonObject, ...] = ()
    if volume is not None:
        wanted = {"resources": {"requests": {"storage": volume.size}}, "accessModes": ["ReadWriteOnce"]}
        claim = {"storageClassName": storage_class(volume.tier), **wanted}
        claims = ({"metadata": {"name": "data"}, "spec": claim},)
    name = workload_object(service, workload)
    return Demand(name, {"metadata": metadata, "spec": spec}, workload.replicas, claims)


def in_recovery_order(services: Sequence[Service]) -> tuple[Service, ...]:
    """Services as they are brought up: by grade, and within a grade what others depend on first.

    The order of names breaks ties, so that the same question always gets the same answer. Dependencies in a circle
    (the inventory refuses them) leave the order to grades and names.
    """
    known = {service.id: service.depends_on for service in services}
    rank: dict[str, int] = {}
    try:
        for each in TopologicalSorter(known).static_order():
            rank[each] = 1 + max((rank[below] for below in known.get(each, ())), default=0)
    except CycleError:
        rank = {}
    return tuple(sorted(services, key=lambda each: (each.grade.value, rank.get(each.id, 0), each.id)))
