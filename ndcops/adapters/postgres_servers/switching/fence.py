"""The fence of an end: applications locked out and put out, and everything as it was when it is lifted.

Who may connect is kept in a table of the database itself, written in the transaction that takes it away: whoever
resumes or takes back finds it there, after any kill, and it is never saved twice. Roles keep their LOGIN: they are
the whole server's, and other databases of the agency stay in use (ADR 23).
"""

import json
from collections.abc import Sequence

from ndcops.adapters.postgres_servers.session import StatementFailed
from ndcops.adapters.postgres_servers.switching.sessions import EndSessions, allow, literal, quoted
from ndcops.model.cutover import Admitted, FenceState
from ndcops.model.errors import Refused

_UNDEFINED = ("42P01", "3F000")  # table, schema: PostgreSQL docs, appendix A
_READ_ONLY = "default_transaction_read_only"

_TABLE = """
CREATE TABLE IF NOT EXISTS {schema}.fence (
    single boolean PRIMARY KEY DEFAULT true CHECK (single), run text NOT NULL, connects text NOT NULL,
    was_read_only text, proven_lsn text, streams_from text,
    fenced_at timestamptz NOT NULL DEFAULT clock_timestamp())
"""

_CONNECTS = """
SELECT coalesce(nullif(a.grantee, 0)::regrole::text, ''), a.is_grantable
FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
WHERE d.datname = current_database() AND a.privilege_type = 'CONNECT'
"""
"""Who may connect: quoted names of roles, an empty one for PUBLIC."""

_WAS_READ_ONLY = """
SELECT split_part(setting, '=', 2) FROM pg_db_role_setting s
JOIN pg_database d ON d.oid = s.setdatabase, unnest(s.setconfig) setting
WHERE d.datname = current_database() AND s.setrole = 0 AND setting LIKE 'default_transaction_read_only=%'
"""

_STARTING = """
SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.objid
WHERE l.locktype = 'object' AND l.classid = 'pg_database'::regclass AND d.datname = current_database()
  AND l.pid <> ALL ($1::int[])
"""
"""A session that begins holds a lock on its database from before it reads who may connect until it is seen among
the sessions (InitPostgres): looked at first, nobody slips in between.
"""

_OTHERS = """
FROM pg_stat_activity a WHERE a.datname = current_database() AND a.pid <> ALL ($1::int[])
  AND a.backend_type NOT IN ('walsender', 'autovacuum worker', 'parallel worker')
  AND a.pid NOT IN (SELECT s.pid FROM pg_stat_subscription s
                    WHERE s.pid IS NOT NULL AND s.subname = ANY ($2::text[]))
"""


class Fence:
    """schema: of our own tables."""

    def __init__(self, sessions: EndSessions, schema: str) -> None:
        self._sessions = sessions
        self._schema = quoted(schema)

    def make_room(self) -> None:
        """The table, where it is missing."""
        self._sessions.run(_TABLE.format(schema=self._schema))

    def state(self) -> FenceState:
        """The fence as it is."""
        row = self._row("run", "coalesce(proven_lsn, '')")
        return FenceState(fenced=True, run=row[0], proven=row[1]) if row else FenceState(fenced=False)

    def lock_out(self, run: str) -> None:
        """See the port."""
        if self.state().fenced:
            return
        sessions = self._sessions
        database = quoted(sessions.name())
        connects = [[each.role, each.grantable] for each in self._connecting()]
        was = sessions.run(_WAS_READ_ONLY)
        me = sessions.value("SELECT quote_ident(current_user)")
        statements: list[tuple[str, tuple[str | int, ...]]] = [
            (
                f"INSERT INTO {self._schema}.fence (run, connects, was_read_only) "  # noqa: S608
                "VALUES ($1, $2, nullif($3, ''))",
                (run, json.dumps(connects), was[0][0] or "" if was else ""),
            )
        ]
        statements += [
            (f"REVOKE CONNECT ON DATABASE {database} FROM {role or 'PUBLIC'} CASCADE", ()) for role, _ in connects
        ]
        statements.append((f"GRANT CONNECT ON DATABASE {database} TO {me}", ()))
        statements.append((f"ALTER DATABASE {database} SET {_READ_ONLY} = on", ()))
        sessions.together(*statements)

    def admitted(self) -> tuple[Admitted, ...]:
        """Who may connect, or could before the fence."""
        row = self._row("connects")
        if not row:
            return self._connecting()
        return tuple(Admitted(role=role, grantable=grantable) for role, grantable in json.loads(row[0]))

    def lift(self, admits: Sequence[Admitted] = ()) -> None:
        """See the port."""
        sessions = self._sessions
        row = self._row("coalesce(was_read_only, '')")
        self.unbar()
        if not row:
            return
        chosen = self._that_exist(admits) or self.admitted()
        database = quoted(sessions.name())
        me = sessions.value("SELECT quote_ident(current_user)")
        statements: list[tuple[str, tuple[str | int, ...]]] = []
        if me not in [each.role for each in chosen]:
            statements.append((f"REVOKE CONNECT ON DATABASE {database} FROM {me}", ()))
        for each in chosen:
            option = " WITH GRANT OPTION" if each.grantable and each.role else ""
            statements.append((f"GRANT CONNECT ON DATABASE {database} TO {each.role or 'PUBLIC'}{option}", ()))
        setting = f"SET {_READ_ONLY} = {literal(row[0])}" if row[0] and not admits else f"RESET {_READ_ONLY}"
        statements.append((f"ALTER DATABASE {database} {setting}", ()))
        statements.append((f"DELETE FROM {self._schema}.fence", ()))  # noqa: S608
        sessions.together(*statements)

    def bar(self) -> bool:
        """ALLOW_CONNECTIONS false; whether that could be done."""
        name, beside = self._sessions.name(), self._sessions.beside()
        if beside is None:
            return False
        try:
            allow(beside, name, allowed=False)
        except Refused:
            return False
        return True

    def unbar(self) -> None:
        """ALLOW_CONNECTIONS true."""
        if self._sessions.value("SELECT datallowconn FROM pg_database WHERE datname = current_database()") == "t":
            return
        beside = self._sessions.beside()
        if beside is None:
            raise Refused("no other database of the server lets us in, so the door cannot be unbarred")
        allow(beside, self._sessions.name(), allowed=True)

    def put_out(self, ours: Sequence[str]) -> int:
        """See the port."""
        sessions = self._sessions
        sessions.inside()
        sessions.beside()
        pids = "{" + ",".join(str(pid) for pid in sessions.pids) + "}"
        starting = int(sessions.value(_STARTING, pids))
        names = "{" + ",".join('"' + name + '"' for name in ours) + "}"
        left = sessions.run(f"SELECT pg_terminate_backend(a.pid) {_OTHERS}", pids, names)
        return starting + len(left)

    def sessions(self, ours: Sequence[str]) -> int:
        """Sessions of others, left in peace."""
        sessions = self._sessions
        sessions.inside()
        pids = "{" + ",".join(str(pid) for pid in sessions.pids) + "}"
        names = "{" + ",".join('"' + name + '"' for name in ours) + "}"
        return int(sessions.value(f"SELECT count(*) {_OTHERS}", pids, names))

    def mark_proven(self) -> None:
        """See the port."""
        self._sessions.run(
            f"UPDATE {self._schema}.fence SET proven_lsn = pg_current_wal_insert_lsn()::text "  # noqa: S608
            "WHERE proven_lsn IS NULL"
        )

    def streams_from(self) -> str:
        """Where the stream that begins at the other end starts here; empty when it has not started."""
        row = self._row("coalesce(streams_from, '')")
        return row[0] if row else ""

    def keep_streams_from(self, lsn: str) -> tuple[str, tuple[str | int, ...]]:
        """The statement that remembers it."""
        return f"UPDATE {self._schema}.fence SET streams_from = $1", (lsn,)  # noqa: S608

    def forget_streams_from(self) -> tuple[str, tuple[str | int, ...]]:
        """The statement that forgets it."""
        return f"UPDATE {self._schema}.fence SET streams_from = NULL", ()  # noqa: S608

    def _connecting(self) -> tuple[Admitted, ...]:
        rows = self._sessions.run(_CONNECTS)
        return tuple(Admitted(role=role or "", grantable=grantable == "t") for role, grantable in rows)

    def _that_exist(self, admits: Sequence[Admitted]) -> tuple[Admitted, ...]:
        """Roles of the other end that this server has too."""
        known = {str(name) for (name,) in self._sessions.run("SELECT quote_ident(rolname) FROM pg_roles")}
        return tuple(each for each in admits if not each.role or each.role in known)

    def _row(self, *columns: str) -> tuple[str, ...]:
        try:
            rows = self._sessions.run(f"SELECT {', '.join(columns)} FROM {self._schema}.fence")  # noqa: S608
        except StatementFailed as error:
            if error.state in _UNDEFINED:
                return ()
            raise
        return tuple(str(value) for value in rows[0]) if rows else ()
