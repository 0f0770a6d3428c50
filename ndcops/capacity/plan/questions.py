"""What `capacity fit` is asked: manifests, services or a wave, made into demands and answered site by site."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ndcops.capacity.plan.demand import Demand, service_demands
from ndcops.capacity.plan.fit.cluster import Cluster
from ndcops.capacity.plan.fit.pod_shape import pod_shape
from ndcops.capacity.plan.fit.verdict import Preemption
from ndcops.capacity.plan.placing import Placement, Placer
from ndcops.model.errors import InvalidInput
from ndcops.model.object_names import POOL_LABEL
from ndcops.model.record import JsonObject
from ndcops.model.service import Service
from ndcops.model.site import NodePool, Site
from ndcops.model.wave_plan import Wave, WaveWorkload
from ndcops.model.workload_pod import pool_tolerations

_REPLICATED = ("Deployment", "StatefulSet", "ReplicaSet", "ReplicationController")
_IGNORED = (
    "Service",
    "ConfigMap",
    "Secret",
    "ServiceAccount",
    "PodDisruptionBudget",
    "NetworkPolicy",
    "Namespace",
)
"""Kinds of a workload's file that take no room."""


@dataclass(frozen=True)
class FitAnswer:
    """Whether all of a question fits at one site.

    problem: why it could not be asked there. evictions: where the first demand that does not fit would, if pods of
    lower priority went.
    """

    site: str
    placements: tuple[Placement, ...]
    problem: str = ""
    preemption: Preemption | None = None

    @property
    def fits(self) -> bool:
        """Whether every pod found a place."""
        return not self.problem and bool(self.placements) and all(each.is_whole for each in self.placements)


def answer(site: str, cluster: Cluster, demands: Sequence[Demand]) -> FitAnswer:
    """Place all demands at a site, one after another."""
    placer = Placer(cluster)
    placements = tuple(placer.place(demand) for demand in demands)
    missing = next((demand for demand, each in zip(demands, placements, strict=True) if not each.is_whole), None)
    preemption = None
    if missing is not None and not missing.claims:
        preemption = placer.cluster.verdict_on(pod_shape(missing.pod), preempt=True).preemption
    return FitAnswer(site, placements, preemption=preemption)


def unasked(site: str, problem: str) -> FitAnswer:
    """The answer of a site where the question makes no sense."""
    return FitAnswer(site, (), problem)


def manifest_demands(manifests: Iterable[JsonObject]) -> tuple[Demand, ...]:
    """The demands of workload manifests. Raises InvalidInput for a kind whose pods cannot be told."""
    demands = []
    for each in manifests:
        kind, name = each["kind"], (each.get("metadata") or {}).get("name") or "unnamed"
        namespace = (each.get("metadata") or {}).get("namespace") or "default"
        spec = each.get("spec") or {}
        if kind == "Pod":
            demands.append(Demand(name, {**each, "metadata": {**each["metadata"], "namespace": namespace}}, 1))
        elif kind in _REPLICATED:
            pod = _pod_of(spec.get("template"), namespace, f"{kind} '{name}'")
            claims = tuple(spec.get("volumeClaimTemplates") or ()) if kind == "StatefulSet" else ()
            demands.append(Demand(name, pod, _count(spec, "replicas", f"{kind} '{name}'"), claims))
        elif kind == "Job":
            pod = _pod_of(spec.get("template"), namespace, f"Job '{name}'")
            demands.append(Demand(name, pod, _count(spec, "parallelism", f"Job '{name}'")))
        elif kind not in _IGNORED:
            known = ", ".join(("Pod", *_REPLICATED, "Job"))
            raise InvalidInput(f"{kind} '{name}': its pods are not known; expected one of {known}")
    if not demands:
        raise InvalidInput("the file holds no workload; expected for example a Pod or a Deployment")
    return tuple(demands)


def _pod_of(template: JsonObject | None, namespace: str, where: str) -> JsonObject:
    if not template or not isinstance(template.get("spec"), dict):
        raise InvalidInput(f"{where}: spec.template.spec is missing")
    return {"metadata": {**(template.get("metadata") or {}), "namespace": namespace}, "spec": template["spec"]}


def _count(spec: JsonObject, field: str, where: str) -> int:
    count = spec.get(field, 1)
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise InvalidInput(f"{where}: spec.{field} is {count!r}; expected a whole number of 0 or more")
    return count


def services_demands(site: Site, services: Iterable[Service]) -> tuple[Demand, ...]:
    """The demands of services at a site. Raises LookupError for a pool that it lacks."""
    return tuple(demand for service in services for demand in service_demands(site, service))


def wave_demands(sites: Mapping[str, Site], wave: Wave, site: str) -> tuple[Demand, ...]:
    """What a wave brings to a site as its home. Raises LookupError for a pool that the site lacks."""
    parts = [part for part in wave.demand if part.home == site]
    return tuple(
        _wave_demand(sites[site], workload, f"{wave.name}-{number}")
        for number, part in enumerate(parts)
        for workload in part.workloads
    )


def _wave_demand(site: Site, workload: WaveWorkload, namespace: str) -> Demand:
    pool = site.pool(workload.pool)
    if pool is None:
        raise LookupError(f"site '{site.name}' has no pool '{workload.pool}'")
    return Demand(workload.name, _wave_pod(pool, workload, namespace), workload.replicas)


def _wave_pod(pool: NodePool, workload: WaveWorkload, namespace: str) -> JsonObject:
    requests = {"cpu": workload.cpu, "memory": workload.memory}
    if workload.gpus:
        if pool.gpu is None:
            raise LookupError(f"pool '{pool.name}' has no accelerators")
        requests[pool.gpu.resource] = str(workload.gpus)
    container = {"name": workload.name, "resources": {"requests": requests}}
    spec = {
        "containers": [container],
        "nodeSelector": {POOL_LABEL: pool.name},
        "tolerations": pool_tolerations(pool),
    }
    return {"metadata": {"namespace": namespace, "labels": {"app": workload.name}}, "spec": spec}
