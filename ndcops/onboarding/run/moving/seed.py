"""`agency seed`: facts of both ends, the plan, its execution, and what it proves to the gates."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ndcops.model.dossier import Dossier, DossierSystem
from ndcops.model.errors import Refused
from ndcops.model.lifecycle import GateEvidence, LifecycleState
from ndcops.model.move import Move
from ndcops.model.record import JsonObject
from ndcops.model.seed import LoadLimits, SeedSource, SeedTarget
from ndcops.model.slot_keeping import SlotKeeping
from ndcops.model.target import TargetKind
from ndcops.onboarding.plan.moves import gate_evidence, plan_back
from ndcops.onboarding.plan.moving.seeding import plan_seed, plan_watch
from ndcops.onboarding.ports import MoveTargets
from ndcops.onboarding.ports.seeding import RowCopies, SourceEnd, TargetEnd
from ndcops.onboarding.run.moving.ends import MoveWords, find_move, system_of
from ndcops.onboarding.run.moving.pacing import CopyPacing, OnCopied
from ndcops.onboarding.run.room import Onboarding, Proposal
from ndcops.onboarding.steps.seeding import BuildKeys, CopyRows, GatherStatistics, SeedWorld
from ndcops.workflow.journal import Journal
from ndcops.workflow.plan import Plan
from ndcops.workflow.runner import Runner, RunResult, StepEvent
from ndcops.workflow.step import Step

_SHOWN = 20
WAL_LIMIT_BYTES = 64 << 30
"""What a slot may keep where the source itself sets no limit."""


class Journals(Protocol):
    """Where a run is written down, and who is told of it; the room is one."""

    @property
    def open_journal(self) -> Callable[[str], Journal]: ...
    @property
    def on_step(self) -> Callable[[StepEvent], None]: ...


@dataclass(frozen=True)
class SeedProposal:
    """A plan, and the facts it was made from."""

    plan: Plan[SeedWorld]
    move: Move
    source: SeedSource
    target: SeedTarget


@dataclass
class Seeding:
    """The seed's entrance. width: how many copies and index builds at once."""

    room: Onboarding
    targets: MoveTargets
    source: SourceEnd
    target: TargetEnd
    copies: RowCopies
    limits: LoadLimits
    width: int
    stop: threading.Event
    on_copied: OnCopied

    def find(self, agency: str, database: str, words: MoveWords | None = None, *, undo: bool = False) -> Move:
        """Both ends of a database whose system is far enough for a seed, and not too far to take one back.

        Raises InvalidInput, Refused, NdcopsError when an end does not answer. Nobody is asked before the ledger.
        """
        dossier = self.room.dossier(agency)
        first = LifecycleState.DRAFT if undo else LifecycleState.LANDING_ZONE_READY
        self._require_state(dossier, system_of(dossier, database), first)
        return find_move(dossier, database, self.targets, self.source, words)

    def propose(self, move: Move) -> SeedProposal:
        """What is left to do. Raises Refused with every reason against it."""
        system = system_of(self.room.dossier(move.agency), move.database)
        keeping = self.targets.slot_keeping(system)
        return propose_seed(
            move, self.source, self.target, keeping=keeping, kind=self.room.target, width=self.width
        )

    def propose_watch(self, move: Move, *, hold_s: int, bound_bytes: int) -> SeedProposal:
        """Watch a stream that runs. Raises Refused before it does."""
        source, target = self.source.facts(move), self.target.facts(move)
        if source.slot is None or target.states is None:
            raise Refused(
                f"{move.id} does not stream yet",
                resolution=f"ndcops agency seed {move.agency} --database {move.database}",
            )
        limit_bytes = source.slot.limit_bytes if source.slot.limit_bytes is not None else WAL_LIMIT_BYTES
        plan = plan_watch(
            move, kind=self.room.target.value, hold_s=hold_s, bound_bytes=bound_bytes, limit_bytes=limit_bytes
        )
        return SeedProposal(plan, move, source, target)

    def execute(self, proposal: SeedProposal) -> RunResult:
        """Run the plan, journaled. Raises PartlyApplied or Interrupted when not all of it was done."""
        pacing = CopyPacing(proposal.move, self.source, self.limits, self.stop, self.on_copied)
        return execute_seed(proposal, self.source, self.target, self.copies, pacing, self.room, width=self.width)

    def prove(self, move: Move, *, command: str, watched: RunResult | None = None) -> Proposal:
        """What the gates to `seeded` and `in sync` ask, of all databases of the system; kept in the ledger.

        watched: what watching its stream found. Nothing is said while one of the databases does not stream.
        """
        dossier = self.room.dossier(move.agency)
        system = system_of(dossier, move.database)
        moves = self._moves_of(dossier, system, move)
        evidence = self._evidence(dossier, system, moves, command)
        if watched is not None and evidence:
            for check, values in watched.evidence["watch"].items():
                evidence.append(self._proof(dossier, system, check, values, command))
            entries = [entry for each in moves for entry in self.source.ddl_entries(each)]
            values = {"entries": len(entries), "first": entries[:_SHOWN]}
            evidence.append(self._proof(dossier, system, "ddl-log", values, command))
        return self.room.propose_evidence(dossier, evidence, title=f"agency seed {move.agency} evidence")

    def undo(self, move: Move) -> None:
        """Take everything away at both ends, and say so in the ledger.

        Raises Refused from the cut-over on: the data live at the target.
        """
        dossier = self.room.dossier(move.agency)
        self._require_state(dossier, system_of(dossier, move.database), LifecycleState.DRAFT)
        self.target.remove(move)
        self.source.remove(move)
        state = self.room.standing(dossier, system_of(dossier, move.database)).state
        if state.rank >= LifecycleState.SEEDED.rank:
            title = f"agency seed {move.agency} undo"
            plan = plan_back(
                dossier, move.system, state, "its seed was taken back", title=title, target=self.room.target.value
            )
            self.room.execute(Proposal(plan, dossier, {}))

    def _moves_of(self, dossier: Dossier, system: DossierSystem, known: Move) -> list[Move]:
        words = MoveWords()
        return [
            known if one.id == known.database else find_move(dossier, one.id, self.targets, self.source, words)
            for one in dossier.databases_of(system.id)
        ]

    def _evidence(
        self, dossier: Dossier, system: DossierSystem, moves: list[Move], command: str
    ) -> list[GateEvidence]:
        states: dict[str, str] = {}
        differing: list[str] = []
        for move in moves:
            found = self.target.facts(move)
            if found.states is None:
                return []
            states |= {f"{move.database}: {table}": state for table, state in found.states.items()}
            here, there = self.source.schema(move), self.target.schema(move)
            differing += [f"{move.database}: only at the source: {line}" for line in sorted(here - there)]
            differing += [f"{move.database}: only at the target: {line}" for line in sorted(there - here)]
        schema: JsonObject = {"differences": len(differing), "first": differing[:_SHOWN]}
        return [
            self._proof(dossier, system, "schema-diff", schema, command),
            self._proof(dossier, system, "subscription", {"states": states}, command),
        ]

    def _proof(
        self, dossier: Dossier, system: DossierSystem, check: str, values: JsonObject, command: str
    ) -> GateEvidence:
        return gate_evidence(dossier, system.id, check, values, command=command, version=self.room.version)

    def _require_state(self, dossier: Dossier, system: DossierSystem, first: LifecycleState) -> None:
        """Raises Refused outside `first` to rehearsed."""
        state = self.room.standing(dossier, system).state
        if not first.rank <= state.rank <= LifecycleState.REHEARSED.rank:
            raise Refused(
                f"{system.id} is '{state}'; a seed needs '{first}' to '{LifecycleState.REHEARSED}'",
                resolution=f"ndcops agency status {dossier.id}",
            )


def propose_seed(
    move: Move,
    source: SourceEnd,
    target: TargetEnd,
    *,
    keeping: SlotKeeping | None,
    kind: TargetKind,
    width: int,
) -> SeedProposal:
    """Facts of both ends, and the plan from them. Raises Refused with every reason against it.

    keeping: what the target's cluster does to slots; None for a server that no cluster manages.
    """
    here, there = source.facts(move), target.facts(move)
    may_be_open = kind is TargetKind.LAB
    plan = plan_seed(move, here, there, keeping, kind=kind.value, width=width, may_be_open=may_be_open)
    return SeedProposal(plan, move, here, there)


def execute_seed(
    proposal: SeedProposal,
    source: SourceEnd,
    target: TargetEnd,
    copies: RowCopies,
    pacing: CopyPacing,
    room: Journals,
    *,
    width: int,
) -> RunResult:
    """Run the plan; the snapshot ends with it, however it ends."""
    world = SeedWorld(proposal.move, source, target, copies, pacing.pace, pacing.wait)
    journal = room.open_journal(proposal.plan.title)
    runner = Runner(journal, world, width=width, stop=pacing.stop, on_event=room.on_step, urgency=_urgency)
    try:
        return runner.run(proposal.plan)
    finally:
        world.let_go()


def _urgency(step: Step[SeedWorld]) -> int:
    """What takes longest first; an index build before a copy of the same size, since it waits on less."""
    if isinstance(step, BuildKeys):
        return 2 * step.size_bytes + 1
    if isinstance(step, GatherStatistics):
        return step.size_bytes // 8
    return step.size_bytes if isinstance(step, CopyRows) else 1 << 62
