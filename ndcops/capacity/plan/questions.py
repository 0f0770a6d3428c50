"""What `capacity fit` is asked: manifests, services or a wave, made into demands and answered site by site."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ndcops.capacity.plan.admission import AdmissionRefused
from ndcops.capacity.plan.admitted import Door
from ndcops.capacity.plan.demand import Demand, service_demands
from ndcops.capacity.plan.fit.cluster import Cluster
from ndcops.capacity.plan.fit.pod_shape import pod_shape
from ndcops.capacity.plan.fit.pod_size import pod_requests
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


def answer(site: str, cluster: Cluster, asked: Sequence[Demand]) -> FitAnswer:
    """Let all demands in at a site and place them, one after another."""
    door = Door(cluster.objects)
    try:
        demands = [door.let_in(demand) for demand in asked]
    except AdmissionRefused as refused:
        return unasked(site, refused.message)
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
    """The demands of workload manifests.

    Raises InvalidInput for a kind whose pods cannot be told, and for what no API server would take.
    """
    demands = [_checked(demand) for each in manifests for demand in _manifest_demands(each)]
    if not demands:
        raise InvalidInput("the file holds no workload; expected for example a Pod or a Deployment")
    return tuple(demands)


def _manifest_demands(manifest: JsonObject) -> Iterator[Demand]:
    kind, metadata = manifest["kind"], manifest.get("metadata") or {}
    name = f"{kind} '{metadata.get('name') or 'unnamed'}'"
    namespace = metadata.get("namespace") or "default"
    spec = manifest.get("spec") or {}
    if kind == "Pod":
        yield Demand(name, _pod_of(manifest, namespace, name), 1)
    elif kind in _REPLICATED:
        claims = tuple(spec.get("volumeClaimTemplates") or ()) if kind == "StatefulSet" else ()
        pod = _pod_of(spec.get("template"), namespace, name)
        yield Demand(name, pod, _count(spec, "replicas", name), claims)
    elif kind == "Job":
        yield Demand(name, _pod_of(spec.get("template"), namespace, name), _count(spec, "parallelism", name))
    elif kind not in _IGNORED:
        known = ", ".join(("Pod", *_REPLICATED, "Job"))
        raise InvalidInput(f"{name}: its pods are not known; expected one of {known}")


def _checked(demand: Demand) -> Demand:
    """The demand, once its pod is one that an API server would take."""
    try:
        pod_shape(demand.pod)
        below = [name for name, value in pod_requests(demand.pod, is_running=False).items() if value < 0]
    except ValueError as error:
        raise InvalidInput(f"{demand.name}: {error}") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(f"{demand.name}: no pod that an API server would take ({error!r})") from error
    if below:
        raise InvalidInput(f"{demand.name}: it requests less than nothing of {', '.join(below)}")
    return demand


def _pod_of(template: JsonObject | None, namespace: str, where: str) -> JsonObject:
    if not template or not isinstance(template.get("spec"), dict):
        raise InvalidInput(f"{where}: it has no pod spec")
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
