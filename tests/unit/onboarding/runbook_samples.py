"""The sample runbook filled in for an agency, and records of what was done of it."""

from datetime import UTC, date, datetime
from typing import Any

from ndcops.adapters.inventory_files import read_inventory
from ndcops.model.dossier import Dossier
from ndcops.model.lifecycle import CheckResult, GateReport, LifecycleState
from ndcops.model.roadmap import Cutover, PlannedMove, Reason, ReasonKind, Roadmap
from ndcops.model.runbook import DoneStep, FilledRunbook, RunbookTask
from ndcops.onboarding.plan.runbook import RunbookFacts, fill_runbook
from ndcops.onboarding.run.runbook import find_task
from tests.conftest import REPOSITORY
from tests.onboarding_world import Keys, MemoryLedger
from tests.unit.onboarding.zone_samples import agency, system

SAMPLE = read_inventory(REPOSITORY / "inventory").runbook
KEYS = Keys()
NOW = datetime(2026, 2, 1, tzinfo=UTC)


def gate(name: str, state: LifecycleState) -> GateReport:
    check = CheckResult(check="roadmap", passed=False, why="no evidence")
    return GateReport(
        agency="agency-x", system=name, state=state, next=state.next, checks=(check,), as_of=NOW.date()
    )


def roadmap(*nights: tuple[str, date]) -> Roadmap:
    moves = tuple(
        PlannedMove(
            key=name,
            cutovers=(Cutover(agency="agency-x", system=name, night=night, starts="22:00", hours=6),),
            begins=0,
            ends=0,
            team="t",
            reasons=(Reason(kind=ReasonKind.FIRST),),
        )
        for name, night in nights
    )
    return Roadmap(
        as_of=NOW.date(),
        source={},
        waves=(),
        moves=moves,
        left_out=(),
        makespan_waves=1,
        lower_bound_waves=1,
        kept=0,
        formerly_planned=0,
    )


def filled(
    dossier: Dossier | None = None,
    *,
    states: dict[str, LifecycleState] | None = None,
    ledger: MemoryLedger | None = None,
    nights: Roadmap | None = None,
) -> FilledRunbook:
    given = dossier or agency("agency-x", system(), system("x-portal"))
    assert SAMPLE is not None
    chosen = {each.id: LifecycleState.DRAFT for each in given.systems} | (states or {})
    return fill_runbook(
        RunbookFacts(
            runbook=SAMPLE,
            dossier=given,
            systems=given.systems,
            signers=KEYS.signers,
            roadmap=nights,
            records=(ledger or MemoryLedger()).records(),
            gates=[gate(name, state) for name, state in chosen.items()],
            now=NOW,
        )
    )


def task(found: FilledRunbook, step: str, subject: str | None = None) -> RunbookTask:
    return find_task(found, step, subject)


def done(step: str, subject: str = "agency-x") -> dict[str, Any]:
    return DoneStep(
        agency="agency-x", step=step, subject=subject, command="ndcops x", exit_code=0, stdout_sha256="0", took_s=3
    ).model_dump(mode="json")
