"""A database restored on a server elsewhere, and timed; wiring hands it over."""

import math
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from ndcops.adapters.postgres_servers.moving.guarding import STAND_IN
from ndcops.adapters.postgres_servers.moving.programs import client_programs, complaint, environment
from ndcops.adapters.postgres_servers.session import Session
from ndcops.adapters.postgres_servers.switching.sessions import BESIDE, quoted
from ndcops.adapters.postgres_servers.words import with_database
from ndcops.model.cutover import RestoredCopy
from ndcops.model.errors import NdcopsError, Refused
from ndcops.model.failover import Unreachable

_STATEMENT_S = 4 * 3600.0
"""As long as a statement of ours may take: dropping a copy of terabytes, too."""


class PostgresRestores:
    """The room's `Restores`."""

    def is_same_server(self, words: str, other: str) -> bool:
        """See the port; by the identifier that initdb gives."""
        return self._identifier(words) == self._identifier(other)

    def is_gone(self, words: str, name: str) -> bool:
        """See the port; a server that does not answer proves nothing."""
        for beside in BESIDE:
            with suppress(Unreachable), self._session(with_database(words, beside)) as session:
                return not session.run("SELECT 1 FROM pg_database WHERE datname = $1", [name])
        return False

    @contextmanager
    def restored(self, words: str, own_schema: str, into: str) -> Iterator[RestoredCopy]:
        """See the port."""
        name = f"ndcops_restore_{sha256((words + own_schema).encode()).hexdigest()[:12]}"
        copy = with_database(into, name)
        with self._session(words) as origin, self._session(into) as server:
            server.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            server.run(f"CREATE DATABASE {name} TEMPLATE template0")
            try:
                origin.run("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                moment = str(origin.run("SELECT pg_export_snapshot()")[0][0])
                self._stand_in(copy, own_schema)
                began_s = time.monotonic()
                self._copy(words, own_schema, moment, copy)
                duration_s = math.ceil(time.monotonic() - began_s)
                yield RestoredCopy(words=copy, moment=moment, duration_s=duration_s)
            finally:
                with suppress(NdcopsError):
                    server.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def _stand_in(self, copy: str, own_schema: str) -> None:
        with self._session(copy) as session:
            for statement in STAND_IN:
                session.run(statement.format(schema=quoted(own_schema)))

    def _copy(self, words: str, own_schema: str, snapshot: str, into: str) -> None:
        """Through a pipe: nothing of it lies on this machine's disk."""
        programs = client_programs(self._release(words, into))
        options = ["--no-publications", "--no-subscriptions", "--no-tablespaces", "--no-owner", "--no-privileges"]
        dump: list[str | Path] = [
            programs / "pg_dump", "-Fc", "-Z0", *options, f"--snapshot={snapshot}",
            f'--exclude-schema="{own_schema}"', "-d", words,
        ]  # fmt: skip
        load: list[str | Path] = [programs / "pg_restore", "--exit-on-error", *options[:2], "-d", into]
        with (
            subprocess.Popen(dump, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()) as reader,
            subprocess.Popen(load, stdin=reader.stdout, stderr=subprocess.PIPE, env=environment()) as writer,
        ):
            if reader.stdout is not None:
                reader.stdout.close()
            said = writer.communicate()[1]
            read = reader.communicate()[1]
        for process, text, what in ((reader, read, "dump"), (writer, said, "restore")):
            if process.returncode:
                raise NdcopsError(f"{what} for the restore elsewhere: {complaint(text)}")

    def _release(self, *words: str) -> int:
        found = []
        for each in words:
            with self._session(each) as session:
                found.append(int(session.run("SELECT current_setting('server_version_num')")[0][0] or 0) // 10000)
        return max(found)

    def _identifier(self, words: str) -> str:
        with self._session(words) as session:
            found = session.run("SELECT system_identifier FROM pg_control_system()")
        if not found or not found[0][0]:
            raise Refused("the server does not say which one it is")
        return found[0][0]

    def _session(self, words: str) -> Session:
        return Session(words, timeout_s=_STATEMENT_S)
