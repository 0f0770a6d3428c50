"""Writes to a scratch etcd through its JSON gateway (etcd: "gRPC gateway"); `control_plane` calls it."""

import base64
import json
from collections.abc import Callable, Iterable, Iterator

from ndcops.lab.cluster_api import HttpsClient
from ndcops.model.record import JsonObject

Pair = tuple[str, bytes]

MOST_OPERATIONS = 128
"""etcd's limit of one transaction (--max-txn-ops)."""

MOST_BYTES = 1_000_000
"""Below etcd's limit of a request, 1.5 MiB, with room for keys."""


class ObjectStore:
    """One etcd. Every transaction happens whole or not at all."""

    def __init__(self, client: HttpsClient) -> None:
        self._client = client

    def put(self, pairs: Iterable[Pair]) -> None:
        """Write keys and values, each in a revision of its own.

        Kubernetes writes one object a revision: who watches its API misses some of several that share one.
        """
        for key, value in pairs:
            self._post("/v3/kv/put", {"key": _base64(key), "value": _base64(value)})

    def fill(self, pairs: Iterable[Pair], on_written: Callable[[int], None]) -> None:
        """Write many at once, before an API server is there; tells `on_written` how many are done."""
        written = 0
        for batch in batches(pairs):
            operations = [{"requestPut": {"key": _base64(key), "value": _base64(value)}} for key, value in batch]
            self._post("/v3/kv/txn", {"success": operations})
            written += len(batch)
            on_written(written)

    def delete(self, key: str) -> None:
        """Remove a key; one that is not there is fine."""
        self._post("/v3/kv/deleterange", {"key": _base64(key)})

    def delete_below(self, prefix: str) -> None:
        """Remove every key that begins with `prefix`."""
        end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        self._post("/v3/kv/deleterange", {"key": _base64(prefix), "range_end": _base64(end)})

    def _post(self, path: str, body: JsonObject) -> None:
        self._client.request("POST", path, json.dumps(body).encode(), timeout_s=60.0)


def batches(pairs: Iterable[Pair]) -> Iterator[list[Pair]]:
    """Pairs in transactions that etcd takes; a single one above its limit goes alone, for etcd to refuse."""
    batch: list[Pair] = []
    size_bytes = 0
    for key, value in pairs:
        if batch and (len(batch) == MOST_OPERATIONS or size_bytes + len(value) > MOST_BYTES):
            yield batch
            batch, size_bytes = [], 0
        batch.append((key, value))
        size_bytes += len(value)
    if batch:
        yield batch


def _base64(text: str | bytes) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()
