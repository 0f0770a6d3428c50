"""Reads of one target's clusters, through the official client."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import urllib3
from kubernetes import client, config, dynamic
from kubernetes.config.config_exception import ConfigException

from ndcops.model.errors import NdcopsError
from ndcops.model.site_status import PoolStatus, ServiceStatus, SiteCondition
from ndcops.model.stack_changes import ObjectRef, Writer
from ndcops.model.target import ClusterRef

TIMEOUT_S = 10.0
PAGE_SIZE = 500

Result = TypeVar("Result")


class KubernetesApi:
    """One client a cluster, opened at first use and kept."""

    def __init__(self) -> None:
        self._clients: dict[str, client.ApiClient] = {}
        self._guard = threading.Lock()

    def read_uid(self, cluster: ClusterRef) -> str:
        """The UID of the cluster's kube-system namespace. Raises NdcopsError."""
        api = client.CoreV1Api(self._client(cluster))
        namespace = self._ask(cluster, lambda: api.read_namespace("kube-system", _request_timeout=TIMEOUT_S))
        return str(namespace.metadata.uid)

    def read_writers(self, cluster: ClusterRef, ref: ObjectRef) -> tuple[Writer, ...]:
        """Field managers of the object, latest first; empty when it is gone."""
        resources = self._ask(cluster, lambda: dynamic.DynamicClient(self._client(cluster)).resources)
        resource = self._ask(cluster, lambda: resources.get(api_version=ref.api_version, kind=ref.kind))
        try:
            live = resource.get(name=ref.name, namespace=ref.namespace or None, _request_timeout=TIMEOUT_S)
        except dynamic.exceptions.NotFoundError:
            return ()
        entries = [
            Writer(
                manager=entry.get("manager", ""),
                operation=entry.get("operation", ""),
                time=_time(entry.get("time")),
            )
            for entry in live.to_dict()["metadata"].get("managedFields", [])
            if entry.get("subresource") != "status"
        ]
        never = datetime.min.replace(tzinfo=UTC)
        return tuple(sorted(entries, key=lambda writer: writer.time or never, reverse=True))

    def read_condition(self, cluster: ClusterRef) -> SiteCondition:
        """Nodes by pool and workloads by service, as the cluster has them now."""
        opened = self._client(cluster)
        core, apps = client.CoreV1Api(opened), client.AppsV1Api(opened)
        version = self._ask(cluster, lambda: client.VersionApi(opened).get_code(_request_timeout=TIMEOUT_S))
        nodes = self._ask(cluster, lambda: _pages(core.list_node))
        workloads = self._ask(
            cluster,
            lambda: (
                _pages(apps.list_deployment_for_all_namespaces) + _pages(apps.list_stateful_set_for_all_namespaces)
            ),
        )
        return SiteCondition(
            site=cluster.site,
            version=version.git_version,
            pools=_pools(nodes),
            services=_services(workloads),
        )

    def _client(self, cluster: ClusterRef) -> client.ApiClient:
        with self._guard:
            if cluster.site not in self._clients:
                self._clients[cluster.site] = _open(cluster)
            return self._clients[cluster.site]

    def _ask(self, cluster: ClusterRef, question: Callable[[], Result]) -> Result:
        try:
            return question()
        except client.ApiException as error:
            raise NdcopsError(
                f"cluster {cluster.site} (context {cluster.context}) answered {error.status} {error.reason}",
                details=_meaning(error.status),
                resolution="ndcops doctor",
            ) from error
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise NdcopsError(
                f"cluster {cluster.site} (context {cluster.context}) does not answer",
                details=[str(getattr(error, "reason", error))],
                resolution="ndcops doctor",
            ) from error


def _open(cluster: ClusterRef) -> client.ApiClient:
    settings = client.Configuration()
    try:
        config.load_kube_config(str(cluster.kubeconfig), cluster.context, settings)
    except ConfigException as error:
        raise NdcopsError(
            f"cluster {cluster.site}: context {cluster.context} cannot be used: {error}",
            details=[f"kubeconfig: {cluster.kubeconfig}"],
            resolution=f"kubectl --kubeconfig {cluster.kubeconfig} config get-contexts",
        ) from error
    # A dead site must be known within seconds: the client's own default is three silent tries.
    settings.retries = urllib3.Retry(total=1, backoff_factor=0.2)
    return client.ApiClient(settings)


def _pages(listing: Callable[..., Any]) -> list[Any]:
    """All items of a list call, page by page, served from the watch cache's snapshot."""
    items: list[Any] = []
    token: str | None = None
    while True:
        page = listing(limit=PAGE_SIZE, _continue=token, _request_timeout=TIMEOUT_S)
        items.extend(page.items)
        token = page.metadata._continue
        if not token:
            return items


def _pools(nodes: list[Any]) -> tuple[PoolStatus, ...]:
    counts: dict[str, list[int]] = {}
    for node in nodes:
        count = counts.setdefault((node.metadata.labels or {}).get("ndc.gov.vn/pool", "(none)"), [0, 0])
        count[0] += 1
        count[1] += any(c.type == "Ready" and c.status == "True" for c in node.status.conditions or [])
    return tuple(PoolStatus(pool=pool, nodes=all_, ready=ready) for pool, (all_, ready) in sorted(counts.items()))


def _services(workloads: list[Any]) -> tuple[ServiceStatus, ...]:
    counts: dict[str, list[int]] = {}
    for workload in workloads:
        service = (workload.metadata.labels or {}).get("ndc.gov.vn/service")
        if service is not None:
            count = counts.setdefault(service, [0, 0])
            count[0] += workload.spec.replicas or 0
            count[1] += workload.status.ready_replicas or 0
    return tuple(
        ServiceStatus(service=service, replicas=wanted, ready=ready)
        for service, (wanted, ready) in sorted(counts.items())
    )


def _time(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value
    return datetime.fromisoformat(value.replace("Z", "+00:00")) if value else None


def _meaning(status: int) -> list[str]:
    return {
        401: ["the cluster does not accept the context's credentials (expired, or of another cluster)"],
        403: ["the context's user lacks a right of the ClusterRole ndcops-operator"],
    }.get(status, [])
