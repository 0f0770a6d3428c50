"""Records: canonical JSON chained by SHA-256; journals, evidence and ledger are chains of them.

Canonical form: keys sorted by code point, no spaces, UTF-8, no floats (a float's shortest text differs
between languages; give units small enough for integers, or text). Up to keys beyond U+FFFF, which
sort by UTF-16 unit there, this is RFC 8785 (JCS).
"""

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from ndcops.model.document import Value

GENESIS = "0" * 64
"""The `previous` of a chain's first record."""

JsonObject = dict[str, Any]


class Record(Value):
    """One entry of a chain. `digest` is the SHA-256 of the canonical form of all other fields."""

    version: int = 1
    sequence: int
    previous: str
    time: datetime
    actor: str
    epoch: int = 0
    kind: str
    body: JsonObject
    digest: str


def canonical_json(value: object) -> bytes:
    """The one byte string that stands for `value`. Raises ValueError for a float or a non-JSON value."""
    _refuse_floats(value)
    try:
        text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except TypeError as error:
        raise ValueError(f"not JSON: {error}") from error
    return text.encode()


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        raise ValueError(f"{value} is a float; records hold integers and text")
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise ValueError(f"key {key!r} is not text")
            _refuse_floats(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _refuse_floats(item)


def record_digest(record: Record) -> str:
    """SHA-256, in hexadecimal, of the record without its digest."""
    fields = record.model_dump(mode="json", exclude={"digest"})
    return hashlib.sha256(canonical_json(fields)).hexdigest()


def append_record(
    previous: Record | None, *, time: datetime, actor: str, kind: str, body: JsonObject, epoch: int = 0
) -> Record:
    """The next record of a chain. Raises ValueError when `body` is not canonical JSON."""
    unsealed = Record(
        sequence=previous.sequence + 1 if previous else 0,
        previous=previous.digest if previous else GENESIS,
        time=time,
        actor=actor,
        epoch=epoch,
        kind=kind,
        body=body,
        digest="",
    )
    return unsealed.model_copy(update={"digest": record_digest(unsealed)})


def find_break(records: Iterable[Record]) -> str | None:
    """Why the chain does not hold, or None. A truncated end shows only against a signed checkpoint."""
    expected_previous, expected_sequence = GENESIS, 0
    for record in records:
        where = f"record {record.sequence}"
        if record.sequence != expected_sequence:
            return f"{where}: expected number {expected_sequence}"
        if record.previous != expected_previous:
            return f"{where}: its previous digest is not that of record {expected_sequence - 1}"
        if not _is_sealed(record):
            return f"{where}: its content does not match its digest"
        expected_previous, expected_sequence = record.digest, expected_sequence + 1
    return None


def _is_sealed(record: Record) -> bool:
    try:
        return record.digest == record_digest(record)
    except ValueError:  # a changed byte can make 100 the float 1e0, which has no canonical form
        return False
