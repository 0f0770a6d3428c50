"""Objects of one cluster: get, list, apply, delete; create, update, delete, read and the waits call it.

Before the first answer is used, the cluster's identity is compared with the pinned one: a rehearsal's
kubeconfig that points at production is refused here, below everything that could change something.
"""

import re
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from ndcops.model.errors import NdcopsError, Refused
from ndcops.provider.discovery import Discovery, ObjectKind
from ndcops.provider.errors import ApiError
from ndcops.provider.wire import JsonObject

if TYPE_CHECKING:
    from ndcops.provider.http_client import HttpClient

NEVER_A_VERSION: Final = "1"
"""etcd's first write has revision 2, so no object ever has this resourceVersion."""

_UID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class ClusterApi:
    """The verbs of one API server. Raises ApiError, Unreachable, Cancelled, UnknownKind, Refused."""

    def __init__(self, connect: Callable[[], "HttpClient"], pinned_uid: str) -> None:
        self._connect = connect
        self._pinned_uid = pinned_uid
        self._client: HttpClient | None = None
        self._lock = threading.Lock()
        self._failure: NdcopsError | None = None
        self._failures = 0
        self.discovery = Discovery(lambda path, accept: self._request("GET", path, accept=accept)[1])

    def find(self, document: JsonObject) -> ObjectKind:
        """The kind of this object. Raises UnknownKind."""
        return self.discovery.find(str(document.get("apiVersion")), str(document.get("kind")))

    def get(self, kind: ObjectKind, namespace: str, name: str) -> JsonObject:
        """The live object. ApiError with status 404 when there is none."""
        answer: JsonObject = self._request("GET", kind.path(namespace, name))[1]
        return answer

    def find_by_labels(self, kind: ObjectKind, namespace: str, label_selector: str) -> list[JsonObject]:
        """Live objects with these labels, in one namespace."""
        query = urlencode({"labelSelector": label_selector, "limit": 500})
        answer = self._request("GET", f"{kind.path(namespace)}?{query}")[1]
        return list(answer.get("items") or [])

    def apply(
        self,
        kind: ObjectKind,
        document: JsonObject,
        field_manager: str,
        *,
        force: bool = False,
        dry_run: bool = False,
    ) -> JsonObject:
        """Server-side apply. The object afterwards; ApiError 409 names the owners of conflicting fields."""
        metadata = document["metadata"]
        query = {"fieldManager": field_manager, "force": "true" if force else "false"}
        if dry_run:
            query["dryRun"] = "All"
        path = f"{kind.path(metadata.get('namespace', ''), metadata['name'])}?{urlencode(query)}"
        answer: JsonObject = self._request("PATCH", path, document, content_type="application/apply-patch+yaml")[1]
        return answer

    def apply_new(
        self, kind: ObjectKind, document: JsonObject, field_manager: str, *, dry_run: bool = False
    ) -> JsonObject:
        """Server-side apply that only creates: ApiError 409 when the object exists, which then is untouched.

        The precondition is a resourceVersion that no object can have: the server refuses to patch an
        existing object with it, and ignores it when there is none. One round trip, ownership from the start.
        """
        fresh = {**document, "metadata": {**document["metadata"], "resourceVersion": NEVER_A_VERSION}}
        return self.apply(kind, fresh, field_manager, dry_run=dry_run)

    def json_patch(self, kind: ObjectKind, namespace: str, name: str, patch: list[JsonObject]) -> JsonObject:
        """RFC 6902 patch of the live object."""
        answer: JsonObject = self._request(
            "PATCH", kind.path(namespace, name), patch, content_type="application/json-patch+json"
        )[1]
        return answer

    def delete(self, kind: ObjectKind, namespace: str, name: str, propagation: str) -> bool:
        """Ask for deletion; True when the object is gone already, False when something still holds it."""
        body = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation}
        try:
            answer = self._request("DELETE", kind.path(namespace, name), body)[1]
        except ApiError as error:
            if error.status == 404:
                return True
            raise
        metadata = (answer or {}).get("metadata") or {}
        return not metadata.get("deletionTimestamp")

    def _request(self, method: str, path: str, body: Any = None, **options: Any) -> tuple[int, Any]:
        return self._verified().request(method, path, body, **options)

    def _verified(self) -> "HttpClient":
        client = self._client
        if client is not None:
            return client
        failures_before = self._failures
        with self._lock:
            client = self._client
            if client is not None:
                return client
            if self._failure is not None and self._failures > failures_before:
                # Whoever held the lock has just spent the whole retry budget; not everybody must, in turn.
                raise self._failure
            try:
                client = self._connect()
                if _UID.fullmatch(self._pinned_uid):
                    _check_identity(client, self._pinned_uid)
            except NdcopsError as error:
                self._failures += 1
                self._failure = error
                raise
            self._client = client
            return client


def _check_identity(client: "HttpClient", pinned_uid: str) -> None:
    try:
        system = client.request("GET", "/api/v1/namespaces/kube-system")[1]
    except ApiError as error:
        if error.status != 403:
            raise
        raise Refused(
            "the cluster's identity cannot be read, so it cannot be compared with the pinned one",
            details=[error.message],
            resolution="grant the kubeconfig's user `get` on the namespace kube-system",
        ) from error
    uid = system["metadata"]["uid"]
    if uid != pinned_uid:
        raise Refused(
            "the kubeconfig's context reaches another cluster than the pinned one; nothing was sent to it",
            details=[f"kube-system has UID {uid}", f"the provider's clusterIdentifier is {pinned_uid}"],
            resolution="correct the context, or pin the new cluster on purpose",
        )
