"""Tables of a source as a seed sees them; which types cross in binary."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from ndcops.adapters.postgres_servers.moving.session import MoveSession
from ndcops.adapters.postgres_servers.row_sizes import LEAST_TOAST_BYTES, largest_row
from ndcops.adapters.postgres_servers.session import StatementFailed
from ndcops.model.seed import WITHOUT_EQUALITY, SeedTable

_FIRST_OWN_OID = 16384
"""Below it stand objects that every server of a release has (PostgreSQL source, FirstNormalObjectId)."""

_LONGEST_SCAN = "30s"

TABLES = """
SELECT c.oid::bigint AS oid, n.nspname AS table_schema, c.relname AS name,
       pg_table_size(c.oid) AS size_bytes, pg_relation_size(c.oid) / 8192 AS pages,
       greatest(c.reltuples, 0)::bigint AS rows, c.relreplident::text AS identity,
       c.relpersistence = 'u' AS unlogged, c.relforcerowsecurity AS forced_policies,
       has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AS readable,
       pg_has_role(c.relowner, 'USAGE') AS owned,
       EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary AND i.indimmediate)
           AS primary_key,
       coalesce((SELECT x.relname FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
         WHERE i.indrelid = c.oid AND i.indisunique AND i.indimmediate AND i.indisvalid
           AND i.indpred IS NULL AND i.indexprs IS NULL
           AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
                           AND NOT a.attnotnull)
         ORDER BY i.indnkeyatts, x.relname LIMIT 1), '') AS usable_index,
       ARRAY(SELECT t.tgname::text FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal
             AND t.tgenabled IN ('A', 'R') ORDER BY 1) AS always_triggers,
       ARRAY(SELECT o.oid::bigint FROM pg_constraint o
             WHERE o.conrelid = c.oid AND o.contype IN ('p', 'u', 'x') ORDER BY 1) AS keys,
       ARRAY(SELECT i.indexrelid::bigint FROM pg_index i
             WHERE i.indrelid = c.oid AND NOT EXISTS (SELECT FROM pg_constraint o WHERE o.conindid = i.indexrelid
                                                      AND o.conrelid = c.oid AND o.contype IN ('p', 'u', 'x'))
             ORDER BY 1) AS indexes,
       coalesce(pg_relation_size(nullif(c.reltoastrelid, 0)), 0) AS toast_bytes
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND n.nspname <> %s
  AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_class'::regclass AND x.objid = c.oid
                  AND x.deptype = 'e')
ORDER BY 2, 3
"""
"""Needs PostgreSQL 12. Tables of extensions belong to the extension."""

_COLUMNS = """
SELECT attrelid::bigint AS oid, attname::text AS name, atttypid::bigint AS type
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
ORDER BY a.attrelid, a.attnum
"""

_TYPES = """
SELECT t.oid::bigint AS oid, t.typname::text AS name, t.typtype::text AS kind, t.typelem::bigint AS element,
       t.typlen = -1 AND t.typelem <> 0 AS is_array, t.typbasetype::bigint AS base, t.typsend::oid <> 0 AS sends,
       coalesce(r.rngsubtype, m.rngsubtype, 0)::bigint AS part
FROM pg_type t LEFT JOIN pg_range r ON r.rngtypid = t.oid {multi}
"""


@dataclass(frozen=True)
class _Type:
    """A row of pg_type."""

    oid: int
    name: str
    kind: str
    element: int
    is_array: bool
    base: int
    sends: bool
    part: int


def read_tables(session: MoveSession, own_schema: str, *, measure_rows: bool) -> tuple[SeedTable, ...]:
    """Every table with rows of its own. measure_rows: look for the largest row, where there may be a large one."""
    multi = "LEFT JOIN pg_range m ON m.rngmultitypid = t.oid" if session.version >= 140000 else ""
    if not multi:
        multi = "LEFT JOIN pg_range m ON false"
    types = {row["oid"]: _Type(**row) for row in session.rows(sql.SQL(_TYPES).format(multi=sql.SQL(multi)))}
    columns: dict[int, list[tuple[str, int]]] = {}
    for row in session.rows(_COLUMNS):
        columns.setdefault(row["oid"], []).append((row["name"], row["type"]))
    return tuple(
        _table(session, row, columns.get(row["oid"], []), types, measure_rows=measure_rows)
        for row in session.rows(TABLES, [own_schema])
    )


def _table(
    session: MoveSession,
    row: dict[str, Any],
    columns: Sequence[tuple[str, int]],
    types: Mapping[int, _Type],
    *,
    measure_rows: bool,
) -> SeedTable:
    toast_bytes = row.pop("toast_bytes")
    largest: int | None = 0
    if measure_rows and row["readable"] and toast_bytes >= LEAST_TOAST_BYTES:
        largest = _largest_row(session, row["table_schema"], row["name"], columns, types)
    lists = {name: tuple(row[name]) for name in ("always_triggers", "keys", "indexes")}
    return SeedTable(
        **{**row, **lists},
        columns=tuple(name for name, _ in columns),
        binary=all(crosses_in_binary(kind, types) for _, kind in columns),
        without_equality=tuple(name for name, kind in columns if _without_equality(kind, types)),
        largest_row_bytes=largest,
    )


def crosses_in_binary(oid: int, types: Mapping[int, _Type]) -> bool:
    """Whether both sides read the type's binary form alike: it must hold no object ids of our server.

    Arrays and rows of types that a database defines carry their ids (array_recv, record_recv); types of
    extensions may have changed their form.
    """
    kind = types.get(oid)
    if kind is None or not kind.sends:
        return False
    if oid < _FIRST_OWN_OID:
        return True
    if kind.kind == "d":
        return crosses_in_binary(kind.base, types)
    if kind.kind in ("r", "m"):
        return crosses_in_binary(kind.part, types)
    return kind.kind == "e"


def _without_equality(oid: int, types: Mapping[int, _Type]) -> bool:
    kind = types.get(oid)
    if kind is None:
        return True
    if kind.kind == "d":
        return _without_equality(kind.base, types)
    if kind.is_array:
        return _without_equality(kind.element, types)
    return kind.name in WITHOUT_EQUALITY


def _largest_row(
    session: MoveSession, schema: str, name: str, columns: Sequence[tuple[str, int]], types: Mapping[int, _Type]
) -> int | None:
    """Bytes of the largest row, None when looking took too long. Values out of line are not fetched for it."""
    named = [(column, types[kind].name if kind in types else "") for column, kind in columns]
    query = largest_row(sql.Identifier(schema, name), named, only=True)
    try:
        with session.transaction():
            session.rows("SELECT set_config('statement_timeout', %s, true)", [_LONGEST_SCAN])
            return int(session.row(query)["bytes"] or 0)
    except StatementFailed:
        return None
