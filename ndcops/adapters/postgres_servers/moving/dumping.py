"""The schema, by pg_dump and pg_restore: dumped once, restored section by section, each section all or nothing."""

import os
import re
import tempfile
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ndcops.adapters.postgres_servers.moving.programs import client_programs, run_program
from ndcops.model.move import Move

_ENTRY = re.compile(r"^(\d+); (\d+) (\d+) (.*)$")
_BUILD = (
    "-c default_transaction_read_only=off"  # an end that is not in use is closed by it
    " -c maintenance_work_mem=256MB -c max_parallel_maintenance_workers=1 -c synchronous_commit=off"
)


@dataclass(frozen=True)
class DumpEntry:
    """A line of the dump's table of contents: object id at the source, and what follows (kind, schema, name)."""

    line: str
    oid: int
    words: str

    @property
    def is_key(self) -> bool:
        """Whether it makes an index: by itself or with a constraint (a foreign key is `FK CONSTRAINT`)."""
        return self.words.startswith(("INDEX ", "CONSTRAINT ")) and not self.words.startswith("INDEX ATTACH")


class SchemaDump:
    """One move's dump. release: of the newer of both servers; an older pg_dump or pg_restore would refuse."""

    def __init__(self, move: Move, path: Path, release: int) -> None:
        self._move = move
        self._path = path
        self._programs = client_programs(release)
        self._entries: list[DumpEntry] | None = None
        self._listing = threading.Lock()

    def make(self) -> None:
        """Dump the schema, without what streams, tablespaces and we ourselves have put there."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = self._path.with_suffix(".part")
        options = ["--encoding=UTF8", "--no-tablespaces", "--no-publications", "--no-subscriptions"]
        run_program(
            [
                self._programs / "pg_dump", "-Fc", "--schema-only", *options,
                f"--exclude-schema={_pattern(self._move.names.schema)}",
                "-f", part, "-d", self._move.source,
            ],
            what="source: dump of the schema",
            options="-c lock_timeout=10s",
        )  # fmt: skip
        os.chmod(part, 0o600)  # noqa: PTH101 - a path that was just made
        part.replace(self._path)
        self._entries = None

    def ensure(self) -> None:
        """Dump it, unless the file of an earlier run is still there."""
        if not self._path.exists():
            self.make()

    def entries(self) -> list[DumpEntry]:
        """What follows the tables: keys, indexes, foreign keys, triggers, policies; listed once a dump."""
        with self._listing:
            if self._entries is None:
                self._entries = self._list()
            return self._entries

    def _list(self) -> list[DumpEntry]:
        listed = self._restore("--section=post-data", "--list")
        found = []
        for line in listed.splitlines():
            match = _ENTRY.match(line)
            if match is not None and self._move.names.guard not in line:
                found.append(DumpEntry(line, int(match[3]), match[4]))
        return found

    def before_tables_filled(self) -> str:
        """The script up to tables."""
        return self._restore("--section=pre-data", "-f", "-")

    def script(self, entries: Iterable[DumpEntry]) -> str:
        """The script of these entries, in the dump's order."""
        with tempfile.NamedTemporaryFile("w", suffix=".list") as chosen:
            chosen.write("".join(f"{entry.line}\n" for entry in entries))
            chosen.flush()
            return self._restore("-L", chosen.name, "-f", "-")

    def play(self, script: str, *, what: str, mark: str = "") -> None:
        """Run a script at the target in one transaction, with the statement that marks it done."""
        run_program(
            [self._programs / "psql", "-XqAt", "-1", "-v", "ON_ERROR_STOP=1", "-f", "-", "-d", self._move.target],
            what=f"target: {what}",
            text=f"{script}\n{mark}\n",
            options=_BUILD,
        )

    def _restore(self, *words: str) -> str:
        return run_program([self._programs / "pg_restore", *words, self._path], what="reading the schema's dump")


def _pattern(name: str) -> str:
    """A name of ours as psql's pattern: quoted, it means itself."""
    return '"' + name + '"'
