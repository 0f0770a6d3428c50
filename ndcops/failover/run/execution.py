"""Carries a plan out under the operator lock, takes a run up again, or takes it back.

Safety: the lock is held from before the facts are compared until the last record; whoever loses it stops at its
next write or record.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ndcops.failover.plan.durations import Circumstances, durations_of
from ndcops.failover.plan.facts import FailoverFacts
from ndcops.failover.plan.planning import fingerprint
from ndcops.failover.plan.prediction import urgency
from ndcops.failover.plan.story import ABORTING
from ndcops.failover.run.held_journal import HeldJournal
from ndcops.failover.run.one_for_all import OneForAll
from ndcops.failover.run.past import CLOSED
from ndcops.failover.run.reading import read_facts
from ndcops.failover.run.surroundings import Surroundings
from ndcops.failover.steps import (
    DECODERS,
    ClaimService,
    FailoverWorld,
    FenceSite,
    ServiceStep,
    UnfenceSite,
    VerifyService,
)
from ndcops.model.errors import Interrupted, InvalidInput, NdcopsError, PartlyApplied, Refused
from ndcops.model.failover import Hold, Overtaken, Unreachable
from ndcops.model.record import JsonObject, Record
from ndcops.workflow.frontier import Urgency
from ndcops.workflow.journal import ENDED, PLANNED, begun_keys, done_keys
from ndcops.workflow.plan import Plan, plan_from_document
from ndcops.workflow.runner import Runner, RunResult


def execute(
    given: Surroundings,
    plan: Plan[FailoverWorld],
    *,
    run: str,
    ordered: JsonObject,
    supersedes: Sequence[str] = (),
) -> RunResult:
    """Carry out a plan that was shown.

    ordered: what was asked, promised and accepted; kept beside the plan. supersedes: open runs that the operator
    chose to leave to this one.

    Raises Refused before anything is touched when the lock is held or the facts are no longer those of the plan;
    PartlyApplied or Interrupted when the run must be resumed.
    """
    with _holding(given, run, plan.title) as hold:
        _refuse_stale(given, plan, supersedes)
        for old in supersedes:
            given.coordination.journal(old, hold).append(ENDED, {"result": "superseded", "by": run})
        journal = HeldJournal(given.coordination.journal(run, hold))
        journal.append(PLANNED, {"plan": plan.document(), "digest": plan.digest(), "ordered": ordered})
        return _run(given, plan, journal, hold, run)


def resume(given: Surroundings, run: str) -> RunResult:
    """Take up a run where its journal ends, forwards or backwards. Raises InvalidInput for one that ended."""
    with _holding(given, run, f"resume {run}") as hold:
        journal = HeldJournal(given.coordination.journal(run, hold))
        records = journal.records()
        _refuse_closed(run, records)
        plan = planned(run, records)
        if any(record.kind == ABORTING for record in records):
            _take_back(given, plan, journal, hold, run)
            return RunResult({})
        return _run(given, plan, journal, hold, run)


def abort(given: Surroundings, run: str, *, all_services: bool = False) -> tuple[str, ...]:
    """Take back what is not finished: services that were verified stay unless `all_services`; returns the others.

    Raises Refused, nothing touched, when a step that cannot be undone was begun for one of them.
    """
    with _holding(given, run, f"abort {run}") as hold:
        journal = HeldJournal(given.coordination.journal(run, hold))
        records = journal.records()
        _refuse_closed(run, records)
        plan = planned(run, records)
        if not any(record.kind == ABORTING for record in records):
            back = _to_take_back(plan, records, all_services=all_services)
            _refuse_irreversible(plan, records, back)
            journal.append(ABORTING, {"services": sorted(back)})
        return _take_back(given, plan, journal, hold, run)


def planned(run: str, records: Sequence[Record]) -> Plan[FailoverWorld]:
    """The plan that a run's journal keeps. Raises InvalidInput for a run that has none."""
    found = next((record for record in records if record.kind == PLANNED), None)
    if found is None:
        raise InvalidInput(
            f"there is no failover run '{run}'",
            resolution="ndcops failover status",
        )
    plan = plan_from_document(found.body["plan"], DECODERS)
    if plan.digest() != found.body["digest"]:
        raise Refused(f"run {run}: the plan in its journal is not the one that was confirmed")
    return plan


@contextmanager
def _holding(given: Surroundings, run: str, purpose: str) -> Iterator[Hold]:
    hold = _hold(given, run, purpose)
    try:
        yield hold
    except (Overtaken, Unreachable) as error:
        raise PartlyApplied(
            f"run {run}: {error.message}",
            details=["nothing more was written from here"],
            resolution=f"ndcops failover resume {run}",
        ) from error
    finally:
        _release(given, hold)


def _hold(given: Surroundings, run: str, purpose: str) -> Hold:
    """The operator lock; without the store's majority, what two people signed for this very run."""
    if given.glass is None:
        return given.coordination.acquire(purpose=purpose, lease_s=given.lease_s)
    if given.glass.run != run:
        raise Refused(
            f"the glass may be broken for run {given.glass.run} only, not for {run}",
            resolution="ndcops failover status",
        )
    return given.coordination.break_glass(given.glass)


def _release(given: Surroundings, hold: Hold) -> None:
    """A lock that cannot be given back falls with its lease; that is no failure of the run."""
    try:
        given.coordination.release(hold)
    except NdcopsError:
        return


def _refuse_stale(given: Surroundings, plan: Plan[FailoverWorld], supersedes: Sequence[str]) -> None:
    wanted = {name.removeprefix("service "): d for name, d in plan.facts.items() if name.startswith("service ")}
    touched = _touched(plan)
    if not wanted and not touched:
        return
    facts = read_facts(given, [service for service in given.services if service.id in wanted])
    _refuse_other_runs(given, plan, facts, touched, supersedes)
    changed = [service for service, digest in wanted.items() if fingerprint(facts, service) != digest]
    if changed:
        raise Refused(
            f"{plan.title}: the plan is stale; nothing was touched",
            details=[f"{service} is no longer as it was when the plan was made" for service in sorted(changed)],
            resolution="make the plan again",
        )


def _refuse_other_runs(
    given: Surroundings,
    plan: Plan[FailoverWorld],
    facts: FailoverFacts,
    touched: frozenset[str],
    supersedes: Sequence[str],
) -> None:
    """Two open runs on one service would each take back what the other relies on, a fence above all."""
    details = [
        f"{', '.join(sorted(touched & set(run.services)))}: run {run.run} ({run.title}) began and did not end"
        for run in facts.open_runs
        if touched & set(run.services) and run.run not in supersedes
    ]
    if facts.past_problem and given.glass is None:
        details.append(f"which runs did not end is not known: {facts.past_problem}")
    if details:
        raise Refused(
            f"{plan.title}: other runs stand in the way; nothing was touched",
            details=details,
            resolution="make the plan again",
        )


def _touched(plan: Plan[FailoverWorld]) -> frozenset[str]:
    """Services whose objects the plan writes, and those behind a fence that it lifts; a drill has none."""
    claimed = {step.service for step in plan.steps if isinstance(step, ClaimService)}
    return frozenset(claimed.union(*(step.guarded for step in plan.steps if isinstance(step, UnfenceSite))))


def _run(given: Surroundings, plan: Plan[FailoverWorld], journal: HeldJournal, hold: Hold, run: str) -> RunResult:
    world = _world(given, journal, hold, run)
    runner = Runner(
        journal, world, width=given.width, stop=given.stop, on_event=given.on_step, urgency=_urgency(plan)
    )
    try:
        return runner.run(plan, again=_again(plan, journal.records()))
    except (PartlyApplied, Interrupted) as error:
        error.resolution = f"ndcops failover resume {run}"
        raise


def _urgency(plan: Plan[FailoverWorld]) -> Urgency[FailoverWorld]:
    steps = _steps(plan)
    ways_s = urgency(
        steps, {key: duration.mean_s for key, duration in durations_of(steps, Circumstances()).items()}
    )
    return lambda step: round(1000 * ways_s.get(step.key, 0.0))


def _again(plan: Plan[FailoverWorld], records: Sequence[Record]) -> frozenset[str]:
    """What was done may be so no more, for others acted since: claims of services, fences that steps still need.

    Safety: a fence serves all that left a site. Another run's abort lifts it while nothing is primary behind it.
    """
    done = done_keys(tuple(records))
    left = [step for step in _steps(plan) if step.key not in done]
    services, needed = {step.service for step in left}, {need for step in left for need in step.needs}
    claims = {s.key for s in plan.steps if isinstance(s, ClaimService) and s.service in services}
    return frozenset(claims | {s.key for s in plan.steps if isinstance(s, FenceSite) and s.key in needed})


def _to_take_back(plan: Plan[FailoverWorld], records: Sequence[Record], *, all_services: bool) -> frozenset[str]:
    done = done_keys(tuple(records))
    verified = {s.service for s in _steps(plan) if isinstance(s, VerifyService) and s.key in done}
    services = {s.service for s in _steps(plan) if not isinstance(s, FenceSite)}
    return frozenset(services if all_services else services - verified)


def _refuse_irreversible(plan: Plan[FailoverWorld], records: Sequence[Record], services: frozenset[str]) -> None:
    begun = begun_keys(tuple(records))
    stuck = [s for s in _steps(plan) if s.service in services and s.key in begun and s.irreversible]
    if stuck:
        raise Refused(
            f"{plan.title}: {len(stuck)} steps cannot be taken back; nothing was touched",
            details=[f"{step.key}: {step.irreversible}" for step in stuck],
            resolution="go forwards: ndcops failover resume RUN",
        )


def _take_back(
    given: Surroundings, plan: Plan[FailoverWorld], journal: HeldJournal, hold: Hold, run: str
) -> tuple[str, ...]:
    """Claim the services again, then undo their steps, last first. A fence falls when nothing stays behind it."""
    records = journal.records()
    services = frozenset(next(r for r in records if r.kind == ABORTING).body["services"])
    world = _world(given, journal, hold, run)
    steps = [step for step in _steps(plan) if step.service in services]
    begun = begun_keys(records)
    if services >= {step.service for step in _steps(plan) if not isinstance(step, FenceSite)}:
        steps += [step for step in _steps(plan) if isinstance(step, FenceSite)]
    runner = Runner(journal, world, width=1, stop=given.stop, on_event=given.on_step)
    chosen = frozenset(s.key for s in steps if not isinstance(s, ClaimService))
    touched = {s.service for s in steps if s.key in begun & chosen}
    try:
        for step in steps:
            if isinstance(step, ClaimService) and step.service in touched:
                step.apply(world, lambda _: None)
        runner.undo(plan, chosen=chosen)
    except (Overtaken, Unreachable, Interrupted):
        raise
    except NdcopsError as error:
        raise PartlyApplied(
            f"abort of {run}: {error.message}",
            details=error.details,
            resolution=error.resolution or f"ndcops failover resume {run}",
        ) from error
    journal.append(ENDED, {"result": "aborted", "services": sorted(services)})
    return tuple(sorted(services))


def _refuse_closed(run: str, records: Sequence[Record]) -> None:
    last = records[-1] if records else None
    if last is not None and last.kind == ENDED and last.body["result"] in CLOSED:
        raise InvalidInput(f"run {run} has ended: {last.body['result']}", resolution="ndcops failover status")


def _world(given: Surroundings, journal: HeldJournal, hold: Hold, run: str) -> FailoverWorld:
    def confirm(asked: Sequence[None]) -> Sequence[None]:
        given.coordination.confirm(hold)
        return asked

    confirmations = OneForAll(confirm, most_at_once=given.width)
    return FailoverWorld(
        drivers=given.drivers,
        confirm=lambda: confirmations.ask(None),
        epoch=hold.epoch,
        clock=given.clock,
        services={service.id: service for service in given.services},
        history=journal,
        run=run,
        stopped=given.stop.is_set,
        limits=given.limits,
    )


def _steps(plan: Plan[FailoverWorld]) -> list[ServiceStep]:
    return [step for step in plan.steps if isinstance(step, ServiceStep)]
