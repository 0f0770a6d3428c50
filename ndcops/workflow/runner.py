"""Executes a plan: steps side by side where their needs allow, each journaled before and after."""

import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from ndcops.model.errors import Interrupted, NdcopsError, PartlyApplied, Refused
from ndcops.model.record import JsonObject
from ndcops.workflow.frontier import Frontier, Urgency
from ndcops.workflow.journal import (
    BEGUN,
    DONE,
    ENDED,
    FAILED,
    PLANNED,
    UNDONE,
    Journal,
    begun_keys,
    done_keys,
)
from ndcops.workflow.plan import Plan
from ndcops.workflow.step import Step

World = TypeVar("World")

StepState = Literal["waiting", "running", "done", "failed", "blocked", "undone"]


@dataclass(frozen=True)
class StepEvent:
    """A step changed its state, or says how far it is."""

    key: str
    state: StepState
    line: str = ""


@dataclass(frozen=True)
class RunResult:
    """Evidence of each step that was done, by key."""

    evidence: dict[str, JsonObject]


class Runner(Generic[World]):
    """Runs and undoes plans on one world.

    width: the most steps at once. stop: set it (Ctrl-C) and no further step begins; steps in hand are
    told by their own world. urgency: which of the steps that may begin goes first. Safety: a step's BEGUN
    record is durable before its first effect, and its DONE record follows its last, so a resumed run repeats
    at most the steps in hand.
    """

    def __init__(
        self,
        journal: Journal,
        world: World,
        *,
        width: int,
        stop: threading.Event,
        on_event: Callable[[StepEvent], None],
        urgency: Urgency[World] = lambda _: 0,
    ) -> None:
        self._journal = journal
        self._world = world
        self._width = width
        self._stop = stop
        self._on_event = on_event
        self._urgency = urgency

    def run(self, plan: Plan[World], *, again: frozenset[str] = frozenset()) -> RunResult:
        """Do every step that the journal does not call done yet, and those of `again` in any case.

        Raises Interrupted when stopped, PartlyApplied when a step failed after another was done, the step's
        own error when it alone failed and nothing was done, and Refused when all that could begin was refused.
        """
        records = self._journal.records()
        if not any(record.kind == PLANNED for record in records):
            self._journal.append(PLANNED, {"plan": plan.document(), "digest": plan.digest()})
        already = done_keys(records) - again
        evidence: dict[str, JsonObject] = {
            r.body["key"]: r.body["evidence"] for r in records if r.kind == DONE and r.body["key"] in already
        }
        failures = self._execute(plan, set(already), evidence)
        self._journal.append(ENDED, {"result": _ending(failures, stopped=self._stop.is_set())})
        self._raise(plan, evidence, failures)
        return RunResult(evidence)

    def undo(self, plan: Plan[World], *, chosen: frozenset[str] | None = None) -> tuple[str, ...]:
        """Take back every done step, last first; returns the keys. Raises NdcopsError at an irreversible one.

        chosen: only these of the steps that were begun, whether they ended or were cut off in the middle.
        """
        records = self._journal.records()
        takes_back = done_keys(records) if chosen is None else begun_keys(records) & chosen
        undone = []
        for step in reversed(plan.order()):
            if step.key not in takes_back:
                continue
            if step.irreversible:
                raise NdcopsError(f"{step.key} cannot be undone: {step.irreversible}")
            evidence = step.undo(self._world, self._reporter(step))
            self._journal.append(UNDONE, {"key": step.key, "evidence": evidence})
            self._on_event(StepEvent(step.key, "undone"))
            undone.append(step.key)
        return tuple(undone)

    def _execute(
        self, plan: Plan[World], done: set[str], evidence: dict[str, JsonObject]
    ) -> dict[str, BaseException]:
        frontier = Frontier(plan.order(), done, self._urgency)
        failures: dict[str, BaseException] = {}
        running: dict[Future[JsonObject], str] = {}
        with ThreadPoolExecutor(max_workers=self._width, thread_name_prefix="step") as pool:
            while True:
                for step in frontier.take(self._room(failures, len(running))):
                    running[pool.submit(self._apply, step)] = step.key
                if not running:
                    break
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    key = running.pop(future)
                    error = future.exception()
                    if error is None:
                        frontier.finish(key)
                        evidence[key] = future.result()
                    else:
                        failures[key] = error
        for key in frontier.left:
            self._on_event(StepEvent(key, "blocked"))
        return failures

    def _room(self, failures: dict[str, BaseException], running: int) -> int:
        """How many more steps may begin now."""
        if self._stop.is_set() or any(not isinstance(error, NdcopsError) for error in failures.values()):
            return 0
        return max(0, self._width - running)

    def _apply(self, step: Step[World]) -> JsonObject:
        self._journal.append(BEGUN, {"key": step.key, "kind": step.kind, "arguments": step.arguments()})
        self._on_event(StepEvent(step.key, "running"))
        try:
            evidence = step.apply(self._world, self._reporter(step))
        except BaseException as error:
            self._journal.append(FAILED, {"key": step.key, "error": str(error)})
            self._on_event(StepEvent(step.key, "failed", str(error)))
            raise
        self._journal.append(DONE, {"key": step.key, "evidence": evidence})
        self._on_event(StepEvent(step.key, "done"))
        return evidence

    def _reporter(self, step: Step[World]) -> Callable[[str], None]:
        return lambda line: self._on_event(StepEvent(step.key, "running", line))

    def _raise(
        self, plan: Plan[World], evidence: dict[str, JsonObject], failures: dict[str, BaseException]
    ) -> None:
        unexpected = next((e for e in failures.values() if not isinstance(e, NdcopsError)), None)
        if unexpected is not None:
            raise unexpected
        left = len(plan.steps) - len(evidence)
        if self._stop.is_set() and left:
            raise Interrupted(
                f"{plan.title}: stopped with {len(evidence)} of {len(plan.steps)} steps done",
                resolution="run the same command again: it goes on from here",
            )
        errors = {key: e for key, e in failures.items() if isinstance(e, NdcopsError)}
        if not errors:
            return
        if len(plan.steps) == 1 or (not evidence and len(errors) == 1):
            raise next(iter(errors.values()))
        details = [f"{key}: {line}" for key, e in errors.items() for line in (e.message, *e.details)]
        resolution = next((e.resolution for e in errors.values() if e.resolution), "")
        if not evidence and all(isinstance(error, Refused) for error in errors.values()):
            message = f"{plan.title}: {len(errors)} steps were refused; nothing was changed"
            raise Refused(message, details=details, resolution=resolution)
        message = f"{plan.title}: {len(errors)} of {len(plan.steps)} steps failed, {len(evidence)} done"
        raise PartlyApplied(message, details=details, resolution=resolution)


def _ending(failures: dict[str, BaseException], *, stopped: bool) -> str:
    if failures:
        return "failed"
    return "stopped" if stopped else "done"
