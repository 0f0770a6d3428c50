"""A connection of a move: statements with errors that name the server, and nothing secret in its logs."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import DictRow, dict_row

from ndcops.adapters.postgres_servers.session import StatementFailed
from ndcops.adapters.postgres_servers.sources.reading import Query, parse, shown
from ndcops.model.errors import NdcopsError

APPLICATION = "ndcops seed"
CONNECT_S = 10
LOCK_S = 10
"""DDL at the source waits no longer for a lock: everything behind it would wait, too."""

_SETTINGS = {
    "client_encoding": "UTF8",
    "search_path": "pg_catalog",
    "DateStyle": "ISO",
    "default_transaction_read_only": "off",  # an end that is not in use is closed by it
    "statement_timeout": "0",
    "lock_timeout": f"{LOCK_S}s",
    "idle_in_transaction_session_timeout": "0",
}


class MoveSession:
    """One connection in autocommit mode. Every method raises NdcopsError, or StatementFailed with the SQLSTATE."""

    def __init__(self, connection: psycopg.Connection[DictRow], name: str) -> None:
        self.connection = connection
        self.name = name

    def rows(self, query: Query, values: Sequence[Any] | Mapping[str, Any] = ()) -> list[dict[str, Any]]:
        """All rows; none for a statement that gives none."""
        with self.named():
            cursor = self.connection.execute(query, values or None)
            return cursor.fetchall() if cursor.description else []

    def row(self, query: Query, values: Sequence[Any] = ()) -> dict[str, Any]:
        """The first row. Raises NdcopsError without one."""
        found = self.rows(query, values)
        if not found:
            raise NdcopsError(f"{self.name}: the server answered with nothing")
        return found[0]

    def run(self, statement: str, *names: str, values: Sequence[Any] = ()) -> None:
        """A statement with identifiers in place of `{}`."""
        self.rows(sql.SQL(statement).format(*(sql.Identifier(name) for name in names)), values)

    def use(self, **settings: str) -> None:
        """Settings of this session."""
        for setting, value in settings.items():
            self.rows("SELECT set_config(%s, %s, false)", [setting, value])

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing."""
        with self.named(), self.connection.transaction():
            yield

    @property
    def version(self) -> int:
        """As PostgreSQL numbers it."""
        return self.connection.info.server_version

    @contextmanager
    def named(self) -> Iterator[None]:
        """Errors of psycopg as ours, with the server's name."""
        try:
            yield
        except psycopg.Error as error:
            lines = str(error).strip().splitlines()
            first = lines[0] if lines else type(error).__name__
            if error.sqlstate is None:
                raise NdcopsError(
                    f"{self.name}: the connection was lost: {first}",
                    resolution="look whether the server is up, then run the same command again: it goes on",
                ) from error
            raise StatementFailed(f"{self.name}: {first}", error.sqlstate) from error


@contextmanager
def move_session(
    connection: str, side: str, *, quiet: bool = False, replication: bool = False
) -> Iterator[MoveSession]:
    """A session. side: source or target, for messages. quiet: keep statements out of the server's log.

    replication: one that takes replication commands; settings would be commands, too, so none are made.

    Raises InvalidInput for bad words, NdcopsError when there is no connection.
    """
    name = f"{side} {shown(parse(connection))}"
    try:
        opened = psycopg.connect(
            make_conninfo(connection, **({"replication": "database"} if replication else {})),
            autocommit=True,
            row_factory=dict_row,
            prepare_threshold=None,
            connect_timeout=CONNECT_S,
            application_name=APPLICATION,
        )
    except psycopg.Error as error:
        lines = str(error).strip().splitlines()
        raise NdcopsError(
            f"{name}: no connection: {lines[0] if lines else type(error).__name__}",
            resolution="psql with the same words shows whether it lets you in",
        ) from error
    try:
        session = MoveSession(opened, name)
        if not replication:
            session.use(**_SETTINGS)
        if quiet:
            # Only superusers may: on other servers what the administrators log is theirs to decide.
            with contextlib.suppress(StatementFailed):
                session.use(log_statement="none", log_min_duration_statement="-1", log_min_error_statement="panic")
        yield session
    finally:
        with contextlib.suppress(psycopg.Error):
            opened.close()
