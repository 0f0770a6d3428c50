"""A session whose every statement ends within a time; `numbered_rows` and `ownership` use it."""

import select
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg
from psycopg import pq

from ndcops.adapters.postgres_servers.sources.reading import parse, shown
from ndcops.model.errors import NdcopsError
from ndcops.model.failover import Unreachable

Row = tuple[str | None, ...]


@dataclass(frozen=True)
class Login:
    """Where and as whom. The server's certificate must name `host` and be of `authority`; None: no TLS at all."""

    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)
    authority: Path | None = None

    def __str__(self) -> str:
        return f"postgresql://{self.user}@{self.host}:{self.port}/{self.database}"


class StatementFailed(NdcopsError):
    """The server answered with an error; `state` is its SQLSTATE."""

    def __init__(self, message: str, state: str) -> None:
        super().__init__(message)
        self.state = state


class Session:
    """A connection in autocommit mode.

    The time limit is kept here: cancelled by the server's own (statement_timeout), a COMMIT that waits for its
    synchronous standby is confirmed although no standby has it (PostgreSQL docs, synchronous replication).
    """

    def __init__(self, login: Login | str, *, timeout_s: float) -> None:
        """Connect, by libpq's words where `login` is text. Raises Unreachable, in `timeout_s` or 2 s, whichever is
        longer (libpq's shortest); InvalidInput for words that are none or hold a password.
        """
        words = parse(login) if isinstance(login, str) else _words(login)
        self._login = shown(words) if isinstance(login, str) else str(login)
        self._timeout_s = timeout_s
        settings = {"connect_timeout": max(2, round(timeout_s)), "application_name": "ndcops"}
        try:
            self._connection = psycopg.connect(**{**words, **settings}, autocommit=True)
        except psycopg.OperationalError as error:
            raise Unreachable(f"{self._login}: {_first_line(error)}") from error
        self._server = self._connection.pgconn
        self._warned = False
        self._server.notice_handler = self._notice

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()

    @property
    def is_open(self) -> bool:
        """Whether it was neither closed nor lost."""
        return self._server.status == pq.ConnStatus.OK

    @property
    def pid(self) -> int:
        """The server's process of this session."""
        return self._server.backend_pid

    def close(self) -> None:
        """Drop the connection at once."""
        self._server.finish()

    def run(
        self, statement: str, values: Sequence[str | int] = (), *, timeout_s: float | None = None
    ) -> list[Row]:
        """Rows as text. Raises StatementFailed, Unreachable when no answer came in time: then it is closed, and
        whether the statement took effect is unknown. timeout_s: instead of the session's own.
        """
        self._warned = False
        try:
            self._server.send_query_params(statement.encode(), [str(value).encode() for value in values] or None)
            result = self._wait_result(time.monotonic() + (timeout_s or self._timeout_s))
        except (psycopg.Error, OSError) as error:
            self.close()
            raise Unreachable(f"{self._login}: {_first_line(error)}") from error
        if result.status not in (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK):
            self._refuse(result)
        if self._warned:
            raise Unreachable(f"{self._login}: committed there, and no standby has confirmed it")
        return [
            tuple(_text(result.get_value(row, column)) for column in range(result.nfields))
            for row in range(result.ntuples)
        ]

    def verifier(self, user: str, password: str) -> str:
        """The password as PostgreSQL keeps it (SCRAM), so that it never travels or is logged in clear."""
        return self._server.encrypt_password(password.encode(), user.encode(), b"scram-sha-256").decode()

    def _notice(self, result: pq.abc.PGresult) -> None:
        """An administrator may cancel a COMMIT's wait for its standby: it is then confirmed with a warning."""
        detail = result.error_field(pq.DiagnosticField.MESSAGE_DETAIL) or b""
        self._warned |= b"not have been replicated" in detail

    def _wait_result(self, deadline: float) -> pq.abc.PGresult:
        server = self._server
        while server.flush():
            self._wait_socket(deadline, writing=True)
        last: pq.abc.PGresult | None = None
        while True:
            while server.is_busy():
                self._wait_socket(deadline, writing=False)
                server.consume_input()
            result = server.get_result()
            if result is None:
                break
            last = result
        if last is None:
            raise psycopg.OperationalError("no result")
        return last

    def _wait_socket(self, deadline: float, *, writing: bool) -> None:
        """Raises OperationalError at the deadline."""
        poll = select.poll()
        poll.register(self._server.socket, select.POLLOUT | select.POLLIN if writing else select.POLLIN)
        if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            raise psycopg.OperationalError("no answer in time")

    def _refuse(self, result: pq.abc.PGresult) -> None:
        state = (result.error_field(pq.DiagnosticField.SQLSTATE) or b"").decode()
        message = (result.error_field(pq.DiagnosticField.MESSAGE_PRIMARY) or result.error_message).decode()
        if self._server.status != pq.ConnStatus.OK or state.startswith("57P"):  # operator intervention
            self.close()
            raise Unreachable(f"{self._login}: {message.strip()}")
        raise StatementFailed(f"{self._login}: {message.strip()}", state)


def _words(login: Login) -> dict[str, Any]:
    return {
        "host": login.host,
        "port": login.port,
        "dbname": login.database,
        "user": login.user,
        "password": login.password,
        "sslmode": "disable" if login.authority is None else "verify-full",
        "sslrootcert": None if login.authority is None else str(login.authority),
    }


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode()


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
