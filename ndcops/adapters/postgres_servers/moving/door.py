"""Who may enter the database, whose it is and what is set for it: noted at the seed, given at the cut-over.

A dump without --create leaves these out, and at the cut-over the source's own door is shut by the fence.
"""

import re
from typing import Any, Final

from psycopg import sql
from psycopg.types.json import Jsonb

from ndcops.adapters.postgres_servers.moving.session import MoveSession
from ndcops.model.errors import Refused
from ndcops.model.move import Move

_DOOR = """
SELECT pg_get_userbyid(d.datdba)::text AS owner,
       coalesce((SELECT jsonb_agg(jsonb_build_object('role', coalesce(r.rolname, ''), 'right', a.privilege_type,
                                                     'grantable', a.is_grantable) ORDER BY 1)
                 FROM aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
                 LEFT JOIN pg_roles r ON r.oid = a.grantee WHERE a.grantee <> d.datdba), '[]') AS rights,
       coalesce((SELECT jsonb_agg(jsonb_build_object('role', coalesce(r.rolname, ''), 'setting', c))
                 FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole, unnest(s.setconfig) c
                 WHERE s.setdatabase = d.oid), '[]') AS settings
FROM pg_database d WHERE d.datname = current_database()
"""
"""An empty role is PUBLIC in `rights`, everybody in `settings`."""

_RIGHTS: Final = ("CONNECT", "CREATE", "TEMPORARY")
_LISTS: Final = ("search_path", "temp_tablespaces")
"""Settings whose value is a list of names that are quoted already (pg_dump, variable_is_guc_list_quote)."""

_NEVER: Final = ("local_preload_libraries", "role", "session_authorization", "default_transaction_read_only")
"""What loads code, changes who acts, or is the fence's."""

_NAME: Final = re.compile(r'"((?:[^"]|"")*)"|([^,\s"]+)')


def note_door(source: MoveSession, target: MoveSession, move: Move) -> None:
    """Write down, once, what the source's door is: later it may be fenced."""
    found = source.row(_DOOR)
    target.rows(
        sql.SQL(
            "INSERT INTO {}.door (owner, rights, settings) SELECT %s, %s, %s WHERE NOT EXISTS (TABLE {}.door)"
        ).format(_own(move), _own(move)),
        [found["owner"], Jsonb(found["rights"]), Jsonb(found["settings"])],
    )


def open_door(target: MoveSession, move: Move, database: str) -> tuple[str, ...]:
    """Give owner, rights and settings as noted; returns who may connect. Raises Refused when nothing was noted."""
    noted = target.rows(sql.SQL("SELECT owner, rights, settings FROM {}.door").format(_own(move)))
    if not noted:
        raise Refused(f"{target.name}: who may enter '{database}' was not noted by a seed")
    door, name = noted[0], sql.Identifier(database)
    roles = {row["name"] for row in target.rows("SELECT rolname::text AS name FROM pg_roles")}
    # What only superusers may set could load code into the centre's server: it is not taken over.
    free = {row["name"] for row in target.rows("SELECT name FROM pg_settings WHERE context = 'user'")}
    with target.transaction():
        if door["owner"] in roles:
            target.rows(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(name, sql.Identifier(door["owner"])))
        for right in door["rights"]:
            if right["right"] in _RIGHTS and (not right["role"] or right["role"] in roles):
                target.rows(_grant(name, right))
        for each in door["settings"]:
            if _is_taken(each["setting"].partition("=")[0], free) and (not each["role"] or each["role"] in roles):
                target.rows(_setting(name, each))
    return tuple(sorted({each["role"] or "PUBLIC" for each in door["rights"] if each["right"] == "CONNECT"}))


def _own(move: Move) -> sql.Identifier:
    return sql.Identifier(move.names.schema)


def _grant(name: sql.Identifier, right: dict[str, Any]) -> sql.Composed:
    whom = sql.Identifier(right["role"]) if right["role"] else sql.SQL("PUBLIC")
    option = sql.SQL(" WITH GRANT OPTION" if right["grantable"] else "")
    return sql.SQL("GRANT {} ON DATABASE {} TO {}{}").format(sql.SQL(right["right"]), name, whom, option)


def _is_taken(setting: str, free: set[str]) -> bool:
    """An application's own settings have a dot in their name."""
    return setting not in _NEVER and (setting in free or "." in setting)


def _setting(name: sql.Identifier, each: dict[str, str]) -> sql.Composed:
    setting, _, value = each["setting"].partition("=")
    subject = (
        sql.SQL("ROLE {} IN DATABASE {}").format(sql.Identifier(each["role"]), name)
        if each["role"]
        else sql.SQL("DATABASE {}").format(name)
    )
    given: sql.Composable = sql.Literal(value)
    if setting in _LISTS:
        names = [
            found[1].replace('""', '"') if found[1] is not None else found[2] for found in _NAME.finditer(value)
        ]
        given = sql.SQL(", ").join(sql.Literal(each) for each in names)
    return sql.SQL("ALTER {} SET {} TO {}").format(subject, sql.Identifier(*setting.split(".")), given)
