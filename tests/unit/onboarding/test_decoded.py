"""What `pgoutput` says, read."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ndcops.adapters.postgres_servers.switching.decoded import decoded_transactions, lsn_number, lsn_text
from ndcops.model.errors import NdcopsError


def begin(lsn: int, xid: int) -> bytes:
    return b"B" + struct.pack(">QqI", lsn, 0, xid)


def relation(oid: int, schema: str, name: str) -> bytes:
    return b"R" + struct.pack(">I", oid) + schema.encode() + b"\0" + name.encode() + b"\0d\0\0"


COMMIT = b"C" + bytes(25)


def test_transactions_with_their_tables_and_origin() -> None:
    messages = [
        begin(100, 7),
        relation(1, "public", "Sổ cái"),
        b"I" + struct.pack(">I", 1) + b"N\0\0",
        b"U" + struct.pack(">I", 1) + b"N\0\0",
        COMMIT,
        begin(200, 8),
        b"O" + struct.pack(">Q", 5) + b"pg_16400\0",
        relation(2, "", "pg_class"),
        b"T" + struct.pack(">IBII", 2, 0, 1, 2),
        COMMIT,
    ]
    first, second = decoded_transactions(messages)
    assert (first.xid, first.commit_lsn, first.origin) == (7, 100, "")
    assert first.tables == {("public", "Sổ cái"): 2}
    assert (second.origin, second.tables) == ("pg_16400", {("public", "Sổ cái"): 1, ("pg_catalog", "pg_class"): 1})


@pytest.mark.parametrize("message", [b"B\0", b"I\0\0\0\x09", b"R\0\0\0\x01abc"])
def test_what_is_no_such_message_is_no_silence(message: bytes) -> None:
    with pytest.raises(NdcopsError):
        decoded_transactions([message])


@given(st.integers(0, 2**64 - 1))
def test_an_lsn_is_read_as_it_is_written(number: int) -> None:
    assert lsn_number(lsn_text(number)) == number
