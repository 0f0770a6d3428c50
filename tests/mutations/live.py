"""The same lies while the source is written to and streams: rows in flight must not be named, lies must be."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from random import Random

import psycopg
from psycopg import sql

from ndcops.model.move_names import MoveNames, names_of
from ndcops.onboarding.ports import ProofLimits
from tests.mutations import schema
from tests.mutations.lie import Claim, Lie, Rows
from tests.mutations.object_lies import OBJECT_LIES
from tests.mutations.rounds import SOURCE, TARGET, Outcome, fits, judged, move, pair, prover
from tests.mutations.row_lies import ROW_LIES
from tests.postgres_source import PostgresSource

LIES = (*ROW_LIES, *(lie for lie in OBJECT_LIES if not lie.name.startswith(("sequence-", "object-"))))
"""No stream carries sequences and large objects: they are pending, not different."""

LIMITS = ProofLimits(lag_s=30, recheck_s=30)
_CAUGHT_UP_S = 30


@dataclass
class LiveWorld:
    """Source and target in step; lies add up from round to round, for the target is not made anew."""

    server: PostgresSource
    names: MoveNames
    source: psycopg.Connection
    target: psycopg.Connection
    rows: Rows
    writes: list[int]
    told: list[Claim] = field(default_factory=list)

    def round(self, lies: Sequence[Lie]) -> Outcome:
        """Tell some more, and prove."""
        told = fits(lies, self.rows)
        self.told += [claim for lie in told for claim in lie.tell(self.target, self.rows)]
        found = prover(LIMITS).prove(move(self.server.connection(SOURCE), self.server.connection(TARGET)))
        return judged(told, self.told, found, self.target)


@contextmanager
def live_world(server: PostgresSource, seed: str, *, writers: int = 2) -> Iterator[LiveWorld]:
    """The server needs wal_level = logical, and the pristine database."""
    chance = Random(f"live/{seed}")
    with ExitStack() as stack:
        source, target = stack.enter_context(pair(server))
        target.execute("SET session_replication_role = replica")
        names = names_of("bo-tu-phap", "y")
        way = Way(names.publication, names.slot, names.subscription)
        stack.enter_context(streaming(source, server.connection(SOURCE), target, way))

        def both(statement: str) -> None:
            source.execute(statement.encode())
            catch_up(source, names)

        writes = [0] * writers
        stop = threading.Event()
        stack.callback(stop.set)
        threads = [
            threading.Thread(target=_write, args=(server, Random(f"{seed}/{number}"), stop, writes, number))
            for number in range(writers)
        ]
        for thread in threads:
            thread.start()
            stack.callback(thread.join)
        stack.callback(stop.set)
        yield LiveWorld(server, names, source, target, Rows(chance, both, start=1, step=2), writes)


@dataclass(frozen=True)
class Way:
    """The names of one stream's objects."""

    publication: str
    slot: str
    subscription: str


@contextmanager
def streaming(
    upstream: psycopg.Connection, connection: str, downstream: psycopg.Connection, way: Way
) -> Iterator[None]:
    """From one database to another of the same server, until the block ends."""
    upstream.execute(f"CREATE PUBLICATION {way.publication} FOR ALL TABLES".encode())
    upstream.execute("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", [way.slot])
    downstream.execute(
        sql.SQL(
            "CREATE SUBSCRIPTION {} CONNECTION {} PUBLICATION {} WITH"
            " (create_slot = false, slot_name = {}, copy_data = false)"
        ).format(
            sql.Identifier(way.subscription),
            sql.Literal(connection),
            sql.Identifier(way.publication),
            sql.Literal(way.slot),
        )
    )
    try:
        yield
    finally:
        downstream.execute(f"ALTER SUBSCRIPTION {way.subscription} DISABLE".encode())
        downstream.execute(f"ALTER SUBSCRIPTION {way.subscription} SET (slot_name = NONE)".encode())
        downstream.execute(f"DROP SUBSCRIPTION {way.subscription}".encode())
        _drop_slot(upstream, way.slot)


def _drop_slot(source: psycopg.Connection, slot: str) -> None:
    """The walsender needs a moment to leave it."""
    for _ in range(100):
        try:
            source.execute("SELECT pg_drop_replication_slot(%s)", [slot])
        except psycopg.errors.ObjectInUse:
            time.sleep(0.1)
        else:
            return


def catch_up(source: psycopg.Connection, names: MoveNames) -> None:
    """Wait until the target shows all that is committed now."""
    row = source.execute("SELECT pg_current_wal_lsn()").fetchone()
    assert row is not None
    deadline = time.monotonic() + _CAUGHT_UP_S
    while time.monotonic() < deadline:
        found = source.execute(
            "SELECT r.replay_lsn >= %s::pg_lsn FROM pg_replication_slots s"
            " JOIN pg_stat_replication r ON r.pid = s.active_pid WHERE slot_name = %s",
            [row[0], names.slot],
        ).fetchone()
        if found is not None and found[0]:
            return
        time.sleep(0.005)
    raise AssertionError("the stream does not catch up")


def _write(server: PostgresSource, chance: Random, stop: threading.Event, writes: list[int], number: int) -> None:
    """Every sort of change, to rows of even numbers; one row again and again; some in larger transactions."""
    with server.connect(SOURCE) as session:
        while not stop.is_set():
            statements = [_statement(chance) for _ in range(chance.choice((1, 1, 1, 5, 40)))]
            with suppress(psycopg.errors.DeadlockDetected), session.transaction():
                for statement in statements:
                    session.execute(statement.encode())
            writes[number] += 1
            time.sleep(chance.choice((0, 0, 0.002, 0.01)))


def _statement(chance: Random) -> str:
    row = 2 * chance.randint(1, schema.ROWS // 2)
    value = chance.randrange(10**6)
    return chance.choice(
        (
            f"UPDATE kinds SET t = 'ghi {value}', i8 = {value} WHERE id = 2",
            f"UPDATE kinds SET t = 'ghi {value}', n = {value}.0, iv = '{value} seconds' WHERE id = {row}",
            f"DELETE FROM kinds WHERE id = {row}",
            f"INSERT INTO kinds (id, t, f8) VALUES ({row}, 'mới', {value} / 7.0) ON CONFLICT DO NOTHING",
            f'UPDATE {schema.DECREES} SET "Ghi, chú" = \'{value}\' WHERE "Số ""2""" = {row}',
            f"INSERT INTO nhat_ky VALUES ({chance.randrange(20)}, 'việc {value % 40}', 1.0)",
            f"UPDATE nhat_ky SET so = so + 1 WHERE ctid ="
            f" (SELECT min(ctid) FROM nhat_ky WHERE may = {value % 20})",
            f"DELETE FROM nhat_ky WHERE ctid = (SELECT ctid FROM nhat_ky WHERE may = {value % 20} LIMIT 1)",
            f"UPDATE ket_hon SET ai = 'ai {value}' WHERE id = {2 * chance.randint(1, schema.MARRIAGES // 2)}",
            f"UPDATE con SET ghi = 'n{value}', khoa = {value} WHERE id = {row}",
            f"INSERT INTO con (cha_id, ghi) VALUES ({2 * chance.randint(1, schema.PARENTS // 2)}, 'mới')",
        )
    )
