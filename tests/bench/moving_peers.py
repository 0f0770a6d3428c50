"""What a seed is compared with: dump and restore, PostgreSQL's own subscription copy, pgcopydb of Debian 13."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from ndcops.toolchain.folders import cache_dir, private_subfolder
from tests.bench.moving_servers import DATABASE
from tests.bench.sandbox import BenchFailed
from tests.postgres_source import BIN, PostgresSource

JOBS = 2
NAME = "bench_peer"


def dump_restore(source: PostgresSource, target: PostgresSource, folder: Path) -> float:
    """`pg_dump -Fd -j2`, then `pg_restore -j2`; seconds."""
    target.create(DATABASE)
    dump = folder / "dump"
    began_s = time.monotonic()
    _run([BIN / "pg_dump", "-Fd", f"-j{JOBS}", "-f", dump, "-d", source.connection(DATABASE)])
    _run([BIN / "pg_restore", f"-j{JOBS}", "-d", target.connection(DATABASE), dump])
    took_s = time.monotonic() - began_s
    shutil.rmtree(dump)
    return took_s


def subscription_copy(source: PostgresSource, target: PostgresSource, folder: Path) -> float:
    """Tables first, then the subscription's own copy by four workers, keys and indexes when all rows are there."""
    target.create(DATABASE)
    schema = folder / "schema"
    began_s = time.monotonic()
    _run([BIN / "pg_dump", "-Fc", "-s", "-f", schema, "-d", source.connection(DATABASE)])
    _run([BIN / "pg_restore", "--section=pre-data", "-d", target.connection(DATABASE), schema])
    with source.connect(DATABASE) as here, target.connect(DATABASE) as there:
        here.execute(f"CREATE PUBLICATION {NAME} FOR ALL TABLES".encode())
        there.execute(
            f"CREATE SUBSCRIPTION {NAME} CONNECTION '{source.connection(DATABASE)}' PUBLICATION {NAME}".encode()
        )
        while not _all_ready(there):
            time.sleep(0.1)
        _run([BIN / "pg_restore", "--section=post-data", f"-j{JOBS}", "-d", target.connection(DATABASE), schema])
        took_s = time.monotonic() - began_s
        there.execute(f"DROP SUBSCRIPTION {NAME}".encode())
        here.execute(f"DROP PUBLICATION {NAME}".encode())
    schema.unlink()
    return took_s


def _all_ready(session: object) -> bool:
    row = session.execute("SELECT count(*) FILTER (WHERE srsubstate <> 'r'), count(*) FROM pg_subscription_rel")  # type: ignore[attr-defined]
    waiting, tables = row.fetchone()
    return bool(tables) and not waiting


def pgcopydb(source: PostgresSource, target: PostgresSource, folder: Path) -> float:
    """`pgcopydb clone` with tables split, without its VACUUM; seconds."""
    command, environment = pgcopydb_command()
    target.create(DATABASE)
    uris = {
        name: f"postgres://postgres@127.0.0.1:{server.port}/{DATABASE}"
        for name, server in (("--source", source), ("--target", target))
    }
    work = folder / "pgcopydb"
    words = [word for pair in uris.items() for word in pair]
    jobs = ["--table-jobs", "4", "--index-jobs", "2", "--restore-jobs", "2", "--split-tables-larger-than", "64 MB"]
    began_s = time.monotonic()
    _run([*command, "clone", *words, *jobs, "--skip-vacuum", "--dir", work], environment)
    took_s = time.monotonic() - began_s
    shutil.rmtree(work, ignore_errors=True)
    return took_s


def pgcopydb_command() -> tuple[list[str | Path], dict[str, str]]:
    """Debian 13's program under its own loader and libraries, with the newest pg_dump in PATH."""
    root = private_subfolder(cache_dir(), "peers") / "pgcopydb-trixie"
    if not (root / "usr/bin/pgcopydb").exists():
        shutil.rmtree(root, ignore_errors=True)
        _run(["mmdebstrap", "--variant=extract", "--include=pgcopydb", "trixie", root])
    loader, libraries = root / "usr/lib64/ld-linux-x86-64.so.2", root / "usr/lib/x86_64-linux-gnu"
    return (
        [loader, "--library-path", libraries, root / "usr/bin/pgcopydb"],
        {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"},
    )


def pgcopydb_version() -> str:
    """As it says itself."""
    command, environment = pgcopydb_command()
    said = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True, env=environment)
    return said.stdout.splitlines()[0].split()[-1]


def _run(command: list[str | Path], environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines()[-8:]
        raise BenchFailed("\n".join([f"{Path(str(command[0])).name} ended with {done.returncode}", *lines]))


Peer = Callable[[PostgresSource, PostgresSource, Path], float]

PEERS: dict[str, Peer] = {
    "dump_restore": dump_restore,
    "subscription_copy": subscription_copy,
    "pgcopydb": pgcopydb,
}
