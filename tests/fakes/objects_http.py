"""A small API server for drivers: objects by path, lists by label, merge patches with preconditions, faults.

It does what Kubernetes does of it: resourceVersion and generation grow, a patch of another version is a conflict,
a deletion of another UID too. It validates nothing and runs no controllers.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ndcops.model.target import ClusterRef, Target, TargetKind
from tests.fakes.served_http import QuietHandler, cluster_at, served

UID = "11111111-2222-3333-4444-555555555555"
SYSTEM = "/api/v1/namespaces/kube-system"


@dataclass
class ObjectServer:
    """The store. lose: paths whose next write is done and not answered; statuses: answers given first, by path."""

    site: str = "ndc1"
    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    writes: list[tuple[str, str]] = field(default_factory=list)
    statuses: dict[str, list[int]] = field(default_factory=dict)
    lose: list[str] = field(default_factory=list)
    versions: int = 100
    port: int = 0
    guard: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self.put(SYSTEM, {"metadata": {"name": "kube-system", "uid": UID}})

    def put(self, path: str, document: dict[str, Any]) -> dict[str, Any]:
        """Store an object as another writer would, its status too."""
        with self.guard:
            self.versions += 1
            before = self.objects.get(path)
            metadata = dict(document["metadata"]) | {"resourceVersion": str(self.versions)}
            metadata.setdefault("uid", f"uid-{self.versions}")
            generation = before["metadata"]["generation"] if before else 0
            changed = before is None or before.get("spec") != document.get("spec")
            metadata["generation"] = generation + int(changed)
            self.objects[path] = document | {"metadata": metadata}
            return self.objects[path]

    def kubeconfig(self, folder: Path) -> ClusterRef:
        return cluster_at(self.port, folder / f"kubeconfig-{self.site}", site=self.site, uid=UID)

    def target(self, folder: Path) -> Target:
        return Target(kind=TargetKind.LAB, clusters=(self.kubeconfig(folder),), state_dir=folder)

    def serve(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> tuple[int, Any]:
        with self.guard:
            if self.statuses.get(path):
                return self.statuses[path].pop(0), {"kind": "Status", "message": "asked for by the test"}
            if method != "GET":
                self.writes.append((method, path))
            return {"GET": self._get, "POST": self._post, "PATCH": self._patch, "DELETE": self._delete}[method](
                path, query, body
            )

    def _get(self, path: str, query: dict[str, list[str]], _: Any) -> tuple[int, Any]:
        if path in self.objects:
            return 200, self.objects[path]
        if "limit" not in query:
            return 404, {"reason": "NotFound", "message": f"{path} not found"}
        wanted = dict(pair.split("=") for each in query.get("labelSelector", []) for pair in each.split(","))
        items = [
            item
            for key, item in self.objects.items()
            if key.rpartition("/")[0] == path and wanted.items() <= (item["metadata"].get("labels") or {}).items()
        ]
        return 200, {"items": items, "metadata": {}}

    def _post(self, path: str, _: dict[str, list[str]], body: Any) -> tuple[int, Any]:
        place = f"{path}/{body['metadata']['name']}"
        if place in self.objects:
            return 409, {"reason": "AlreadyExists", "message": f"{place} already exists"}
        return 201, self.put(place, body)

    def _patch(self, path: str, _: dict[str, list[str]], body: Any) -> tuple[int, Any]:
        live = self.objects.get(path)
        if live is None:
            return 404, {"reason": "NotFound", "message": f"{path} not found"}
        if body["metadata"]["resourceVersion"] != live["metadata"]["resourceVersion"]:
            return 409, {"reason": "Conflict", "message": "the object has been modified"}
        return 200, self.put(path, merged(live, body))

    def _delete(self, path: str, _: dict[str, list[str]], body: Any) -> tuple[int, Any]:
        live = self.objects.get(path)
        if live is None:
            return 404, {"reason": "NotFound", "message": f"{path} not found"}
        if (body or {}).get("preconditions", {}).get("uid", live["metadata"]["uid"]) != live["metadata"]["uid"]:
            return 409, {"reason": "Conflict", "message": "the UID is another one"}
        space = path.removeprefix("/api/v1") + "/" if path.startswith("/api/v1/namespaces/") else path
        for inside in [key for key in self.objects if key == path or space in key]:
            del self.objects[inside]
        return 200, {"kind": "Status", "status": "Success"}


def merged(old: Any, new: Any) -> Any:
    """RFC 7386."""
    if not isinstance(new, dict):
        return new
    result = dict(old) if isinstance(old, dict) else {}
    for key, value in new.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


@contextmanager
def object_server(site: str = "ndc1") -> Iterator[ObjectServer]:
    """A running server on a free port."""
    state = ObjectServer(site)

    class Handler(QuietHandler):
        def _answer(self) -> None:
            url = urlsplit(self.path)
            status, answer = state.serve(self.command, url.path, parse_qs(url.query), self.body())
            if self.command != "GET" and url.path in state.lose:
                state.lose.remove(url.path)
                self.close_connection = True
                return
            self.say(status, answer)

        do_GET = do_PATCH = do_DELETE = do_POST = _answer  # noqa: N815 - names that http.server looks up

    with served(Handler) as state.port:
        yield state


def wait_until(check: Any, *, timeout_s: float = 60.0) -> Any:
    """Ask until the answer is true, and give it."""
    deadline = time.monotonic() + timeout_s
    while not (found := check()):
        assert time.monotonic() < deadline, "not so in time"
        time.sleep(0.2)
    return found
