"""The onboarding room's `MoveEnd`, by PostgreSQL's own protocol; wiring hands it over."""

from collections.abc import Sequence

from ndcops.adapters.postgres_servers.session import Session, StatementFailed
from ndcops.adapters.postgres_servers.switching.decoded import decoded_transactions, lsn_number, lsn_text
from ndcops.adapters.postgres_servers.switching.facts import end_facts, prepared_transactions
from ndcops.adapters.postgres_servers.switching.fence import Fence
from ndcops.adapters.postgres_servers.switching.former_leaders import drop_left_over
from ndcops.adapters.postgres_servers.switching.sentinel import Sentinels
from ndcops.adapters.postgres_servers.switching.sequences import Sequences
from ndcops.adapters.postgres_servers.switching.sessions import EndSessions, quoted
from ndcops.adapters.postgres_servers.switching.streams import Streams
from ndcops.model.cutover import (
    Admitted,
    EndFacts,
    FenceState,
    Intrusion,
    SequenceValue,
    SlotState,
    Stream,
    SubscriptionState,
)
from ndcops.model.errors import Refused
from ndcops.model.failover import Unreachable

TIMEOUT_S = 5.0
PATIENT_S = 60.0
"""For what waits until others have ended: a slot's creation, a subscription's."""

_PEEK = """
SELECT data FROM pg_logical_slot_peek_binary_changes($1, NULL, NULL,
    'proto_version', '1', 'publication_names', $2)
"""

_LOOK_S = 2.0
"""At members that are not needed: one of a lost site answers nothing."""

_IN_USE, _NO_SLOT, _NOT_READY = "55006", "42704", "55000"  # PostgreSQL docs, appendix A


class PostgresEnd:
    """words: libpq's, without a password. schema: of our own tables. others: of its cluster's other members."""

    def __init__(
        self,
        words: str,
        schema: str,
        *,
        timeout_s: float = TIMEOUT_S,
        patient_s: float = PATIENT_S,
        others: Sequence[str] = (),
    ) -> None:
        self._timeout_s = timeout_s
        self._others = others
        self._sessions = EndSessions(words, schema, timeout_s=timeout_s, patient_s=patient_s)
        self._schema = schema
        self._fence = Fence(self._sessions, schema)
        self._sentinels = Sentinels(self._sessions, schema)
        self._sequences = Sequences(self._sessions, schema)
        self._streams = Streams(self._sessions, schema)
        self._last_xid = 0
        self._first_pid = 0

    def facts(self, outgoing: Stream, incoming: Stream) -> EndFacts:
        """See the port, here and below."""
        return end_facts(self._sessions, self._schema, outgoing, incoming)

    def database(self) -> str:
        """What its server calls it; the words may leave that to a service file."""
        return self._sessions.name()

    def close(self) -> None:
        self._sessions.close()

    def lock_out(self, run: str) -> None:
        self._fence.lock_out(run)

    def bar_door(self) -> bool:
        return self._fence.bar()

    def unbar_door(self) -> None:
        self._fence.unbar()

    def put_out(self, ours: Sequence[str]) -> int:
        return self._fence.put_out(ours)

    def prepared(self) -> tuple[str, ...]:
        return prepared_transactions(self._sessions)

    def mark_proven(self) -> None:
        self._fence.mark_proven()
        self._last_xid, self._first_pid = self._take_xid(), self._sessions.inside().pid

    def fence(self) -> FenceState:
        return self._fence.state()

    def lift(self, admits: Sequence[Admitted] = ()) -> None:
        self._fence.lift(admits)

    def make_room(self) -> None:
        self._sentinels.make_room()
        self._fence.make_room()

    def publish_sentinel(self, publication: str) -> None:
        self._sentinels.publish(publication)

    def follow_sentinel(self, subscription: str) -> None:
        self._sentinels.follow(subscription)

    def send_sentinel(self, token: str) -> None:
        follows = bool(self._last_xid) and self._take_xid() == self._last_xid + 1
        self._sentinels.send(token)
        self._last_xid = self._last_xid + 2 if follows else 0  # the row's own number is checked by the next look

    def has_sentinel(self, token: str) -> bool:
        return self._sentinels.has(token)

    def seal(self) -> str:
        return self._sentinels.seal()

    def sequences(self) -> tuple[SequenceValue, ...]:
        return self._sequences.read()

    def set_sequences(self, values: Sequence[SequenceValue]) -> None:
        self._sequences.set(values)

    def behind(self) -> tuple[str, ...]:
        return self._sequences.behind()

    def published(self, publication: str) -> tuple[tuple[str, str], ...]:
        return self._streams.published(publication)

    def unpublished(self, publication: str) -> tuple[str, ...]:
        return self._streams.unpublished(publication)

    def begin_stream(self, stream: Stream, tables: Sequence[tuple[str, str]]) -> None:
        self._streams.begin(stream, tables)

    def watch(self, stream: Stream) -> None:
        self._streams.watch(stream)

    def unwatch(self, stream: Stream) -> None:
        self._streams.unwatch(stream)

    def end_stream(self, stream: Stream, connection: str) -> None:
        self._streams.end(stream, connection)

    def subscription(self, name: str) -> SubscriptionState | None:
        return self._streams.subscription(name)

    def slot(self, name: str) -> SlotState | None:
        return self._streams.slot(name)

    def halt(self, subscription: str) -> bool:
        return self._streams.halt(subscription)

    def start(self, subscription: str, lsn: str) -> None:
        if self._fence.streams_from():
            self._streams.go_on(subscription)
        else:
            self._streams.start(subscription, lsn, self._fence.keep_streams_from(lsn))

    def stop_back(self, subscription: str) -> bool:
        """Halt it, and forget where it started: the next start is a first one."""
        gone = self._streams.halt(subscription)
        if gone:
            self._sessions.together(self._fence.forget_streams_from())
        return gone

    def go_on(self, subscription: str) -> None:
        self._streams.go_on(subscription)

    def untouched(self) -> bool:
        """Transaction numbers follow one another, and no row is written without one: if the next number is ours
        again, nobody had one in between. Sequences take some without (they are read again).
        """
        if not self._last_xid or self._first_pid != self._sessions.inside().pid:
            return False
        found, expected = self._take_xid(), self._last_xid + 1
        self._last_xid = found if found == expected else 0
        return found == expected

    def intrusions(self, stream: Stream) -> tuple[Intrusion, ...]:
        proven = self._fence.state().proven
        if not proven:
            raise Refused("since when the fence holds is not known", resolution="run the same command again")
        try:
            rows = self._sessions.patiently(_PEEK, stream.watch, quoted(stream.publication))
        except StatementFailed as error:
            if error.state == _IN_USE:
                raise Unreachable(error.message) from error
            if error.state not in (_NO_SLOT, _NOT_READY):
                raise
            raise Refused(
                f"what was written behind the fence is not known: {error.message}",
                resolution="ndcops agency verify compares the rows of both ends",
            ) from error
        messages = [bytes.fromhex(str(data)[2:]) for (data,) in rows]
        since = lsn_number(proven)
        return tuple(
            Intrusion(
                xid=each.xid,
                commit_lsn=lsn_text(each.commit_lsn),
                tables=tuple(sorted(f"{schema}.{name}" for schema, name in each.tables)),
                changes=sum(each.tables.values()),
            )
            for each in decoded_transactions(messages)
            if each.commit_lsn >= since
            and not each.origin
            and any(schema != self._schema for schema, _ in each.tables)
        )

    def drop_subscription(self, name: str) -> None:
        self._streams.drop_subscription(name)

    def drop_stream(self, stream: Stream) -> tuple[str, ...]:
        self._streams.drop(stream)
        return drop_left_over(stream, self._others, timeout_s=min(self._timeout_s, _LOOK_S))

    def try_write(self) -> str:
        try:
            with self._sessions.new() as session:
                return self._write_and_take_back(session)
        except (Unreachable, StatementFailed) as error:
            return error.message

    def _write_and_take_back(self, session: Session) -> str:
        session.run("BEGIN")
        session.run(f"INSERT INTO {quoted(self._schema)}.sentinel (token, lsn) VALUES ('try', '')")  # noqa: S608
        session.run("ROLLBACK")
        return ""

    def _take_xid(self) -> int:
        return int(self._sessions.value("SELECT pg_current_xact_id()"))
