"""Connections to a target's clusters and their errors for people; `api` and `site_facts` read through it.

Answers are taken as JSON: the client's typed API classes cost a second and more to import, which every
`ndcops stack` would pay for one UID.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import orjson
import urllib3
import yaml
from kubernetes.client import ApiClient, Configuration
from kubernetes.config.config_exception import ConfigException
from kubernetes.config.kube_config import load_kube_config

from ndcops.model.errors import NdcopsError
from ndcops.model.failover.outcomes import Unreachable
from ndcops.model.large_json import parse_json
from ndcops.model.record import JsonObject
from ndcops.model.target import ClusterRef

TIMEOUT_S = 10.0
PAGE_SIZE = 500


@dataclass(frozen=True)
class Answer:
    """What the cluster answered."""

    cluster: ClusterRef
    path: str
    status: int
    body: bytes

    def document(self) -> JsonObject:
        """The body as JSON. Raises NdcopsError when it is a refusal, or no JSON object."""
        if self.status >= 400:
            raise self.refusal()
        try:
            document = parse_json(self.body)
        except orjson.JSONDecodeError as error:  # a proxy's sign-in page, for one, comes with status 200 too
            raise strange(self.cluster, f"{self.path}: {self._beginning() or 'nothing'}") from error
        if not isinstance(document, dict):
            raise strange(self.cluster, f"{self.path}: {self._beginning()}")
        return document

    def refusal(self) -> NdcopsError:
        """The error for a status from 400 on."""
        return NdcopsError(
            f"cluster {self.cluster.site} (context {self.cluster.context}) answered {self.status}",
            details=[line for line in (self.said(), _MEANINGS.get(self.status)) if line],
            resolution="ndcops doctor",
        )

    def said(self) -> str:
        """The message of a Kubernetes Status, or what came instead."""
        try:
            return str(orjson.loads(self.body).get("message", ""))
        except (orjson.JSONDecodeError, AttributeError):
            return self._beginning()

    def _beginning(self) -> str:
        return self.body[:200].decode(errors="replace")


_MEANINGS = {
    401: "the cluster does not accept the context's credentials (expired, or of another cluster)",
    403: "the context's user lacks a right of the ClusterRole ndcops-operator",
}


class Connections:
    """One client a cluster, opened at first use and kept; methods may be called from several threads.

    retries: how often a GET without an answer is tried again.
    """

    def __init__(self, *, retries: int = 1) -> None:
        self._retries = retries
        self._clients: dict[str, ApiClient] = {}
        self._guard = threading.Lock()

    def get(
        self, cluster: ClusterRef, path: str, query: dict[str, str] | None = None, *, timeout_s: float = TIMEOUT_S
    ) -> Answer:
        """GET, whatever the status. Raises Unreachable when the cluster does not answer."""
        return self._call(cluster, "GET", path, query=query, timeout_s=timeout_s)

    def send(
        self,
        cluster: ClusterRef,
        method: str,
        path: str,
        body: JsonObject,
        *,
        content_type: str = "application/json",
        query: dict[str, str] | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> Answer:
        """POST, PATCH or DELETE, whatever the status; never tried twice. Raises Unreachable without an answer."""
        return self._call(
            cluster, method, path, query=query, body=body, content_type=content_type, timeout_s=timeout_s
        )

    def _call(
        self,
        cluster: ClusterRef,
        method: str,
        path: str,
        *,
        query: dict[str, str] | None = None,
        body: JsonObject | None = None,
        content_type: str = "application/json",
        timeout_s: float = TIMEOUT_S,
    ) -> Answer:
        opened = self._client(cluster)
        request = opened.param_serialize(
            method,
            path,
            query_params=list((query or {}).items()),
            header_params={"Content-Type": content_type} if body is not None else {},
            body=body,
            auth_settings=["BearerToken"],
        )
        try:
            response = opened.call_api(*request, _request_timeout=timeout_s)
            return Answer(cluster, path, response.status, response.read() or b"")
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise Unreachable(
                f"cluster {cluster.site} (context {cluster.context}) does not answer",
                details=[str(getattr(error, "reason", error))],
                resolution="ndcops doctor",
            ) from error

    def _client(self, cluster: ClusterRef) -> ApiClient:
        with self._guard:
            if cluster.site not in self._clients:
                self._clients[cluster.site] = _open(cluster, self._retries)
            return self._clients[cluster.site]


def _open(cluster: ClusterRef, retries: int) -> ApiClient:
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
    settings.retries = urllib3.Retry(total=retries, backoff_factor=0.2)
    return ApiClient(settings)


@contextmanager
def shape_checked(cluster: ClusterRef) -> Iterator[None]:
    """Turns an answer without the fields that every API server gives into an error for people."""
    try:
        yield
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise strange(cluster, f"a field is missing or of another kind: {error}") from error


def strange(cluster: ClusterRef, reason: str) -> NdcopsError:
    """The error for an answer that no Kubernetes API gives."""
    return NdcopsError(
        f"cluster {cluster.site} (context {cluster.context}) does not answer as a Kubernetes API does",
        details=[reason],
        resolution=f"kubectl --kubeconfig {cluster.kubeconfig} --context {cluster.context} version",
    )
