"""Changes of the writing end between two real servers, no dossier, no ledger: plan, steps, journal, as run."""

import secrets
import threading
import time
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from ndcops.adapters.postgres_servers.switching import PostgresClones, PostgresEnd
from ndcops.model.cutover import End
from ndcops.model.failover import NameState
from ndcops.model.lifecycle import GateReport, LifecycleState
from ndcops.model.move import Move
from ndcops.model.target import TargetKind
from ndcops.onboarding.plan.switching.facts import MoveFacts, SwitchFacts
from ndcops.onboarding.plan.switching.planning import plan_switch
from ndcops.onboarding.run.switching import Rehearsing, Switching
from ndcops.onboarding.run.switching.execution import Execution, pause_ms, planned
from ndcops.onboarding.steps.switching import OneMove, SwitchLimits, SwitchWorld
from ndcops.wiring.switching import copy_large_objects
from ndcops.workflow.journal_file import FileJournal
from ndcops.workflow.runner import RunResult, StepEvent


class MachineTime:
    """Real time."""

    def monotonic_s(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class NoNames:
    """No name leads to the databases of these tests: clients know both addresses."""

    def entry(self, site: str) -> str:
        raise AssertionError(site)

    def read(self, name: str, servers: Collection[str] = ()) -> NameState:
        return NameState(name=name, answers=())

    def claim(self, name: str, server: str, *, expect_epoch: int, epoch: int) -> None:
        raise AssertionError(name)

    def update(self, name: str, server: str, **_: Any) -> None:
        raise AssertionError(name)


@dataclass
class SwitchRun:
    """One change, to be run, killed, run again from its journal, or taken back."""

    move: Move
    leaving: End
    path: Path
    limits: SwitchLimits = field(default_factory=SwitchLimits)
    on_step: Callable[[StepEvent], None] = lambda _: None
    give_door: Callable[[Move], object] | None = None
    wrap: Callable[[End, PostgresEnd], Any] = lambda _, end: end

    def __post_init__(self) -> None:
        names = self.move.names
        self.stop = threading.Event()
        self.ends = {
            End.SOURCE: PostgresEnd(self.move.source, names.schema),
            End.TARGET: PostgresEnd(self.move.target, names.schema),
        }
        ends = {end: self.wrap(end, each) for end, each in self.ends.items()}
        reached = {End.SOURCE: self.move.source_for_target, End.TARGET: self.move.target_for_source}
        door = None if self.give_door is None else partial(self.give_door, self.move)
        self.world = SwitchWorld(
            run=self.path.stem,
            moves={self.move.database: OneMove(ends, reached, partial(copy_large_objects, self.move), door)},
            names=NoNames(),
            clock=MachineTime(),
            token=lambda: secrets.token_hex(8),
            stopped=self.stop.is_set,
            limits=self.limits,
        )
        self.journal = FileJournal(self.path, actor="test", now=lambda: datetime.now(UTC))

    def facts(self) -> SwitchFacts:
        names = MoveFacts(self.move, {})
        streams = {End.SOURCE: names.forward, End.TARGET: names.reverse}
        ends = {end: self.ends[end].facts(streams[end], streams[end.other]) for end in (End.SOURCE, End.TARGET)}
        state = LifecycleState.REHEARSED if self.leaving is End.SOURCE else LifecycleState.CUT_OVER
        gate = GateReport(
            agency=self.move.agency, system=self.move.system, state=state, next=state.next, as_of=date.today()
        )
        return SwitchFacts(self.move.system, self.leaving, (MoveFacts(self.move, ends),), gate)

    def execution(self) -> Execution:
        """Of the plan that the journal keeps, or a new one."""
        plan = planned(self.journal.records())
        if plan is None:
            plan = plan_switch(self.facts(), target="lab", title=f"test {self.leaving}")
        return Execution(plan, self.journal, self.world, 1, self.stop, self.on_step)

    def run(self) -> RunResult:
        return self.execution().run()

    def close(self) -> None:
        for end in self.ends.values():
            end.close()

    def pause_s(self) -> float:
        plan = planned(self.journal.records())
        assert plan is not None
        return pause_ms(plan, self.journal.records()) / 1000

    def again(self, **changes: Any) -> "SwitchRun":
        """The same run by another process: nothing but the journal is left."""
        self.close()
        return replace(self, **changes)


class _Room:
    """As much of the onboarding room as a rehearsal uses."""

    target = TargetKind.LAB

    def on_step(self, event: StepEvent) -> None: ...


class _Journals:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def new(self, title: str) -> FileJournal:
        path = self._folder / f"{secrets.token_hex(4)}.jsonl"
        return FileJournal(path, actor="test", now=lambda: datetime.now(UTC))

    @property
    def place(self) -> str:
        return str(self._folder)

    def alone(self, title: str) -> AbstractContextManager[None]:
        return nullcontext()

    def last(self, title: str) -> None: ...


def rehearsing(folder: Path) -> Rehearsing:
    """A rehearsal without dossier and ledger."""

    def opened(move: Move, end: End) -> PostgresEnd:
        return PostgresEnd(move.source if end is End.SOURCE else move.target, move.names.schema)

    room: Any = _Room()
    switching = Switching(
        room,
        lambda *_: (),
        opened,
        copy_large_objects,
        lambda _: None,
        NoNames(),
        _Journals(folder),
        MachineTime(),
        threading.Event(),
        lambda _: None,
    )
    return Rehearsing(switching, PostgresClones())
