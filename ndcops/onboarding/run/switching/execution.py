"""Carries a change of the writing end out, takes it up again after a kill, or takes it back.

Safety: until an opening was begun, whatever fails is taken back at once, the fence first, so that applications
work again; from then on the run only goes forward, and the way back is a rollback.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ndcops.model.errors import Interrupted, NdcopsError, PartlyApplied, Refused
from ndcops.model.record import JsonObject, Record
from ndcops.onboarding.steps.switching import (
    SWITCH_DECODERS,
    HaltStream,
    OpenEnd,
    RaiseFence,
    StartBack,
    SwitchWorld,
)
from ndcops.workflow.journal import BEGUN, DONE, ENDED, PLANNED, Journal, begun_keys, done_keys
from ndcops.workflow.plan import Plan, plan_from_document
from ndcops.workflow.runner import Runner, RunResult, StepEvent
from ndcops.workflow.step import Step

ABORTING = "run/aborting"
TAKEN_BACK = "taken back"

_BACK_FIRST = ((StartBack,), (RaiseFence,), (HaltStream,))
"""What is taken back in which order, the rest after it: applications come before what only the next try needs."""


@dataclass(frozen=True)
class Execution:
    """One run: its plan, its journal, and what it acts on. width: databases side by side."""

    plan: Plan[SwitchWorld]
    journal: Journal
    world: SwitchWorld
    width: int
    stop: threading.Event
    on_step: Callable[[StepEvent], None]

    def run(self) -> RunResult:
        """To the end. Raises what failed, after all was taken back; PartlyApplied when the run must go on."""
        if is_aborting(self.journal.records()):
            self.take_back()
            raise Interrupted(f"{self.plan.title}: it was being taken back, and now is")
        try:
            return self._runner(self.world, self.stop).run(self.plan)
        except Exception as error:
            if self.is_past_return:
                raise self._onwards(error) from error
            self._take_back_after(error)  # before the fence too: slots that were made ready hold WAL back
            raise self._taken_back(error) from error

    @property
    def is_past_return(self) -> bool:
        """Whether an end may have been opened: asked of the journal, which is written before the opening."""
        return _begun(self.plan, self.journal.records(), OpenEnd)

    def take_back(self) -> tuple[str, ...]:
        """Everything that was begun. Raises Refused past the point of no return, NdcopsError when an end that must
        be changed for it does not answer: run again.
        """
        self._require_return()
        if not is_aborting(self.journal.records()):
            self.journal.append(ABORTING, {})
        runner = self._runner(replace(self.world, stopped=lambda: False), threading.Event())
        undone: list[str] = []
        for kinds in (*_BACK_FIRST, (object,)):
            chosen = frozenset(step.key for step in self.plan.steps if isinstance(step, kinds))
            undone += runner.undo(self.plan, chosen=chosen)
        self.journal.append(ENDED, {"result": TAKEN_BACK})
        return tuple(undone)

    def begun(self) -> tuple[Step[SwitchWorld], ...]:
        """The steps that `take_back` would take back. Raises Refused past the point of no return."""
        self._require_return()
        keys = begun_keys(tuple(self.journal.records()))
        return tuple(step for step in self.plan.order() if step.key in keys)

    def _require_return(self) -> None:
        if self.is_past_return:
            raise Refused(
                f"{self.plan.title}: the other end may have taken a write, which taking back would lose",
                resolution="run the same command again to its end, then: ndcops agency rollback",
            )

    def _take_back_after(self, error: Exception) -> None:
        try:
            self.take_back()
        except NdcopsError as second:
            raise PartlyApplied(
                f"{self.plan.title}: failed, and not all of it could be taken back",
                details=[*_lines(error), *_lines(second)],
                resolution="run the same command again: it goes on taking back",
            ) from second

    def _taken_back(self, error: Exception) -> Exception:
        """The same kind of error, saying that applications work as before."""
        if not isinstance(error, NdcopsError):
            return error
        kind = Refused if isinstance(error, (Refused, PartlyApplied)) else type(error)
        return kind(
            f"{error.message}; all was taken back, applications work as before",
            details=error.details,
            resolution=error.resolution or "run the same command again when that is mended",
        )

    def _onwards(self, error: Exception) -> Exception:
        if not isinstance(error, NdcopsError):
            return error
        return PartlyApplied(
            error.message,
            details=[*error.details, "the point of no return is passed: the new end may have taken writes"],
            resolution="run the same command again: it goes on from here; or then ndcops agency rollback",
        )

    def _runner(self, world: SwitchWorld, stop: threading.Event) -> Runner[SwitchWorld]:
        return Runner(self.journal, world, width=self.width, stop=stop, on_event=self.on_step)


def is_fenced(plan: Plan[SwitchWorld], records: Sequence[Record]) -> bool:
    """Whether writes may have been stopped and not been let in again."""
    return _begun(plan, records, RaiseFence)


def is_aborting(records: Sequence[Record]) -> bool:
    """Whether taking back was begun."""
    return any(record.kind == ABORTING for record in records)


def ended_with(records: Sequence[Record]) -> str:
    """How a run ended; empty for one that did not say."""
    last = records[-1] if records else None
    return str(last.body.get("result", "")) if last is not None and last.kind == ENDED else ""


def planned(records: Sequence[Record]) -> Plan[SwitchWorld] | None:
    """The plan that a journal keeps; None when there is none. Raises Refused for another than was shown."""
    found = next((record for record in records if record.kind == PLANNED), None)
    if found is None:
        return None
    plan = plan_from_document(found.body["plan"], SWITCH_DECODERS)
    if plan.digest() != found.body["digest"]:
        raise Refused("the plan in the journal is not the one that was confirmed")
    return plan


def pause_ms(plan: Plan[SwitchWorld], records: Sequence[Record]) -> int:
    """From the first fence to the last opening, by the journal, in milliseconds."""
    fences = {step.key for step in plan.steps if isinstance(step, RaiseFence)}
    openings = {step.key for step in plan.steps if isinstance(step, OpenEnd)}
    begun = [each.time for each in records if each.kind == BEGUN and each.body["key"] in fences]
    done = [each.time for each in records if each.kind == DONE and each.body["key"] in openings]
    return round((max(done) - min(begun)).total_seconds() * 1000) if begun and done else 0


def evidence_of(plan: Plan[SwitchWorld], result: RunResult, kind: type) -> list[JsonObject]:
    """What the steps of a kind found."""
    return [result.evidence[step.key] for step in plan.steps if isinstance(step, kind)]


def _begun(plan: Plan[SwitchWorld], records: Sequence[Record], kind: type) -> bool:
    keys = begun_keys(tuple(records)) | done_keys(tuple(records))
    return any(step.key in keys for step in plan.steps if isinstance(step, kind))


def _lines(error: Exception) -> list[str]:
    return [error.message, *error.details] if isinstance(error, NdcopsError) else [repr(error)]
