"""Ten million rows compared by `agency verify`'s own proof, by pgcopydb and by reladiff, in turns."""

import json
import os
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.moving_peers import pgcopydb_command, pgcopydb_version
from tests.bench.moving_servers import DATABASE, two_servers
from tests.bench.result import Measured, middle
from tests.bench.sandbox import REPOSITORY, BenchFailed, Sandbox
from tests.bench.timing import Clock
from tests.postgres_source import PostgresSource

TARGETS = {
    "ratio_vs_pgcopydb": 1.5,
    "ratio_vs_reladiff": 1.0,
    "memory_mib": 200,
    "missed": 0,
    "false_alarms": 0,
}
ROUNDS = 3
"""Each compares the same rows with each program, in another order."""

ROWS = 10_000_000
_LONGEST_S = 900
_PEER = ("reladiff==0.6.0", "psycopg2-binary==2.9.11")

_TABLE = "su_kien"
_STATEMENTS = (
    f"CREATE TABLE {_TABLE} (id bigint, ten text, luc timestamptz, so_tien numeric(12,2), loai int)",
    f"INSERT INTO {_TABLE} SELECT g, 'Nguyễn Văn ' || g, '2026-01-01'::timestamptz + g * interval '1 s',"
    " g * 1.25, g % 97 FROM generate_series(1, {rows}) g",
    f"ALTER TABLE {_TABLE} ADD PRIMARY KEY (id)",
    "VACUUM ANALYZE",
    "CHECKPOINT",
)
_LIES = (
    f"UPDATE {_TABLE} SET so_tien = so_tien + 0.01 WHERE id IN (7, {{half}}, {{rows}})",
    f"DELETE FROM {_TABLE} WHERE id IN (11, {{half}} + 1)",
    f"INSERT INTO {_TABLE} (id, ten) VALUES (-5, NULL)",
)

NOTES = (
    "one table of ten million rows (bigint key, text, timestamptz, numeric, int), equal on two PostgreSQL 18 "
    "servers on loopback that share two cores with the program that compares; seconds of the whole process, "
    "median of all rounds",
    "verify: everything that `agency verify` looks at (rows, catalogs, sequences, large objects, foreign keys); "
    "pgcopydb: `compare data`, a sum of 32-bit hashes for each table, no keys; reladiff: checksums by bisection, "
    "with keys",
    "missed, false_alarms: then six rows are made to differ at the target; verify must name exactly their keys",
    "memory_mib: the most that verify's process held, Python included",
)


@dataclass(frozen=True)
class Sides:
    """The two servers, and where peers lie."""

    source: PostgresSource
    target: PostgresSource
    folder: Path

    def uri(self, server: PostgresSource) -> str:
        """As both peers want it."""
        return f"postgresql://postgres@127.0.0.1:{server.port}/{DATABASE}"


def measure(sandbox: Sandbox, clock: Clock) -> Measured:
    """Fill both, compare in turns, then with differences."""
    return compare(sandbox.root / "verify", clock, ROWS)


def compare(folder: Path, clock: Clock, rows: int) -> Measured:
    """The same with any number of rows."""
    folder.mkdir(parents=True, exist_ok=True)
    with two_servers() as (source, target):
        for server in (source, target):
            _fill(server, rows)
        clock.say(f"both sides filled with {rows} rows")
        sides = Sides(source, target, folder)
        _install_reladiff(folder)
        took, memory_mib = _in_turns(sides, clock)
        wanted = _lie(target, rows)
        began_s = time.monotonic()
        found = _verify(sides)
        with_differences_s = time.monotonic() - began_s
    named = {(one["kind"], *one["key"]) for table in found["tables"] for one in table["listed"]}
    medians = {name: middle(each) for name, each in took.items()}
    figures: dict[str, Any] = {
        "ratio_vs_pgcopydb": round(medians["verify"] / medians["pgcopydb"], 3),
        "ratio_vs_reladiff": round(medians["verify"] / medians["reladiff"], 3),
        "memory_mib": max(memory_mib, found["memory_mib"]),
        "missed": len(wanted - named),
        "false_alarms": len(named - wanted) + found["differences"] - len(named),
        **{f"{name}_s": seconds for name, seconds in medians.items()},
        "with_differences_s": round(with_differences_s, 3),
    }
    samples = {"seconds": took, "pgcopydb": pgcopydb_version(), "reladiff": _PEER[0]}
    return Measured(figures, samples, NOTES, complete=len(took["verify"]) >= clock.wanted)


def _in_turns(sides: Sides, clock: Clock) -> tuple[dict[str, list[float]], int]:
    programs: dict[str, Callable[[Sides], dict[str, Any]]] = {
        "verify": _verify,
        "pgcopydb": _pgcopydb,
        "reladiff": _reladiff,
    }
    took: dict[str, list[float]] = {name: [] for name in programs}
    memory_mib = 0
    for number in clock.rounds("verify", share=0.8):
        names = list(programs)
        for name in names[number % 3 :] + names[: number % 3]:
            began_s = time.monotonic()
            said = programs[name](sides)
            took[name].append(round(time.monotonic() - began_s, 3))
            if said.get("differences"):
                raise BenchFailed(f"{name} sees differences where there are none: {said}")
            memory_mib = max(memory_mib, said.get("memory_mib", 0))
            clock.say(f"{name}: {took[name][-1]:.1f} s")
    return took, memory_mib


def _fill(server: PostgresSource, rows: int) -> None:
    server.create(DATABASE)
    with server.connect(DATABASE) as session:
        session.execute("SET synchronous_commit = off")
        for statement in _STATEMENTS:
            session.execute(statement.replace("{rows}", str(rows)).encode())


def _lie(target: PostgresSource, rows: int) -> set[tuple[str, str]]:
    """Make six rows differ; what must be named."""
    half = rows // 2
    with target.connect(DATABASE) as session:
        for statement in _LIES:
            session.execute(statement.format(half=half, rows=rows).encode())
    keys = {"changed": (7, half, rows), "missing": (11, half + 1), "extra": (-5,)}
    return {(kind, str(key)) for kind, each in keys.items() for key in each}


def _verify(sides: Sides) -> dict[str, Any]:
    words = [sides.source.connection(DATABASE), sides.target.connection(DATABASE)]
    said = _run([sys.executable, "-m", "tests.bench.verify_process", *words])
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    return found


def _pgcopydb(sides: Sides) -> dict[str, Any]:
    command, environment = pgcopydb_command()
    work = sides.folder / "pgcopydb"
    shutil.rmtree(work, ignore_errors=True)
    ends = ["--source", sides.uri(sides.source), "--target", sides.uri(sides.target)]
    said = _run([*command, "compare", "data", *ends, "--jobs", "2", "--dir", str(work), "--json"], environment)
    tables = json.loads(said)
    return {"differences": sum(one["source"] != one["target"] for one in tables)}


def _reladiff(sides: Sides) -> dict[str, Any]:
    program = sides.folder / "venv" / "bin" / "reladiff"
    ends = [sides.uri(sides.source), _TABLE, sides.uri(sides.target), _TABLE]
    said = _run([str(program), *ends, "-k", "id", "-c", "%", "-j", "2", "--json"])
    return {"differences": len(said.strip().splitlines())}


def _install_reladiff(folder: Path) -> None:
    """In an environment of its own."""
    program = folder / "venv" / "bin" / "reladiff"
    if not program.exists():
        venv.create(folder / "venv", with_pip=True, clear=True)
        _run([str(folder / "venv/bin/pip"), "install", "--quiet", "--disable-pip-version-check", *_PEER])


def _run(command: list[Any], environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        text=True,
        env=environment or dict(os.environ),
        cwd=REPOSITORY,
        timeout=_LONGEST_S,
        check=False,
    )
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines()[-8:]
        raise BenchFailed("\n".join([f"{Path(str(command[0])).name} ended with {done.returncode}", *lines]))
    return done.stdout
