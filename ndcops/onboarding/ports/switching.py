"""What a change of the writing end needs from outside: either end of the move, the names, a clock.

Every method raises Unreachable when no answer comes in time (a write may then have taken effect or not), and may
be called again: it looks at what is and does what is missing.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

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
from ndcops.workflow.journal import Journal


class MoveEnd(Protocol):
    """One end of a move: the database, and its server as far as the move needs it. `outgoing` and `incoming`
    streams begin and end here.
    """

    def facts(self, outgoing: Stream, incoming: Stream) -> EndFacts:
        """Everything that the plan judges."""
        ...

    def database(self) -> str:
        """What its server calls it."""
        ...

    def close(self) -> None:
        """Drop every connection."""
        ...

    def lock_out(self, run: str) -> None:
        """Take CONNECT from everybody and make sessions read-only, remembering how it was; in one transaction."""
        ...

    def bar_door(self) -> bool:
        """Let nobody in, superusers neither (ALLOW_CONNECTIONS false); False where that cannot be done."""
        ...

    def unbar_door(self) -> None:
        """Let in again those who may connect."""
        ...

    def put_out(self, ours: Sequence[str]) -> int:
        """End the sessions of all others; gives how many were still there. ours: subscriptions that go on."""
        ...

    def prepared(self) -> tuple[str, ...]:
        """Prepared transactions of the database: they outlive their sessions."""
        ...

    def mark_proven(self) -> None:
        """Remember where in the WAL the fence was first seen to hold."""
        ...

    def fence(self) -> FenceState:
        """The fence as it is."""
        ...

    def lift(self, admits: Sequence[Admitted] = ()) -> None:
        """Everything as `lock_out` found it; with `admits` these may connect instead of those who could before."""
        ...

    def make_room(self) -> None:
        """Our own schema and tables, where they are missing."""
        ...

    def publish_sentinel(self, publication: str) -> None:
        """Add the sentinel's table to a publication, unless it publishes all."""
        ...

    def follow_sentinel(self, subscription: str) -> None:
        """Take the sentinel's table into a subscription that does not have it yet."""
        ...

    def send_sentinel(self, token: str) -> None:
        """Commit a row that the other end waits for."""
        ...

    def has_sentinel(self, token: str) -> bool:
        """Whether that row is here: then every transaction committed before it is."""
        ...

    def seal(self) -> str:
        """Make all that was applied here durable, at the standby too; gives the WAL's end as an LSN."""
        ...

    def sequences(self) -> tuple[SequenceValue, ...]:
        """Every sequence, exactly."""
        ...

    def set_sequences(self, values: Sequence[SequenceValue]) -> None:
        """Bring sequences to these values."""
        ...

    def behind(self) -> tuple[str, ...]:
        """Sequences that would give a number that their column already has."""
        ...

    def published(self, publication: str) -> tuple[tuple[str, str], ...]:
        """Schema and name of the tables of agencies that a publication holds."""
        ...

    def unpublished(self, publication: str) -> tuple[str, ...]:
        """Tables of agencies whose rows a publication leaves out."""
        ...

    def begin_stream(self, stream: Stream, tables: Sequence[tuple[str, str]]) -> None:
        """Publication and slot, where they are missing."""
        ...

    def watch(self, stream: Stream) -> None:
        """A slot that nobody reads, for `intrusions`; one of an earlier try is made anew."""
        ...

    def unwatch(self, stream: Stream) -> None:
        """Remove it."""
        ...

    def end_stream(self, stream: Stream, connection: str) -> None:
        """A subscription that is not enabled yet and copies nothing, where it is missing.

        connection: of the end where the stream begins, as this server reaches it.
        """
        ...

    def subscription(self, name: str) -> SubscriptionState | None:
        """None when there is none."""
        ...

    def slot(self, name: str) -> SlotState | None:
        """None when there is none."""
        ...

    def halt(self, subscription: str) -> bool:
        """Disable a subscription; gives whether its worker is gone."""
        ...

    def start(self, subscription: str, lsn: str) -> None:
        """Enable a subscription; the first time since the fence it begins after `lsn`, leaving out all before."""
        ...

    def stop_back(self, subscription: str) -> bool:
        """Halt a subscription, and forget where it started: its next start is a first one."""
        ...

    def go_on(self, subscription: str) -> None:
        """Enable a subscription where it stopped."""
        ...

    def intrusions(self, stream: Stream) -> tuple[Intrusion, ...]:
        """What was committed here by others since the fence was proven, by the slot that watches.

        Raises Refused when the slot is gone or its WAL is: then it is not known.
        """
        ...

    def untouched(self) -> bool:
        """Whether the server gave out no transaction number but ours since the fence was proven: then nothing was
        written. False also when this cannot be told.
        """
        ...

    def drop_subscription(self, name: str) -> None:
        """Remove a subscription, leaving the other end's slot alone."""
        ...

    def drop_stream(self, stream: Stream) -> tuple[str, ...]:
        """Remove publication and slot, also what a former leader kept of it; gives members that did not answer."""
        ...

    def try_write(self) -> str:
        """Write a row as a new session would and take it back; gives why it failed, or nothing."""
        ...


class Journals(Protocol):
    """Journals of this target's runs, by the command that writes them.

    Titles begin with two words, room and verb; the others name the subject.
    """

    @property
    def place(self) -> str:
        """Where they are, and so who can go on with a run that was cut off; for people."""
        ...

    def alone(self, title: str) -> AbstractContextManager[None]:
        """Nobody else writes journals of this subject while the block lasts. Raises Refused when somebody does."""
        ...

    def new(self, title: str) -> Journal:
        """An empty one."""
        ...

    def last(self, title: str) -> Journal | None:
        """The newest of that title; None when there is none."""
        ...


class SwitchClock(Protocol):
    """Time, as the steps wait by it."""

    def monotonic_s(self) -> float:
        """Seconds that only grow."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait. Raises Interrupted after Ctrl-C."""
        ...
