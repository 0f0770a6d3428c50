"""Objects of services in the sites' clusters: found by label, written only as read and only by the newest epoch.

The drivers beside speak through it. A write is one merge patch that carries the resourceVersion that the caller
read and the epoch: the API server refuses it (409) when anybody else has written since.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from ndcops.adapters.kubernetes_api.connection import PAGE_SIZE, Answer, Connections, shape_checked
from ndcops.model.errors import InvalidInput, NdcopsError
from ndcops.model.failover import EPOCH_ANNOTATION, Changed, ObjectRef, Overtaken, Unreachable
from ndcops.model.field_managers import FAILOVER_MANAGER
from ndcops.model.object_names import SERVICE_LABEL, zone_namespace
from ndcops.model.record import JsonObject
from ndcops.model.service import Service
from ndcops.model.target import ClusterRef, Target

TIMEOUT_S: Final = 4.5
"""Below the 5 s within which every port of failover answers or gives up."""
_MERGE: Final = "application/merge-patch+json"
_BUSY: Final = frozenset({429, 500, 502, 503, 504})
"""The server has no answer now; whether a write was done is not known (500 and 504 may come after it)."""


@dataclass(frozen=True)
class Kind:
    """Where the API keeps objects of a kind."""

    name: str
    api: str
    plural: str

    def path(self, namespace: str, name: str = "") -> str:
        """The path of an object, or of all in a namespace; an empty namespace for what is the cluster's."""
        space = f"/namespaces/{quote(namespace)}" if namespace else ""
        return f"{self.api}{space}/{self.plural}" + (f"/{quote(name)}" if name else "")


DEPLOYMENT: Final = Kind("Deployment", "/apis/apps/v1", "deployments")
STATEFUL_SET: Final = Kind("StatefulSet", "/apis/apps/v1", "statefulsets")
POD: Final = Kind("Pod", "/api/v1", "pods")
HTTP_ROUTE: Final = Kind("HTTPRoute", "/apis/gateway.networking.k8s.io/v1", "httproutes")
INGRESS: Final = Kind("Ingress", "/apis/networking.k8s.io/v1", "ingresses")
VOLUME_REPLICATION: Final = Kind(
    "VolumeReplication", "/apis/replication.storage.openshift.io/v1alpha1", "volumereplications"
)
CLUSTER: Final = Kind("Cluster", "/apis/postgresql.cnpg.io/v1", "clusters")
NETWORK_FENCE: Final = Kind("NetworkFence", "/apis/csiaddons.openshift.io/v1alpha1", "networkfences")
NETWORK_FENCE_CLASS: Final = Kind(
    "NetworkFenceClass", "/apis/csiaddons.openshift.io/v1alpha1", "networkfenceclasses"
)

KINDS: Final = {
    kind.name: kind for kind in (DEPLOYMENT, STATEFUL_SET, HTTP_ROUTE, INGRESS, VOLUME_REPLICATION, CLUSTER)
}


class SiteObjects:
    """The clusters of one target; methods may be called from several threads."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._connections = Connections(retries=0)

    def cluster(self, site: str) -> ClusterRef:
        """The site's cluster. Raises InvalidInput when the target has none."""
        found = self._target.cluster(site)
        if found is None:
            raise InvalidInput(
                f"the target has no cluster of site '{site}'",
                details=[f"sites: {', '.join(each.site for each in self._target.clusters)}"],
                resolution="ndcops inventory show",
            )
        return found

    def get(self, site: str, path: str) -> JsonObject | None:
        """The object, None when it, its kind or its namespace is not there. Raises Unreachable, NdcopsError."""
        answer = self._connections.get(self.cluster(site), path, timeout_s=TIMEOUT_S)
        return None if answer.status == 404 else _document(answer)

    def list_all(self, site: str, path: str, selector: str = "") -> list[JsonObject]:
        """All objects, a page at a time; none when the kind is not served. Raises Unreachable, NdcopsError."""
        return list(self._pages(site, path, selector))

    def of_service(self, site: str, kind: Kind, service: Service) -> list[JsonObject]:
        """The service's objects of a kind in its zone's namespace, by name. Raises Unreachable, NdcopsError."""
        with shape_checked(self.cluster(site)):
            found = self.list_all(site, kind.path(service_namespace(service)), f"{SERVICE_LABEL}={service.id}")
            return sorted(found, key=lambda each: str(each["metadata"]["name"]))

    def create(self, site: str, path: str, document: JsonObject) -> bool:
        """Create an object; False when one of that name is there. Raises Unreachable, NdcopsError."""
        answer = self._connections.send(
            self.cluster(site),
            "POST",
            path,
            document,
            query={"fieldManager": FAILOVER_MANAGER},
            timeout_s=TIMEOUT_S,
        )
        if answer.status == 409 and "AlreadyExists" in answer.body.decode(errors="replace"):
            return False
        _document(answer)
        return True

    def delete(self, site: str, path: str, uid: str, *, version: str = "", owns_others: bool = True) -> None:
        """Start the removal of this very object, as it was read when `version` is given; one that is gone is fine.

        owns_others: it stays until the garbage collector has removed what it owns; what owns nothing goes at once.
        Raises Unreachable, Changed.
        """
        preconditions = {"uid": uid} | ({"resourceVersion": version} if version else {})
        propagation = "Foreground" if owns_others else "Background"
        body = {"preconditions": preconditions, "propagationPolicy": propagation}
        answer = self._connections.send(self.cluster(site), "DELETE", path, body, timeout_s=TIMEOUT_S)
        if answer.status == 409:
            raise _changed(path, site, answer)
        if answer.status != 404:
            _document(answer)

    def read(self, ref: ObjectRef) -> JsonObject:
        """The object. Raises Changed when it is gone, Unreachable, NdcopsError."""
        found = self.get(ref.site, KINDS[ref.kind].path(ref.namespace, ref.name))
        if found is None:
            raise Changed(f"{ref} is gone", resolution=f"ndcops --site {ref.site} stack up")
        return found

    def claim(self, ref: ObjectRef, *, expect: str, epoch: int) -> JsonObject:
        """Stamp the epoch and nothing else; what carries it already is not written."""
        live = self.read(ref)
        if epoch_of(live) == epoch:
            return live
        return self.write(ref, {}, expect=expect, epoch=epoch, live=live)

    def write(
        self, ref: ObjectRef, changes: JsonObject, *, expect: str, epoch: int, live: JsonObject | None = None
    ) -> JsonObject:
        """Merge `changes` (RFC 7386) into the object and stamp the epoch, if it still is as read.

        Raises Overtaken for an object of a newer epoch, Changed when it was written since, Unreachable.
        """
        live = live or self.read(ref)
        refuse_newer(str(ref), epoch_of(live), epoch)
        path = KINDS[ref.kind].path(ref.namespace, ref.name)
        return self.patch(ref.site, path, changes, expect=expect, epoch=epoch)

    def patch(self, site: str, path: str, changes: JsonObject, *, expect: str, epoch: int) -> JsonObject:
        """One merge patch with epoch and precondition. Raises Changed, Unreachable, NdcopsError."""
        metadata = changes.get("metadata") or {}
        annotations = (metadata.get("annotations") or {}) | {EPOCH_ANNOTATION: str(epoch)}
        body = changes | {"metadata": metadata | {"resourceVersion": expect, "annotations": annotations}}
        answer = self._connections.send(
            self.cluster(site),
            "PATCH",
            path,
            body,
            content_type=_MERGE,
            query={"fieldManager": FAILOVER_MANAGER},
            timeout_s=TIMEOUT_S,
        )
        if answer.status in (404, 409):
            raise _changed(path, site, answer)
        return _document(answer)

    def _pages(self, site: str, path: str, selector: str) -> Iterator[JsonObject]:
        token = ""
        while True:
            query = {"limit": str(PAGE_SIZE)} | ({"labelSelector": selector} if selector else {})
            answer = self._connections.get(
                self.cluster(site), path, query | ({"continue": token} if token else {}), timeout_s=TIMEOUT_S
            )
            if answer.status == 404:
                return
            page = _document(answer)
            yield from page["items"]
            token = page["metadata"].get("continue") or ""
            if not token:
                return


def service_namespace(service: Service) -> str:
    """Where a service's objects stand, on every site."""
    return zone_namespace(service.zone)


def reference(site: str, kind: Kind, service: Service, live: JsonObject) -> ObjectRef:
    """The reference of an object as read."""
    metadata = live["metadata"]
    return ObjectRef(
        site=site, namespace=metadata["namespace"], kind=kind.name, name=metadata["name"], service=service.id
    )


def epoch_of(live: JsonObject) -> int:
    """The epoch of the last failover run that wrote the object, 0 for none. Raises ValueError for no number."""
    return int((live["metadata"].get("annotations") or {}).get(EPOCH_ANNOTATION, 0))


def refuse_newer(what: str, found: int, epoch: int) -> None:
    """Raises Overtaken when `found` is newer than the operator's own epoch."""
    if found > epoch:
        raise Overtaken(
            f"{what} belongs to a newer run (epoch {found}); this one has epoch {epoch}",
            details=["another operator has taken over: nothing was written"],
            resolution="ndcops failover status",
        )


def condition(live: JsonObject, name: str) -> JsonObject:
    """A condition of the object's status, empty when there is none."""
    for each in (live.get("status") or {}).get("conditions") or ():
        if each["type"] == name:
            return dict(each)
    return {}


def is_true(live: JsonObject, name: str) -> bool:
    """Whether a condition is True."""
    return condition(live, name).get("status") == "True"


def _document(answer: Answer) -> JsonObject:
    """The answer's JSON. Raises Unreachable when the server has no answer now, NdcopsError when it refuses."""
    if answer.status in _BUSY:
        refusal = answer.refusal()
        raise Unreachable(refusal.message, details=refusal.details, resolution=refusal.resolution)
    return answer.document()


def _changed(path: str, site: str, answer: Answer) -> NdcopsError:
    return Changed(
        f"{site}: {path.rpartition('/')[2]} was written by somebody else since it was read",
        details=[answer.said()],
        resolution="ndcops failover status",
    )
