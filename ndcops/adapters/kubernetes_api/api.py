"""Reads of one target's clusters, through the official client: identity, writers, condition, facts of capacity."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from ndcops.adapters.kubernetes_api.condition import pools_of, services_of
from ndcops.adapters.kubernetes_api.connection import PAGE_SIZE, Connections, shape_checked
from ndcops.adapters.kubernetes_api.moved import moved_objects
from ndcops.adapters.kubernetes_api.site_facts import SiteReader
from ndcops.model.object_names import SERVICE_LABEL
from ndcops.model.record import JsonObject
from ndcops.model.site_status import SiteCondition
from ndcops.model.snapshot import FactsProgress, SiteSnapshot
from ndcops.model.stack_changes import ObjectRef, Writer
from ndcops.model.stack_input import MovedObject
from ndcops.model.target import ClusterRef

NOT_FOUND = 404


class KubernetesApi:
    """One client a cluster, opened at first use and kept; methods may be called from several threads."""

    def __init__(self) -> None:
        self._connections = Connections()

    def read_uid(self, cluster: ClusterRef) -> str:
        """The UID of the cluster's kube-system namespace. Raises NdcopsError."""
        with shape_checked(cluster):
            return str(self._get(cluster, "/api/v1/namespaces/kube-system")["metadata"]["uid"])

    def read_writers(self, cluster: ClusterRef, ref: ObjectRef) -> tuple[Writer, ...]:
        """Field managers of the object, latest first; empty when it is gone. Raises NdcopsError."""
        with shape_checked(cluster):
            path = self._object_path(cluster, ref)
            live = self._get(cluster, path, missing={}) if path is not None else {}
            entries = [
                Writer(manager=e.get("manager", ""), operation=e.get("operation", ""), time=_time(e.get("time")))
                for e in live.get("metadata", {}).get("managedFields", [])
                if e.get("subresource") != "status"
            ]
        never = datetime.min.replace(tzinfo=UTC)
        return tuple(sorted(entries, key=lambda writer: writer.time or never, reverse=True))

    def read_condition(self, cluster: ClusterRef) -> SiteCondition:
        """Nodes by pool and workloads by service, as the cluster has them now. Raises NdcopsError."""
        with shape_checked(cluster):
            version = self._get(cluster, "/version")["gitVersion"]
            workloads = [
                *self._items(cluster, "/apis/apps/v1/deployments"),
                *self._items(cluster, "/apis/apps/v1/statefulsets"),
            ]
            return SiteCondition(
                site=cluster.site,
                version=version,
                pools=pools_of(self._items(cluster, "/api/v1/nodes")),
                services=services_of(workloads),
            )

    def read_moved(self, cluster: ClusterRef) -> tuple[MovedObject, ...]:
        """Objects of services where failover decided something. Raises NdcopsError."""
        with shape_checked(cluster):
            return moved_objects(lambda path: self._items(cluster, path, {"labelSelector": SERVICE_LABEL}))

    def read_api_groups(self, cluster: ClusterRef) -> tuple[str, ...]:
        """Names of the API groups that the cluster serves. Raises NdcopsError."""
        with shape_checked(cluster):
            return tuple(sorted(group["name"] for group in self._get(cluster, "/apis")["groups"]))

    def read_site_facts(self, cluster: ClusterRef, on_progress: Callable[[FactsProgress], None]) -> SiteSnapshot:
        """All that the scheduler reads of the cluster, pods grouped by equal template. Raises NdcopsError."""
        uid = self.read_uid(cluster)
        with shape_checked(cluster):
            return SiteReader(self._connections, cluster, on_progress).read(uid)

    def _object_path(self, cluster: ClusterRef, ref: ObjectRef) -> str | None:
        """The object's URL path, its plural taken from the API's discovery; None for an unknown kind."""
        root = f"/apis/{ref.api_version}" if "/" in ref.api_version else f"/api/{ref.api_version}"
        for resource in self._get(cluster, root, missing={}).get("resources", []):
            if resource["kind"] == ref.kind and "/" not in resource["name"]:
                space = f"/namespaces/{quote(ref.namespace)}" if resource["namespaced"] else ""
                return f"{root}{space}/{resource['name']}/{quote(ref.name)}"
        return None

    def _items(self, cluster: ClusterRef, path: str, query: dict[str, str] | None = None) -> Iterator[JsonObject]:
        """All items of a list, a page at a time; none when the kind is not served."""
        token = ""
        while True:
            asked = {**(query or {}), "limit": str(PAGE_SIZE), **({"continue": token} if token else {})}
            page = self._get(cluster, path, asked, missing={"items": [], "metadata": {}})
            yield from page["items"]
            token = page["metadata"].get("continue") or ""
            if not token:
                return

    def _get(
        self,
        cluster: ClusterRef,
        path: str,
        query: dict[str, str] | None = None,
        *,
        missing: JsonObject | None = None,
    ) -> JsonObject:
        """GET as JSON; `missing` is the answer for 404 when it is given. Raises NdcopsError."""
        answer = self._connections.get(cluster, path, query)
        if answer.status == NOT_FOUND and missing is not None:
            return missing
        return answer.document()


def _time(value: Any) -> datetime | None:
    return datetime.fromisoformat(value.replace("Z", "+00:00")) if value else None
