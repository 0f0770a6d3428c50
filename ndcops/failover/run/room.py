"""The room's entrance: read facts, plan, show, confirm, execute, record; take up, take back, tell."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ndcops.failover.plan.drill import plan_drill
from ndcops.failover.plan.durations import durations_of
from ndcops.failover.plan.facts import FailoverFacts
from ndcops.failover.plan.location import locate
from ndcops.failover.plan.moves import Move, other_site, resolve
from ndcops.failover.plan.order import AcceptedRisk, Order
from ndcops.failover.plan.planning import WIDTH, Outlook, plan_moves
from ndcops.failover.plan.prediction import circumstances, play
from ndcops.failover.plan.readiness import Readiness, readiness
from ndcops.failover.plan.rejoin import plan_rejoin, returned_sites, services_of
from ndcops.failover.plan.story import RunStory, tell
from ndcops.failover.plan.superseding import superseded
from ndcops.failover.run import execution
from ndcops.failover.run.past import is_ours
from ndcops.failover.run.reading import read_facts, with_capacity
from ndcops.failover.run.surroundings import Surroundings
from ndcops.failover.steps import FailoverWorld, ServiceStep
from ndcops.model.errors import InvalidInput
from ndcops.model.failover import RunHead
from ndcops.model.record import JsonObject, Record
from ndcops.model.service import Service
from ndcops.workflow.plan import Plan
from ndcops.workflow.runner import RunResult


@dataclass(frozen=True)
class Proposal:
    """A plan and what it was made from: what a person is shown before confirming. run: the name it will have."""

    run: str
    order: Order
    plan: Plan[FailoverWorld]
    facts: FailoverFacts
    outlook: Outlook | None = None
    supersedes: tuple[str, ...] = ()

    @property
    def lasts_s(self) -> float:
        """How long the whole plan is likely to take, from the durations that are known."""
        steps = [step for step in self.plan.steps if isinstance(step, ServiceStep)]
        moves = self.outlook.moves if self.outlook else ()
        durations = durations_of(steps, circumstances(self.facts, moves))
        return play(steps, {key: one.mean_s for key, one in durations.items()}, WIDTH).makespan_s


@dataclass(frozen=True)
class Failover:
    """Moves services between sites, one operator at a time."""

    given: Surroundings

    def read(self, services: Sequence[str] = ()) -> FailoverFacts:
        """Facts of these services, all when none is named. Raises InvalidInput for an unknown one."""
        return read_facts(self.given, self._chosen(services))

    def propose(self, order: Order) -> Proposal:
        """The plan of an order. Raises Refused with every reason, InvalidInput when it means nothing."""
        facts = self.read(order.services)
        if self.given.glass is not None:
            glass = AcceptedRisk(name="no-majority:coordination", reason=self.given.glass.reason)
            order = order.model_copy(update={"accepted": (*order.accepted, glass)})
        if order.kind == "drill":
            return self._propose_drill(facts, order)
        facts = with_capacity(self.given, facts, resolve(facts, order))
        plan, outlook = plan_moves(facts, order, now=self.given.clock.now(), width=self.given.width)
        replaced = superseded(facts, order, frozenset(move.service for move in outlook.moves))
        return Proposal(self._name(order.kind), order, plan, facts, outlook, replaced)

    def propose_rejoin(self, order: Order) -> Proposal | None:
        """What the order's site, lost before, must go through before anything moves back.

        None when nothing is left to do. Raises Refused with every reason.
        """
        facts = self.read()
        if order.site not in returned_sites(facts):
            return None
        plan = plan_rejoin(facts, order.site, order, now=self.given.clock.now())
        own = frozenset(found.service.id for found in services_of(facts, order.site))
        replaced = superseded(facts, order, own)
        return Proposal(self._name("rejoin"), order, plan, facts, supersedes=replaced)

    def ready(self, services: Sequence[str] = ()) -> tuple[Readiness, ...]:
        """Whether each service could be moved now, planned and if its site were lost."""
        facts = self.read(services)
        moves = []
        for found in facts.services:
            site = locate(facts, found).site
            target = other_site(found.service, site)
            moves.append(Move(service=found.service.id, source=site, target=target, planned=True))
        facts = with_capacity(self.given, facts, moves)
        return readiness(facts, now=self.given.clock.now(), width=self.given.width)

    def runs(self) -> tuple[RunHead, ...]:
        """All runs of failover in the store, oldest first."""
        return tuple(head for head in self.given.coordination.runs() if is_ours(head))

    def story(self, run: str) -> RunStory:
        """What a run's journal tells. Raises Refused for one that is damaged."""
        return tell(run, self.records(run))

    def records(self, run: str) -> tuple[Record, ...]:
        """A run's journal. Raises InvalidInput when there is no such run."""
        found = self.given.coordination.journal(run, None).records()
        if not found:
            raise InvalidInput(f"there is no run '{run}'", resolution="ndcops failover status")
        return found

    def execute(self, proposal: Proposal) -> RunResult:
        """Carry it out. Raises PartlyApplied or Interrupted when it must be resumed."""
        return execution.execute(
            self.given,
            proposal.plan,
            run=proposal.run,
            ordered=self._ordered(proposal),
            supersedes=proposal.supersedes,
        )

    def resume(self, run: str) -> RunResult:
        """Take up a run from where its journal ends."""
        return execution.resume(self.given, run)

    def abort(self, run: str, *, all_services: bool = False) -> tuple[str, ...]:
        """Take a run back to a consistent side."""
        return execution.abort(self.given, run, all_services=all_services)

    def bring_home(self, run: str) -> int:
        """Once the store has its majority again: a broken glass's journal goes into it; returns the epoch."""
        return self.given.coordination.bring_home(run)

    def _propose_drill(self, facts: FailoverFacts, order: Order) -> Proposal:
        began = self.given.clock.now()
        named = order.model_copy(update={"drill": order.drill or f"drill-{began:%Y%m%d-%H%M%S}"})
        moves = resolve(facts, Order(kind="switch", services=order.services))
        facts = with_capacity(self.given, facts, moves)
        return Proposal(self._name("drill"), named, plan_drill(facts, named, now=began), facts)

    def _ordered(self, proposal: Proposal) -> JsonObject:
        """What was asked, promised and accepted. Seconds become whole milliseconds: records hold no floats."""
        outlook = proposal.outlook
        return {
            "order": proposal.order.model_dump(mode="json"),
            "simulated": list(self.given.simulated),
            "facts_taken_at": proposal.facts.taken_at.isoformat(),
            "moves": [m.model_dump(mode="json") for m in outlook.moves] if outlook else [],
            "waves": [list(wave) for wave in outlook.waves] if outlook else [],
            "accepted": [o.model_dump(mode="json") for o in outlook.accepted] if outlook else [],
            "predicted": [
                {
                    "service": p.service,
                    "rto_ms": [round(1000 * s) for s in (p.rto.low_s, p.rto.likely_s, p.rto.high_s)],
                    "rto_basis": p.rto.basis,
                    "rpo_s": p.rpo_s,
                    "rpo_basis": p.rpo_basis,
                }
                for p in (outlook.predictions if outlook else ())
            ],
        }

    def _name(self, what: str) -> str:
        if self.given.glass is not None:
            return self.given.glass.run
        now: datetime = self.given.clock.now()
        return f"{now:%Y%m%dT%H%M%S%f}"[:-3] + f"-{what}"

    def _chosen(self, services: Sequence[str]) -> tuple[Service, ...]:
        by_id = {service.id: service for service in self.given.services}
        unknown = [name for name in services if name not in by_id]
        if unknown:
            raise InvalidInput(f"unknown service '{unknown[0]}'", resolution="ndcops inventory show")
        return tuple(by_id[name] for name in services) if services else self.given.services
