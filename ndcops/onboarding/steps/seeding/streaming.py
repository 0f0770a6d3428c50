"""After the rows: keys, the stream, foreign keys and triggers, next numbers, statistics."""

from dataclasses import dataclass
from typing import ClassVar

from ndcops.model.errors import NdcopsError
from ndcops.model.record import JsonObject
from ndcops.model.seed import SeedTable, SeedTarget, StreamSlot
from ndcops.onboarding.steps.seeding.world import SeedStep, SeedWorld
from ndcops.workflow.step import Report

_POLL_S = 0.3
_STUCK = 3
"""A server begins a stream anew every 5 s (wal_retrieve_retry_interval)."""

IN_STEP_BYTES = 16 << 20
"""So far behind, a stream counts as in step."""


@dataclass(frozen=True)
class TablesStep(SeedStep):
    """Something done to a batch of tables at the target, while others are still copied."""

    tables: tuple[SeedTable, ...]

    @property
    def what(self) -> str:
        """One word for what is done; it tells a table's steps apart."""
        raise NotImplementedError

    @property
    def key(self) -> str:
        """By the first table."""
        more = f" and {len(self.tables) - 1} more" if len(self.tables) > 1 else ""
        return f"{self.what} {self.tables[0].full_name}{more}"

    @property
    def size_bytes(self) -> int:
        """Of the tables."""
        return sum(table.size_bytes for table in self.tables)

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"target: {self.key}"


@dataclass(frozen=True)
class BuildKeys(TablesStep):
    """Keys and indexes of a batch of small tables, or some of one large table.

    only: oids (at the source) of those that are built here; all without it. part: tells a table's steps apart.
    """

    kind: ClassVar[str] = "seed/build-keys"
    only: tuple[int, ...] | None = None
    part: str = ""

    @property
    def what(self) -> str:
        """Keys, or a part of them."""
        return self.part or "keys"

    def arguments(self) -> JsonObject:
        """What a journal keeps."""
        tables = [table.model_dump(mode="json") for table in self.tables]
        only = None if self.only is None else list(self.only)
        return {"tables": tables, "only": only, "part": self.part, "needs": list(self.needs)}

    def apply(self, world: SeedWorld, report: Report) -> JsonObject:
        """What stands already stays."""
        world.target.restore_keys(world.move, self.tables, report, only=self.only)
        return {}


@dataclass(frozen=True)
class GatherStatistics(TablesStep):
    """Early: at the end it would be waited for."""

    kind: ClassVar[str] = "seed/statistics"

    @property
    def what(self) -> str:
        """Statistics."""
        return "statistics"

    def arguments(self) -> JsonObject:
        """What a journal keeps."""
        return {"tables": [table.model_dump(mode="json") for table in self.tables], "needs": list(self.needs)}

    def apply(self, world: SeedWorld, report: Report) -> JsonObject:
        """May be repeated."""
        del report
        world.target.gather_statistics(world.move, self.tables)
        return {}


@dataclass(frozen=True)
class RestoreRest(SeedStep):
    """Foreign keys are checked here once: the stream does not check them."""

    kind: ClassVar[str] = "seed/restore-rest"

    @property
    def key(self) -> str:
        """One a seed."""
        return "rest"

    def describe(self) -> str:
        """One line for the person who confirms."""
        return "target: foreign keys, triggers, policies"

    def apply(self, world: SeedWorld, report: Report) -> JsonObject:
        """In one transaction."""
        del report
        world.target.restore_rest(world.move)
        return {}


@dataclass(frozen=True)
class Subscribe(SeedStep):
    """From the slot, without copying: the copies are of its very snapshot."""

    kind: ClassVar[str] = "seed/subscribe"

    @property
    def key(self) -> str:
        """One a seed."""
        return "stream"

    def describe(self) -> str:
        """One line for the person who confirms."""
        return "target: stream every change since the snapshot"

    def apply(self, world: SeedWorld, report: Report) -> JsonObject:
        """Refused when a table was not copied to its end."""
        del report
        world.target.subscribe(world.move)
        return {}


@dataclass(frozen=True)
class CopyMore(SeedStep):
    """tables: those that the stream itself copies, because the snapshot they were to be copied under is gone."""

    kind: ClassVar[str] = "seed/copy-more"
    tables: tuple[SeedTable, ...]

    @property
    def key(self) -> str:
        """One a seed."""
        return "more tables"

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"target: let the stream copy {len(self.tables)} more tables, each under a snapshot of its own"

    def arguments(self) -> JsonObject:
        """What a journal keeps."""
        return {"tables": [table.model_dump(mode="json") for table in self.tables], "needs": list(self.needs)}

    def apply(self, world: SeedWorld, report: Report) -> JsonObject:
        """PostgreSQL's table synchronization."""
        del report
        world.target.copy_more(world.move)
        return {}


@dataclass(frozen=True)
class AwaitStream(SeedStep):
    """Waits until every table streams and the target is in step."""

    kind: ClassVar[str] = "seed/await-stream"

    @property
    def key(self) -> str:
        """One a seed."""
        return "in step"

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"wait until all tables stream, at most {IN_STEP_BYTES >> 20} MiB behind"

    def apply(self, world: SeedWorld, report: Report) -> JsonObject:
        """Raises NdcopsError when the stream stops, or fails again and again, or the source dropped its slot."""
        since = _Progress()
        while True:
            facts, slot = world.target.facts(world.move), world.source.slot(world.move)
            problem = facts.stream_problem or _slot_problem(slot) or since.problem(facts, slot)
            if problem:
                raise NdcopsError(
                    f"{world.move.id}: the stream does not run: {problem}",
                    resolution=f"ndcops agency seed {world.move.agency} --database {world.move.database} --undo",
                )
            waiting = sorted(name for name, state in (facts.states or {}).items() if state != "r")
            lag_bytes = slot.lag_bytes if slot is not None else 0
            if not waiting and lag_bytes <= IN_STEP_BYTES:
                return {"tables": len(facts.states or {}), "lag_bytes": lag_bytes}
            report(f"{len(waiting)} tables are still copied" if waiting else f"{lag_bytes >> 20} MiB behind")
            world.wait(_POLL_S)


@dataclass
class _Progress:
    """A lost connection is an error, and the stream goes on by itself; errors without progress are not."""

    _position: str = ""
    _errors: int | None = None

    def problem(self, facts: SeedTarget, slot: StreamSlot | None) -> str:
        """Why it will not go on; empty as long as it may."""
        position = slot.position if slot is not None else ""
        states = sorted((facts.states or {}).items())
        now = f"{position} {states}"
        if self._errors is None or now != self._position:
            self._position, self._errors = now, facts.stream_errors
        failed = facts.stream_errors - self._errors
        return f"it failed {failed} times at one place; the target's log tells why" if failed >= _STUCK else ""


def _slot_problem(slot: StreamSlot | None) -> str:
    if slot is None:
        return "the source has no slot"
    return "the source dropped the slot's WAL (max_slot_wal_keep_size)" if slot.lost else ""


@dataclass(frozen=True)
class Finish(SeedStep):
    """Next numbers are set again after the fence."""

    kind: ClassVar[str] = "seed/finish"

    @property
    def key(self) -> str:
        """One a seed."""
        return "finish"

    def describe(self) -> str:
        """One line for the person who confirms."""
        return "target: statistics, materialized views, next numbers (once more at the cut-over)"

    def apply(self, world: SeedWorld, report: Report) -> JsonObject:
        """May be repeated. Tables that have statistics keep them."""
        report("statistics")
        world.target.finish(world.move)
        return {"sequences": world.copies.sequences(world.move)}


@dataclass(frozen=True)
class WatchStream(SeedStep):
    """hold_s: how long the lag must stay within bound_bytes without a break; limit_bytes: of the slot's WAL."""

    kind: ClassVar[str] = "seed/watch-stream"
    hold_s: int
    bound_bytes: int
    limit_bytes: int

    @property
    def key(self) -> str:
        """One a seed."""
        return "watch"

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"watch the stream until it has been at most {self.bound_bytes} B behind for {self.hold_s} s"

    def arguments(self) -> JsonObject:
        """What a journal keeps."""
        return {
            "hold_s": self.hold_s,
            "bound_bytes": self.bound_bytes,
            "limit_bytes": self.limit_bytes,
            "needs": list(self.needs),
        }

    def apply(self, world: SeedWorld, report: Report) -> JsonObject:
        """One look a second; a look beyond the bound, or at a stream that nobody reads, begins the time anew."""
        held_s = worst_bytes = kept_bytes = 0
        while held_s < self.hold_s:
            world.wait(1.0)
            slot = world.source.slot(world.move)
            problem = _slot_problem(slot)
            if slot is None or problem:
                raise NdcopsError(f"{world.move.id}: the stream does not run: {problem}")
            kept_bytes = max(kept_bytes, slot.retained_bytes)
            beyond = slot.lag_bytes > self.bound_bytes or not slot.active
            held_s, worst_bytes = (0, 0) if beyond else (held_s + 1, max(worst_bytes, slot.lag_bytes))
            report(f"{held_s} of {self.hold_s} s, {slot.lag_bytes} B behind")
        return {
            "lag": {
                "held_s": held_s,
                "needed_s": self.hold_s,
                "worst_bytes": worst_bytes,
                "bound_bytes": self.bound_bytes,
            },
            "slot-wal": {"bytes": kept_bytes, "limit_bytes": self.limit_bytes},
        }
