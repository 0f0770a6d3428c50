"""A small Kubernetes API server over HTTP, for tests of the provider: one store, apply, get, list, delete, faults.

It knows what the provider relies on: server-side apply with managers, conflicts and the never-matching
resourceVersion, dry run, UIDs, finalizers. It validates nothing else.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.fakes.served_http import TOKEN, QuietHandler, kubeconfig_of, served

SYSTEM_UID = "11111111-2222-3333-4444-555555555555"


@dataclass
class FakeCluster:
    """The store, and the faults a test asks for."""

    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    answers: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    """Served first, one a request, before anything else."""
    held_on_delete: set[str] = field(default_factory=set)
    ready: dict[str, Any] = field(default_factory=dict)
    """Status given to new objects, by kind."""
    kinds: list[dict[str, Any]] = field(default_factory=list)
    port: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock)
    versions: int = 100

    def __post_init__(self) -> None:
        self.put(
            "/api/v1/namespaces/kube-system", {"metadata": {"name": "kube-system", "uid": SYSTEM_UID}}, "system"
        )
        self.put("/api/v1/namespaces/default", {"metadata": {"name": "default"}}, "system")

    @property
    def kubeconfig(self) -> str:
        """A kubeconfig for this server, as JSON."""
        return kubeconfig_of(self.port)

    def put(self, path: str, document: dict[str, Any], manager: str, operation: str = "Update") -> dict[str, Any]:
        """Store an object as some writer would have."""
        with self.lock:
            self.versions += 1
            metadata = {
                "uid": f"00000000-0000-0000-0000-{self.versions:012d}",
                "generation": 1,
                "creationTimestamp": "2026-01-01T00:00:00Z",
                **document.get("metadata", {}),
                "resourceVersion": str(self.versions),
            }
            entries = [e for e in metadata.get("managedFields", []) if e["manager"] != manager]
            api_version = document.get("apiVersion", "v1")
            fields = _fields({key: value for key, value in document.items() if key not in ("metadata", "status")})
            entry = {"manager": manager, "operation": operation, "apiVersion": api_version, "fieldsV1": fields}
            metadata["managedFields"] = [*entries, entry]
            self.objects[path] = {"apiVersion": api_version, **document, "metadata": metadata}
            return self.objects[path]

    def writes(self) -> list[tuple[str, str]]:
        """Requests that could have changed something."""
        return [(method, path) for method, path in self.requests if method != "GET"]


def _fields(value: Any) -> Any:
    return {f"f:{key}": _fields(item) for key, item in value.items()} if isinstance(value, dict) else {}


def _error(code: int, reason: str, message: str, causes: list[dict[str, Any]] | None = None) -> tuple[int, Any]:
    details = {"causes": causes or []}
    return code, {"kind": "Status", "code": code, "reason": reason, "message": message, "details": details}


def _merged(live: Any, applied: Any) -> Any:
    if isinstance(live, dict) and isinstance(applied, dict):
        result = {**live, **{key: _merged(live.get(key), value) for key, value in applied.items()}}
        return {key: value for key, value in result.items() if value is not None}
    return applied


def _conflicts(live: dict[str, Any], applied: dict[str, Any], manager: str) -> list[dict[str, Any]]:
    """Top-level fields below spec and data whose other owner wants another value."""
    found = []
    for entry in live["metadata"].get("managedFields", []):
        if entry["manager"] == manager and entry["operation"] == "Apply":
            continue
        for section in ("spec", "data"):
            for name in entry["fieldsV1"].get(f"f:{section}", {}):
                key = name.removeprefix("f:")
                wanted = (applied.get(section) or {}).get(key)
                if wanted is not None and wanted != (live.get(section) or {}).get(key):
                    message = f'conflict with "{entry["manager"]}" using {entry["apiVersion"]}'
                    cause = {"reason": "FieldManagerConflict", "field": f".{section}.{key}", "message": message}
                    found.append(cause)
    return found


class _Handler(QuietHandler):
    """One request; `cluster` is set by a subclass for each server."""

    cluster: FakeCluster

    def _answer(self) -> None:
        body = self.body()
        url = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        with self.cluster.lock:
            self.cluster.requests.append((self.command, self.path))
            status, answer = self._serve(url.path, query, body)
            data = json.dumps(answer).encode()  # as it is now: another request may change it
        self.say(status, data, {"Content-Type": "application/json"})

    do_GET = do_PATCH = do_DELETE = do_POST = _answer  # noqa: N815 - names that http.server looks up

    def _serve(self, path: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        if self.cluster.answers:
            return self.cluster.answers.pop(0)
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return _error(401, "Unauthorized", "Unauthorized")
        if path in ("/api", "/apis"):
            return 200, {"items": self.cluster.kinds if path == "/apis" else []}
        if self.command == "PATCH":
            return self._patch(path, query, body)
        if self.command == "GET" and "labelSelector" in query:
            found = [item for key, item in self.cluster.objects.items() if key.startswith(f"{path}/")]
            return 200, {"items": found}
        if path not in self.cluster.objects:
            return _error(404, "NotFound", f"{path} not found")
        if self.command == "DELETE":
            return self._delete(path)
        return 200, self.cluster.objects[path]

    def _delete(self, path: str) -> tuple[int, Any]:
        live = self.cluster.objects[path]
        if path in self.cluster.held_on_delete:
            live["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
            live["metadata"]["finalizers"] = ["example.org/hold"]
            return 200, live
        del self.cluster.objects[path]
        return 200, {"kind": "Status", "status": "Success"}

    def _patch(self, path: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        live = self.cluster.objects.get(path)
        if isinstance(body, list):
            assert live is not None
            for step in body:
                live["metadata"][step["path"].rpartition("/")[2]] = step["value"]
            return 200, live
        namespace = body["metadata"].get("namespace")
        if namespace and f"/api/v1/namespaces/{namespace}" not in self.cluster.objects:
            return _error(404, "NotFound", f'namespaces "{namespace}" not found')
        manager = query["fieldManager"]
        version = body["metadata"].pop("resourceVersion", None)
        if live is not None:
            if version is not None and version != live["metadata"]["resourceVersion"]:
                return _error(409, "Conflict", "the object has been modified")
            conflicts = _conflicts(live, body, manager)
            if conflicts and query.get("force") != "true":
                return _error(409, "Conflict", f"Apply failed with {len(conflicts)} conflicts", conflicts)
        merged = _merged(live or {}, body)
        if live is None and body["kind"] in self.cluster.ready:
            merged["status"] = self.cluster.ready[body["kind"]]
        if query.get("dryRun") == "All":
            metadata = {**merged["metadata"], "uid": "dry-run", "managedFields": []}
            return 200, {**merged, "metadata": metadata}
        return (200 if live else 201), self.cluster.put(path, merged, manager, "Apply")


@contextmanager
def fake_cluster() -> Iterator[FakeCluster]:
    """A running server on a free port."""
    cluster = FakeCluster()
    with served(type("Handler", (_Handler,), {"cluster": cluster})) as cluster.port:
        yield cluster
