"""A small API server for drains: one node, pods on it, evictions with disruption budgets."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ndcops.model.target import ClusterRef

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
        document = {
            "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "fake"}}],
            "clusters": [{"name": "fake", "cluster": {"server": f"http://127.0.0.1:{self.port}"}}],
            "users": [{"name": "fake", "user": {"token": "t"}}],
        }
        (folder / "kubeconfig").write_text(json.dumps(document))
        return ClusterRef(site="ndc1", kubeconfig=folder / "kubeconfig", context="fake", uid=None)

    def get(self, path: str, query: dict[str, list[str]]) -> tuple[int, Any]:
        if path == f"/api/v1/nodes/{NODE}":
            return 200, self.node
        if path == "/api/v1/pods" and query["fieldSelector"] == [f"spec.nodeName={NODE}"]:
            return 200, {"items": self.pods, "metadata": {}}
        return 404, {"message": "not found"}

    def patch(self, body: dict[str, Any]) -> tuple[int, Any]:
        for part in ("metadata", "spec"):
            self.node[part] = _merged(self.node.get(part, {}), body.get(part, {}))
        return 200, self.node

    def evict(self, name: str, body: dict[str, Any]) -> tuple[int, Any]:
        self.evictions.append(body)
        if self.budget.get(name, 0) > 0:
            self.budget[name] -= 1
            return 429, {"message": "Cannot evict pod as it would violate the pod's disruption budget."}
        if name not in self.lingering:
            self.pods = [one for one in self.pods if one["metadata"]["name"] != name]
        return 201, {"status": "Success"}


def _merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """RFC 7386."""
    merged = dict(old)
    for key, value in new.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = _merged(merged.get(key, {}), value) if isinstance(value, dict) else value
    return merged


@contextmanager
def node_server() -> Iterator[NodeServer]:
    """A running server on a free port."""
    state = NodeServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, format: str, *args: Any) -> None:
            """Silent."""

        def _say(self, answer: tuple[int, Any]) -> None:
            data = json.dumps(answer[1]).encode()
            self.send_response(answer[0])
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def _body(self) -> dict[str, Any]:
            parsed: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            return parsed

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            self._say(state.get(parts.path, parse_qs(parts.query)))

        def do_PATCH(self) -> None:
            assert self.headers["Content-Type"] == "application/merge-patch+json"
            self._say(state.patch(self._body()))

        def do_POST(self) -> None:
            *_, name, last = self.path.split("/")
            assert last == "eviction"
            self._say(state.evict(name, self._body()))

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
