"""What no stream carries: large objects and next numbers of sequences; copied by themselves, whenever asked."""

from psycopg import sql

from ndcops.adapters.postgres_servers.moving.session import MoveSession, move_session
from ndcops.model.move import Move

_CHUNK_BYTES = 4 << 20

_OBJECTS = """
SELECT m.oid::bigint AS oid, r.rolname::text AS owner,
       (SELECT md5(string_agg(l.pageno || ' ' || md5(l.data), ',' ORDER BY l.pageno))
        FROM pg_largeobject l WHERE l.loid = m.oid) AS digest
FROM pg_largeobject_metadata m JOIN pg_roles r ON r.oid = m.lomowner ORDER BY 1
"""
"""Needs the right to read pg_largeobject: a superuser's, or pg_read_all_data since 14 does not give it."""

_SEQUENCES = """
SELECT n.nspname AS schema, c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'S' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND n.nspname <> %s
ORDER BY 1, 2
"""


def copy_large_objects(move: Move, snapshot: str | None) -> int:
    """Objects that are the same already are left alone; those that the source does not have are removed."""
    with (
        move_session(move.source, "source") as source,
        move_session(move.target, "target") as target,
        source.transaction(),
    ):
        source.rows("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        if snapshot is not None:
            source.rows(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(sql.Literal(snapshot)))
        wanted = {row["oid"]: row for row in source.rows(_OBJECTS)}
        there = {row["oid"]: row for row in target.rows(_OBJECTS)}
        for oid in there.keys() - wanted.keys():
            target.rows("SELECT lo_unlink(%s::oid)", [oid])
        changed = [oid for oid, row in wanted.items() if there.get(oid, {}).get("digest", "") != row["digest"]]
        for oid in changed:
            with target.transaction():
                _copy_object(source, target, oid, wanted[oid]["owner"], replace=oid in there)
        return len(changed)


def _copy_object(source: MoveSession, target: MoveSession, oid: int, owner: str, *, replace: bool) -> None:
    if replace:
        target.rows("SELECT lo_unlink(%s::oid)", [oid])
    target.rows("SELECT lo_create(%s::oid)", [oid])
    offset = 0
    while True:
        data = source.row("SELECT lo_get(%s::oid, %s, %s) AS data", [oid, offset, _CHUNK_BYTES])["data"]
        if not data:
            break
        target.rows("SELECT lo_put(%s::oid, %s, %s)", [oid, offset, data])
        offset += len(data)
    target.rows(sql.SQL("ALTER LARGE OBJECT {} OWNER TO {}").format(sql.Literal(oid), sql.Identifier(owner)))


def copy_sequences(move: Move) -> int:
    """By what the source's sequence holds, not by the largest value of a column, which may be gone."""
    with move_session(move.source, "source") as source, move_session(move.target, "target") as target:
        found = source.rows(_SEQUENCES, [move.names.schema])
        for row in found:
            name = sql.Identifier(row["schema"], row["name"])
            state = source.row(sql.SQL("SELECT last_value, is_called FROM {}").format(name))
            target.rows(
                sql.SQL("SELECT setval({}::regclass, %s, %s)").format(sql.Literal(name.as_string(None))),
                [state["last_value"], state["is_called"]],
            )
        return len(found)
