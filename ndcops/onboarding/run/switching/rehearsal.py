"""`agency rehearse`: the whole cut-over and the way back, on copies of the target, with a client that writes."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from ndcops.model.cutover import End, WriterFindings
from ndcops.model.errors import NdcopsError, Refused
from ndcops.model.lifecycle import GateReport, LifecycleState
from ndcops.model.move import Move
from ndcops.model.record import JsonObject
from ndcops.onboarding.plan.moves import gate_evidence
from ndcops.onboarding.plan.switching.facts import MoveFacts, SwitchFacts
from ndcops.onboarding.plan.switching.planning import plan_switch
from ndcops.onboarding.ports.rehearsing import Clones
from ndcops.onboarding.ports.switching import MoveEnd
from ndcops.onboarding.run.room import Proposal
from ndcops.onboarding.run.switching.execution import Execution, pause_ms
from ndcops.onboarding.run.switching.room import Switching


@dataclass(frozen=True)
class Rehearsed:
    """pauses_ms: of cut-over and way back, by the journals. window_s: all of it, whole seconds."""

    database: str
    pauses_ms: tuple[int, int]
    window_s: int
    writer: WriterFindings


@dataclass
class Rehearsing:
    """switching: the room that the real change will use; only its names are left alone."""

    switching: Switching
    clones: Clones

    def require_in_sync(self, agency: str, system: str | None) -> GateReport:
        """Raises Refused for a system that is not in sync, or was rehearsed already."""
        found = self.switching.gate(agency, system)
        if found.state is not LifecycleState.IN_SYNC:
            raise Refused(
                f"{found.system} is '{found.state}'; only a system in sync is rehearsed",
                resolution=f"ndcops agency status {agency}",
            )
        return found

    def rehearse(self, agency: str, system: str | None, *, say: Callable[[str], None]) -> tuple[Rehearsed, ...]:
        """Each database of the system, one after the other; the copies are taken away in any case."""
        gate = self.require_in_sync(agency, system)
        moves = self.switching.moves_of(agency, gate.system)
        return tuple(self.rehearsed_on_copies(move, as_of=gate.as_of, say=say) for move in moves)

    def rehearsed_on_copies(self, move: Move, *, as_of: date, say: Callable[[str], None]) -> Rehearsed:
        """One database; its copies are taken away in any case, and its stream goes on."""
        say(f"{move.database}: two copies on the target's server")
        try:
            return self._rehearsed(move, as_of, say)
        finally:
            self.clones.go_on(move)
            self.clones.remove(move)

    def keep(self, agency: str, system: str | None, found: Sequence[Rehearsed], *, command: str) -> Proposal:
        """Evidence for the gate. Raises Refused without a declared RTO: it is the budget."""
        dossier, declared = self.switching.find(agency, system)
        if declared.tier is None:
            raise Refused(f"{declared.id}: no tier is declared, so how long it may take is not known")
        values: JsonObject = {
            "rolled_back": bool(found) and not any(each.writer.lost for each in found),
            "window_s": sum(each.window_s for each in found),
            "budget_s": declared.tier.rto_s,
            "pauses_ms": [list(each.pauses_ms) for each in found],
            "confirmed_rows": sum(each.writer.confirmed for each in found),
            "lost_rows": sum(each.writer.lost for each in found),
            "longest_gap_ms": max((each.writer.longest_gap_ms for each in found), default=0),
            "on": "two copies of the target on its server",
        }
        room = self.switching.room
        evidence = gate_evidence(dossier, declared.id, "rehearsal", values, command=command, version=room.version)
        proposal = room.propose_evidence(dossier, [evidence], title=f"agency rehearse {dossier.id} evidence")
        room.execute(proposal)
        return proposal

    def _rehearsed(self, move: Move, as_of: date, say: Callable[[str], None]) -> Rehearsed:
        clone = self.clones.make(move)
        clock = self.switching.clock
        self.clones.write(clone)
        began_s = clock.monotonic_s()
        ends = {end: self.switching.end(clone, end) for end in (End.SOURCE, End.TARGET)}
        try:
            say(f"{move.database}: cut-over of the copies")
            there = self._changed(clone, ends, End.SOURCE, as_of)
            say(f"{move.database}: way back")
            back = self._changed(clone, ends, End.TARGET, as_of)
        finally:
            for end in ends.values():
                end.close()
        window_s = math.ceil(clock.monotonic_s() - began_s)
        written = self.clones.written(clone)
        if written.lost:
            raise NdcopsError(f"{move.database}: the rehearsal lost {written.lost} of {written.confirmed} rows")
        return Rehearsed(move.database, (there, back), window_s, written)

    def _changed(self, clone: Move, ends: dict[End, MoveEnd], leaving: End, as_of: date) -> int:
        """One way; gives the pause in ms."""
        empty = MoveFacts(clone, {})
        facts = {end: ends[end].facts(empty.stream(end), empty.stream(end.other)) for end in ends}
        state = LifecycleState.REHEARSED if leaving is End.SOURCE else LifecycleState.CUT_OVER
        as_if = GateReport(agency=clone.agency, system=clone.system, state=state, next=state.next, as_of=as_of)
        title = f"agency rehearse {clone.agency} {clone.database} {leaving}"
        plan = plan_switch(
            SwitchFacts(clone.system, leaving, (MoveFacts(clone, facts),), as_if),
            target=self.switching.room.target.value,
            title=title,
        )
        with self.switching.journals.alone(title):
            journal = self.switching.journals.new(title)
            world = self.switching.world_of(title, {clone.database: (clone, ends)}, copies=True)
            Execution(plan, journal, world, 1, self.switching.stop, self.switching.room.on_step).run()
        return pause_ms(plan, journal.records())
