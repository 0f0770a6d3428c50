"""Both ends of a move in memory: rows, streams that apply in order, fences; kills between any two calls."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ndcops.model.cutover import (
    Admitted,
    End,
    EndFacts,
    FenceState,
    Intrusion,
    SequenceValue,
    SlotState,
    Stream,
    SubscriptionState,
)
from ndcops.model.errors import Refused

PUBLIC = (Admitted(role=""),)


@dataclass
class _Following:
    """at: how much of the other end's log was applied."""

    enabled: bool
    at: int


@dataclass
class FakeEnd:
    """log: what was committed here, in order, with whether it began here. rows: how often each row is there."""

    end: End
    calls: Callable[[str], None] = lambda _: None
    log: list[tuple[str, bool]] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    numbers: dict[str, tuple[int, bool]] = field(default_factory=dict)
    following: dict[str, _Following] = field(default_factory=dict)
    slots: dict[str, int] = field(default_factory=dict)
    publications: set[str] = field(default_factory=set)
    sentinels: set[str] = field(default_factory=set)
    waiting: tuple[str, ...] = ()
    fenced: bool = False
    barred: bool = False
    admitted: tuple[Admitted, ...] = PUBLIC
    proven: int | None = None
    streams_from: str = ""
    other: "FakeEnd | None" = None

    def __getattribute__(self, name: str) -> Any:
        found = object.__getattribute__(self, name)
        if name in _PORT:
            object.__getattribute__(self, "calls")(f"{object.__getattribute__(self, 'end')}.{name}")
        return found

    def write(self, row: str, *, overrides: bool = False) -> bool:
        """An application's write, or a superuser's that overrides the fence; whether it was taken."""
        if self.fenced and not overrides:
            return False
        self._commit(row, here=True)
        return True

    def _commit(self, row: str, *, here: bool) -> None:
        self.log.append((row, here))
        self.rows[row] = self.rows.get(row, 0) + 1

    def pump(self) -> None:
        """Apply what the other end committed, in its order; a stream without `origin` sends everything."""
        assert self.other is not None
        for each in self.following.values():
            while each.enabled and each.at < len(self.other.log):
                self._commit(self.other.log[each.at][0], here=False)
                each.at += 1

    def facts(self, outgoing: Stream, incoming: Stream) -> EndFacts:
        return EndFacts(
            version=180004,
            in_recovery=False,
            fenceable=True,
            may_stream=True,
            wal_level="logical",
            free_slots=5,
            sessions=0,
            prepared=self.waiting,
            sequences=tuple(self.numbers),
            admitted=self.admitted,
            fence=FenceState(fenced=self.fenced),
            slot=self.slot(outgoing.slot),
            subscription=self.subscription(incoming.subscription),
        )

    def database(self) -> str:
        return "x"

    def close(self) -> None: ...

    def make_room(self) -> None: ...

    def lock_out(self, run: str) -> None:
        self.fenced = True

    def bar_door(self) -> bool:
        self.barred = True
        return True

    def unbar_door(self) -> None:
        self.barred = False

    def put_out(self, ours: Sequence[str]) -> int:
        return 0

    def prepared(self) -> tuple[str, ...]:
        return self.waiting

    def mark_proven(self) -> None:
        self.proven = len(self.log) if self.proven is None else self.proven

    def fence(self) -> FenceState:
        return FenceState(fenced=self.fenced, proven="" if self.proven is None else f"0/{self.proven:X}")

    def lift(self, admits: Sequence[Admitted] = ()) -> None:
        self.barred = self.fenced = False
        self.proven, self.streams_from = None, ""
        self.admitted = tuple(admits) or self.admitted

    def publish_sentinel(self, publication: str) -> None: ...

    def follow_sentinel(self, subscription: str) -> None: ...

    def send_sentinel(self, token: str) -> None:
        self.sentinels.add(token)
        if token not in self.rows:
            self._commit(token, here=True)

    def has_sentinel(self, token: str) -> bool:
        self.pump()
        return token in self.rows

    def seal(self) -> str:
        return f"0/{len(self.log):X}"

    def sequences(self) -> tuple[SequenceValue, ...]:
        return tuple(
            SequenceValue(table_schema="public", name=name, last_value=last, is_called=called)
            for name, (last, called) in sorted(self.numbers.items())
        )

    def set_sequences(self, values: Sequence[SequenceValue]) -> None:
        self.numbers |= {each.name: (each.last_value, each.is_called) for each in values}

    def behind(self) -> tuple[str, ...]:
        return ()

    def published(self, publication: str) -> tuple[tuple[str, str], ...]:
        return (("public", "rows"),)

    def unpublished(self, publication: str) -> tuple[str, ...]:
        return ()

    def begin_stream(self, stream: Stream, tables: Sequence[tuple[str, str]]) -> None:
        self.publications.add(stream.publication)
        self.slots.setdefault(stream.slot, len(self.log))

    def watch(self, stream: Stream) -> None:
        self.slots[stream.watch] = len(self.log)

    def unwatch(self, stream: Stream) -> None:
        self.slots.pop(stream.watch, None)

    def end_stream(self, stream: Stream, connection: str) -> None:
        assert self.other is not None
        self.following.setdefault(stream.subscription, _Following(enabled=False, at=self.other.slots[stream.slot]))

    def subscription(self, name: str) -> SubscriptionState | None:
        found = self.following.get(name)
        if found is None:
            return None
        return SubscriptionState(enabled=found.enabled, running=found.enabled, tables={"rows": "r"})

    def slot(self, name: str) -> SlotState | None:
        return SlotState(active=True, lost=False, lag_bytes=0) if name in self.slots else None

    def halt(self, subscription: str) -> bool:
        if subscription in self.following:
            self.following[subscription].enabled = False
        return True

    def start(self, subscription: str, lsn: str) -> None:
        found = self.following[subscription]
        if not self.streams_from:
            found.at, self.streams_from = int(lsn.partition("/")[2], 16), lsn
        found.enabled = True

    def stop_back(self, subscription: str) -> bool:
        self.streams_from = ""
        return self.halt(subscription)

    def go_on(self, subscription: str) -> None:
        self.following[subscription].enabled = True

    def intrusions(self, stream: Stream) -> tuple[Intrusion, ...]:
        if stream.watch not in self.slots or self.proven is None:
            raise Refused("not known")
        late = [row for row, here in self.log[self.proven :] if here and row not in self.sentinels]
        return tuple(Intrusion(xid=1, commit_lsn="0/1", tables=("public.rows",), changes=1) for _ in late)

    def untouched(self) -> bool:
        return False

    def drop_subscription(self, name: str) -> None:
        self.following.pop(name, None)

    def drop_stream(self, stream: Stream) -> tuple[str, ...]:
        for name in (stream.slot, stream.watch):
            self.slots.pop(name, None)
        self.publications.discard(stream.publication)
        return ()

    def try_write(self) -> str:
        return "read-only" if self.fenced else ""


_PORT = frozenset(
    name
    for name, member in vars(FakeEnd).items()
    if callable(member) and not name.startswith("_") and name not in ("write", "pump", "calls")
)


def fake_ends(forward: Stream) -> tuple[FakeEnd, FakeEnd]:
    """Source and target with a forward stream that runs."""
    source, target = FakeEnd(End.SOURCE), FakeEnd(End.TARGET)
    source.other, target.other = target, source
    source.publications.add(forward.publication)
    source.slots[forward.slot] = 0
    target.following[forward.subscription] = _Following(enabled=True, at=0)
    source.numbers = {"tickets": (41, True)}
    target.numbers = {"tickets": (1, False)}
    return source, target
