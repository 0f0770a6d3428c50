"""`agency roadmap --record`: the roadmap, the centres' services, and what systems' gates are told of it."""

from dataclasses import dataclass, field

from ndcops.model.lifecycle import GateEvidence, GateReport, LifecycleState
from ndcops.model.register import ROADMAP_PLANNED
from ndcops.model.roadmap import Roadmap
from ndcops.onboarding.plan.moves import ROOM, gate_evidence
from ndcops.onboarding.plan.roadmap import RoadmapFacts
from ndcops.onboarding.plan.roadmap.keeping import roadmap_values, services_news
from ndcops.onboarding.run.room import Onboarding
from ndcops.onboarding.steps import KeepRecord, OnboardingWorld
from ndcops.workflow.plan import Plan
from ndcops.workflow.step import Step

COMMAND = "ndcops agency roadmap --record"


@dataclass(frozen=True)
class RoadmapProposal:
    """The plan, and the gates as they will be."""

    plan: Plan[OnboardingWorld]
    reports: tuple[GateReport, ...]
    texts: dict[str, str] = field(default_factory=dict)


def propose_roadmap(room: Onboarding, facts: RoadmapFacts, found: Roadmap) -> RoadmapProposal:
    """Keep the roadmap; tell the gate of every assessed system that has a night in it."""
    records = room.ledger.records()
    head = records[-1].digest if records else ""
    steps: list[Step[OnboardingWorld]] = [
        KeepRecord("roadmap", ROADMAP_PLANNED, found.model_dump(mode="json"), head)
    ]
    news = services_news(room.inventory().services, records)
    if news is not None:
        steps.append(KeepRecord("the centres' services", news.kind, news.body, head, (steps[-1].key,)))
    reports: list[GateReport] = []
    for dossier in facts.dossiers:
        evidence = _evidence(room, facts, found, dossier.id)
        if evidence:
            opened = room.propose_evidence(dossier, evidence, title=COMMAND)
            # One after the other: each record stands on what the ledger held before it.
            steps += [_after(step, steps[-1].key) if not step.needs else step for step in opened.plan.steps]
            reports += opened.reports
    return RoadmapProposal(Plan(ROOM, room.target.value, "agency roadmap", tuple(steps)), tuple(reports))


def _evidence(room: Onboarding, facts: RoadmapFacts, found: Roadmap, agency: str) -> list[GateEvidence]:
    dossier = room.dossier(agency)
    waiting = [each for each in dossier.systems if facts.states.get((agency, each.id)) is LifecycleState.ASSESSED]
    values = [(each.id, roadmap_values(facts, found, agency, each)) for each in waiting]
    return [
        gate_evidence(dossier, name, "roadmap", each, command=COMMAND, version=room.version)
        for name, each in values
        if each is not None
    ]


def _after(step: Step[OnboardingWorld], key: str) -> Step[OnboardingWorld]:
    return (
        KeepRecord(step.name, step.record_kind, step.body, step.after, (key,))
        if isinstance(step, KeepRecord)
        else step
    )
