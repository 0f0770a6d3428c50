"""Deployments and StatefulSets of a service: read, claimed, scaled; the failover room's port Workloads.

Scaling is no eviction: disruption budgets do not hold it up, and nothing here evicts.
"""

from collections import Counter
from typing import Final

from ndcops.adapters.kubernetes_api.connection import shape_checked
from ndcops.adapters.kubernetes_api.failover.site_objects import (
    DEPLOYMENT,
    POD,
    STATEFUL_SET,
    SiteObjects,
    epoch_of,
    reference,
)
from ndcops.model.failover import ObjectRef, WorkloadState
from ndcops.model.object_names import NAME_LABEL
from ndcops.model.record import JsonObject
from ndcops.model.service import Service

_ENDED: Final = frozenset({"Succeeded", "Failed"})


class ServiceWorkloads:
    """The workloads of services in the target's clusters."""

    def __init__(self, objects: SiteObjects) -> None:
        self._objects = objects

    def read(self, site: str, service: Service) -> tuple[WorkloadState, ...]:
        """The service's workloads on that site. Raises Unreachable, NdcopsError."""
        with shape_checked(self._objects.cluster(site)):
            pods = Counter(
                _workload_of(pod) for pod in self._objects.of_service(site, POD, service) if _counts(pod)
            )
            return tuple(
                _state(reference(site, kind, service, live), live, pods[live["metadata"]["name"]])
                for kind in (DEPLOYMENT, STATEFUL_SET)
                for live in self._objects.of_service(site, kind, service)
            )

    def claim(self, ref: ObjectRef, *, expect: str, epoch: int) -> WorkloadState:
        """Stamp the epoch. Raises Overtaken, Changed, Unreachable."""
        return self._written(ref, self._objects.claim(ref, expect=expect, epoch=epoch))

    def scale(self, ref: ObjectRef, replicas: int, *, expect: str, epoch: int) -> WorkloadState:
        """Set spec.replicas. Raises Overtaken, Changed, Unreachable."""
        changes = {"spec": {"replicas": replicas}}
        return self._written(ref, self._objects.write(ref, changes, expect=expect, epoch=epoch))

    def _written(self, ref: ObjectRef, live: JsonObject) -> WorkloadState:
        with shape_checked(self._objects.cluster(ref.site)):
            selector = f"{NAME_LABEL}={ref.name}"
            pods = self._objects.list_all(ref.site, POD.path(ref.namespace), selector)
            return _state(ref, live, sum(map(_counts, pods)))


def _counts(pod: JsonObject) -> bool:
    """Whether the pod can still do anything: one that has ended stays listed until it is collected."""
    return (pod.get("status") or {}).get("phase") not in _ENDED


def _workload_of(pod: JsonObject) -> str:
    return str((pod["metadata"].get("labels") or {}).get(NAME_LABEL, ""))


def _state(ref: ObjectRef, live: JsonObject, pods: int) -> WorkloadState:
    status, metadata = live.get("status") or {}, live["metadata"]
    is_current = status.get("observedGeneration", 0) >= metadata["generation"]
    return WorkloadState(
        ref=ref,
        replicas=live["spec"].get("replicas", 1),
        ready=status.get("readyReplicas", 0) if is_current else 0,
        pods=pods,
        resource_version=metadata["resourceVersion"],
        epoch=epoch_of(live),
    )
