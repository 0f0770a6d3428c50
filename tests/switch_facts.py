"""Good facts of both ends of a move, a told clock, and a kill; for tests of a change of the writing end."""

from datetime import date
from typing import Any

from ndcops.model.cutover import End, EndFacts, FenceState, SlotState, SubscriptionState
from ndcops.model.lifecycle import CheckResult, GateReport, LifecycleState
from ndcops.model.move import Move
from ndcops.onboarding.plan.switching.facts import MoveFacts, SwitchFacts

GOOD = EndFacts(
    version=180004,
    in_recovery=False,
    fenceable=True,
    may_stream=True,
    wal_level="logical",
    free_slots=3,
    sessions=4,
    sequences=("public.tickets",),
    fence=FenceState(fenced=False),
    slot=SlotState(active=True, lost=False, lag_bytes=100),
    subscription=SubscriptionState(enabled=True, running=True, tables={"public.a": "r"}),
)


def move(database: str = "x-db") -> Move:
    return Move(
        agency="agency-x",
        system="x-records",
        database=database,
        source="host=a",
        target="host=b",
        source_for_target="host=a",
        target_for_source="host=b",
    )


FACTS_OF = MoveFacts(move(), {})
"""For the names of its streams."""


def gate(state: LifecycleState = LifecycleState.REHEARSED, *checks: CheckResult) -> GateReport:
    return GateReport(
        agency="agency-x", system="x-records", state=state, next=state.next, checks=checks, as_of=date(2026, 3, 1)
    )


def facts(
    leaving: End = End.SOURCE, *, source: EndFacts = GOOD, target: EndFacts = GOOD, at: GateReport | None = None
) -> SwitchFacts:
    found = at or gate(LifecycleState.REHEARSED if leaving is End.SOURCE else LifecycleState.CUT_OVER)
    return SwitchFacts("x-records", leaving, (MoveFacts(move(), {End.SOURCE: source, End.TARGET: target}),), found)


def changed(**fields: Any) -> EndFacts:
    return GOOD.model_copy(update=fields)


class FakeClock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def monotonic_s(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += max(seconds, 0.001)


class Killed(BaseException):
    """SIGKILL: nothing after it happens in this process."""
