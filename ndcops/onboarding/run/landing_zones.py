"""`agency provision`: plan an agency's landing zones, make them, look at what stands, tell the gate."""

from collections.abc import Sequence
from dataclasses import dataclass

from ndcops.model.dossier import Dossier, DossierSystem
from ndcops.model.errors import InvalidInput, Refused
from ndcops.model.landing_zone import LandingZone, ZoneSystem
from ndcops.model.lifecycle import GateEvidence, LifecycleState
from ndcops.model.object_names import tenant_namespace
from ndcops.model.tenancy import AccessQuestion, Tenant
from ndcops.onboarding.plan.gates.entry import SIGNED
from ndcops.onboarding.plan.landing_zone import PlannedZones, ZoneFacts, landing_zones
from ndcops.onboarding.plan.landing_zone.evidence import FoundLeaks, FoundZone, cross_values, zone_values
from ndcops.onboarding.plan.landing_zone.matrix import cross_questions, foreign_bindings, own_questions
from ndcops.onboarding.plan.landing_zone.zones import has_zone
from ndcops.onboarding.plan.moves import ROOM, gate_evidence
from ndcops.onboarding.ports.landing_zones import TenantClusters, ZoneStack, ZoneStacks
from ndcops.onboarding.run.room import Onboarding, Proposal
from ndcops.onboarding.steps import ApplyZone, ZoneWorld
from ndcops.workflow.plan import Plan
from ndcops.workflow.runner import Runner, RunResult

SITES_AT_ONCE = 2


@dataclass(frozen=True)
class ZoneProposal:
    """A plan and what it was made from. systems: whose gate is told; waiting: of the agency, not planned yet."""

    plan: Plan[ZoneWorld]
    dossier: Dossier
    planned: PlannedZones
    stacks: tuple[ZoneStack, ...]
    systems: tuple[str, ...]
    waiting: tuple[str, ...]


@dataclass(frozen=True)
class Proof:
    """What was found afterwards: evidence of each system, and the proposal that keeps it."""

    evidence: tuple[GateEvidence, ...]
    kept: Proposal


@dataclass
class LandingZones:
    """The entrance."""

    room: Onboarding
    stacks: ZoneStacks
    clusters: TenantClusters

    def propose(self, agency: str, system: str | None = None) -> ZoneProposal:
        """The plan. Raises Refused with every reason, InvalidInput for an unknown agency or system."""
        dossier = self.room.dossier(agency)
        facts = self.facts(dossier)
        chosen = _chosen(facts, system)
        self._refuse_unsigned(dossier)
        planned = landing_zones(facts)
        stacks = self.stacks.look(planned.zones)
        steps = tuple(
            ApplyZone(zone, stack.fingerprint)
            for zone, stack in zip(planned.zones, stacks, strict=True)
            if stack.must_change
        )
        plan: Plan[ZoneWorld] = Plan(
            ROOM,
            self.room.target.value,
            f"agency provision {agency}",
            steps,
            {f"state {stack.site}": stack.fingerprint for stack in stacks},
        )
        waiting = tuple(each.id for each in dossier.systems if not facts.belongs(each))
        return ZoneProposal(plan, dossier, planned, stacks, tuple(each.id for each in chosen), waiting)

    def execute(self, proposal: ZoneProposal) -> RunResult:
        """Run the plan, journaled. Raises PartlyApplied or Interrupted when not all of it was done."""
        if not proposal.plan.steps:
            return RunResult({})
        journal = self.room.open_journal(proposal.plan.title)
        world = ZoneWorld(self.stacks)
        runner = Runner(journal, world, width=SITES_AT_ONCE, stop=self.room.stop, on_event=self.room.on_step)
        return runner.run(proposal.plan)

    def prove(self, proposal: ZoneProposal) -> Proof:
        """Look at what stands and who gets in, and plan what the ledger keeps of it.

        Only systems that wait for this gate get evidence: one that is further on has agreed to what it had.
        """
        dossier = proposal.dossier
        facts = self.facts(dossier)
        leaks = self._leaks(facts, proposal.planned.zones)
        evidence = []
        for name in proposal.systems:
            parts = [
                self._part(zone, part)
                for zone in proposal.planned.zones
                if (part := zone.system(name)) is not None
            ]
            found = {"landing-zone": zone_values(parts), "cross-tenant": cross_values(leaks)}
            evidence += [
                gate_evidence(
                    dossier,
                    name,
                    check,
                    values,
                    command=f"ndcops agency provision {dossier.id}",
                    version=self.room.version,
                )
                for check, values in found.items()
            ]
        wanted = [each for each in evidence if facts.states[each.system] is LifecycleState.PLANNED]
        return Proof(
            tuple(evidence), self.room.propose_evidence(dossier, wanted, title=f"agency provision {dossier.id}")
        )

    def facts(self, dossier: Dossier) -> ZoneFacts:
        """What zones are planned from: the inventory, and states by the ledger."""
        inventory = self.room.inventory()
        return ZoneFacts(
            dossier, inventory.dossiers, inventory.services, inventory.built_sites(), self.room.states()
        )

    def _refuse_unsigned(self, dossier: Dossier) -> None:
        """What not both sides signed is not made: a dossier that was edited since could name any group or site."""
        asked = {check.name for check in SIGNED}
        missing = {
            check.why
            for gate in self.room.status(dossier.id)
            for check in gate.checks
            if check.check in asked and not check.passed
        }
        if missing:
            raise Refused(
                f"the dossier of {dossier.id} as it is now is not signed by both sides; nothing was made",
                details=sorted(missing),
                resolution=f"ndcops agency sign {dossier.id}",
            )

    def _part(self, zone: LandingZone, system: ZoneSystem) -> FoundZone:
        """One system's namespace, and what its own groups may do in it."""
        namespace = tenant_namespace(system.system)
        questions, right = own_questions(zone.agency, system.groups, namespace)
        answers = self.clusters.allowed(zone.site, questions)
        wrong = tuple(
            f"{question}: {'yes' if answer else 'no'}"
            for question, answer, must in zip(questions, answers, right, strict=True)
            if answer != must
        )
        return FoundZone(zone, system, self.clusters.found(zone.site, namespace), wrong)

    def _leaks(self, facts: ZoneFacts, zones: Sequence[LandingZone]) -> FoundLeaks:
        """Every pair of agencies that this one is part of, at every site of its own."""
        leaks: list[str] = []
        asked = 0
        pairs: set[tuple[str, str]] = set()
        for zone in zones:
            tenants = tenants_at(facts, zone.site)
            questions = list(cross_questions(tenants, facts.dossier.id))
            asked += len(questions)
            owners = {name: tenant.agency for tenant in tenants for name in tenant.namespaces}
            pairs |= {(each.agency, owners[each.namespace]) for each in questions if each.agency}
            leaks += [f"{zone.site}: {each}" for each in self._allowed(zone.site, questions)]
            namespaces = [name for tenant in tenants for name in tenant.namespaces]
            strange = foreign_bindings(tenants, self.clusters.bindings(zone.site, namespaces))
            leaks += [f"{zone.site}: {each}" for each in strange]
        return FoundLeaks(asked, len(pairs), tuple(leaks))

    def _allowed(self, site: str, questions: Sequence[AccessQuestion]) -> list[AccessQuestion]:
        answers = self.clusters.allowed(site, questions)
        return [question for question, answer in zip(questions, answers, strict=True) if answer]


def tenants_at(facts: ZoneFacts, site: str) -> list[Tenant]:
    """Agencies with a landing zone at a site: those whose systems have entered it, and the one at work."""
    tenants = []
    for owner in facts.dossiers:
        systems = [
            system
            for system in owner.systems
            if site in (system.home, system.standby)
            and (has_zone(facts, system) or (owner.id == facts.dossier.id and facts.belongs(system)))
        ]
        if systems:
            groups = sorted({group for system in systems for group in system.groups})
            names = tuple(tenant_namespace(system.id) for system in systems)
            tenants.append(Tenant(agency=owner.id, groups=tuple(groups), namespaces=names))
    return tenants


def _chosen(facts: ZoneFacts, system: str | None) -> list[DossierSystem]:
    """The systems whose gate is told: the named one, or all that belong in a landing zone."""
    if system is None:
        return [each for each in facts.dossier.systems if facts.belongs(each)]
    found = facts.dossier.system(system)
    if found is None:
        known = ", ".join(each.id for each in facts.dossier.systems)
        raise InvalidInput(f"agency '{facts.dossier.id}' has no system '{system}'", details=[f"known: {known}"])
    if not facts.belongs(found):
        raise Refused(
            f"{system} is '{facts.state(found)}'; a landing zone comes after the plan",
            resolution=f"ndcops agency status {facts.dossier.id}",
        )
    return [found]
