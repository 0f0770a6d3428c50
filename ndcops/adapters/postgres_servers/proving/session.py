"""A read-only session in which every type is written in one way, whatever server, database and role prefer."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from psycopg import sql

from ndcops.adapters.postgres_servers.sources.reading import Query, Reading, reading
from ndcops.model.errors import NdcopsError
from ndcops.model.proving import NotLookedAt

_PINNED = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "extra_float_digits": "3",
    "bytea_output": "hex",
    "lc_monetary": "C",
    "xmlbinary": "base64",
    "quote_all_identifiers": "off",
    "row_security": "off",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "enable_partitionwise_aggregate": "off",
}
"""What a type's text depends on (PostgreSQL docs, Client Connection Defaults), beside `reading`'s own settings.

row_security off: a policy that would hide rows is an error. No parallel workers: lanes are sessions of ours.
"""

_FETCHED = 5_000
"""Rows kept at once of a long answer."""


class Limits(Protocol):
    """As much of the room's ProofLimits as is used here."""

    @property
    def lanes(self) -> int: ...
    @property
    def connect_s(self) -> int: ...
    @property
    def statement_s(self) -> int: ...


class ProofSession:
    """One connection of one side. moment: a snapshot that another session exports, taken for every moment."""

    def __init__(self, session: Reading, moment: str = "") -> None:
        self._session = session
        self._moment = moment
        self._is_stopped = False

    @property
    def server_version(self) -> int:
        """As PostgreSQL numbers it: 150008 for 15.8."""
        return self._session.server_version

    def rows(self, query: Query, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """All rows. Raises NotLookedAt when only this question failed, NdcopsError when the session is gone."""
        if self._is_stopped:
            raise NotLookedAt("the proof was stopped")
        try:
            return self._session.rows(query, values)
        except NdcopsError as error:
            if self._session.is_lost:
                raise
            raise NotLookedAt(error.message, details=error.details) from error

    def long(self, name: str, query: sql.Composable) -> Iterator[dict[str, Any]]:
        """Rows as they come, inside a transaction: the first are asked for at once, the rest on reading."""
        self.rows(sql.SQL("DECLARE {} NO SCROLL CURSOR FOR {}").format(sql.Identifier(name), query))
        fetch = sql.SQL("FETCH {} FROM {}").format(sql.Literal(_FETCHED), sql.Identifier(name))
        return self._rest(self.rows(fetch), fetch, name)

    def _rest(self, found: list[dict[str, Any]], fetch: sql.Composed, name: str) -> Iterator[dict[str, Any]]:
        while found:
            yield from found
            found = self.rows(fetch) if len(found) == _FETCHED else []
        self.rows(sql.SQL("CLOSE {}").format(sql.Identifier(name)))

    @contextmanager
    def moment(self, exported: str = "") -> Iterator[None]:
        """A transaction in which nothing changes; of another session's moment when that is given."""
        exported = exported or self._moment
        self.rows("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            if exported:
                self.rows(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(sql.Literal(exported)))
            else:
                self.rows("SELECT 1 FROM pg_catalog.pg_class LIMIT 1")  # the moment is taken by the first question
            yield
        finally:
            if not self._session.is_lost:
                self._session.rows("ROLLBACK")

    def interrupt(self) -> None:
        """End what is being asked, and ask nothing any more; from any thread."""
        self._is_stopped = True
        self._session.interrupt()


@contextmanager
def proof_session(connection: str, role: str, limits: Limits, moment: str = "") -> Iterator[ProofSession]:
    """moment: see ProofSession. Raises InvalidInput for bad words, NdcopsError without a connection."""
    with reading(
        connection,
        connect_s=limits.connect_s,
        statement_s=limits.statement_s,
        role=role,
        purpose="verify",
    ) as session:
        for name, value in _PINNED.items():
            session.rows("SELECT pg_catalog.set_config(%s, %s, false)", [name, value])
        yield ProofSession(session, moment)
