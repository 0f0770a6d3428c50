"""The database at the target: made closed, marked as this move's, looked at, taken away."""

from typing import Any

from psycopg import sql

from ndcops.adapters.postgres_servers.moving.questions import LOCALES, TARGET
from ndcops.adapters.postgres_servers.moving.roles import drop_roles, mark_of
from ndcops.adapters.postgres_servers.moving.session import MoveSession, move_session
from ndcops.adapters.postgres_servers.session import StatementFailed
from ndcops.adapters.postgres_servers.words import administration_of, database_of
from ndcops.model.errors import InvalidInput, Refused
from ndcops.model.move import Move
from ndcops.model.seed import SeedSource, SeedTarget

_TABLES = (
    "CREATE SCHEMA IF NOT EXISTS {}",
    "CREATE TABLE IF NOT EXISTS {}.seed (one boolean PRIMARY KEY DEFAULT true CHECK (one), position text NOT NULL"
    " DEFAULT '', restored boolean NOT NULL DEFAULT false, completed boolean NOT NULL DEFAULT false,"
    " finished boolean NOT NULL DEFAULT false, subscribed_at timestamptz)",
    "CREATE TABLE IF NOT EXISTS {}.copied (relation oid, part int, parts int NOT NULL, bytes bigint NOT NULL,"
    " at timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (relation, part))",
    "CREATE TABLE IF NOT EXISTS {}.door (owner text NOT NULL, rights jsonb NOT NULL, settings jsonb NOT NULL)",
    "INSERT INTO {}.seed DEFAULT VALUES ON CONFLICT DO NOTHING",
)

_MARK = "SELECT coalesce(shobj_description(oid, 'pg_database'), '') AS mark FROM pg_database WHERE datname = %s"

_USER_TABLES = """
SELECT count(*)::int AS count FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND n.nspname !~ '^pg_'
  AND n.nspname <> 'information_schema' AND n.nspname <> %s
"""

_ERRORS = """
SELECT (apply_error_count + sync_error_count)::int AS count FROM pg_stat_subscription_stats WHERE subname = %s
"""
"""Since PostgreSQL 15, the oldest target."""


def target_database(move: Move) -> str:
    """Its name. Raises InvalidInput when the words do not say it."""
    found = database_of(move.target)
    if found is None:
        raise InvalidInput("the target's words name no database")
    return found


def is_ours(administration: MoveSession, move: Move) -> bool:
    """Whether a database of that name stands and carries this move's mark."""
    found = administration.rows(_MARK, [target_database(move)])
    return bool(found) and found[0]["mark"] == mark_of(move)


def create_database(administration: MoveSession, move: Move, source: SeedSource) -> None:
    """Encoded and ordered as the source is; only superusers may enter it until it is opened at the cut-over."""
    name = target_database(move)
    if not administration.rows(_MARK, [name]):
        words = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING {} LC_COLLATE {} LC_CTYPE {}").format(
            sql.Identifier(name), *(sql.Literal(word) for word in (source.encoding, source.collate, source.ctype))
        )
        if administration.version >= 150000:
            words += sql.SQL(" LOCALE_PROVIDER " + source.provider)
            if source.provider != "libc":
                kind = "ICU_LOCALE" if source.provider == "icu" else "BUILTIN_LOCALE"
                words += sql.SQL(f" {kind} {{}}").format(sql.Literal(source.locale))
        administration.rows(words)
    with administration.transaction():
        administration.run("REVOKE ALL ON DATABASE {} FROM PUBLIC", name)
        administration.rows(
            sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(name), sql.Literal(mark_of(move)))
        )


def make_own_schema(session: MoveSession, move: Move) -> None:
    """Our schema in it."""
    with session.transaction():
        for statement in _TABLES:
            session.run(statement, move.names.schema)


def drop_database(administration: MoveSession, move: Move) -> None:
    """And the roles that this move made. Raises Refused for a database that is not this move's."""
    name = target_database(move)
    found = administration.rows(_MARK, [name])
    if found and found[0]["mark"] != mark_of(move):
        raise Refused(f"{administration.name}: database '{name}' was not made by this move; it stays")
    if found:
        administration.run("DROP DATABASE {} WITH (FORCE)", name)
    drop_roles(administration, move)


def target_facts(move: Move) -> SeedTarget:
    """The server, and what stands there of this move."""
    name = target_database(move)
    with move_session(administration_of(move.target), "target") as session:
        server = session.row(TARGET)
        extensions = session.rows("SELECT name::text, default_version AS version FROM pg_available_extensions")
        languages = {row["name"] for row in session.rows("SELECT lanname::text AS name FROM pg_language")}
        facts: dict[str, Any] = {
            **server,
            "version_number": session.version,
            "free_bytes": _free_bytes(session, may_ask=server["superuser"] and not server["in_recovery"]),
            "extensions": {row["name"]: row["version"] or "" for row in extensions},
            "languages": tuple(sorted(languages | {row["name"] for row in extensions})),
            "locales": tuple(row["name"] for row in session.rows(LOCALES)),
            "exists": bool(session.rows(_MARK, [name])),
            "ours": is_ours(session, move),
        }
    if facts["exists"]:
        with move_session(move.target, "target") as session:
            facts.update(_inside(session, move))
    return SeedTarget(**facts)


def _free_bytes(session: MoveSession, *, may_ask: bool) -> int | None:
    """Of the disk under the data folder, by df(1) on the server; None where that cannot be asked."""
    if not may_ask:
        return None
    try:
        with session.transaction():
            session.rows("CREATE TEMP TABLE ndcops_df (line text) ON COMMIT DROP")
            session.rows("COPY pg_temp.ndcops_df FROM PROGRAM 'df -PB1 .'")
            line = session.rows("SELECT line FROM pg_temp.ndcops_df")[-1]["line"]
        return int(line.split()[3])
    except (StatementFailed, IndexError, ValueError):
        return None


def _inside(session: MoveSession, move: Move) -> dict[str, Any]:
    own = sql.Identifier(move.names.schema)
    facts: dict[str, Any] = {"empty": session.row(_USER_TABLES, [move.names.schema])["count"] == 0}
    if session.row("SELECT to_regclass(%s) IS NULL AS missing", [f"{own.as_string(None)}.copied"])["missing"]:
        return facts
    facts.update(session.row(sql.SQL("SELECT position, restored, completed, finished FROM {}.seed").format(own)))
    whole = session.rows(
        sql.SQL(
            "SELECT relation::bigint AS relation FROM {}.copied GROUP BY relation HAVING count(*) = max(parts)"
        ).format(own)
    )
    facts["copied"] = frozenset(row["relation"] for row in whole)
    stream = session.rows(
        "SELECT subenabled AS enabled FROM pg_subscription WHERE subname = %s AND subdbid ="
        " (SELECT oid FROM pg_database WHERE datname = current_database())",
        [move.names.subscription],
    )
    if stream:
        states = session.rows(
            "SELECT n.nspname || '.' || c.relname AS name, r.srsubstate::text AS state FROM pg_subscription_rel r"
            " JOIN pg_subscription s ON s.oid = r.srsubid JOIN pg_class c ON c.oid = r.srrelid"
            " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE s.subname = %s ORDER BY 1",
            [move.names.subscription],
        )
        facts["states"] = {row["name"]: row["state"] for row in states}
        failed = session.rows(_ERRORS, [move.names.subscription])
        facts["stream_errors"] = failed[0]["count"] if failed else 0
        if not stream[0]["enabled"]:
            facts["stream_problem"] = "it stopped on an error that the target's log tells"
    return facts
