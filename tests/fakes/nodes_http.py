"""A small API server for drains: one node, pods on it, evictions with disruption budgets."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ndcops.model.target import ClusterRef
from tests.fakes.objects_http import merged
from tests.fakes.served_http import QuietHandler, cluster_at, served

NODE = "ndc1-general-1"


def pod(
    name: str, *, owner: str | None = "ReplicaSet", phase: str = "Running", mirror: bool = False
) -> dict[str, Any]:
    """A pod on the node."""
    metadata: dict[str, Any] = {"name": name, "namespace": "app", "uid": f"uid-{name}"}
    if owner is not None:
        metadata["ownerReferences"] = [{"kind": owner, "name": "o", "controller": True}]
    if mirror:
        metadata["annotations"] = {"kubernetes.io/config.mirror": "x"}
    return {"metadata": metadata, "spec": {"nodeName": NODE}, "status": {"phase": phase}}


@dataclass
class NodeServer:
    """The node and its pods. budget: evictions that are refused (429) before one is let through."""

    pods: list[dict[str, Any]] = field(default_factory=list)
    node: dict[str, Any] = field(default_factory=lambda: {"metadata": {"name": NODE}, "spec": {}})
    budget: dict[str, int] = field(default_factory=dict)
    lingering: set[str] = field(default_factory=set)
    evictions: list[dict[str, Any]] = field(default_factory=list)
    port: int = 0

    def cluster(self, folder: Path) -> ClusterRef:
        """A reference to this server."""
        return cluster_at(self.port, folder / "kubeconfig")

    def get(self, path: str, query: dict[str, list[str]]) -> tuple[int, Any]:
        if path == f"/api/v1/nodes/{NODE}":
            return 200, self.node
        if path == "/api/v1/pods" and query["fieldSelector"] == [f"spec.nodeName={NODE}"]:
            return 200, {"items": self.pods, "metadata": {}}
        return 404, {"message": "not found"}

    def patch(self, body: dict[str, Any]) -> tuple[int, Any]:
        for part in ("metadata", "spec"):
            self.node[part] = merged(self.node.get(part, {}), body.get(part, {}))
        return 200, self.node

    def evict(self, name: str, body: dict[str, Any]) -> tuple[int, Any]:
        self.evictions.append(body)
        if self.budget.get(name, 0) > 0:
            self.budget[name] -= 1
            return 429, {"message": "Cannot evict pod as it would violate the pod's disruption budget."}
        if name not in self.lingering:
            self.pods = [one for one in self.pods if one["metadata"]["name"] != name]
        return 201, {"status": "Success"}


@contextmanager
def node_server() -> Iterator[NodeServer]:
    """A running server on a free port."""
    state = NodeServer()

    class Handler(QuietHandler):
        def do_GET(self) -> None:  # noqa: N802 - http.server looks it up
            parts = urlsplit(self.path)
            self.say(*state.get(parts.path, parse_qs(parts.query)))

        def do_PATCH(self) -> None:  # noqa: N802 - http.server looks it up
            assert self.headers["Content-Type"] == "application/merge-patch+json"
            self.say(*state.patch(self.body()))

        def do_POST(self) -> None:  # noqa: N802 - http.server looks it up
            *_, name, last = self.path.split("/")
            assert last == "eviction"
            self.say(*state.evict(name, self.body()))

    with served(Handler) as state.port:
        yield state
