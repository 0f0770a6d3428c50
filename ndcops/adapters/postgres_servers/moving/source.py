"""The room's `SourceEnd`: the agency's server, looked at, guarded, published, and taken leave of."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final

from psycopg import sql

from ndcops.adapters.postgres_servers.moving import guarding
from ndcops.adapters.postgres_servers.moving.questions import LOAD, LOCAL, SLOT, SOURCE, SOURCE_LISTS
from ndcops.adapters.postgres_servers.moving.session import MoveSession, move_session
from ndcops.adapters.postgres_servers.moving.shape import schema_lines
from ndcops.adapters.postgres_servers.moving.tables import read_tables
from ndcops.adapters.postgres_servers.session import StatementFailed
from ndcops.model.errors import Refused
from ndcops.model.move import Move
from ndcops.model.seed import SeedSource, SeedTable, SourceLoad, StreamSlot

OLDEST: Final = 120000
"""What is asked of catalogs exists since then."""

SNAPSHOT_S: Final = 120
_UNDEFINED_OBJECT, _IN_USE = "42704", "55006"


class PostgresSource:
    """The agency's database. snapshot_s: how long a slot may wait for transactions that were open before it."""

    def __init__(self, *, snapshot_s: float = SNAPSHOT_S) -> None:
        self._snapshot_s = snapshot_s

    def database_name(self, connection: str) -> str:
        """What the database is called at its server."""
        with move_session(connection, "source") as session:
            return str(session.row("SELECT current_database()::text AS name")["name"])

    def facts(self, move: Move) -> SeedSource:
        """The database as it is now. Raises Refused for a server whose catalogs cannot be asked."""
        with _open(move) as session:
            if session.version < OLDEST:
                raise Refused(
                    f"{session.name}: PostgreSQL {session.version // 10000} is not tested as a source",
                    resolution="upgrade it there first, to a release that is tested",
                )
            found: dict[str, Any] = session.row(SOURCE)
            found.update(session.row(LOCAL))
            lists = {
                name: tuple(row["name"] for row in session.rows(query)) for name, query in SOURCE_LISTS.items()
            }
            extensions = session.rows("SELECT extname AS name, extversion AS version FROM pg_extension")
            slot = _slot(session, move)
            return SeedSource(
                **found,
                **lists,
                version_number=session.version,
                extensions={row["name"]: row["version"] for row in extensions},
                tables=read_tables(session, move.names.schema, measure_rows=slot is None),
                slot=slot,
                ddl_entries=guarding.entries(session, move),
            )

    def guard(self, move: Move) -> str:
        """Our schema, and who watches DDL: "event trigger" or "digest"."""
        with _open(move) as session:
            return guarding.stand(session, move)

    def identify(self, move: Move, table: SeedTable) -> str:
        """By an index, or by all of the row."""
        with _open(move) as session:
            return guarding.identify(session, move, table)

    def publish(self, move: Move, tables: Sequence[SeedTable]) -> None:
        """Exactly these tables."""
        name = sql.Identifier(move.names.publication)
        listed = sql.SQL(", ").join(
            sql.SQL("ONLY {}").format(sql.Identifier(table.table_schema, table.name)) for table in tables
        )
        with _open(move) as session, session.transaction():
            there = session.rows("SELECT 1 FROM pg_publication WHERE pubname = %s", [move.names.publication])
            if there and tables:
                session.rows(sql.SQL("ALTER PUBLICATION {} SET TABLE {}").format(name, listed))
                return
            if there:
                session.rows(sql.SQL("DROP PUBLICATION {}").format(name))
            which = sql.SQL("FOR TABLE {}").format(listed) if tables else sql.SQL("")
            session.rows(sql.SQL("CREATE PUBLICATION {} {}").format(name, which))

    def snapshot(self, move: Move) -> AbstractContextManager[tuple[str, str]]:
        """Name of the snapshot, position of the slot, as long as the block lasts."""
        return _held(move, self._snapshot_s)

    def drop_slot(self, move: Move) -> None:
        """Ends a sender that still reads from it."""
        with _open(move) as session:
            for pid in session.rows(
                "SELECT active_pid AS pid FROM pg_replication_slots WHERE slot_name = %s AND active",
                [move.names.slot],
            ):
                session.rows("SELECT pg_terminate_backend(%s, 5000)", [pid["pid"]])
            session.rows(
                "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = %s",
                [move.names.slot],
            )

    def slot(self, move: Move) -> StreamSlot | None:
        """As the source sees it."""
        with _open(move) as session:
            return _slot(session, move)

    def load(self, move: Move) -> SourceLoad:
        """Sessions of others that work now, and the slowest standby."""
        with _open(move) as session:
            return SourceLoad(**session.row(LOAD, [move.names.subscription]))

    def ddl_entries(self, move: Move) -> tuple[str, ...]:
        """Changes of the schema since the guard stands."""
        with _open(move) as session:
            return guarding.entries(session, move)

    def schema(self, move: Move) -> frozenset[str]:
        """Every object, one line each."""
        with _open(move) as session:
            return schema_lines(session, move.names.schema)

    def remove(self, move: Move) -> None:
        """Everything of ours; what was never made is no error."""
        self.drop_slot(move)
        with _open(move) as session:
            session.run("DROP PUBLICATION IF EXISTS {}", move.names.publication)
            guarding.leave(session, move)


def _open(move: Move) -> AbstractContextManager[MoveSession]:
    return move_session(move.source, "source")


def _slot(session: MoveSession, move: Move) -> StreamSlot | None:
    found = session.rows(SLOT, [move.names.slot])
    return StreamSlot(**found[0]) if found else None


@contextmanager
def _held(move: Move, timeout_s: float) -> Iterator[tuple[str, str]]:
    """A replication connection whose slot exports its snapshot; the next command on it would end the snapshot.

    The options in parentheses came with version 15 (PostgreSQL docs, Streaming Replication Protocol).
    """
    with move_session(move.source, "source", replication=True) as session:
        style = "(SNAPSHOT 'export')" if session.version >= 150000 else "EXPORT_SNAPSHOT"
        command = sql.SQL("CREATE_REPLICATION_SLOT {} LOGICAL pgoutput " + style).format(
            sql.Identifier(move.names.slot)
        )
        timer = threading.Timer(timeout_s, session.connection.cancel_safe)
        timer.daemon = True
        timer.start()
        try:
            row = session.row(command)
        except StatementFailed as error:
            if error.state != "57014":  # query_canceled
                raise
            raise Refused(
                f"{session.name}: no slot within {timeout_s:g} s: an older transaction keeps it waiting",
                resolution="SELECT pid, xact_start, query FROM pg_stat_activity ORDER BY xact_start LIMIT 5;",
            ) from error
        finally:
            timer.cancel()
        yield str(row["snapshot_name"]), str(row["consistent_point"])
