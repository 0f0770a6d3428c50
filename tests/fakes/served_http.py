"""What every web server of the tests shares: a thread on a free port of the loopback, silent, quick to answer."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from ndcops.model.target import ClusterRef

TOKEN = "fake-token"


class QuietHandler(BaseHTTPRequestHandler):
    """Reads and answers JSON."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer after the first waits 40 ms for an acknowledgement

    def log_message(self, format: str, *args: Any) -> None:
        """Silent."""

    def body(self) -> Any:
        """What was sent; None for nothing."""
        length = int(self.headers.get("Content-Length") or 0)
        return json.loads(self.rfile.read(length)) if length else None

    def say(self, status: int, answer: Any, headers: dict[str, str] | None = None) -> None:
        """Answer with a document, or with raw bytes as they are."""
        data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


@contextmanager
def served(handler: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    """The port where it answers while the block lasts."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def kubeconfig_of(port: int, token: str = TOKEN) -> str:
    """A kubeconfig for a server on that port, as JSON."""
    return json.dumps(
        {
            "current-context": "fake",
            "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "fake"}}],
            "clusters": [{"name": "fake", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
            "users": [{"name": "fake", "user": {"token": token}}],
        }
    )


def cluster_at(
    port: int,
    path: Path,
    *,
    site: str = "ndc1",
    token: str = TOKEN,
    context: str = "fake",
    uid: str | None = None,
) -> ClusterRef:
    """A reference to that server by a kubeconfig written to `path`; `context` may be one that it lacks."""
    path.write_text(kubeconfig_of(port, token))
    return ClusterRef(site=site, kubeconfig=path, context=context, uid=uid)
