"""A web server in the API server's place: given answers by path, of any status, type and content."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ndcops.model.target import ClusterRef

TOKEN = "fake-token"


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
        kubeconfig = {
            "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "fake"}}],
            "clusters": [{"name": "fake", "cluster": {"server": f"http://127.0.0.1:{self.port}"}}],
            "users": [{"name": "fake", "user": {"token": token}}],
        }
        path = folder / "kubeconfig"
        path.write_text(json.dumps(kubeconfig))
        return ClusterRef(site="ndc1", kubeconfig=path, context=context, uid=None)


@contextmanager
def answering_server() -> Iterator[Answers]:
    """A running server on a free port."""
    answers = Answers()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else each answer after the first waits 40 ms for an acknowledgement

        def log_message(self, format: str, *args: Any) -> None:
            """Silent."""

        def do_GET(self) -> None:
            answers.asked.append(self.path)
            path = urlsplit(self.path).path
            queue = answers.by_path.get(path) or answers.by_path.get("") or [(404, b'{"message": "not found"}')]
            status, data = queue.pop(0) if len(queue) > 1 else queue[0]
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                status, data = 401, b'{"kind": "Status", "message": "Unauthorized"}'
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    answers.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield answers
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
