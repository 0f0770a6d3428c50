"""What wants a place: equal pods with a name, made from services, manifests or residents that must move."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ndcops.capacity.plan.fit.pod_shape import PodShape, pod_shape
from ndcops.capacity.plan.fit.storage import Storage
from ndcops.model.object_names import priority_class, storage_class, workload_object, zone_namespace
from ndcops.model.record import JsonObject
from ndcops.model.service import Grade, Service, Workload
from ndcops.model.site import Site
from ndcops.model.workload_pod import Placed, pod_template


@dataclass(frozen=True)
class Demand:
    """`count` pods of one template. `claims` are made for each pod anew, as a StatefulSet does."""

    name: str
    pod: JsonObject
    count: int
    claims: tuple[JsonObject, ...] = ()

    def shapes(self, storage: Storage) -> Iterator[tuple[PodShape, Storage]]:
        """The shape of each pod in turn, and the storage objects with the claims that it brings."""
        if not self.claims:
            shape = pod_shape(self.pod)
            for _ in range(self.count):
                yield shape, storage
            return
        for number in range(self.count):
            pod, storage = _with_claims(self, number, storage)
            yield pod_shape(pod), storage


def _with_claims(demand: Demand, number: int, storage: Storage) -> tuple[JsonObject, Storage]:
    """The pod of that number with claims of its own, not bound yet."""
    namespace = demand.pod["metadata"].get("namespace") or "default"
    made, volumes = {}, [*(demand.pod["spec"].get("volumes") or ())]
    for template in demand.claims:
        name = f"{template['metadata']['name']}-{demand.name}-{number}"
        claim = {**template, "metadata": {"name": name, "namespace": namespace}, "status": {"phase": "Pending"}}
        made[(namespace, name)] = claim
        volumes.append({"name": template["metadata"]["name"], "persistentVolumeClaim": {"claimName": name}})
    pod = {**demand.pod, "spec": {**demand.pod["spec"], "volumes": volumes}}
    return pod, storage.also(made)


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

    The order of names breaks ties, so that the same question always gets the same answer.
    """
    known = {service.id: service for service in services}
    depth: dict[str, int] = {}

    def rank(service_id: str, path: tuple[str, ...]) -> int:
        if service_id in depth:
            return depth[service_id]
        below = [each for each in known[service_id].depends_on if each in known and each not in path]
        depth[service_id] = 1 + max((rank(each, (*path, service_id)) for each in below), default=0)
        return depth[service_id]

    return tuple(sorted(services, key=lambda each: (each.grade.value, rank(each.id, ()), each.id)))
