"""Two copies of a moved database on the centre's server, one playing the source, for a rehearsal."""

import time
from contextlib import suppress
from hashlib import sha256

from ndcops.adapters.postgres_servers.session import Session, StatementFailed
from ndcops.adapters.postgres_servers.switching.sessions import BESIDE, quoted
from ndcops.adapters.postgres_servers.switching.writer import WRITTEN, WRITTEN_MADE, CloneWriter
from ndcops.adapters.postgres_servers.words import with_database
from ndcops.model.cutover import WriterFindings
from ndcops.model.errors import NdcopsError
from ndcops.model.failover import Unreachable
from ndcops.model.move import Move

COPY_S = 3600.0
"""A copy of a database reads and writes all of it; its server does it at disk speed."""

_TIMEOUT_S = 10.0
_READ_S, _LOOK_S = 30.0, 0.1
_PREFIX = "ndcops_rehearsal_"
_SUFFIX = "-rehearsal"

_OWN_SUBSCRIPTIONS = """
SELECT s.subname FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid
WHERE d.datname = current_database()
"""

_TABLES = """
SELECT n.nspname, c.relname FROM pg_subscription s JOIN pg_subscription_rel r ON r.srsubid = s.oid
JOIN pg_class c ON c.oid = r.srrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE s.subname = $1 AND n.nspname <> $2 ORDER BY 1, 2
"""


class PostgresClones:
    """The room's `Clones`. All that is made carries a name of ours, and is found again by it after a kill."""

    def __init__(self) -> None:
        self._writer: CloneWriter | None = None

    def make(self, move: Move) -> Move:
        """See the port. The stream into the target stands still while it is copied, and goes on."""
        self.remove(move)
        clone = cloned(move)
        names = move.names
        with self._session(move.target) as inside, self._beside(move) as beside:
            database = str(inside.run("SELECT current_database()")[0][0])
            tables = [(str(a), str(b)) for a, b in inside.run(_TABLES, [names.subscription, names.schema])]
            inside.run(f"ALTER SUBSCRIPTION {quoted(names.subscription)} DISABLE")
        try:
            first, second = (quoted(name) for name in _databases(move))
            with self._beside(move) as beside:
                _copy(beside, first, quoted(database))
        finally:
            self.go_on(move)
        with self._beside(move) as beside:
            _copy(beside, second, first)
        self._stream(clone, tables, names.schema)
        self._await_reader(clone)
        return clone

    def write(self, clone: Move) -> None:
        """See the port."""
        self._writer = CloneWriter(clone.source, clone.target)
        self._writer.start()

    def written(self, clone: Move) -> WriterFindings:
        """See the port."""
        if self._writer is None:
            raise NdcopsError("nobody wrote")
        found = self._writer.stop(clone.source)
        self._writer = None
        return found

    def go_on(self, move: Move) -> None:
        """See the port."""
        name = move.names.subscription
        with self._session(move.target) as inside:
            if inside.run("SELECT 1 FROM pg_subscription WHERE subname = $1 AND NOT subenabled", [name]):
                inside.run(f"ALTER SUBSCRIPTION {quoted(name)} ENABLE")

    def remove(self, move: Move) -> None:
        """See the port."""
        if self._writer is not None:
            self._writer.stop(None)
            self._writer = None
        for name in _databases(move):
            self._unsubscribe(move, name)
        with self._beside(move) as beside:
            for name in _databases(move):
                beside.run(
                    "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots "
                    "WHERE database = $1 AND NOT active",
                    [name],
                )
                beside.run(f"DROP DATABASE IF EXISTS {quoted(name)} WITH (FORCE)", timeout_s=60)

    def _unsubscribe(self, move: Move, name: str) -> None:
        """A database with a subscription cannot be dropped."""
        with self._beside(move) as beside:
            if not beside.run("SELECT 1 FROM pg_database WHERE datname = $1", [name]):
                return
            beside.run(f"ALTER DATABASE {quoted(name)} WITH ALLOW_CONNECTIONS true")
        with self._session(with_database(move.target, name)) as session:
            session.run("SET default_transaction_read_only = off")
            for (subscription,) in session.run(_OWN_SUBSCRIPTIONS):
                words = f"ALTER SUBSCRIPTION {quoted(str(subscription))}"
                session.run(f"{words} DISABLE")
                session.run(f"{words} SET (slot_name = NONE)")
                session.run(f"DROP SUBSCRIPTION {quoted(str(subscription))}", timeout_s=60)

    def _stream(self, clone: Move, tables: list[tuple[str, str]], copied_schema: str) -> None:
        """The forward stream between both copies, and a table for the writer."""
        schema, names = quoted(clone.names.schema), clone.names
        for words in (clone.source, clone.target):
            with self._session(words) as session:
                session.run(f"DROP SCHEMA IF EXISTS {quoted(copied_schema)} CASCADE")
                for statement in (f"CREATE SCHEMA {schema}", *WRITTEN_MADE):
                    session.run(statement)
        places = [f"{quoted(a)}.{quoted(b)}" for a, b in tables] + [WRITTEN]
        with self._session(clone.source) as session:
            session.run(f"CREATE PUBLICATION {quoted(names.publication)} FOR TABLE {', '.join(places)}")
            session.run("SELECT pg_create_logical_replication_slot($1, 'pgoutput')", [names.slot], timeout_s=60)
        with self._session(clone.target) as session:
            text = clone.source_for_target.replace("\\", "\\\\").replace("'", "''")
            session.run(
                f"CREATE SUBSCRIPTION {quoted(names.subscription)} CONNECTION E'{text}' PUBLICATION "
                f"{quoted(names.publication)} WITH (slot_name = {quoted(names.slot)}, create_slot = false, "
                "copy_data = false)",
                timeout_s=60,
            )

    def _await_reader(self, clone: Move) -> None:
        """A busy server starts the subscription's worker late; one without a free worker never does."""
        reads = "SELECT 1 FROM pg_replication_slots WHERE slot_name = $1 AND active"
        deadline_s = time.monotonic() + _READ_S
        with self._session(clone.source) as session:
            while not session.run(reads, [clone.names.slot]):
                if time.monotonic() > deadline_s:
                    raise NdcopsError(
                        f"nobody began to read the copies' stream within {_READ_S:.0f} s",
                        details=["its server may have no free worker: max_logical_replication_workers"],
                        resolution=f"ndcops agency rehearse {clone.agency}",
                    )
                time.sleep(_LOOK_S)

    def _session(self, words: str) -> Session:
        session = Session(words, timeout_s=_TIMEOUT_S)
        session.run("SET default_transaction_read_only = off")
        return session

    def _beside(self, move: Move) -> Session:
        for name in BESIDE:
            with suppress(Unreachable):
                return self._session(with_database(move.target, name))
        raise Unreachable("no other database of the target's server lets us in")


def cloned(move: Move) -> Move:
    """Both copies as ends of a move of their own."""
    first, second = _databases(move)
    return move.model_copy(
        update={
            "database": move.database[: 63 - len(_SUFFIX)].rstrip("-") + _SUFFIX,
            "source": with_database(move.target, first),
            "target": with_database(move.target, second),
            "source_for_target": with_database(move.target, first),
            "target_for_source": with_database(move.target, second),
            "target_members": (),
        }
    )


def _databases(move: Move) -> tuple[str, str]:
    digest = sha256(move.id.encode()).hexdigest()[:12]
    return f"{_PREFIX}{digest}_a", f"{_PREFIX}{digest}_b"


def _copy(beside: Session, name: str, template: str) -> None:
    """Raises NdcopsError while somebody is inside the template."""
    try:
        beside.run(f"CREATE DATABASE {name} TEMPLATE {template}", timeout_s=COPY_S)
    except StatementFailed as error:
        raise NdcopsError(
            f"{template} could not be copied: {error.message}",
            details=["nobody may be inside it meanwhile"],
            resolution="end those sessions, then run the same command again",
        ) from error
