"""Two PostgreSQL servers and a seeded database of mixed tables, for benches that move one."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from tests.postgres_source import PostgresSource, postgres_source

DATABASE = "bench"
SETTINGS = {
    "wal_level": "logical",
    "shared_buffers": "512MB",
    "max_wal_size": "8GB",
    "max_worker_processes": "16",
    "max_logical_replication_workers": "8",
    "max_sync_workers_per_subscription": "4",
    "max_slot_wal_keep_size": "8GB",
}
"""The same on both sides; fsync is off, so that the disk is not what is compared."""

BYTES_PER_MB = 1_000_000


@contextmanager
def two_servers() -> Iterator[tuple[PostgresSource, PostgresSource]]:
    """Source and target."""
    with postgres_source(**SETTINGS) as source, postgres_source(**SETTINGS) as target:
        yield source, target


def fill(source: PostgresSource, database: str, size_mb: int, seed: int) -> int:
    """About `size_mb` with its indexes, the same for a seed: one large narrow table, wide documents, references,
    a partitioned table without a key, and fifty small ones; returns what it came to in bytes.
    """
    source.create(database)
    rows = size_mb * 1000
    statements = [
        f"SELECT setseed({(seed % 1000) / 1000})",
        "CREATE TABLE events (id bigint PRIMARY KEY, name text, at timestamptz, amount numeric(12,2), kind int)",
        "INSERT INTO events SELECT g, 'Nguyễn Văn ' || g, '2026-01-01'::timestamptz + g * interval '1 s',"
        f" g * 1.25, (random() * 97)::int FROM generate_series(1, {rows * 4}) g",
        "CREATE INDEX ON events (at)",
        "CREATE INDEX ON events (kind)",
        "CREATE TABLE documents (id bigint PRIMARY KEY, body text, fields jsonb)",
        "INSERT INTO documents SELECT g, repeat(md5(g::text), 8), jsonb_build_object('a', g, 'b', md5(g::text))"
        f" FROM generate_series(1, {rows}) g",
        "CREATE TABLE refers (id bigint PRIMARY KEY, event bigint REFERENCES events, x float8, y float8)",
        f"INSERT INTO refers SELECT g, g, random(), random() FROM generate_series(1, {rows * 2}) g",
        "CREATE INDEX ON refers (event)",
        "CREATE TABLE visits (day date NOT NULL, who text, n int) PARTITION BY RANGE (day)",
        *(
            f"CREATE TABLE visits_{month} PARTITION OF visits FOR VALUES FROM ('2026-{month:02d}-01')"
            f" TO ('2026-{month + 1:02d}-01')"
            for month in range(1, 7)
        ),
        f"INSERT INTO visits SELECT '2026-01-01'::date + g % 180, 'ai ' || g % 1000, g"
        f" FROM generate_series(1, {rows}) g",
    ]
    for number in range(50):
        statements.append(f"CREATE TABLE small_{number} (id int PRIMARY KEY, name text UNIQUE)")
        statements.append(f"INSERT INTO small_{number} SELECT g, 't' || g FROM generate_series(1, 500) g")
    with source.connect(database) as session:
        session.execute("SET synchronous_commit = off")
        for statement in (*statements, "VACUUM ANALYZE", "CHECKPOINT"):
            session.execute(statement.encode())
        row = session.execute("SELECT pg_database_size(current_database())").fetchone()
    return int(row[0]) if row else 0


def counts(connection: str) -> dict[str, int]:
    """Rows of every table."""
    with psycopg.connect(connection) as session:
        names = session.execute(
            "SELECT c.relname FROM pg_class c"
            " WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace ORDER BY 1"
        ).fetchall()
        found = {}
        for (name,) in names:
            row = session.execute(f'SELECT count(*) FROM "{name}"'.encode()).fetchone()
            found[name] = int(row[0]) if row else 0
        return found


def drop(server: PostgresSource, database: str) -> None:
    """Remove a database, whoever is in it."""
    with server.connect() as session:
        session.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)'.encode())
        session.execute("CHECKPOINT")
