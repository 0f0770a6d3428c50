"""A web server in the API server's place: given answers by path, of any status, type and content."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ndcops.model.target import ClusterRef
from tests.fakes.served_http import TOKEN, QuietHandler, cluster_at, served


@dataclass
class Answers:
    """Answers by path; several for one path are given in turn, the last one for ever after."""

    by_path: dict[str, list[tuple[int, bytes]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    port: int = 0

    def give(self, path: str, document: Any, status: int = 200) -> None:
        """Answer with a document, or with raw bytes as they are."""
        data = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.by_path.setdefault(path, []).append((status, data))

    def give_all(self, answer: tuple[int, bytes]) -> None:
        """Answer everything in one way."""
        self.by_path[""] = [answer]

    def cluster(self, folder: Path, token: str = TOKEN, context: str = "fake") -> ClusterRef:
        """A reference to this server; `context` may be one that its kubeconfig lacks."""
        return cluster_at(self.port, folder / "kubeconfig", token=token, context=context)


@contextmanager
def answering_server() -> Iterator[Answers]:
    """A running server on a free port."""
    answers = Answers()

    class Handler(QuietHandler):
        def do_GET(self) -> None:  # noqa: N802 - http.server looks it up
            answers.asked.append(self.path)
            path = urlsplit(self.path).path
            queue = answers.by_path.get(path) or answers.by_path.get("") or [(404, b'{"message": "not found"}')]
            status, data = queue.pop(0) if len(queue) > 1 else queue[0]
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                status, data = 401, b'{"kind": "Status", "message": "Unauthorized"}'
            self.say(status, data)

    with served(Handler) as answers.port:
        yield answers
