"""The sessions of one run at one end: inside the database that moves, and beside it at the same server."""

import time
from contextlib import suppress

from ndcops.adapters.postgres_servers.session import Row, Session, StatementFailed
from ndcops.adapters.postgres_servers.words import database_of, with_database
from ndcops.model.errors import NdcopsError, Refused
from ndcops.model.failover import Unreachable

BESIDE = ("postgres", "template1")
"""Databases that every server has; one of them lets us in while the door of the moved one is barred."""

_GUARD = "ndcops.move"
"""Tells the seed's log of DDL that what follows is ours."""

_LOCK_TIMEOUT, _LOCK_LOOK_S = "3s", 0.1
_SETTINGS = (
    ("search_path", "pg_catalog"),
    ("default_transaction_read_only", "off"),
    ("synchronous_commit", "on"),
    ("lock_timeout", _LOCK_TIMEOUT),
    ("statement_timeout", "0"),
    ("idle_in_transaction_session_timeout", "0"),
)
"""`statement_timeout` would end a COMMIT's wait for its standby as if confirmed; the session keeps time."""


class EndSessions:
    """Opened when they are needed, opened again when they were lost."""

    def __init__(self, words: str, lock: str, *, timeout_s: float, patient_s: float) -> None:
        """lock: our schema's name; held by the session inside, so that no two operators change one move."""
        self._words = words
        self._lock = lock
        self._timeout_s = timeout_s
        self._patient_s = patient_s
        self._inside: Session | None = None
        self._beside: Session | None = None
        self.database = ""

    def inside(self) -> Session:
        """In the moved database; a door that a killed run left barred is unbarred: the fence's other bars hold."""
        if self._inside is None or not self._inside.is_open:
            try:
                self._inside = self._open(self._words)
            except Unreachable:
                if not self._unbar_left():
                    raise
                self._inside = self._open(self._words)
            self.database = str(self._inside.run("SELECT current_database()")[0][0])
            self._take_lock(self._inside)
        return self._inside

    def name(self) -> str:
        """The moved database, as its server calls it."""
        self.inside()
        return self.database

    def beside(self) -> Session | None:
        """In another database of the server; None where none lets us in."""
        if self._beside is not None and self._beside.is_open:
            return self._beside
        for name in BESIDE:
            if name == self.database:
                continue
            with suppress(Unreachable):
                self._beside = self._open(with_database(self._words, name))
                return self._beside
        return None

    def patiently(self, statement: str, *values: str | int) -> list[Row]:
        """Inside, for what waits for others or for much: no limit on locks, and a longer one on all."""
        session = self.inside()
        session.run("SELECT set_config('lock_timeout', '0', false)")
        try:
            return session.run(statement, values, timeout_s=self._patient_s)
        finally:
            if session.is_open:
                session.run("SELECT set_config('lock_timeout', $1, false)", [_LOCK_TIMEOUT])

    def new(self) -> Session:
        """A session as anybody gets it, with the database's own settings."""
        return Session(self._words, timeout_s=self._timeout_s)

    @property
    def pids(self) -> tuple[int, ...]:
        """Our own processes at the server."""
        return tuple(each.pid for each in (self._inside, self._beside) if each is not None and each.is_open)

    def run(self, statement: str, *values: str | int) -> list[Row]:
        """Inside; rows as text."""
        return self.inside().run(statement, values)

    def value(self, statement: str, *values: str | int) -> str:
        """The first value, as text; empty for NULL. Raises NdcopsError when there is no row."""
        rows = self.run(statement, *values)
        if not rows:
            raise NdcopsError(f"the server answered with nothing to: {statement.strip()[:80]}")
        return rows[0][0] or ""

    def together(self, *statements: tuple[str, tuple[str | int, ...]]) -> None:
        """One transaction. Raises StatementFailed, nothing done; Unreachable, done or not."""
        session = self.inside()
        session.run("BEGIN")
        try:
            for statement, values in statements:
                session.run(statement, values)
            session.run("COMMIT")
        except StatementFailed:
            session.run("ROLLBACK")
            raise

    def close(self) -> None:
        """Drop what is open."""
        for each in (self._inside, self._beside):
            if each is not None:
                each.close()
        self._inside = self._beside = None

    def _open(self, words: str) -> Session:
        session = Session(words, timeout_s=self._timeout_s)
        try:
            for name, value in (*_SETTINGS, (_GUARD, self._lock)):
                session.run("SELECT pg_catalog.set_config($1, $2, false)", [name, value])
        except BaseException:
            session.close()
            raise
        return session

    def _take_lock(self, session: Session) -> None:
        """The server may need a moment to see that a killed holder is gone. Raises Refused."""
        deadline = time.monotonic() + self._timeout_s
        statement = "SELECT pg_try_advisory_lock(hashtextextended($1, 0))"
        while session.run(statement, [self._lock]) != [("t",)]:
            if time.monotonic() > deadline:
                session.close()
                raise Refused(
                    f"another ndcops changes the move of {self.database} at this moment",
                    resolution="wait for it to end, then run the same command again",
                )
            time.sleep(_LOCK_LOOK_S)

    def _unbar_left(self) -> bool:
        """Whether the door was barred, and is not any more."""
        self.database = self.database or database_of(self._words) or ""
        beside = self.beside()
        if beside is None or not self.database:
            return False
        found = beside.run("SELECT datallowconn FROM pg_database WHERE datname = $1", [self.database])
        if found == [("t",)] or not found:
            return False
        allow(beside, self.database, allowed=True)
        return True


def allow(beside: Session, database: str, *, allowed: bool) -> None:
    """Open or bar the door of a database. Raises Refused where our account may not."""
    try:
        beside.run(f"ALTER DATABASE {quoted(database)} WITH ALLOW_CONNECTIONS {'true' if allowed else 'false'}")
    except StatementFailed as error:
        if error.state != "42501":  # insufficient privilege
            raise
        raise Refused(error.message, resolution=f"run it as the owner of {database}, or as a superuser") from error


def quoted(name: str) -> str:
    """An identifier, quoted whatever it holds."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text constant for statements that take no parameters."""
    return "E'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
