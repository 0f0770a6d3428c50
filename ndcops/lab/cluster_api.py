"""A small client of the lab's own HTTPS servers; `site_start` and `status` use it, it alone uses urllib3.

The lab writes a few hundred objects in a few seconds before any other part runs: it needs concurrency and a
short start, and none of a full client's comforts.
"""

import json
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import urllib3

from ndcops.lab.pki import KeyPair
from ndcops.model.errors import NdcopsError
from ndcops.model.record import JsonObject


class NotFound(NdcopsError):
    """The server answered 404."""


class HttpsClient:
    """One HTTPS server of the lab, with client certificate; safe for several threads."""

    def __init__(self, host: str, port: int, authority: Path, client: KeyPair, connections: int = 1) -> None:
        self._where = f"https://{host}:{port}"
        self._pool = urllib3.HTTPSConnectionPool(
            host,
            port,
            maxsize=connections,
            block=True,
            retries=False,
            ca_certs=str(authority),
            cert_file=str(client.certificate),
            key_file=str(client.key),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._pool.close()

    def answers(self, path: str, *, timeout_s: float = 2.0) -> bool:
        """Whether the server answers 200 there."""
        try:
            return bool(self._pool.request("GET", path, timeout=timeout_s).status == 200)
        except urllib3.exceptions.HTTPError:
            return False

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        content_type: str = "application/json",
        timeout_s: float = 30.0,
        accepted: frozenset[int] = frozenset(),
    ) -> JsonObject:
        """The JSON answer. Statuses from 200 to 299 and those `accepted` are answers.

        Raises NotFound for 404, NdcopsError for any other failure.
        """
        what = f"{method} {self._where}{path.partition('?')[0]}"
        try:
            headers = {"Content-Type": content_type, "Accept": "application/json"}
            response = self._pool.request(method, path, body=body, headers=headers, timeout=timeout_s)
        except urllib3.exceptions.HTTPError as error:
            raise NdcopsError(
                f"{what}: no answer", details=[str(error)], resolution="ndcops lab status"
            ) from error
        if not (200 <= response.status < 300 or response.status in accepted):
            kind = NotFound if response.status == 404 else NdcopsError
            details = [_reason(response.data)]
            raise kind(f"{what}: status {response.status}", details=details, resolution="ndcops lab status")
        answer: JsonObject = json.loads(response.data)
        return answer

    def get(self, path: str) -> JsonObject:
        """GET: the answer's JSON."""
        return self.request("GET", path)

    def create(self, path: str, item: JsonObject) -> None:
        """POST; an object that exists already (409) is fine."""
        self.request("POST", path, json.dumps(item).encode(), accepted=frozenset({409}))

    def create_manifest(self, path: str, manifest: str) -> None:
        """POST of a YAML manifest; an object that exists already (409) is fine."""
        body = manifest.encode()
        self.request("POST", path, body, content_type="application/yaml", accepted=frozenset({409}))

    def delete(self, path: str) -> None:
        """DELETE; an object that is gone already is fine."""
        self.request("DELETE", path, accepted=frozenset({404}))

    def apply(self, path: str, manifest: str) -> None:
        """Server-side apply of a YAML manifest, as field manager `ndcops-lab`."""
        query = "?fieldManager=ndcops-lab&force=true"
        self.request("PATCH", path + query, manifest.encode(), content_type="application/apply-patch+yaml")


def _reason(data: bytes) -> str:
    """The message of a Kubernetes Status, or what came instead."""
    try:
        parsed: Any = json.loads(data)
    except ValueError:
        parsed = None
    message = parsed.get("message") if isinstance(parsed, dict) else None
    return str(message or data[:200].decode(errors="replace"))
