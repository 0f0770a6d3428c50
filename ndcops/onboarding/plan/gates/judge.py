"""Asks every check of the next gate and lets signed exceptions stand where they may."""

from ndcops.model.lifecycle import CheckResult, GateReport, LifecycleState
from ndcops.model.waiver import GateWaiver, Waivers, exception_problem
from ndcops.onboarding.plan.gates.entry import ASSESSED, LANDING_ZONE_READY, PLANNED, REGISTERED
from ndcops.onboarding.plan.gates.facts import Check, GateFacts
from ndcops.onboarding.plan.gates.handover import ACCEPTED, CUT_OVER, DECOMMISSIONED, VERIFIED
from ndcops.onboarding.plan.gates.replication import IN_SYNC, REHEARSED, SEEDED

CHECKS: dict[LifecycleState, tuple[Check, ...]] = {
    LifecycleState.REGISTERED: REGISTERED,
    LifecycleState.ASSESSED: ASSESSED,
    LifecycleState.PLANNED: PLANNED,
    LifecycleState.LANDING_ZONE_READY: LANDING_ZONE_READY,
    LifecycleState.SEEDED: SEEDED,
    LifecycleState.IN_SYNC: IN_SYNC,
    LifecycleState.REHEARSED: REHEARSED,
    LifecycleState.CUT_OVER: CUT_OVER,
    LifecycleState.VERIFIED: VERIFIED,
    LifecycleState.ACCEPTED: ACCEPTED,
    LifecycleState.DECOMMISSIONED: DECOMMISSIONED,
}


def unknown_checks(waivers: Waivers | None) -> tuple[str, ...]:
    """Exceptions to checks that no gate asks: slips, which must not look as if they counted."""
    known = {check.name for checks in CHECKS.values() for check in checks}
    given = waivers.gates if waivers is not None else ()
    return tuple(f"{one.id}: no gate asks '{one.check}'" for one in given if one.check not in known)


def gate_report(facts: GateFacts) -> GateReport:
    """Every check of the gate to the next state; none for a system at its end."""
    following = facts.standing.state.next
    checks = CHECKS[following] if following is not None else ()
    return GateReport(
        agency=facts.dossier.id,
        system=facts.system.id,
        state=facts.standing.state,
        next=following,
        checks=tuple(_result(check, facts) for check in checks),
        as_of=facts.now.date(),
    )


def _result(check: Check, facts: GateFacts) -> CheckResult:
    why = check.ask(facts)
    if not why:
        return CheckResult(check=check.name, passed=True, why="")
    waiver, problem = _waiver(check, facts)
    if waiver is not None and not problem:
        return CheckResult(check=check.name, passed=True, why=why, waiver=waiver.id)
    return CheckResult(check=check.name, passed=False, why=f"{why} (waiver {problem})" if problem else why)


def _waiver(check: Check, facts: GateFacts) -> tuple[GateWaiver | None, str]:
    """The exception for a check, and why it does not count."""
    given = facts.waivers.gates if facts.waivers is not None else ()
    mine = [one for one in given if one.check == check.name and one.system == facts.system.id]
    if not mine:
        return None, ""
    if not check.waivable:
        return mine[0], f"{mine[0].id}: this check cannot be waived"
    problems = [exception_problem(one, facts.waivers, facts.now.date(), facts.is_valid) for one in mine]
    for one, problem in zip(mine, problems, strict=True):
        if not problem:
            return one, ""
    return mine[0], f"{mine[0].id}: {problems[0]}"
