"""The store, the clocks, other runs and the age of what is known: may anybody act at all now?"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from ndcops.failover.plan.facts import FailoverFacts
from ndcops.failover.plan.order import Objection

OLDEST_FACTS_S: Final = 120
"""A plan from older facts is stale."""
FARTHEST_CLOCK_MS: Final = 5000
"""Leases last 15 s; a third of that is what clocks may be apart before ages and leases mean nothing."""

_NO_MAJORITY: Final = "no-majority:coordination"
"""Taken only by an order to break the glass; the command line has no word for it."""


def coordination_objections(facts: FailoverFacts, moving: frozenset[str], now: datetime) -> Iterator[Objection]:
    """Reasons that hold for every service."""
    store = facts.coordination
    if not store.has_majority:
        silent = ", ".join(f"{m.site} ({m.problem or 'no answer'})" for m in store.members if not m.answers)
        reason = f"no majority of its members answers: {silent}"
        yield Objection(subject="coordination", reason=reason, risk=_NO_MAJORITY)
    if facts.past_problem:
        reason = f"which runs did not end is not known: {facts.past_problem}"
        yield Objection(subject="coordination", reason=reason, risk=_NO_MAJORITY)
    if store.holder is not None:
        holder = store.holder
        reason = f"{holder.actor} holds the lock since {holder.acquired_at:%H:%M:%S} for '{holder.purpose}'"
        yield Objection(subject="coordination", reason=reason)
    yield from _clocks(facts)
    for run in facts.open_runs:
        shared = sorted(moving & set(run.services))
        if shared:
            reason = f"run {run.run} ({run.title}) did not end: ndcops failover resume {run.run}, or abort it"
            yield Objection(subject=", ".join(shared), reason=reason, risk=f"open-run:{run.run}")
    age_s = (now - facts.taken_at).total_seconds()
    if not 0 <= age_s <= OLDEST_FACTS_S:
        reason = f"what is known was read {age_s:.0f} s ago; expected at most {OLDEST_FACTS_S} s"
        yield Objection(subject="facts", reason=reason)


def _clocks(facts: FailoverFacts) -> Iterator[Objection]:
    offsets = [(f"member {m.site}", m.answers, m.clock_offset_ms) for m in facts.coordination.members]
    for found in facts.services:
        members = found.database.members if found.database else ()
        # A database member that tells no time is Patroni's own affair: its leases run in its store.
        offsets += [(f"database member {m.name}", False, m.clock_offset_ms) for m in members]
    for what, is_needed, offset in offsets:
        if offset is not None and abs(offset) > FARTHEST_CLOCK_MS:
            yield Objection(
                subject="clocks", reason=f"{what} is {offset / 1000:+.0f} s from here; expected 5 s at most"
            )
        elif offset is None and is_needed:
            risk = f"clock-unknown:{what.rpartition(' ')[2]}"
            yield Objection(subject="clocks", reason=f"{what} tells no time", risk=risk)
