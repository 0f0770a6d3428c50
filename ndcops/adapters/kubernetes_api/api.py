"""Reads of one target's clusters, through the official client.

Answers are taken as JSON: the client's typed API classes cost a second and more to import, which every
`ndcops stack` would pay for one UID.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import orjson
import urllib3
import yaml
from kubernetes.client import ApiClient, Configuration
from kubernetes.config.config_exception import ConfigException
from kubernetes.config.kube_config import load_kube_config

from ndcops.adapters.kubernetes_api.condition import pools_of, services_of
from ndcops.model.errors import NdcopsError
from ndcops.model.record import JsonObject
from ndcops.model.site_status import SiteCondition
from ndcops.model.stack_changes import ObjectRef, Writer
from ndcops.model.target import ClusterRef

TIMEOUT_S = 10.0
PAGE_SIZE = 500
NOT_FOUND = 404


class KubernetesApi:
    """One client a cluster, opened at first use and kept; methods may be called from several threads."""

    def __init__(self) -> None:
        self._clients: dict[str, ApiClient] = {}
        self._guard = threading.Lock()

    def read_uid(self, cluster: ClusterRef) -> str:
        """The UID of the cluster's kube-system namespace. Raises NdcopsError."""
        with _shape_checked(cluster):
            return str(self._get(cluster, "/api/v1/namespaces/kube-system")["metadata"]["uid"])

    def read_writers(self, cluster: ClusterRef, ref: ObjectRef) -> tuple[Writer, ...]:
        """Field managers of the object, latest first; empty when it is gone. Raises NdcopsError."""
        with _shape_checked(cluster):
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
        with _shape_checked(cluster):
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

    def _object_path(self, cluster: ClusterRef, ref: ObjectRef) -> str | None:
        """The object's URL path, its plural taken from the API's discovery; None for an unknown kind."""
        root = f"/apis/{ref.api_version}" if "/" in ref.api_version else f"/api/{ref.api_version}"
        for resource in self._get(cluster, root, missing={}).get("resources", []):
            if resource["kind"] == ref.kind and "/" not in resource["name"]:
                space = f"/namespaces/{quote(ref.namespace)}" if resource["namespaced"] else ""
                return f"{root}{space}/{resource['name']}/{quote(ref.name)}"
        return None

    def _items(self, cluster: ClusterRef, path: str) -> Iterator[JsonObject]:
        """All items of a list, a page at a time."""
        token = ""
        while True:
            page = self._get(cluster, path, {"limit": str(PAGE_SIZE), **({"continue": token} if token else {})})
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
        opened = self._client(cluster)
        request = opened.param_serialize(
            "GET", path, query_params=list((query or {}).items()), auth_settings=["BearerToken"]
        )
        try:
            response = opened.call_api(*request, _request_timeout=TIMEOUT_S)
            body = response.read()
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise NdcopsError(
                f"cluster {cluster.site} (context {cluster.context}) does not answer",
                details=[str(getattr(error, "reason", error))],
                resolution="ndcops doctor",
            ) from error
        if response.status == NOT_FOUND and missing is not None:
            return missing
        if response.status >= 400:
            raise _refusal(cluster, response.status, body)
        return _document(cluster, path, body)

    def _client(self, cluster: ClusterRef) -> ApiClient:
        with self._guard:
            if cluster.site not in self._clients:
                self._clients[cluster.site] = _open(cluster)
            return self._clients[cluster.site]


def _open(cluster: ClusterRef) -> ApiClient:
    settings = Configuration()
    try:
        load_kube_config(str(cluster.kubeconfig), cluster.context, settings)
    except (ConfigException, yaml.YAMLError, TypeError, OSError) as error:
        # The client says ConfigException for a missing entry, and lets the rest through as it comes.
        reason = " ".join(str(error).split())
        raise NdcopsError(
            f"cluster {cluster.site}: context {cluster.context} cannot be used: {reason}",
            details=[f"kubeconfig: {cluster.kubeconfig}"],
            resolution=f"kubectl --kubeconfig {cluster.kubeconfig} config get-contexts",
        ) from error
    # A dead site must be known within seconds: the client's own default is three silent tries.
    settings.retries = urllib3.Retry(total=1, backoff_factor=0.2)
    return ApiClient(settings)


def _document(cluster: ClusterRef, path: str, body: bytes) -> JsonObject:
    """The answer as JSON; a proxy's sign-in page, for one, comes with status 200 too."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise _strange(cluster, f"{path}: {body[:200].decode(errors='replace') or 'nothing'}") from error
    if not isinstance(document, dict):
        raise _strange(cluster, f"{path}: {body[:200].decode(errors='replace')}")
    return document


@contextmanager
def _shape_checked(cluster: ClusterRef) -> Iterator[None]:
    """Turns an answer without the fields that every API server gives into an error for people."""
    try:
        yield
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise _strange(cluster, f"a field is missing or of another kind: {error}") from error


def _strange(cluster: ClusterRef, reason: str) -> NdcopsError:
    return NdcopsError(
        f"cluster {cluster.site} (context {cluster.context}) does not answer as a Kubernetes API does",
        details=[reason],
        resolution=f"kubectl --kubeconfig {cluster.kubeconfig} --context {cluster.context} version",
    )


def _refusal(cluster: ClusterRef, status: int, body: bytes) -> NdcopsError:
    try:
        message = str(orjson.loads(body).get("message", ""))
    except (orjson.JSONDecodeError, AttributeError):
        message = body[:200].decode(errors="replace")
    meaning = {
        401: "the cluster does not accept the context's credentials (expired, or of another cluster)",
        403: "the context's user lacks a right of the ClusterRole ndcops-operator",
    }.get(status)
    return NdcopsError(
        f"cluster {cluster.site} (context {cluster.context}) answered {status}",
        details=[line for line in (message, meaning) if line],
        resolution="ndcops doctor",
    )


def _time(value: Any) -> datetime | None:
    return datetime.fromisoformat(value.replace("Z", "+00:00")) if value else None
