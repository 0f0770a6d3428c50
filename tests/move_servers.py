"""Two real PostgreSQL servers on loopback, a database on its way from one to the other; for tests and benches."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from ndcops.model.move import Move
from tests.postgres_source import BIN, LONGEST_LIFE_S, as_user, free_port, run_program

AGENCY, SYSTEM, DATABASE = "agency-x", "x-records", "x-db"
NAME = "Hồ sơ 'x'"
"""What the moved database is called at both ends: with a space, quotes, Vietnamese letters."""

_START_S = 60
_SETTINGS = {
    "wal_level": "logical",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "shared_buffers": "32MB",
    "max_wal_size": "512MB",
    "wal_retrieve_retry_interval": "200ms",
    "max_prepared_transactions": "5",
    "autovacuum_naptime": "5s",
}


@dataclass
class Server:
    """One server that can be killed and started again."""

    folder: Path
    programs: Path = BIN
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    def create(self) -> None:
        data = self.folder / "data"
        words = [self.programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "--encoding=UTF8"]
        run_program([*words, "--locale=C.UTF-8", "--no-sync"])

    def start(self) -> None:
        options = [f"--{name}={value}" for name, value in {**_SETTINGS, "port": str(self.port)}.items()]
        bounded = ["timeout", "--signal=INT", str(LONGEST_LIFE_S)]
        words = as_user([self.programs / "postgres", "-D", self.folder / "data", *options])
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen([*bounded, *words], stdout=log, stderr=log, start_new_session=True)
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_S
        while True:
            try:
                self.connect().close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > deadline or (self.process is not None and self.process.poll() is not None):
                    raise RuntimeError((self.folder / "log").read_text(errors="replace")[-4000:]) from None
                time.sleep(0.05)

    def kill(self) -> None:
        """SIGKILL to all of it, as when the machine's power goes, its disk cache aside."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(30)
            self._wait_gone()

    def _wait_gone(self) -> None:
        """Children of a killed postmaster are sessions of their own and hold shared memory; some look late."""
        deadline = time.monotonic() + 10
        while (pids := self._pids()) and time.monotonic() < deadline:
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)
        (self.folder / "data" / "postmaster.pid").unlink(missing_ok=True)

    def _pids(self) -> list[int]:
        """Whoever works in the server's folder: its processes do, and nobody else."""
        data = (self.folder / "data").resolve()
        found = []
        for path in Path("/proc").glob("[0-9]*/cwd"):
            with contextlib.suppress(OSError):
                if path.readlink() == data:
                    found.append(int(path.parent.name))
        return found

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()

    def words(self, database: str = NAME, user: str = "postgres") -> str:
        return make_conninfo(host="127.0.0.1", port=self.port, dbname=database, user=user)

    def connect(self, database: str = "postgres", user: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(self.words(database, user), autocommit=True, connect_timeout=5)


@dataclass(frozen=True)
class MovePair:
    """source, target: running servers; the database stands at both and streams from the first to the second."""

    source: Server
    target: Server

    @property
    def move(self) -> Move:
        return Move(
            agency=AGENCY,
            system=SYSTEM,
            database=DATABASE,
            source=self.source.words(),
            target=self.target.words(),
            source_for_target=self.source.words(),
            target_for_source=self.target.words(),
        )

    def stream(self, *tables: str, copies: bool = True) -> None:
        """The forward stream of these tables (as SQL names them), by PostgreSQL's own copy, named as a seed's."""
        names = self.move.names
        with self.source.connect(NAME) as session:
            session.execute("SET default_transaction_read_only = off")
            session.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(names.schema)))
            session.execute(
                sql.SQL("CREATE PUBLICATION {} FOR TABLE " + ", ".join(tables)).format(
                    sql.Identifier(names.publication)
                )
            )
        options = "slot_name = {}" if copies else "slot_name = {}, copy_data = false"
        with self.target.connect(NAME) as session:
            session.execute("SET default_transaction_read_only = off")  # closed, where it was moved to before
            session.execute(
                sql.SQL("CREATE SUBSCRIPTION {} CONNECTION {} PUBLICATION {} WITH (" + options + ")").format(
                    sql.Identifier(names.subscription),
                    sql.Literal(self.source.words()),
                    sql.Identifier(names.publication),
                    sql.Identifier(names.slot),
                )
            )
            deadline = time.monotonic() + 60
            waiting = "SELECT count(*) FROM pg_subscription_rel WHERE srsubstate <> 'r'"
            while session.execute(waiting).fetchone() != (0,):
                assert time.monotonic() < deadline
                time.sleep(0.05)

    def schema(self, statements: str) -> None:
        """The same schema at both ends."""
        for server in (self.source, self.target):
            with server.connect() as session:
                session.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))
            with server.connect(NAME) as session:
                session.execute(statements)


@contextmanager
def move_pair(source_programs: Path = BIN) -> Iterator[MovePair]:
    """Two empty servers; they end with the block, or by time."""
    folder = Path(tempfile.mkdtemp(prefix="ndcops-move-"))
    servers = []
    try:
        for name, programs in (("source", source_programs), ("target", BIN)):
            (folder / name).mkdir()
            server = Server(folder / name, programs)
            servers.append(server)
            server.create()
            server.start()
        yield MovePair(*servers)
    finally:
        for server in servers:
            server.stop()
        shutil.rmtree(folder)
