"""The room's `RowCopies`: rows out of a snapshot into the target, each part in one transaction with its mark."""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from psycopg import sql

from ndcops.adapters.postgres_servers.moving.programs import client_programs, complaint, environment
from ndcops.adapters.postgres_servers.moving.session import MoveSession, move_session
from ndcops.adapters.postgres_servers.moving.unlogged_parts import copy_large_objects, copy_sequences
from ndcops.model.errors import NdcopsError
from ndcops.model.move import Move
from ndcops.model.seed import TablePart

_BLOCK_BYTES = 256 << 10
_SMALL_BYTES = 1 << 20
"""Below it a program of its own costs more than it saves."""

_PIPE_BYTES = 1 << 20

_FILLING_BYTES, _FILLING_S = 128 << 10, 0.001
"""psql writes 4 KiB at a time (glibc's buffer for a pipe): read as they come, each would be a call and a message
of its own. After a small block the pipe is let fill, for as long as it cannot be full."""


class Pace(Protocol):
    """As much of the room's `Pace` as is used here."""

    def __call__(self, sent_bytes: int, /) -> None: ...


class PostgresCopies:
    """psql reads at the source, row by row in C; here only blocks pass, to be counted and to wait."""

    def copy(self, move: Move, parts: Sequence[TablePart], snapshot: str, pace: Pace) -> int:
        """Copy each part; one that is marked already is left alone."""
        sent = 0
        with (
            move_session(move.source, "source") as source,
            move_session(move.target, "target") as target,
        ):
            # Marks and rows are made durable together, before anything relies on them (`subscribe`).
            target.use(synchronous_commit="off", maintenance_work_mem="64MB")
            _share_encoding(source, target)
            with source.transaction():
                source.rows("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                source.rows(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(sql.Literal(snapshot)))
                for part in parts:
                    sent += _copy_part(move, part, snapshot, source, target, pace)
        return sent

    def large_objects(self, move: Move, snapshot: str | None) -> int:
        """Object by object; returns how many were written."""
        return copy_large_objects(move, snapshot)

    def sequences(self, move: Move) -> int:
        """Each sequence's next number."""
        return copy_sequences(move)


def _share_encoding(source: MoveSession, target: MoveSession) -> None:
    """Text crosses as it lies there: both databases have one encoding."""
    encoding = source.row("SELECT current_setting('server_encoding') AS name")["name"]
    source.use(client_encoding=encoding)
    target.use(client_encoding=encoding)


def _copy_part(
    move: Move, part: TablePart, snapshot: str, source: MoveSession, target: MoveSession, pace: Pace
) -> int:
    own = sql.Identifier(move.names.schema)
    marked = sql.SQL("SELECT 1 FROM {}.copied WHERE relation = %s AND part = %s AND parts = %s").format(own)
    if target.rows(marked, [part.table.oid, part.number, part.of]):
        return 0
    with target.transaction():
        table = sql.Identifier(part.table.table_schema, part.table.name)
        if part.whole:
            target.rows(sql.SQL("TRUNCATE ONLY {}").format(table))
        if part.size_bytes < _SMALL_BYTES:
            sent = _through_here(part, source, target, pace)
        else:
            sent = _through_psql(move, part, snapshot, target, pace)
        mark = sql.SQL("INSERT INTO {}.copied (relation, part, parts, bytes) VALUES (%s, %s, %s, %s)").format(own)
        target.rows(mark, [part.table.oid, part.number, part.of, sent])
    return sent


def _through_here(part: TablePart, source: MoveSession, target: MoveSession, pace: Pace) -> int:
    sent = 0
    with (
        source.named(),
        source.connection.cursor().copy(copy_out(part)) as rows,
        target.named(),
        target.connection.cursor().copy(copy_in(part)) as into,
    ):
        for block in rows:
            into.write(block)
            sent += len(block)
        pace(sent)
    return sent


def _through_psql(move: Move, part: TablePart, snapshot: str, target: MoveSession, pace: Pace) -> int:
    """The copy only counts when psql has said that it was whole: an end of the pipe alone says nothing."""
    sent = 0
    with (
        target.named(),
        target.connection.cursor().copy(copy_in(part)) as into,
        _reader(move, part, snapshot, target) as pipe,
    ):
        while block := os.read(pipe.fileno(), _BLOCK_BYTES):
            pace(len(block))
            into.write(block)
            sent += len(block)
            if len(block) < _FILLING_BYTES:
                time.sleep(_FILLING_S)
    return sent


@contextmanager
def _reader(move: Move, part: TablePart, snapshot: str, target: MoveSession) -> Iterator[IO[bytes]]:
    """psql's standard output. Raises NdcopsError at the end when it did not send all."""
    command: list[str | Path] = [
        client_programs(target.version // 10000) / "psql",
        "-XqAt",
        "-v",
        "ON_ERROR_STOP=1",
    ]
    command += ["-d", move.source, "-c", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"]
    command += ["-c", sql.SQL("SET TRANSACTION SNAPSHOT {}").format(sql.Literal(snapshot)).as_string(None)]
    command += ["-c", copy_out(part).as_string(None)]
    encoding = target.connection.info.parameter_status("client_encoding") or "UTF8"
    settings = {"PGCLIENTENCODING": encoding, "PGOPTIONS": "-c statement_timeout=0"}
    with tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment(settings),
            pipesize=_PIPE_BYTES,
        )
        try:
            if child.stdout is None:
                raise NdcopsError("psql has no output")
            yield child.stdout
            code = child.wait()
        except BaseException:
            child.kill()
            raise
        finally:
            child.wait()
            if child.stdout is not None:
                child.stdout.close()
        if code:
            errors.seek(0)
            raise NdcopsError(f"source: copying {part.label}: {complaint(errors.read())}")


def copy_out(part: TablePart) -> sql.Composed:
    """COPY … TO STDOUT of the part's rows alone, never of inheriting tables."""
    table = sql.Identifier(part.table.table_schema, part.table.name)
    columns, form = _columns(part), _form(part)
    if part.whole:
        return sql.SQL("COPY {}{} TO STDOUT {}").format(table, _listed(columns), form)
    where = sql.SQL("ctid >= {}").format(_place(part.first))
    if part.end is not None:
        where += sql.SQL(" AND ctid < {}").format(_place(part.end))
    return sql.SQL("COPY (SELECT {} FROM ONLY {} WHERE {}) TO STDOUT {}").format(columns, table, where, form)


def copy_in(part: TablePart) -> sql.Composed:
    """COPY … FROM STDIN; a whole table, emptied in the same transaction, is written frozen: no later rewrite."""
    table = sql.Identifier(part.table.table_schema, part.table.name)
    return sql.SQL("COPY {}{} FROM STDIN {}").format(
        table, _listed(_columns(part)), _form(part, frozen=part.whole)
    )


def _listed(columns: sql.Composed) -> sql.Composed:
    """A table may have no column at all that is copied; COPY knows no empty list."""
    return sql.SQL(" ({})").format(columns) if list(columns) else sql.Composed([])


def _columns(part: TablePart) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(name) for name in part.table.columns)


def _form(part: TablePart, *, frozen: bool = False) -> sql.SQL:
    words = [f"FORMAT {'binary' if part.table.binary else 'text'}", *(["FREEZE"] if frozen else [])]
    return sql.SQL(f"({', '.join(words)})")


def _place(page: int) -> sql.Composed:
    return sql.SQL("{}::tid").format(sql.Literal(f"({page},0)"))
