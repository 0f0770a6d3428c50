"""What a run's journal tells: who ordered and did what when, how long each service was away, what was lost.

Everything is computed from the records alone, so that a report can be made again from them, byte for byte.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import Field

from ndcops.failover.plan.order import Objection, Order
from ndcops.failover.plan.prediction import PAUSE_KINDS
from ndcops.failover.steps.s80_verify import look_ended_at
from ndcops.model.document import Value
from ndcops.model.errors import Refused
from ndcops.model.record import JsonObject, Record, find_break
from ndcops.workflow.journal import BEGUN, DONE, ENDED, FAILED, PLANNED, UNDONE

ABORTING = "failover/aborting"
"""Kind of the record from which on a run is taken back; a resumed one goes on taking back."""

StepOutcome = Literal["planned", "begun", "done", "failed", "undone"]


class StepStory(Value):
    """One step: when first begun, when last ended, by whom."""

    key: str
    kind: str
    service: str
    outcome: StepOutcome
    begun_at: datetime | None = None
    ended_at: datetime | None = None
    actors: tuple[str, ...] = ()
    tries: int = 0
    error: str = ""
    evidence: JsonObject = Field(default_factory=dict)


class ServiceStory(Value):
    """One service of the run. Times in milliseconds.

    pause_ms: from the first step on its data (or the order, when its site was lost) to the look from outside;
    None while that has not been. outage_ms and lost: as its probe saw them, None without a probe.
    predicted_ms: low end, middle and high end of the promised 90% interval.
    """

    service: str
    source: str
    target: str
    planned: bool
    outcome: Literal["moved", "stayed", "half"]
    pause_ms: int | None
    outage_ms: int | None
    lost: int | None
    predicted_ms: tuple[int, int, int] | None
    rpo_s: int | None
    rpo_basis: str

    @property
    def as_predicted(self) -> bool | None:
        """Whether the measured pause lies in the promised interval."""
        if self.pause_ms is None or self.predicted_ms is None:
            return None
        return self.predicted_ms[0] <= self.pause_ms <= self.predicted_ms[2]


class Moment(Value):
    """One record, as a line of the timeline."""

    sequence: int
    time: datetime
    actor: str
    epoch: int
    kind: str
    subject: str
    note: str = ""


class RunStory(Value):
    """A run. digest: of its last record; whoever has it can tell whether the journal is whole."""

    run: str
    title: str
    target: str
    order: Order | None
    simulated: tuple[str, ...]
    accepted: tuple[Objection, ...]
    waves: tuple[tuple[str, ...], ...]
    began_at: datetime
    last_at: datetime
    ending: str
    actors: tuple[str, ...]
    epochs: tuple[int, ...]
    services: tuple[ServiceStory, ...]
    steps: tuple[StepStory, ...]
    moments: tuple[Moment, ...]
    records: int
    digest: str


def tell(run: str, records: Sequence[Record]) -> RunStory:
    """The run's story. Raises Refused when the records are not one unbroken chain with a plan."""
    broken = find_break(records)
    planned = next((record for record in records if record.kind == PLANNED), None)
    if broken is not None or planned is None:
        raise Refused(
            f"the journal of run {run} cannot be told: {broken or 'it holds no plan'}",
            details=["what the run did can no longer be proved from it"],
            resolution="keep it for the inquiry",
        )
    plan, ordered = planned.body["plan"], planned.body.get("ordered", {})
    steps = _steps(plan, records)
    order = ordered.get("order")
    last = records[-1]
    return RunStory(
        run=run,
        title=plan["title"],
        target=plan["target"],
        order=Order.model_validate(order) if order else None,
        simulated=tuple(ordered.get("simulated", ())),
        accepted=tuple(Objection.model_validate(each) for each in ordered.get("accepted", ())),
        waves=tuple(tuple(wave) for wave in ordered.get("waves", ())),
        began_at=records[0].time,
        last_at=last.time,
        ending=last.body["result"] if last.kind == ENDED else "",
        actors=tuple(dict.fromkeys(record.actor for record in records)),
        epochs=tuple(dict.fromkeys(record.epoch for record in records)),
        services=_services(ordered, steps, records[0].time),
        steps=steps,
        moments=tuple(_moment(record) for record in records),
        records=len(records),
        digest=last.digest,
    )


def _steps(plan: JsonObject, records: Sequence[Record]) -> tuple[StepStory, ...]:
    own: dict[str, list[Record]] = {step["key"]: [] for step in plan["steps"]}
    for record in records:
        if record.body.get("key") in own:
            own[record.body["key"]].append(record)
    return tuple(_step(step, own[step["key"]]) for step in plan["steps"])


def _step(step: JsonObject, records: Sequence[Record]) -> StepStory:
    begun = [record for record in records if record.kind == BEGUN]
    ended = [record for record in records if record.kind in (DONE, FAILED, UNDONE)]
    outcomes: dict[str, StepOutcome] = {BEGUN: "begun", DONE: "done", FAILED: "failed", UNDONE: "undone"}
    return StepStory(
        key=step["key"],
        kind=step["kind"],
        service=step["arguments"]["service"],
        outcome=outcomes[records[-1].kind] if records else "planned",
        begun_at=begun[0].time if begun else None,
        ended_at=ended[-1].time if ended else None,
        actors=tuple(dict.fromkeys(record.actor for record in records)),
        tries=len(begun),
        error=ended[-1].body.get("error", "") if ended else "",
        evidence=ended[-1].body.get("evidence", {}) if ended else {},
    )


def _services(ordered: JsonObject, steps: Sequence[StepStory], began_at: datetime) -> tuple[ServiceStory, ...]:
    predicted = {each["service"]: each for each in ordered.get("predicted", ())}
    return tuple(
        _service(
            move, [s for s in steps if s.service == move["service"]], predicted.get(move["service"]), began_at
        )
        for move in ordered.get("moves", ())
    )


def _service(
    move: JsonObject, steps: Sequence[StepStory], predicted: JsonObject | None, began_at: datetime
) -> ServiceStory:
    verified = next((s for s in steps if s.kind == "failover/verify" and s.outcome == "done"), None)
    touched = [s for s in steps if s.kind != "failover/claim" and s.outcome not in ("planned", "undone")]
    evidence = verified.evidence if verified else {}
    return ServiceStory(
        service=move["service"],
        source=move["source"],
        target=move["target"],
        planned=move["planned"],
        outcome="moved" if verified else "half" if touched else "stayed",
        pause_ms=_pause_ms(move, steps, verified, began_at),
        outage_ms=evidence.get("outage_ms"),
        lost=evidence.get("lost"),
        predicted_ms=tuple(predicted["rto_ms"]) if predicted else None,
        rpo_s=predicted["rpo_s"] if predicted else None,
        rpo_basis=predicted["rpo_basis"] if predicted else "",
    )


def _pause_ms(
    move: JsonObject, steps: Sequence[StepStory], verified: StepStory | None, began_at: datetime
) -> int | None:
    if verified is None or verified.ended_at is None:
        return None
    starts = [s.begun_at for s in steps if s.kind in PAUSE_KINDS and s.begun_at is not None]
    starts = starts or [s.begun_at for s in steps if s.kind == "failover/names" and s.begun_at is not None]
    start = min(starts, default=verified.begun_at or began_at) if move["planned"] else began_at
    return max(0, round((look_ended_at(verified.ended_at, verified.evidence) - start).total_seconds() * 1000))


def _moment(record: Record) -> Moment:
    body = record.body
    note = body.get("error") or body.get("result") or ""
    return Moment(
        sequence=record.sequence,
        time=record.time,
        actor=record.actor,
        epoch=record.epoch,
        kind=record.kind,
        subject=str(body.get("key", "")),
        note=str(note),
    )
