"""What watches a source's schema while its rows move, and how tables without a key say which row changed."""

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg import sql

from ndcops.adapters.postgres_servers.moving.session import MoveSession
from ndcops.adapters.postgres_servers.moving.shape import schema_lines
from ndcops.model.errors import Refused
from ndcops.model.move import Move
from ndcops.model.seed import SeedTable

EVENT_TRIGGER, DIGEST = "event trigger", "digest"

_TABLES = (
    "CREATE SCHEMA IF NOT EXISTS {}",
    "CREATE TABLE IF NOT EXISTS {}.ddl_log"
    " (at timestamptz NOT NULL DEFAULT clock_timestamp(), who text, what text)",
    "CREATE TABLE IF NOT EXISTS {}.shape (line text)",
    "CREATE TABLE IF NOT EXISTS {}.identities (relation oid PRIMARY KEY, was text NOT NULL)",
)

_FUNCTION = """
CREATE OR REPLACE FUNCTION {schema}.log_ddl() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog AS $body$
DECLARE found record;
BEGIN
  IF current_setting('ndcops.move', true) = {name} THEN RETURN; END IF;
  IF tg_event = 'sql_drop' THEN
    FOR found IN SELECT * FROM pg_event_trigger_dropped_objects()
        WHERE original AND NOT is_temporary AND object_type NOT LIKE '%publication%' LOOP
      INSERT INTO {schema}.ddl_log (who, what)
      VALUES (session_user, format('%s %s', tg_tag, found.object_identity));
    END LOOP;
  ELSE
    FOR found IN SELECT * FROM pg_event_trigger_ddl_commands()
        WHERE schema_name IS DISTINCT FROM 'pg_temp' AND command_tag NOT LIKE 'REFRESH%'
          AND command_tag NOT LIKE '%PUBLICATION' AND command_tag NOT LIKE '%SUBSCRIPTION' LOOP
      INSERT INTO {schema}.ddl_log (who, what)
      VALUES (session_user, format('%s %s', found.command_tag, found.object_identity));
    END LOOP;
  END IF;
EXCEPTION WHEN OTHERS THEN
  RAISE WARNING 'ndcops could not log this change of the schema: %', SQLERRM;
END $body$
"""
"""It never stops the agency's own work: a change that could not be logged is found by comparing both schemas."""

STAND_IN = (
    "CREATE SCHEMA {schema}",
    "CREATE FUNCTION {schema}.log_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
)
"""What a copy of a guarded database needs: told to leave our schema out, pg_dump still writes event triggers."""


def stand(session: MoveSession, move: Move) -> str:
    """Make our schema and the guard; says which. What stands already stays."""
    schema, guard = move.names.schema, move.names.guard
    with _marked(session, move), session.transaction():
        for statement in _TABLES:
            session.run(statement, schema)
        if not session.rows(sql.SQL("SELECT 1 FROM {}.shape LIMIT 1").format(sql.Identifier(schema))):
            lines = sorted(schema_lines(session, schema))
            session.rows(
                sql.SQL("INSERT INTO {}.shape SELECT unnest(%s::text[])").format(sql.Identifier(schema)), [lines]
            )
        if not session.row("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")["rolsuper"]:
            return DIGEST
        function = sql.SQL(_FUNCTION).format(schema=sql.Identifier(schema), name=sql.Literal(schema))
        session.rows(function)
        for event in ("ddl_command_end", "sql_drop"):
            name = _trigger(guard, event)
            if not session.rows("SELECT 1 FROM pg_event_trigger WHERE evtname = %s", [name]):
                session.run(f"CREATE EVENT TRIGGER {{}} ON {event} EXECUTE FUNCTION {{}}.log_ddl()", name, schema)
    return EVENT_TRIGGER


def entries(session: MoveSession, move: Move) -> tuple[str, ...]:
    """What changed since the guard stands: what was logged, and what differs from the schema as it was then."""
    schema = move.names.schema
    if not session.rows("SELECT 1 FROM pg_namespace WHERE nspname = %s", [schema]):
        return ()
    logged = sql.SQL("SELECT concat(what, ' by ', who) AS line FROM {}.ddl_log ORDER BY at").format(
        sql.Identifier(schema)
    )
    found = [row["line"] for row in session.rows(logged)]
    before = {
        row["line"] for row in session.rows(sql.SQL("SELECT line FROM {}.shape").format(sql.Identifier(schema)))
    }
    if before:
        now = schema_lines(session, schema)
        found += [f"gone: {line}" for line in sorted(before - now)]
        found += [f"new: {line}" for line in sorted(now - before)]
    return tuple(found)


def identify(session: MoveSession, move: Move, table: SeedTable) -> str:
    """Set the replica identity, once, and keep what it was."""
    schema, relation = move.names.schema, sql.Identifier(table.table_schema, table.name)
    with _marked(session, move), session.transaction():
        kept = sql.SQL("INSERT INTO {}.identities VALUES (%s, %s) ON CONFLICT DO NOTHING").format(
            sql.Identifier(schema)
        )
        session.rows(kept, [table.oid, table.identity])
        if table.usable_index:
            index = sql.Identifier(table.usable_index)
            session.rows(sql.SQL("ALTER TABLE ONLY {} REPLICA IDENTITY USING INDEX {}").format(relation, index))
            return f"index {table.usable_index}"
        session.rows(sql.SQL("ALTER TABLE ONLY {} REPLICA IDENTITY FULL").format(relation))
        return "the whole row"


def leave(session: MoveSession, move: Move) -> None:
    """Take guard, identities and schema away. Raises Refused when the schema holds tables that are not ours."""
    schema = move.names.schema
    with _marked(session, move), session.transaction():
        for event in ("ddl_command_end", "sql_drop"):
            session.run("DROP EVENT TRIGGER IF EXISTS {}", _trigger(move.names.guard, event))
        if not session.rows("SELECT 1 FROM pg_namespace WHERE nspname = %s", [schema]):
            return
        kept = sql.SQL(
            "SELECT n.nspname AS schema, c.relname AS name, i.was FROM {}.identities i"
            " JOIN pg_class c ON c.oid = i.relation JOIN pg_namespace n ON n.oid = c.relnamespace"
        ).format(sql.Identifier(schema))
        for row in session.rows(kept):
            words = {"d": "DEFAULT", "n": "NOTHING", "f": "FULL"}
            if row["was"] not in words:
                raise Refused(
                    f"{session.name}: replica identity '{row['was']}' of {row['name']} is not ours to set"
                )
            session.run(
                f"ALTER TABLE ONLY {{}}.{{}} REPLICA IDENTITY {words[row['was']]}", row["schema"], row["name"]
            )
        session.run("DROP SCHEMA {} CASCADE", schema)


def _trigger(guard: str, event: str) -> str:
    """Two events, two triggers; names have 63 bytes at most, and the guard's leaves room."""
    return guard if event == "ddl_command_end" else f"{guard}_d"


@contextmanager
def _marked(session: MoveSession, move: Move) -> Iterator[None]:
    """Our own statements are not logged by the guard."""
    session.rows("SELECT set_config('ndcops.move', %s, false)", [move.names.schema])
    yield
    session.rows("SELECT set_config('ndcops.move', '', false)")
