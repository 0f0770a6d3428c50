"""Carries a plan out under the operator lock, takes a run up again, or takes it back.

Safety: the lock is held from before the facts are compared until the last record; whoever loses it stops at its
next write or record.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from ndcops.failover.plan.planning import fingerprint
from ndcops.failover.plan.prediction import durations_of, urgency
from ndcops.failover.plan.story import ABORTING
from ndcops.failover.run.past import CLOSED
from ndcops.failover.run.reading import read_facts
from ndcops.failover.run.surroundings import Surroundings
from ndcops.failover.steps import DECODERS, ClaimService, FailoverWorld, FenceSite, ServiceStep, VerifyService
from ndcops.model.errors import Interrupted, InvalidInput, NdcopsError, PartlyApplied, Refused
from ndcops.model.failover import Hold, Overtaken, Unreachable
from ndcops.model.record import JsonObject, Record
from ndcops.workflow.frontier import Urgency
from ndcops.workflow.journal import BEGUN, DONE, ENDED, PLANNED, UNDONE, Journal, begun_keys, done_keys
from ndcops.workflow.plan import Plan, plan_from_document
from ndcops.workflow.runner import Runner, RunResult


class HeldJournal:
    """A run's journal while its lock is ours: nobody else appends, so what was read once need not be read again.

    Also what the run's steps ask of it. Raises what the journal below raises.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._guard = threading.Lock()
        self._records = list(journal.records())

    def append(self, kind: str, body: JsonObject) -> Record:
        """Add one record and return it."""
        with self._guard:
            record = self._journal.append(kind, body)
            self._records.append(record)
            return record

    def records(self) -> tuple[Record, ...]:
        """All records, oldest first."""
        with self._guard:
            return tuple(self._records)

    def evidence(self, key: str) -> JsonObject | None:
        """Evidence of the step's last ending, None when it was not done or was undone."""
        for record in reversed(self.records()):
            if record.kind in (DONE, UNDONE) and record.body["key"] == key:
                return dict(record.body["evidence"]) if record.kind == DONE else None
        return None

    def begun_at(self, key: str) -> datetime | None:
        """The time of the first record that the step was begun."""
        return next((r.time for r in self.records() if r.kind == BEGUN and r.body["key"] == key), None)


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
        _refuse_stale(given, plan)
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


def _refuse_stale(given: Surroundings, plan: Plan[FailoverWorld]) -> None:
    wanted = {name.removeprefix("service "): d for name, d in plan.facts.items() if name.startswith("service ")}
    if not wanted:
        return
    facts = read_facts(given, [service for service in given.services if service.id in wanted])
    changed = [service for service, digest in wanted.items() if fingerprint(facts, service) != digest]
    if changed:
        raise Refused(
            f"{plan.title}: the plan is stale; nothing was touched",
            details=[f"{service} is no longer as it was when the plan was made" for service in sorted(changed)],
            resolution="make the plan again",
        )


def _run(given: Surroundings, plan: Plan[FailoverWorld], journal: HeldJournal, hold: Hold, run: str) -> RunResult:
    world = _world(given, journal, hold, run)
    runner = Runner(
        journal, world, width=given.width, stop=given.stop, on_event=given.on_step, urgency=_urgency(plan)
    )
    unfinished = _unfinished(plan, journal.records())
    again = frozenset(s.key for s in plan.steps if isinstance(s, ClaimService) and s.service in unfinished)
    try:
        return runner.run(plan, again=again)
    except (PartlyApplied, Interrupted) as error:
        error.resolution = f"ndcops failover resume {run}"
        raise


def _urgency(plan: Plan[FailoverWorld]) -> Urgency[FailoverWorld]:
    steps = _steps(plan)
    ways_s = urgency(steps, {key: duration.mean_s for key, duration in durations_of(steps, ()).items()})
    return lambda step: round(1000 * ways_s.get(step.key, 0.0))


def _unfinished(plan: Plan[FailoverWorld], records: Sequence[Record]) -> frozenset[str]:
    done = done_keys(tuple(records))
    return frozenset(step.service for step in _steps(plan) if step.key not in done)


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
    return FailoverWorld(
        drivers=given.drivers,
        coordination=given.coordination,
        hold=hold,
        clock=given.clock,
        services={service.id: service for service in given.services},
        history=journal,
        run=run,
        stopped=given.stop.is_set,
        limits=given.limits,
    )


def _steps(plan: Plan[FailoverWorld]) -> list[ServiceStep]:
    return [step for step in plan.steps if isinstance(step, ServiceStep)]
