"""`agency cutover` and `agency rollback`: facts of both ends, plan, execution, what the ledger keeps."""

import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from ndcops.model.cutover import End
from ndcops.model.dossier import Dossier, DossierSystem
from ndcops.model.errors import InvalidInput, Refused
from ndcops.model.lifecycle import GateReport, LifecycleState
from ndcops.model.move import Move
from ndcops.model.service import Service
from ndcops.model.service_names import ServiceNames
from ndcops.model.slot_keeping import SlotKeeping
from ndcops.onboarding.plan.moves import plan_back
from ndcops.onboarding.plan.switching.facts import MoveFacts, NameFacts, SwitchFacts
from ndcops.onboarding.plan.switching.objections import gate_objections
from ndcops.onboarding.plan.switching.planning import plan_switch, refuse
from ndcops.onboarding.plan.switching.records import after_evidence, cutover_evidence, names_before
from ndcops.onboarding.ports.switching import Journals, MoveEnd, SwitchClock
from ndcops.onboarding.run.room import Onboarding, Proposal
from ndcops.onboarding.run.switching.execution import Execution, evidence_of, pause_ms, planned
from ndcops.onboarding.run.switching.kept import last_written, open_journal, title_of
from ndcops.onboarding.steps.switching import (
    ClearStream,
    Drain,
    HaltStream,
    OneMove,
    PointNames,
    RaiseFence,
    SmokeTest,
    SwitchLimits,
    SwitchWorld,
)
from ndcops.workflow.journal import Journal
from ndcops.workflow.plan import Plan
from ndcops.workflow.runner import RunResult
from ndcops.workflow.step import Step

_FOUND = {
    "fence": RaiseFence,
    "drain": Drain,
    "halt": HaltStream,
    "smoke": SmokeTest,
    "clear": ClearStream,
    "names": PointNames,
}


@dataclass(frozen=True)
class SwitchProposal:
    """resumed: the plan is that of a run that was cut off. seen: what was written before it was made."""

    plan: Plan[SwitchWorld]
    dossier: Dossier
    system: DossierSystem
    leaving: End
    execution: Execution
    resumed: bool
    seen: tuple[str, ...]

    @property
    def pause_ms(self) -> int:
        """How long writes were stopped, by the journal; 0 before."""
        return pause_ms(self.plan, self.execution.journal.records())


@dataclass
class Switching:
    """The entrance. moves: both ends of each database of a system. end: opens one; closed with the room.

    copy_large_objects: from an end to the other one. give_door: owner, rights, settings of the target's
    database. keeping: what the target's cluster does to slots, None where none manages them.
    """

    room: Onboarding
    moves: Callable[[Dossier, DossierSystem], Sequence[Move]]
    end: Callable[[Move, End], MoveEnd]
    copy_large_objects: Callable[[Move, End], int]
    give_door: Callable[[Move], object]
    names: ServiceNames
    journals: Journals
    clock: SwitchClock
    stop: threading.Event
    keeping: Callable[[DossierSystem], SlotKeeping | None]
    limits: SwitchLimits = field(default_factory=SwitchLimits)
    _ends: dict[tuple[str, End], MoveEnd] = field(default_factory=dict)

    def close(self) -> None:
        """Drop every connection."""
        for end in self._ends.values():
            end.close()
        self._ends = {}

    def propose(self, agency: str, system_id: str | None, leaving: End) -> SwitchProposal:
        """What will be done, or what is left of a run that was cut off. Raises Refused with every objection."""
        dossier = self.room.dossier(agency)
        system = self._system(dossier, system_id)
        seen = self._written(dossier, system)
        gate = self._gate(dossier, system)
        title = title_of(dossier, system, leaving)
        journal = self._open_journal(title, dossier, system)
        kept = planned(journal.records()) if journal is not None else None
        if kept is None:
            refuse(gate, leaving, tuple(gate_objections(gate, leaving)))  # before any end is asked
        moves = tuple(self.moves(dossier, system))
        if journal is None or kept is None:
            plan = plan_switch(
                self._facts(system, leaving, moves, gate), target=self.room.target.value, title=title
            )
            journal = journal or self.journals.new(title)
        else:
            plan = kept
        execution = Execution(
            plan, journal, self._world(title, moves), max(1, len(moves)), self.stop, self.room.on_step
        )
        return SwitchProposal(plan, dossier, system, leaving, execution, kept is not None, seen)

    def execute(self, proposal: SwitchProposal, *, command: str) -> Proposal:
        """To the end, then into the ledger; gives what was kept. Raises as `Execution.run`."""
        with self.journals.alone(proposal.plan.title):
            self._require_unchanged(proposal)
            result = proposal.execution.run()
            if proposal.leaving is End.TARGET:
                return self._kept_back(proposal)
            return self._kept(proposal, result, command)

    def propose_abort(self, agency: str, system_id: str | None) -> tuple[Step[SwitchWorld], ...]:
        """What an abort takes back. Raises InvalidInput without an open cut-over, Refused past no return."""
        return self._open_cutover(*self.find(agency, system_id)).begun()

    def abort(self, agency: str, system_id: str | None) -> tuple[str, ...]:
        """Take back a cut-over that has not ended; gives the keys of its steps. Raises as `propose_abort`."""
        dossier, system = self.find(agency, system_id)
        with self.journals.alone(title_of(dossier, system, End.SOURCE)):
            return self._open_cutover(dossier, system).take_back()

    def _open_cutover(self, dossier: Dossier, system: DossierSystem) -> Execution:
        title = title_of(dossier, system, End.SOURCE)
        journal = self._open_journal(title, dossier, system)
        plan = planned(journal.records()) if journal is not None else None
        if journal is None or plan is None:
            raise InvalidInput(
                f"no cut-over of {system.id} is open",
                details=[f"journals: {self.journals.place}"],
                resolution=f"ndcops agency status {dossier.id}",
            )
        world = self._world(title, tuple(self.moves(dossier, system)))
        return Execution(plan, journal, world, 1, self.stop, self.room.on_step)

    def gate(self, agency: str, system_id: str | None) -> GateReport:
        """Where a system stands. Raises InvalidInput for an unknown one."""
        return self._gate(*self.find(agency, system_id))

    def moves_of(self, agency: str, system_id: str | None) -> tuple[Move, ...]:
        """Both ends of each of its databases."""
        return tuple(self.moves(*self.find(agency, system_id)))

    def find(self, agency: str, system_id: str | None) -> tuple[Dossier, DossierSystem]:
        """Raises InvalidInput for an unknown one, Refused for one without a database."""
        dossier = self.room.dossier(agency)
        return dossier, self._system(dossier, system_id)

    def _require_unchanged(self, proposal: SwitchProposal) -> None:
        """Raises Refused when another run changed the system since the plan was made: it may be elsewhere now."""
        if self._written(proposal.dossier, proposal.system) != proposal.seen:
            raise Refused(
                f"{proposal.plan.title}: another run wrote its journal since this plan was made",
                details=["nothing was changed"],
                resolution="run the same command again: it plans from the facts of then",
            )

    def _written(self, dossier: Dossier, system: DossierSystem) -> tuple[str, ...]:
        """How far the journals of both directions have come, and the system by the ledger."""
        titles = [title_of(dossier, system, end) for end in End]
        return (*last_written(self.journals, titles), self.room.standing(dossier, system).state)

    def _kept(self, proposal: SwitchProposal, result: RunResult, command: str) -> Proposal:
        dossier, system, version = proposal.dossier, proposal.system.id, self.room.version
        found = {name: evidence_of(proposal.plan, result, kind) for name, kind in _FOUND.items()}
        title = proposal.plan.title
        if self._gate(dossier, proposal.system).state is LifecycleState.REHEARSED:
            evidence = cutover_evidence(
                dossier, system, found, proposal.pause_ms, command=command, version=version
            )
            entered = self.room.propose_evidence(dossier, evidence, title=f"{title} evidence")
            self.room.execute(entered)
        smoke = after_evidence(dossier, system, found, command=command, version=version)
        after = self.room.propose_evidence(dossier, smoke, title=f"{title} tests")
        self.room.execute(after)
        return after

    def _kept_back(self, proposal: SwitchProposal) -> Proposal:
        standing = self.room.standing(proposal.dossier, proposal.system)
        plan = plan_back(
            proposal.dossier,
            proposal.system.id,
            standing.state,
            "writes went back to the source, every row with them",
            title=f"{proposal.plan.title} entry",
            target=self.room.target.value,
        )
        kept = Proposal(plan, proposal.dossier, {})
        self.room.execute(kept)
        return kept

    def _open_journal(self, title: str, dossier: Dossier, system: DossierSystem) -> Journal | None:
        return open_journal(self.journals, title, since=self.room.standing(dossier, system).since)

    def _facts(self, system: DossierSystem, leaving: End, moves: Sequence[Move], gate: GateReport) -> SwitchFacts:
        found = []
        for move in moves:
            empty = MoveFacts(move, {})
            ends = {
                end: self.opened(move, end).facts(empty.stream(end), empty.stream(end.other))
                for end in (End.SOURCE, End.TARGET)
            }
            found.append(MoveFacts(move, ends))
        names, keeping = self._name_facts(system), self.keeping(system)
        return SwitchFacts(system.id, leaving, tuple(found), gate, names, keeping, self.journals.place)

    def _name_facts(self, system: DossierSystem) -> NameFacts:
        service = self._service(system)
        if service is None or not service.dns_names or system.home is None:
            return NameFacts()
        return NameFacts(
            states=tuple(self.names.read(name) for name in service.dns_names),
            entry=self.names.entry(system.home),
            back=names_before(self.room.ledger.records(), system.id),
        )

    def _service(self, system: DossierSystem) -> Service | None:
        services = self.room.inventory().services
        return next((one for one in services if one.id == system.service), None)

    def _world(self, run: str, moves: Sequence[Move]) -> SwitchWorld:
        ends = {
            move.database: (move, {end: self.opened(move, end) for end in (End.SOURCE, End.TARGET)})
            for move in moves
        }
        return self.world_of(run, ends)

    def world_of(
        self, run: str, ends: Mapping[str, tuple[Move, Mapping[End, MoveEnd]]], *, copies: bool = False
    ) -> SwitchWorld:
        """What steps act on. ends: by the dossier's id of the database. copies: of a rehearsal."""
        known = {
            database: OneMove(
                opened,
                {End.SOURCE: move.source_for_target, End.TARGET: move.target_for_source},
                partial(self.copy_large_objects, move),
                None if copies else partial(self.give_door, move),
            )
            for database, (move, opened) in ends.items()
        }
        return SwitchWorld(
            run=run,
            moves=known,
            names=self.names,
            clock=self.clock,
            token=lambda: secrets.token_hex(8),
            stopped=self.stop.is_set,
            limits=self.limits,
        )

    def opened(self, move: Move, end: End) -> MoveEnd:
        """An end of a move; closed with the room."""
        key = (move.database, end)
        if key not in self._ends:
            self._ends[key] = self.end(move, end)
        return self._ends[key]

    def _gate(self, dossier: Dossier, system: DossierSystem) -> GateReport:
        return next(report for report in self.room.status(dossier.id) if report.system == system.id)

    def _system(self, dossier: Dossier, system_id: str | None) -> DossierSystem:
        known = ", ".join(one.id for one in dossier.systems)
        if system_id is None:
            if len(dossier.systems) != 1:
                raise InvalidInput(
                    f"agency '{dossier.id}' has several systems: {known}", resolution="add --system ID"
                )
            return dossier.systems[0]
        found = dossier.system(system_id)
        if found is None:
            raise InvalidInput(f"agency '{dossier.id}' has no system '{system_id}'", details=[f"known: {known}"])
        if not dossier.databases_of(found.id):
            raise Refused(f"{found.id} has no database that could move")
        return found
