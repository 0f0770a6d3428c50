"""What is asked of an etcd, as its JSON gateway wants it: keys and values in base64, numbers as text. Pure."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ndcops.model.record import JsonObject


@dataclass(frozen=True)
class KeyValue:
    """A key as it stands. lease: 0 when none."""

    key: str
    value: bytes
    create_revision: int
    mod_revision: int
    lease: int = 0


@dataclass(frozen=True)
class Compare:
    """One condition of a transaction on a key: its create revision (0: absent), mod revision or value."""

    key: str
    target: Literal["create_revision", "mod_revision", "value"]
    expected: int | bytes

    def document(self) -> JsonObject:
        """As the gateway wants it."""
        short = {"create_revision": "CREATE", "mod_revision": "MOD", "value": "VALUE"}[self.target]
        value = encoded(self.expected) if isinstance(self.expected, bytes) else str(self.expected)
        return {"key": encoded(self.key), "target": short, "result": "EQUAL", self.target: value}


@dataclass(frozen=True)
class Put:
    """Write a key; `lease` binds its life to that lease."""

    key: str
    value: bytes
    lease: int = 0

    def document(self) -> JsonObject:
        """As the gateway wants it."""
        lease = {"lease": str(self.lease)} if self.lease else {}
        return {"request_put": {"key": encoded(self.key), "value": encoded(self.value), **lease}}


@dataclass(frozen=True)
class Delete:
    """Remove a key."""

    key: str

    def document(self) -> JsonObject:
        """As the gateway wants it."""
        return {"request_delete_range": {"key": encoded(self.key)}}


@dataclass(frozen=True)
class Read:
    """Read a key."""

    key: str

    def document(self) -> JsonObject:
        """As the gateway wants it."""
        return {"request_range": {"key": encoded(self.key)}}


Operation = Put | Delete | Read


def encoded(value: str | bytes) -> str:
    """Base64 of bytes or of a text's UTF-8."""
    return base64.b64encode(value.encode() if isinstance(value, str) else value).decode()


def transaction(
    compares: Sequence[Compare], then: Sequence[Operation], otherwise: Sequence[Operation]
) -> JsonObject:
    """A transaction's request."""
    return {
        "compare": [each.document() for each in compares],
        "success": [each.document() for each in then],
        "failure": [each.document() for each in otherwise],
    }


def range_request(prefix: str, start: str, *, limit: int, revision: int) -> JsonObject:
    """Keys of a prefix from `start` on, at one revision of the store (0: now)."""
    request = {"key": encoded(start), "range_end": encoded(after_prefix(prefix)), "limit": str(limit)}
    return request | ({"revision": str(revision)} if revision else {})


def after_prefix(prefix: str) -> bytes:
    """The first key after all those that begin with `prefix`, which is ASCII here and not empty."""
    data = prefix.encode("ascii")
    return data[:-1] + bytes([data[-1] + 1])


def key_values(answer: JsonObject) -> tuple[KeyValue, ...]:
    """The keys of a range's answer; the gateway leaves zeros out."""
    return tuple(
        KeyValue(
            key=base64.b64decode(each["key"]).decode(),
            value=base64.b64decode(each.get("value", "")),
            create_revision=int(each.get("create_revision", 0)),
            mod_revision=int(each.get("mod_revision", 0)),
            lease=int(each.get("lease", 0)),
        )
        for each in answer.get("kvs") or []
    )


def read_answers(answer: JsonObject) -> tuple[tuple[KeyValue, ...], ...]:
    """What each Read of a transaction's executed branch found, in order."""
    return tuple(
        key_values(each["response_range"]) for each in answer.get("responses") or [] if "response_range" in each
    )
