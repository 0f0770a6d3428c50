"""Isolated copies of services for drills, in namespaces of their own; the failover room's port ScratchCopies.

Only the copy's namespace is ever written. Deleting it removes all of the copy: it holds no volumes and nothing of
the cluster's.
"""

from typing import Protocol

from ndcops.adapters.kubernetes_api.connection import shape_checked
from ndcops.adapters.kubernetes_api.failover.scratch_objects import (
    DRILL_LABEL,
    DRILL_SERVICE_LABEL,
    cluster_clone,
    copied,
    isolation,
    namespace_object,
    scratch_namespace,
    secret_names,
)
from ndcops.adapters.kubernetes_api.failover.site_objects import (
    CLUSTER,
    DEPLOYMENT,
    STATEFUL_SET,
    Kind,
    SiteObjects,
    is_true,
    service_namespace,
)
from ndcops.model.errors import NdcopsError, Refused
from ndcops.model.failover import ScratchState, Unreachable
from ndcops.model.object_names import NAME_LABEL
from ndcops.model.record import JsonObject
from ndcops.model.service import Service

NAMESPACE = Kind("Namespace", "/api/v1", "namespaces")
POLICY = Kind("NetworkPolicy", "/apis/networking.k8s.io/v1", "networkpolicies")
SECRET = Kind("Secret", "/api/v1", "secrets")
VOLUME = Kind("PersistentVolume", "/api/v1", "persistentvolumes")
SLICE = Kind("EndpointSlice", "/apis/discovery.k8s.io/v1", "endpointslices")
_BEFORE = (
    (Kind("ServiceAccount", "/api/v1", "serviceaccounts"), "v1"),
    (Kind("ConfigMap", "/api/v1", "configmaps"), "v1"),
    (Kind("Service", "/api/v1", "services"), "v1"),
)
_WORKLOADS = ((DEPLOYMENT, "apps/v1"), (STATEFUL_SET, "apps/v1"))


class DataClone(Protocol):
    """A copy of a service's data that stands outside the cluster, such as a Patroni database; wiring gives it."""

    def create(self, site: str, service: Service, drill: str) -> None:
        """Make what is missing of it."""
        ...

    def read(self, site: str, service: Service, drill: str) -> tuple[bool, str] | None:
        """Whether it is ready, and how it was made, in words; None when nothing of it exists."""
        ...

    def check(self, site: str, service: Service, drill: str) -> str:
        """Write and read; what was found. Raises NdcopsError."""
        ...

    def remove(self, site: str, service: Service, drill: str) -> None:
        """Start its removal."""
        ...


class ScratchNamespaces:
    """Copies in the target's clusters. clone: of databases outside them, None when there are none."""

    def __init__(self, objects: SiteObjects, clone: DataClone | None = None) -> None:
        self._objects = objects
        self._clone = clone

    def create(self, site: str, service: Service, drill: str) -> ScratchState:
        """Make what is missing of the copy. Raises Refused when the namespace is another's, Unreachable."""
        with shape_checked(self._objects.cluster(site)):
            zone = self._objects.get(site, NAMESPACE.path("", service_namespace(service)))
            labels = (zone or {"metadata": {}})["metadata"].get("labels") or {}
            self._make(site, NAMESPACE, "", namespace_object(service, drill, labels))
            self._require_ours(site, service, drill)
            space, database = scratch_namespace(service, drill), self._database(site, service)
            origin = service_namespace(service) if database is not None else ""
            self._make(site, POLICY, space, isolation(service, drill, origin))
            self._copy(site, service, drill, database)
            if database is not None:
                self._make(site, CLUSTER, space, cluster_clone(database, service, drill))
        if self._clone is not None:
            self._clone.create(site, service, drill)
        state = self.read(site, service, drill)
        if state is None:
            raise Unreachable(f"{service.id}: the copy at {site} was removed while it was made")
        return state

    def read(self, site: str, service: Service, drill: str) -> ScratchState | None:
        """How far the copy is; None when nothing of it exists. Raises Unreachable, NdcopsError."""
        cloned = self._clone.read(site, service, drill) if self._clone is not None else None
        with shape_checked(self._objects.cluster(site)):
            space = self._objects.get(site, NAMESPACE.path("", scratch_namespace(service, drill)))
            left = self._left_volumes(site, service, drill) if space is None else []
            if space is None and cloned is None and not left:
                return None
            workloads = self._copies(site, service, drill) if space is not None else []
            databases = self._inside(site, service, drill, CLUSTER) if space is not None else []
        problems = (
            [] if space is not None and not space["metadata"].get("deletionTimestamp") else ["being removed"]
        )
        problems += [f"volume {name} is left: its class retains what is released" for name in left]
        missing = len(service.workloads) - len(workloads)
        problems += [f"{missing} workloads are missing"] if missing > 0 and not problems else []
        problems += [
            f"database {each['metadata']['name']} is not ready" for each in databases if not is_true(each, "Ready")
        ]
        problems += [cloned[1]] if cloned is not None and not cloned[0] else []
        return ScratchState(
            site=site,
            service=service.id,
            drill=drill,
            namespace=scratch_namespace(service, drill),
            workloads_wanted=len(service.workloads),
            workloads_ready=sum(_is_ready(each) for each in workloads),
            data=_data_words(service, databases, cloned),
            problem="; ".join(problems),
        )

    def check(self, site: str, service: Service, drill: str) -> str:
        """Ask every part of the copy; returns what was found. Raises NdcopsError when something does not serve."""
        state = self.read(site, service, drill)
        if state is None or state.problem or state.workloads_ready < state.workloads_wanted:
            raise NdcopsError(
                f"{service.id}: the copy at {site} does not serve",
                details=[state.problem or f"{state.workloads_ready} of {state.workloads_wanted} workloads ready"]
                if state
                else ["there is none"],
            )
        with shape_checked(self._objects.cluster(site)):
            slices = self._inside(site, service, drill, SLICE)
            addresses = sum(_ready_addresses(each) for each in slices)
        if not addresses:
            raise NdcopsError(f"{service.id}: no pod of the copy at {site} takes traffic")
        found = f"{state.workloads_ready} workloads ready, {addresses} addresses take traffic"
        return f"{found}; {self._clone.check(site, service, drill)}" if self._clone is not None else found

    def remove(self, site: str, service: Service, drill: str) -> None:
        """Start the removal of all of the copy. Raises Refused for a namespace that is another's, Unreachable."""
        if self._clone is not None:
            self._clone.remove(site, service, drill)
        live = self._require_ours(site, service, drill)
        if live is not None and not live["metadata"].get("deletionTimestamp"):
            path = NAMESPACE.path("", scratch_namespace(service, drill))
            self._objects.delete(site, path, live["metadata"]["uid"])

    def _copy(self, site: str, service: Service, drill: str, database: JsonObject | None) -> None:
        """Accounts, settings, secrets and Services first, then what starts pods."""
        space = scratch_namespace(service, drill)
        for kind, version in _BEFORE:
            for live in self._objects.of_service(site, kind, service):
                self._make(site, kind, space, copied(live, kind.name, version, service, drill))
        workloads = [
            (kind, version, live)
            for kind, version in _WORKLOADS
            for live in self._objects.of_service(site, kind, service)
        ]
        for name in sorted(secret_names((live for _, _, live in workloads), database)):
            secret = self._objects.get(site, SECRET.path(service_namespace(service), name))
            if secret is not None:
                self._make(site, SECRET, space, copied(secret, "Secret", "v1", service, drill))
        for kind, version, live in workloads:
            self._make(site, kind, space, copied(live, kind.name, version, service, drill))

    def _make(self, site: str, kind: Kind, space: str, document: JsonObject) -> None:
        path = kind.path(space)
        if self._objects.get(site, kind.path(space, document["metadata"]["name"])) is None:
            self._objects.create(site, path, document)

    def _require_ours(self, site: str, service: Service, drill: str) -> JsonObject | None:
        """The namespace, None when it is gone. Raises Refused when it is not this drill's copy of this service."""
        with shape_checked(self._objects.cluster(site)):
            name = scratch_namespace(service, drill)
            live = self._objects.get(site, NAMESPACE.path("", name))
            labels = (live or {"metadata": {}})["metadata"].get("labels") or {}
            if live is None or (labels.get(DRILL_LABEL), labels.get(DRILL_SERVICE_LABEL)) == (drill, service.id):
                return live
        raise Refused(
            f"{site}: namespace {name} is not of drill '{drill}' of {service.id}: it is left alone",
            resolution=f"kubectl --context {self._objects.cluster(site).context} get namespace {name} -o yaml",
        )

    def _database(self, site: str, service: Service) -> JsonObject | None:
        found = self._objects.of_service(site, CLUSTER, service)
        return found[0] if found else None

    def _left_volumes(self, site: str, service: Service, drill: str) -> list[str]:
        """Volumes of a cloned database that outlive its namespace: we may not delete them, and so tell of them."""
        if service.database is None or service.database.engine != "cloudnativepg":
            return []
        space = scratch_namespace(service, drill)
        return [
            str(live["metadata"]["name"])
            for live in self._objects.list_all(site, VOLUME.path(""))
            if (live["spec"].get("claimRef") or {}).get("namespace") == space
        ]

    def _copies(self, site: str, service: Service, drill: str) -> list[JsonObject]:
        return [live for kind, _ in _WORKLOADS for live in self._inside(site, service, drill, kind)]

    def _inside(self, site: str, service: Service, drill: str, kind: Kind) -> list[JsonObject]:
        return self._objects.list_all(site, kind.path(scratch_namespace(service, drill)))


def _is_ready(live: JsonObject) -> bool:
    return bool((live.get("status") or {}).get("readyReplicas"))


def _ready_addresses(live: JsonObject) -> int:
    ready = [each for each in live.get("endpoints") or () if (each.get("conditions") or {}).get("ready")]
    return sum(len(each["addresses"]) for each in ready)


def _data_words(service: Service, databases: list[JsonObject], cloned: tuple[bool, str] | None) -> str:
    """How the copy's data came there."""
    words = [
        f"CloudNativePG {each['metadata']['labels'][NAME_LABEL]}: cloned by base backup" for each in databases
    ]
    words += [cloned[1]] if cloned is not None else []
    volumes = sum(workload.volume is not None for workload in service.workloads)
    words += [f"empty volumes in {volumes} workloads: no storage snapshot is cloned"] if volumes else []
    if service.database is not None and not databases and cloned is None:
        words.append(f"the database ({service.database.engine}) was not cloned")
    return "; ".join(words)
