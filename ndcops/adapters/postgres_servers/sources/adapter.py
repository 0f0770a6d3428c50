"""The onboarding room's `Sources`, by PostgreSQL's own protocol; wiring hands it over."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from psycopg import sql

from ndcops.adapters.postgres_servers.sources.catalog import read_database
from ndcops.adapters.postgres_servers.sources.reading import NotInTime, Reading, parse, reading
from ndcops.model.errors import NdcopsError
from ndcops.model.probe import ProbedDatabase, ProbedTable, ShareAnswer, ShareQuery


class _Limits(Protocol):
    """As much of the room's ProbeLimits as is used here."""

    @property
    def connect_s(self) -> int: ...
    @property
    def statement_s(self) -> int: ...
    @property
    def sample_rows(self) -> int: ...


class PostgresSources:
    """Reads live databases; a session each call."""

    def __init__(self, *, now: Callable[[], datetime]) -> None:
        self._now = now

    def check(self, connection: str) -> None:
        """Raises InvalidInput for words that are none of libpq's, or hold a password."""
        parse(connection)

    def probe(self, connection: str, limits: _Limits) -> ProbedDatabase:
        """What the database tells of itself, with samples of its columns."""
        with _session(connection, limits) as session:
            return read_database(session, taken_at=self._now(), sample_rows=limits.sample_rows)

    def distinct(
        self, connection: str, places: Sequence[tuple[ProbedTable, Sequence[str]]], limits: _Limits
    ) -> int | None:
        """How many different values stand in all the places together; None when counting took too long."""
        parts = sql.SQL(" UNION ").join(_values_of(table, columns) for table, columns in places)
        query = sql.SQL("SELECT count(*) AS count FROM ({}) AS found").format(parts)
        with _session(connection, limits) as session:
            try:
                return int(session.row(query)["count"])
            except NotInTime:
                return None

    def shares(self, connection: str, queries: Sequence[ShareQuery], limits: _Limits) -> tuple[ShareAnswer, ...]:
        """The answers to each question, in their order, each within its own time."""
        if not queries:
            return ()
        with _session(connection, limits) as session:
            return tuple(_answer(session, query) for query in queries)


def _session(connection: str, limits: _Limits) -> AbstractContextManager[Reading]:
    return reading(connection, connect_s=limits.connect_s, statement_s=limits.statement_s)


def _values_of(table: ProbedTable, columns: Sequence[str]) -> sql.Composed:
    """Without columns each row counts as one, by its place in the table."""
    source = sql.Identifier(table.table_schema, table.name)
    if not columns:
        return sql.SQL("SELECT tableoid::text, ctid::text FROM {}").format(source)
    names = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(column)) for column in columns)
    known = sql.SQL(" AND ").join(sql.SQL("{} IS NOT NULL").format(sql.Identifier(name)) for name in columns)
    return sql.SQL("SELECT DISTINCT {} FROM {} WHERE {}").format(names, source, known)


def _answer(session: Reading, query: ShareQuery) -> ShareAnswer:
    try:
        row = session.row(sql.SQL(query.sql))
    except NdcopsError as error:
        return ShareAnswer(query=query, problem=error.message)
    return ShareAnswer(query=query, good=int(row["good"] or 0), total=int(row["total"] or 0))
