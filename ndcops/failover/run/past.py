"""What earlier runs in the coordination store tell: which did not end, how long steps took, drills."""

from collections.abc import Sequence
from typing import Final

from pydantic import Field

from ndcops.failover.plan.facts import OpenRun, PastDrill, PastDuration
from ndcops.failover.ports import Coordination
from ndcops.failover.steps.s80_verify import look_ended_at
from ndcops.model.document import Value
from ndcops.model.failover import RunHead
from ndcops.model.record import JsonObject, Record
from ndcops.workflow.journal import BEGUN, DONE, ENDED, PLANNED, begun_keys, done_keys

CLOSED: Final = frozenset({"done", "aborted", "superseded"})
"""Endings after which a run needs nothing more."""
_ROLES_OF_DATA: Final = frozenset(
    {
        "failover/demote-cluster",
        "failover/demote-volumes",
        "failover/force-promote-cluster",
        "failover/force-promote-volumes",
        "failover/promote-cluster",
        "failover/promote-volumes",
        "failover/rejoin-cluster",
        "failover/rejoin-volumes",
    }
)
"""Steps between which data may have no primary. Patroni's leader key always has one holder, or finds one."""
_RUNS_MEASURED: Final = 20
"""Durations come from so many of the latest runs: older ones tell of another time."""


class Past(Value):
    """Earlier runs, as facts of a plan. drills: the last one by service. problem: why they could not be read."""

    open_runs: tuple[OpenRun, ...] = ()
    durations: tuple[PastDuration, ...] = ()
    drills: dict[str, PastDrill] = Field(default_factory=dict)
    problem: str = ""


def read_past(coordination: Coordination) -> Past:
    """From the journals of the latest runs and of all that did not end. Raises Unreachable without a majority."""
    heads = [head for head in coordination.runs() if is_ours(head)]
    latest = heads[-_RUNS_MEASURED:]
    open_runs, durations, drills = [], [], dict[str, PastDrill]()
    for head in heads:
        is_open = head.ending not in CLOSED
        if not is_open and head not in latest:
            continue
        records = coordination.journal(head.run, None).records()
        if is_open:
            services, half_way = services_of(records), half_way_of(records)
            open_runs.append(OpenRun(run=head.run, title=head.title, services=services, half_way=half_way))
        durations += durations_of(records)
        if "drill" in head.title:
            drills |= _drills(head, records)
    return Past(open_runs=tuple(open_runs), durations=tuple(durations), drills=drills)


def is_ours(head: RunHead) -> bool:
    """Whether a run is a failover's; a broken glass's journal begins with its order, not with a plan."""
    return head.title.startswith("failover") or not head.title


def services_of(records: Sequence[Record]) -> tuple[str, ...]:
    """Services that a run's plan is about."""
    plans = [record.body["plan"] for record in records if record.kind == PLANNED]
    return tuple(sorted({step["arguments"]["service"] for plan in plans for step in plan["steps"]}))


def half_way_of(records: Sequence[Record]) -> tuple[str, ...]:
    """Services whose data a run began to move, and did not come to the look from outside, or to its last step."""
    steps = [step for record in records if record.kind == PLANNED for step in record.body["plan"]["steps"]]
    begun, done = begun_keys(tuple(records)), done_keys(tuple(records))
    own: dict[str, list[JsonObject]] = {}
    for step in steps:
        own.setdefault(step["arguments"]["service"], []).append(step)
    half = []
    for service, chain in own.items():
        data = [step for step in chain if step["kind"] in _ROLES_OF_DATA]
        last = [step for step in chain if step["kind"] == "failover/verify"] or data
        if any(step["key"] in begun for step in data) and not all(step["key"] in done for step in last):
            half.append(service)
    return tuple(sorted(half))


def durations_of(records: Sequence[Record]) -> list[PastDuration]:
    """Steps that were begun once and done; one that was cut off and repeated says nothing of its duration."""
    begun: dict[str, list[Record]] = {}
    done: dict[str, Record] = {}
    for record in records:
        if record.kind == BEGUN:
            begun.setdefault(record.body["key"], []).append(record)
        elif record.kind == DONE:
            done[record.body["key"]] = record
    orders = [record.body.get("ordered", {}).get("order") or {} for record in records if record.kind == PLANNED]
    after_loss = any(order.get("lost") for order in orders)
    durations = []
    for key, record in done.items():
        starts = begun.get(key, [])
        if len(starts) == 1 and starts[0].epoch == record.epoch:
            ended = look_ended_at(record.time, record.body["evidence"])
            took_ms = round((ended - starts[0].time).total_seconds() * 1000)
            kind = starts[0].body["kind"]
            durations.append(PastDuration(kind=kind, took_ms=max(0, took_ms), after_loss=after_loss))
    return durations


def _drills(head: RunHead, records: Sequence[Record]) -> dict[str, PastDrill]:
    ended = next((record for record in reversed(records) if record.kind == ENDED), None)
    if ended is None:
        return {}
    took_ms = round((ended.time - records[0].time).total_seconds() * 1000)
    found = {}
    for record in records:
        if record.kind == DONE and "/check-copy@" in record.body["key"]:
            service = record.body["key"].partition("/")[0]
            passed = bool(record.body["evidence"].get("passed"))
            found[service] = PastDrill(run=head.run, ended_at=ended.time, passed=passed, took_ms=took_ms)
    return found
