"""Takes the pods off a node by the eviction API and lets them come back, as `kubectl drain` and `uncordon` do."""

import time
from collections.abc import Callable
from urllib.parse import quote

from ndcops.adapters.kubernetes_api.connection import PAGE_SIZE, Connections, shape_checked
from ndcops.model.errors import NdcopsError, Refused
from ndcops.model.hardening import DrainResult
from ndcops.model.record import JsonObject
from ndcops.model.target import ClusterRef

_NOT_FOUND, _TOO_MANY = 404, 429
_MIRROR = "kubernetes.io/config.mirror"
_CORDONED_BY = "ndcops/cordoned"
"""Marks a node that we cordoned, so that a resumed run knows it may uncordon it."""
_POLL_S = 2.0
_FINISHED = ("Succeeded", "Failed")


class NodeDrains:
    """Cordon, drain and uncordon; methods may be called from several threads."""

    def __init__(self, *, timeout_s: float = 600.0, poll_s: float = _POLL_S) -> None:
        self._connections = Connections()
        self._timeout_s = timeout_s
        self._poll_s = poll_s

    def is_node(self, cluster: ClusterRef, name: str) -> bool:
        """Whether the cluster has a node of that name. Raises NdcopsError."""
        answer = self._connections.get(cluster, f"/api/v1/nodes/{quote(name)}")
        if answer.status == _NOT_FOUND:
            return False
        answer.document()
        return True

    def cordon(self, cluster: ClusterRef, name: str) -> bool:
        """Let no new pod onto the node; False when somebody else already had. Raises NdcopsError."""
        with shape_checked(cluster):
            node = self._connections.get(cluster, f"/api/v1/nodes/{quote(name)}").document()
            if node["spec"].get("unschedulable"):
                return _CORDONED_BY in (node["metadata"].get("annotations") or {})
        self._patch(cluster, name, unschedulable=True, mark="true")
        return True

    def uncordon(self, cluster: ClusterRef, name: str) -> None:
        """Let pods onto the node again. Raises NdcopsError."""
        self._patch(cluster, name, unschedulable=None, mark=None)

    def drain(
        self, cluster: ClusterRef, name: str, *, evict_unmanaged: bool, on_wait: Callable[[str], None]
    ) -> DrainResult:
        """Evict every pod that may move and wait until it is gone.

        Raises Refused for pods that nothing would start again, NdcopsError when budgets hold pods for too long.
        """
        with shape_checked(cluster):
            pods = self._pods(cluster, name)
            left = [_title(pod) for pod in pods if _stays(pod)]
            moving = [pod for pod in pods if not _stays(pod)]
            unmanaged = [_title(pod) for pod in moving if _is_unmanaged(pod)]
            if unmanaged and not evict_unmanaged:
                raise Refused(
                    f"node {name}: {len(unmanaged)} pods belong to no controller and would be lost",
                    details=unmanaged[:20],
                    resolution="move them by hand, or harden with --evict-unmanaged",
                )
            self._evict(cluster, name, {pod["metadata"]["uid"]: pod for pod in moving}, on_wait)
        return DrainResult(node=name, evicted=tuple(sorted(map(_title, moving))), left=tuple(sorted(left)))

    def _evict(
        self, cluster: ClusterRef, name: str, moving: dict[str, JsonObject], on_wait: Callable[[str], None]
    ) -> None:
        deadline = time.monotonic() + self._timeout_s
        waiting, asked = dict(moving), set[str]()
        while waiting:
            held = {uid: reason for uid in waiting.keys() - asked if (reason := self._ask(cluster, waiting[uid]))}
            asked |= waiting.keys() - held.keys()
            present = {pod["metadata"]["uid"] for pod in self._pods(cluster, name)}
            waiting = {uid: pod for uid, pod in waiting.items() if uid in present}
            if not waiting:
                return
            if time.monotonic() > deadline:
                raise NdcopsError(
                    f"node {name}: {len(waiting)} pods did not leave within {self._timeout_s:.0f} s",
                    details=[f"{_title(pod)}: {held.get(uid, 'is still ending')}" for uid, pod in waiting.items()],
                    resolution=f"kubectl --context {cluster.context} get poddisruptionbudgets -A",
                )
            on_wait(f"drain: {len(waiting)} of {len(moving)} pods still there, {len(held)} held by their budgets")
            time.sleep(self._poll_s)

    def _ask(self, cluster: ClusterRef, pod: JsonObject) -> str:
        """Ask for one eviction; returns why not, when a budget says not now."""
        space, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
        body = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"namespace": space, "name": name},
            # Only this very pod: a StatefulSet's next one may have its name already.
            "deleteOptions": {"preconditions": {"uid": pod["metadata"]["uid"]}},
        }
        path = f"/api/v1/namespaces/{quote(space)}/pods/{quote(name)}/eviction"
        answer = self._connections.send(cluster, "POST", path, body)
        if answer.status == _TOO_MANY:
            return answer.said() or "its disruption budget allows none now"
        if answer.status not in (_NOT_FOUND, 409):
            answer.document()
        return ""

    def _pods(self, cluster: ClusterRef, name: str) -> list[JsonObject]:
        found: list[JsonObject] = []
        token = ""
        while True:
            query = {"fieldSelector": f"spec.nodeName={name}", "limit": str(PAGE_SIZE)}
            if token:
                query["continue"] = token
            page = self._connections.get(cluster, "/api/v1/pods", query).document()
            found += page["items"]
            token = page["metadata"].get("continue") or ""
            if not token:
                return found

    def _patch(self, cluster: ClusterRef, name: str, *, unschedulable: bool | None, mark: str | None) -> None:
        body = {"metadata": {"annotations": {_CORDONED_BY: mark}}, "spec": {"unschedulable": unschedulable}}
        self._connections.send(
            cluster,
            "PATCH",
            f"/api/v1/nodes/{quote(name)}",
            body,
            content_type="application/merge-patch+json",
        ).document()


def _title(pod: JsonObject) -> str:
    return f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"


def _owner(pod: JsonObject) -> JsonObject:
    owners = pod["metadata"].get("ownerReferences") or []
    return next((owner for owner in owners if owner.get("controller")), {})


def _stays(pod: JsonObject) -> bool:
    """Of a DaemonSet (it would start it again here) or a static pod of the node itself."""
    return _owner(pod).get("kind") == "DaemonSet" or _MIRROR in (pod["metadata"].get("annotations") or {})


def _is_unmanaged(pod: JsonObject) -> bool:
    return not _owner(pod) and (pod.get("status") or {}).get("phase") not in _FINISHED
