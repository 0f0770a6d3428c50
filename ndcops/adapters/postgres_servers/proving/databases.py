"""The onboarding room's `ProvenDatabases`: sessions on either side, several to scan at once."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, nullcontext

from psycopg import sql

from ndcops.adapters.postgres_servers.proving import questions, statements, streams
from ndcops.adapters.postgres_servers.proving.facts import read_facts
from ndcops.adapters.postgres_servers.proving.orphans import find_orphans
from ndcops.adapters.postgres_servers.proving.session import Limits, ProofSession, proof_session
from ndcops.model.proving import (
    DatabaseFacts,
    ForeignKey,
    FoundRow,
    ItemState,
    LargeObject,
    Orphans,
    ProvenTable,
    RowForm,
    Slice,
    StreamState,
    SubscriptionState,
)

OnSlice = Callable[[int], None]
Sums = list[tuple[int, int, int]]


class PostgresProvenDatabases:
    """Opens them."""

    @contextmanager
    def open(
        self, connection: str, role: str, limits: Limits, *, moment: str = ""
    ) -> Iterator["PostgresProvenDatabase"]:
        """role: `source` or `target`. moment: all is asked of that exported snapshot, not of now.

        Raises InvalidInput, NdcopsError without a connection.
        """
        with ExitStack() as stack:

            def connect() -> ProofSession:
                return stack.enter_context(proof_session(connection, role, limits, moment))

            yield PostgresProvenDatabase(role, connect(), limits.lanes, connect)


class PostgresProvenDatabase:
    """One side. The first session asks; the further lanes are opened when a table has enough slices for them."""

    def __init__(self, role: str, first: ProofSession, lanes: int, connect: Callable[[], ProofSession]) -> None:
        self._role = role
        self._first = first
        self._sessions = [first]
        self._lanes = lanes
        self._connect = connect
        self._beside: ProofSession | None = None
        """The first session is within a moment while it waits for the stream, and could not commit."""

    @property
    def name(self) -> str:
        """How messages name it."""
        return self._role

    def facts(self, *, ours: str) -> DatabaseFacts:
        """What it is made of, without the schema of our own."""
        return read_facts(self._first, ours)

    @contextmanager
    def snapshot(self) -> Iterator["PostgresSnapshot"]:
        """A moment of it, until the block ends."""
        with self._first.moment():
            yield PostgresSnapshot(self._first, self._lanes_for)

    def look(self, table: ProvenTable, form: RowForm, keys: Sequence[tuple[str, ...]]) -> tuple[ItemState, ...]:
        """The rows of each key now, in the keys' order."""
        query = (
            statements.look_by_key(table, form, keys)
            if form.key
            else statements.look_by_hash(table, form, [int(key[0]) for key in keys])
        )
        return tuple(
            ItemState(row["count"], int(row["hash"]), int(row["version"])) for row in self._first.rows(query)
        )

    def large_objects(self) -> Iterator[LargeObject]:
        """All of them, in ascending order of oid."""
        with self._first.moment():
            query = sql.SQL(questions.LARGE_OBJECTS)
            for row in self._first.long("objects", query):
                yield LargeObject(row["oid"], row["sha256"], row["rights"])

    def orphans(self, key: ForeignKey) -> Orphans:
        """Rows whose parent is not there."""
        return find_orphans(self._first, key)

    def position(self) -> int:
        """Where its WAL ends, in bytes."""
        return streams.position(self._first)

    def nudge(self) -> None:
        """See that what lies before now is flushed, and so sent, though no commit asks for it."""
        if self._beside is None:
            self._beside = self._connect()
        streams.nudge(self._beside)

    def subscription(self, name: str) -> SubscriptionState | None:
        """The subscription of this database; None when there is none of that name."""
        return streams.subscription(self._first, name)

    def stream(self, slot: str) -> StreamState | None:
        """How far the other side applied what goes out by this slot; None when there is no such slot."""
        return streams.stream(self._first, slot)

    def interrupt(self) -> None:
        """End whatever is being asked, from any thread."""
        for session in self._sessions:
            session.interrupt()

    def _lanes_for(self, slices: int) -> list[ProofSession]:
        """As many sessions as can work at once."""
        wanted = max(1, min(self._lanes, slices))
        while len(self._sessions) < wanted:
            self._sessions.append(self._connect())
        return self._sessions[:wanted]


class PostgresSnapshot:
    """One moment of one side. It is held by the first session; the other lanes join it while they scan."""

    def __init__(self, first: ProofSession, lanes_for: Callable[[int], list[ProofSession]]) -> None:
        self._first = first
        self._lanes_for = lanes_for

    def scan(
        self, table: ProvenTable, form: RowForm, slices: Sequence[Slice], on_slice: OnSlice
    ) -> Iterator[tuple[int, int, int]]:
        """(bucket, count, sum of hashes) of all slices, several of one bucket."""
        lanes = self._lanes_for(len(slices))
        if len(lanes) == 1:
            for place, piece in enumerate(slices):
                yield from _sums(self._first, table, form, piece)
                on_slice(place)
            return
        moment = self._first.rows("SELECT pg_export_snapshot() AS moment")[0]["moment"]
        waiting, guard = iter(enumerate(slices)), threading.Lock()

        def work(lane: ProofSession) -> Sums:
            with nullcontext() if lane is self._first else lane.moment(moment):
                found: Sums = []
                while True:
                    with guard:
                        place, piece = next(waiting, (0, None))
                    if piece is None:
                        return found
                    found += _sums(lane, table, form, piece)
                    on_slice(place)

        with ThreadPoolExecutor(len(lanes)) as pool:
            for found in [pool.submit(work, lane) for lane in lanes]:
                yield from found.result()

    def rows(self, table: ProvenTable, form: RowForm, buckets: Sequence[int]) -> Iterator[FoundRow]:
        """The rows of these buckets, in ascending order of hash; asked for at once, brought as they are read."""
        bits = bytearray((form.buckets + 7) // 8)
        for number in buckets:
            bits[number // 8] |= 1 << (number % 8)
        names = [f"k{number}" for number in range(len(form.key))]
        found = self._first.long("differing", statements.rows_of_buckets(table, form, bytes(bits)))
        return (FoundRow(row["hash"], tuple(row[name] for name in names), row["place"]) for row in found)


def _sums(session: ProofSession, table: ProvenTable, form: RowForm, piece: Slice) -> Sums:
    query = statements.scan(table.parts[piece.part], form, piece)
    return [(row["bucket"], row["rows"], int(row["total"])) for row in session.rows(query)]
