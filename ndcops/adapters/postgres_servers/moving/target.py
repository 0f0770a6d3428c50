"""The room's `TargetEnd`: the centre's server, where a database is made, filled, subscribed, or taken away."""

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from psycopg import sql

from ndcops.adapters.postgres_servers.moving.database import (
    create_database,
    drop_database,
    is_ours,
    make_own_schema,
    target_database,
    target_facts,
)
from ndcops.adapters.postgres_servers.moving.door import note_door, open_door
from ndcops.adapters.postgres_servers.moving.dumping import DumpEntry, SchemaDump
from ndcops.adapters.postgres_servers.moving.roles import copy_roles
from ndcops.adapters.postgres_servers.moving.session import MoveSession, move_session
from ndcops.adapters.postgres_servers.moving.shape import schema_lines
from ndcops.adapters.postgres_servers.moving.streaming import copy_more, drop_subscription, subscribe
from ndcops.adapters.postgres_servers.session import StatementFailed
from ndcops.adapters.postgres_servers.words import administration_of
from ndcops.model.errors import Refused
from ndcops.model.move import Move
from ndcops.model.seed import SeedSource, SeedTable, SeedTarget

_INDEXES = """
SELECT i.indexrelid::bigint AS entry, i.indrelid::bigint AS relation, n.nspname || '.' || c.relname AS name
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
UNION ALL
SELECT o.oid::bigint, o.conrelid::bigint, n.nspname || '.' || o.conname
FROM pg_constraint o JOIN pg_namespace n ON n.oid = o.connamespace WHERE o.contype IN ('p', 'u', 'x')
"""
"""By object id, of which table; the index of a constraint has its name."""

_HERE = """
SELECT n.nspname || '.' || c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('i', 'I')
"""

_TABLES = """
SELECT n.nspname AS schema, c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND n.nspname <> %s
  AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_class'::regclass AND x.objid = c.oid
                  AND x.deptype = 'e')
"""

_WITHOUT_STATISTICS = """
SELECT n.nspname AS schema, c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't' AND n.nspname !~ '^pg_'
  AND n.nspname <> 'information_schema' AND n.nspname <> %s
  AND NOT EXISTS (SELECT FROM pg_statistic s WHERE s.starelid = c.oid)
ORDER BY 1, 2
"""
"""Partitioned tables too, which no server looks at by itself (PostgreSQL docs, ANALYZE)."""


class PostgresTarget:
    """work_folder: where dumps of schemas lie, mode 0700."""

    def __init__(self, work_folder: Path) -> None:
        self._work_folder = work_folder
        self._dumps: dict[str, SchemaDump] = {}

    def facts(self, move: Move) -> SeedTarget:
        """The server, and what stands there of this move."""
        return target_facts(move)

    def create(self, move: Move, source: SeedSource) -> None:
        """Roles, the database, our schema in it."""
        with (
            move_session(move.source, "source") as here,
            move_session(administration_of(move.target), "target", quiet=True) as administration,
        ):
            copy_roles(here, administration, move)
            create_database(administration, move, source)
        with move_session(move.source, "source") as here, _open(move) as session:
            make_own_schema(session, move)
            note_door(here, session, move)

    def restore_tables(self, move: Move) -> None:
        """From a dump made now."""
        with _open(move) as session:
            own = move.names.schema
            if session.row(sql.SQL("SELECT restored FROM {}.seed").format(sql.Identifier(own)))["restored"]:
                return
        dump = self._dump(move)
        dump.make()
        dump.play(dump.before_tables_filled(), what="schema up to tables", mark=_mark(move, "restored"))

    def begin_copies(self, move: Move, position: str, *, keep: Sequence[SeedTable] = ()) -> None:
        """One transaction: tables are empty and marks are gone, or neither."""
        kept = {(table.table_schema, table.name) for table in keep}
        with _open(move) as session, session.transaction():
            own = sql.Identifier(move.names.schema)
            names = [
                sql.Identifier(row["schema"], row["name"])
                for row in session.rows(_TABLES, [move.names.schema])
                if (row["schema"], row["name"]) not in kept
            ]
            if names:
                listed = sql.SQL(", ").join(sql.SQL("ONLY {}").format(name) for name in names)
                session.rows(sql.SQL("TRUNCATE {}").format(listed))
            session.rows(
                sql.SQL("DELETE FROM {}.copied WHERE NOT relation = ANY (%s)").format(own),
                [[table.oid for table in keep]],
            )
            session.rows(sql.SQL("UPDATE {}.seed SET position = %s").format(own), [position])

    def restore_keys(
        self,
        move: Move,
        tables: Sequence[SeedTable],
        report: Callable[[str], None],
        *,
        only: Collection[int] | None = None,
    ) -> None:
        """Each index by itself and in one transaction: one that stands is whole."""
        wanted = {table.oid for table in tables}
        with move_session(move.source, "source") as source, _open(move) as target:
            of = {row["entry"]: row for row in source.rows(_INDEXES)}
            here = {row["name"] for row in target.rows(_HERE)}
        dump = self._dump(move)
        chosen = [
            entry
            for entry in dump.entries()
            if entry.is_key
            and (row := of.get(entry.oid)) is not None
            and row["relation"] in wanted
            and row["name"] not in here
            and (only is None or entry.oid in only)
        ]
        if len(tables) > 1:
            dump.play(dump.script(chosen), what=f"keys of {len(tables)} tables") if chosen else None
            return
        for entry in chosen:
            report(of[entry.oid]["name"])
            dump.play(dump.script([entry]), what=of[entry.oid]["name"])

    def restore_rest(self, move: Move) -> None:
        """Everything of the dump that has not been restored."""
        with move_session(move.source, "source") as source, _open(move) as target:
            own = sql.Identifier(move.names.schema)
            if target.row(sql.SQL("SELECT completed FROM {}.seed").format(own))["completed"]:
                return
            of = {row["entry"]: row["name"] for row in source.rows(_INDEXES)}
            here = {row["name"] for row in target.rows(_HERE)}
        dump = self._dump(move)

        def stands(entry: DumpEntry) -> bool:
            return entry.is_key and of.get(entry.oid) in here

        script = dump.script(entry for entry in dump.entries() if not stands(entry))
        dump.play(script, what="foreign keys, triggers, policies", mark=_mark(move, "completed"))

    def subscribe(self, move: Move) -> None:
        """Begin the stream."""
        with move_session(move.source, "source") as source, _open(move, quiet=True) as target:
            subscribe(source, target, move)

    def copy_more(self, move: Move) -> None:
        """By table synchronization."""
        with _open(move) as target:
            copy_more(target, move)

    def gather_statistics(self, move: Move, tables: Sequence[SeedTable]) -> None:
        """One statement a table: no lock of one table is held while another's is waited for."""
        with _open(move) as session:
            session.use(lock_timeout="0", maintenance_work_mem="64MB")
            for table in tables:
                session.run("ANALYZE {}.{}", table.table_schema, table.name)

    def finish(self, move: Move) -> None:
        """Materialized views in the order that they need each other, then statistics of what has none."""
        with _open(move) as session:
            session.use(maintenance_work_mem="256MB")
            waiting = session.rows(
                "SELECT n.nspname AS schema, c.relname AS name FROM pg_class c"
                " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'm' AND NOT c.relispopulated"
                " ORDER BY c.oid"
            )
            _refresh(session, [(row["schema"], row["name"]) for row in waiting])
            # From 18 on a partitioned table is looked at without its partitions, which have theirs already.
            only = "ONLY " if session.version >= 180000 else ""
            for row in session.rows(_WITHOUT_STATISTICS, [move.names.schema]):
                session.run(f"ANALYZE {only}{{}}.{{}}", row["schema"], row["name"])
            session.rows(sql.SQL("UPDATE {}.seed SET finished = true").format(sql.Identifier(move.names.schema)))

    def open(self, move: Move) -> tuple[str, ...]:
        """Owner, rights and settings of the database as the seed noted them at the source."""
        with _open(move) as session:
            return open_door(session, move, target_database(move))

    def schema(self, move: Move) -> frozenset[str]:
        """As of the source."""
        with _open(move) as session:
            return schema_lines(session, move.names.schema)

    def remove(self, move: Move) -> None:
        """What carries this move's mark, and nothing else."""
        with move_session(administration_of(move.target), "target") as administration:
            if is_ours(administration, move):
                with _open(move) as session:
                    drop_subscription(session, move)
            drop_database(administration, move)
        self._dump_path(move).unlink(missing_ok=True)

    def _dump(self, move: Move) -> SchemaDump:
        """Made once a process, and again when its file is gone."""
        if move.id not in self._dumps:
            with move_session(move.source, "source") as source, _open(move) as target:
                release = max(source.version, target.version) // 10000
            self._dumps[move.id] = SchemaDump(move, self._dump_path(move), release)
        dump = self._dumps[move.id]
        dump.ensure()
        return dump

    def _dump_path(self, move: Move) -> Path:
        return self._work_folder / f"{move.agency}.{move.database}.dump"


def _open(move: Move, *, quiet: bool = False) -> AbstractContextManager[MoveSession]:
    return move_session(move.target, "target", quiet=quiet)


def _mark(move: Move, what: str) -> str:
    return (
        sql.SQL("UPDATE {}.seed SET {} = true;")
        .format(sql.Identifier(move.names.schema), sql.Identifier(what))
        .as_string(None)
    )


def _refresh(session: MoveSession, views: Sequence[tuple[str, str]]) -> None:
    """Raises Refused when what is left cannot be filled."""
    left = list(views)
    while left:
        failed: list[tuple[str, str]] = []
        why = ""
        for schema, name in left:
            try:
                session.run("REFRESH MATERIALIZED VIEW {}.{}", schema, name)
            except StatementFailed as error:
                failed.append((schema, name))
                why = error.message
        if len(failed) == len(left):
            raise Refused(f"materialized views cannot be filled at the target: {why}")
        left = failed
