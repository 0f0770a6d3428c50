"""Reads what `pgoutput` says of transactions (PostgreSQL docs, Logical Replication Message Formats); pure."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field

from ndcops.model.errors import NdcopsError


@dataclass
class DecodedTransaction:
    """origin: from which stream it was applied here; empty for one that began here. tables: changed ones."""

    xid: int
    commit_lsn: int
    origin: str = ""
    tables: dict[tuple[str, str], int] = field(default_factory=dict)


def decoded_transactions(messages: Iterable[bytes]) -> tuple[DecodedTransaction, ...]:
    """Whole transactions, in the order of their commits. Raises NdcopsError for what is no such stream."""
    try:
        return _decoded(messages)
    except (struct.error, KeyError, IndexError, ValueError) as error:
        raise NdcopsError("what logical decoding gave could not be read", details=[repr(error)]) from error


def _decoded(messages: Iterable[bytes]) -> tuple[DecodedTransaction, ...]:
    relations: dict[int, tuple[str, str]] = {}
    done: list[DecodedTransaction] = []
    current = DecodedTransaction(0, 0)
    for message in messages:
        kind = message[:1]
        if kind == b"B":
            lsn, _, xid = struct.unpack(">QqI", message[1:21])
            current = DecodedTransaction(xid, lsn)
        elif kind == b"R":
            relations[struct.unpack(">I", message[1:5])[0]] = _relation(message)
        elif kind == b"O":
            current.origin = message[9:].split(b"\0")[0].decode()
        elif kind == b"C":
            done.append(current)
        for oid in _touched(kind, message):
            table = relations[oid]
            current.tables[table] = current.tables.get(table, 0) + 1
    return tuple(done)


def _relation(message: bytes) -> tuple[str, str]:
    """An empty schema stands for pg_catalog."""
    schema, name = message[5:].split(b"\0")[:2]
    return schema.decode() or "pg_catalog", name.decode()


def _touched(kind: bytes, message: bytes) -> tuple[int, ...]:
    if kind in (b"I", b"U", b"D"):
        return struct.unpack(">I", message[1:5])
    if kind == b"T":
        (count,) = struct.unpack(">I", message[1:5])
        return struct.unpack(f">{count}I", message[6 : 6 + 4 * count])
    return ()


def lsn_number(text: str) -> int:
    """An LSN as PostgreSQL writes it (`0/16B3748`), as a number."""
    high, _, low = text.partition("/")
    return (int(high, 16) << 32) + int(low, 16)


def lsn_text(number: int) -> str:
    """As PostgreSQL writes it."""
    return f"{number >> 32:X}/{number & 0xFFFFFFFF:X}"
