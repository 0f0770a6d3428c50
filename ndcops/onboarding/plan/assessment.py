"""All findings about one dossier, from what its sources told; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ndcops.model.assessment import Assessment, Blocker, Difference, PersonalColumn, QualityFinding, SourceFinding
from ndcops.model.dossier import DatabaseEngine, Dossier, DossierDatabase, Subjects, dossier_digest
from ndcops.model.probe import ProbedDatabase, ShareAnswer
from ndcops.onboarding.plan.blockers import find_blockers
from ndcops.onboarding.plan.comparison import compare, contradictions, personal_columns, unlabelled_fields
from ndcops.onboarding.plan.completeness import completeness
from ndcops.onboarding.plan.importance import judge_importance
from ndcops.onboarding.plan.personal_data import Detection
from ndcops.onboarding.plan.qualities import quality_findings
from ndcops.onboarding.plan.strategy import advise


@dataclass(frozen=True)
class SourceFacts:
    """What one database told. problem: why it did not; people and answers are by data set."""

    database: str
    probed: ProbedDatabase | None = None
    problem: str = ""
    detections: tuple[Detection, ...] = ()
    people: Mapping[str, Subjects | None] = field(default_factory=dict)
    answers: Mapping[str, Sequence[ShareAnswer]] = field(default_factory=dict)


@dataclass
class _Findings:
    differences: list[Difference] = field(default_factory=list)
    blockers: list[Blocker] = field(default_factory=list)
    personal: list[PersonalColumn] = field(default_factory=list)
    qualities: list[QualityFinding] = field(default_factory=list)


def unprobed(database: DossierDatabase) -> str:
    """Why a database cannot be asked; empty when it can."""
    if database.engine is not DatabaseEngine.POSTGRESQL:
        return f"{database.engine} is not probed; only PostgreSQL is"
    return "" if database.connection is not None else "no connection declared"


def assess(dossier: Dossier, facts: Sequence[SourceFacts], *, taken_at: datetime) -> Assessment:
    """Every finding. facts: one for each database of the dossier."""
    by_database = {one.database: one for one in facts}
    found = _Findings()
    people: dict[str, Subjects | None] = {}
    for database in dossier.databases:
        _look_at(dossier, database, by_database[database.id], found)
        people.update(by_database[database.id].people)
    return Assessment(
        agency=dossier.id,
        dossier_sha256=dossier_digest(dossier),
        taken_at=taken_at,
        sources=tuple(_source(by_database[database.id]) for database in dossier.databases),
        differences=tuple(found.differences),
        blockers=tuple(found.blockers),
        importance=tuple(judge_importance(dataset, people.get(dataset.id)) for dataset in dossier.datasets),
        personal=tuple(found.personal),
        qualities=tuple(found.qualities),
        completeness=completeness(dossier),
        advice=tuple(advise(dossier, system, found.blockers, taken_at.date()) for system in dossier.systems),
        unlabelled=unlabelled_fields(dossier),
    )


def _look_at(dossier: Dossier, database: DossierDatabase, facts: SourceFacts, found: _Findings) -> None:
    probed = facts.probed
    if probed is None:
        return
    datasets = dossier.datasets_of(database.id)
    personal = personal_columns(database, datasets, probed, facts.detections)
    found.differences += [*compare(database, datasets, probed), *contradictions(personal)]
    found.blockers += find_blockers(database.id, probed)
    found.personal += personal
    for dataset in datasets:
        found.qualities += quality_findings(dataset, dossier, facts.answers.get(dataset.id, ()))


def _source(facts: SourceFacts) -> SourceFinding:
    probed = facts.probed
    if probed is None:
        return SourceFinding(database=facts.database, problem=facts.problem)
    return SourceFinding(
        database=facts.database,
        version=probed.version,
        tables=len(probed.tables),
        size_bytes=probed.size_bytes,
        hidden=probed.hidden,
    )
