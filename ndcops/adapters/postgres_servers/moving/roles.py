"""Roles that objects belong or are granted to, made again at the target; passwords as verifiers only."""

from typing import Any

from psycopg import sql

from ndcops.adapters.postgres_servers.moving.session import MoveSession
from ndcops.adapters.postgres_servers.session import StatementFailed
from ndcops.model.errors import Refused
from ndcops.model.move import Move

_ROLES = """
WITH RECURSIVE named AS (
    SELECT refobjid AS oid FROM pg_shdepend
    WHERE refclassid = 'pg_authid'::regclass AND dbid IN (0, (SELECT oid FROM pg_database
                                                              WHERE datname = current_database()))
      AND (dbid <> 0 OR (classid = 'pg_database'::regclass
                         AND objid = (SELECT oid FROM pg_database WHERE datname = current_database())))
    UNION SELECT datdba FROM pg_database WHERE datname = current_database()
    UNION SELECT CASE WHEN m.roleid = named.oid THEN m.member ELSE m.roleid END
    FROM named JOIN pg_auth_members m ON named.oid IN (m.roleid, m.member)
)
SELECT r.rolname::text AS name, r.rolcanlogin AS login, r.rolinherit AS inherits,
       r.rolconnlimit AS connections, r.rolsuper AS superuser,
       ARRAY(SELECT g.rolname::text FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
             WHERE m.member = r.oid ORDER BY 1) AS member_of
FROM pg_roles r WHERE r.oid IN (SELECT oid FROM named) AND r.rolname !~ '^pg_' ORDER BY 1
"""


def mark_of(move: Move) -> str:
    """The comment by which we know what this move made."""
    return f"ndcops move {move.id}"


def agency_mark(move: Move) -> str:
    """What the marks of all moves of the agency begin with: its databases may share roles."""
    return f"ndcops move {move.agency}/"


def copy_roles(source: MoveSession, target: MoveSession, move: Move) -> tuple[str, ...]:
    """Make the roles, without any power over the server. Raises Refused when a name is another's at the target."""
    wanted = source.rows(_ROLES)
    there = {row["name"]: row for row in target.rows(
        "SELECT rolname::text AS name, rolsuper AS superuser,"
        " coalesce(shobj_description(oid, 'pg_authid'), '') AS mark FROM pg_roles"
    )}  # fmt: skip
    taken = [
        role["name"]
        for role in wanted
        if (found := there.get(role["name"])) is not None
        and not found["mark"].startswith(agency_mark(move))
        and not (role["superuser"] and found["superuser"])
    ]
    if taken:
        raise Refused(
            f"{target.name}: roles that this agency's moves did not make: {', '.join(taken)}",
            details=["objects that belong to them at the source would fall into other hands"],
            resolution="rename them at the source (ALTER ROLE … RENAME), then run the same command again",
        )
    made = [role for role in wanted if role["name"] not in there]
    names = {role["name"] for role in wanted}
    verifiers = _verifiers(source)
    with target.transaction():
        for role in made:
            _make(target, role, verifiers.get(role["name"]), move)
        for role in made:
            for group in role["member_of"]:
                # Never into a group that has power over the server: pg_… and superusers' roles.
                if group in names and not there.get(group, {}).get("superuser"):
                    target.run("GRANT {} TO {}", group, role["name"])
    return tuple(role["name"] for role in made)


def _verifiers(source: MoveSession) -> dict[str, str]:
    """What the source keeps of passwords; only its superusers may read it."""
    try:
        rows = source.rows("SELECT rolname::text AS name, rolpassword AS verifier FROM pg_authid")
    except StatementFailed:
        return {}
    return {row["name"]: row["verifier"] for row in rows if row["verifier"]}


def _make(target: MoveSession, role: dict[str, Any], verifier: str | None, move: Move) -> None:
    words = ["LOGIN" if role["login"] else "NOLOGIN", "INHERIT" if role["inherits"] else "NOINHERIT"]
    name = sql.Identifier(role["name"])
    statement = sql.SQL("CREATE ROLE {} " + " ".join(words) + " CONNECTION LIMIT {}").format(
        name, sql.Literal(role["connections"])
    )
    if verifier is not None:
        statement += sql.SQL(" PASSWORD {}").format(sql.Literal(verifier))
    target.rows(statement)
    target.rows(sql.SQL("COMMENT ON ROLE {} IS {}").format(name, sql.Literal(mark_of(move))))


def drop_roles(target: MoveSession, move: Move) -> tuple[str, ...]:
    """Take away what this move made and nothing else uses; returns the names."""
    found = target.rows(
        "SELECT rolname::text AS name FROM pg_roles WHERE shobj_description(oid, 'pg_authid') = %s",
        [mark_of(move)],
    )
    dropped = []
    for row in found:
        try:
            target.run("DROP ROLE {}", row["name"])
        except StatementFailed as error:
            if error.state != "2BP01":  # dependent_objects_still_exist: another database of the agency's
                raise
        else:
            dropped.append(row["name"])
    return tuple(dropped)
