"""One read-only connection whose every statement ends in time, whatever the server does; `adapter` opens it."""

import contextlib
import os
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import DictRow, dict_row

from ndcops.model.errors import InvalidInput, NdcopsError

Query = str | sql.SQL | sql.Composed

_SECRETS = ("password", "sslpassword", "oauth_client_secret")
_LOCK_TIMEOUT_MS = 2_000
_GRACE_S = 3.0
"""Beyond the server's own limit, before the socket is shut: a frozen server cannot keep its own."""


class NotInTime(NdcopsError):
    """A statement took longer than it may, or waited for a lock; the connection is still good."""


def parse(connection: str) -> dict[str, Any]:
    """libpq's words by name. Raises InvalidInput for what is none, and for a password; neither is repeated."""
    try:
        words = dict(conninfo_to_dict(connection))
    except psycopg.Error as error:
        raise InvalidInput(
            "the connection is not in libpq's form",
            details=["expected 'service=NAME', 'host=… dbname=… user=…' or postgresql://USER@HOST/DATABASE"],
            resolution="man libpq: 'Connection Strings', without the password",
        ) from error
    if any(words.get(secret) for secret in _SECRETS):
        raise InvalidInput(
            "the connection holds a password; arguments and dossiers are read by others",
            resolution="keep it in a file of mode 0600 named by PGPASSFILE (man libpq: 'The Password File')",
        )
    return words


def shown(words: dict[str, Any]) -> str:
    """How messages name a source."""
    if words.get("service") and not words.get("host"):
        return f"service {words['service']}"
    host = words.get("host") or words.get("hostaddr") or "the local socket"
    port = f":{words['port']}" if words.get("port") else ""
    return f"{words.get('dbname') or words.get('user') or 'the default database'} at {host}{port}"


class Reading:
    """A session that can only read. Raises NdcopsError when the source refuses, hangs or goes away."""

    def __init__(self, connection: psycopg.Connection[DictRow], name: str, statement_s: int) -> None:
        self._connection = connection
        self._name = name
        self._statement_s = statement_s

    def rows(self, query: Query, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """All rows; none of a command that gives none.

        Raises NotInTime when only this statement failed, NdcopsError when the connection is lost.
        """
        with self._watched():
            try:
                cursor = self._connection.execute(query, values or None)
                return cursor.fetchall() if cursor.description is not None else []
            except (psycopg.errors.QueryCanceled, psycopg.errors.LockNotAvailable) as error:
                raise NotInTime(f"{self._name}: {_first_line(error)}") from error
            except psycopg.Error as error:
                if self.is_lost:
                    raise _lost(self._name, error) from error
                raise NdcopsError(f"{self._name}: {_first_line(error)}") from error

    def row(self, query: Query, values: Sequence[Any] = ()) -> dict[str, Any]:
        """The first row. Raises NdcopsError when there is none."""
        found = self.rows(query, values)
        if not found:
            raise NdcopsError(f"{self._name}: the source answered with nothing")
        return found[0]

    def interrupt(self) -> None:
        """Cancel what runs, from any thread; its `rows` raises NotInTime. Nothing happens when nothing runs."""
        with contextlib.suppress(psycopg.Error):
            self._connection.cancel_safe(timeout=_GRACE_S)

    @property
    def is_lost(self) -> bool:
        """Whether the connection is gone, not only a statement refused."""
        return self._connection.closed

    @property
    def server_version(self) -> int:
        """As PostgreSQL numbers it: 150008 for 15.8."""
        return self._connection.info.server_version

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Shuts the socket when the server does not even keep its own limit."""
        timer = threading.Timer(self._statement_s + _GRACE_S, _shut, [self._connection.fileno()])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


@contextmanager
def reading(
    connection: str, *, connect_s: int, statement_s: int, role: str = "source", purpose: str = "assess"
) -> Iterator[Reading]:
    """A session that reads. role, purpose: how messages and the server's own list of sessions name it.

    Raises InvalidInput for bad words, NdcopsError when there is no connection.
    """
    words = parse(connection)
    name = f"{role} {shown(words)}"
    settings = {"connect_timeout": max(2, connect_s), "application_name": f"ndcops {purpose}"}
    try:
        opened = psycopg.connect(**{**words, **settings}, autocommit=True, row_factory=dict_row)
    except psycopg.Error as error:
        raise NdcopsError(
            f"{name}: no connection: {_first_line(error)}",
            details=["nothing was changed, and nothing is assumed in its place"],
            resolution="psql with the same words shows whether it lets you in",
        ) from error
    try:
        session = Reading(opened, name, statement_s)
        for setting, value in (
            ("default_transaction_read_only", "on"),
            ("statement_timeout", str(statement_s * 1000)),
            ("lock_timeout", str(_LOCK_TIMEOUT_MS)),
            ("idle_session_timeout", "0") if session.server_version >= 140000 else ("client_encoding", "UTF8"),
            ("client_encoding", "UTF8"),
            ("search_path", "pg_catalog"),
            ("DateStyle", "ISO"),
        ):
            session.rows("SELECT set_config(%s, %s, false)", [setting, value])
        yield session
    finally:
        with contextlib.suppress(psycopg.Error):
            opened.close()


def _shut(descriptor: int) -> None:
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as twin:
        twin.shutdown(socket.SHUT_RDWR)


def _lost(name: str, error: BaseException) -> NdcopsError:
    return NdcopsError(
        f"{name}: the connection was lost: {_first_line(error)}",
        resolution="look whether the source is up and not overloaded, then run the same command again",
    )


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
