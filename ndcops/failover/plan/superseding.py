"""Open runs that an order replaces: nobody may take them up any more, so it must finish what they left."""

from collections.abc import Iterator

from ndcops.failover.plan.facts import FailoverFacts, OpenRun
from ndcops.failover.plan.order import Objection, Order


def superseded(facts: FailoverFacts, order: Order, moving: frozenset[str]) -> tuple[str, ...]:
    """Runs that the operator chose to leave for this order, and that it has a service in common with."""
    return tuple(one.run for one in _chosen(facts, order, moving))


def superseding_objections(facts: FailoverFacts, order: Order, moving: frozenset[str]) -> Iterator[Objection]:
    """A run that left the data of other services half-way should be taken up, or replaced for all of them."""
    for one in _chosen(facts, order, moving):
        for service in sorted(set(one.half_way) - moving):
            reason = f"run {one.run} left its data half-way, and this order does not move it"
            reason = f"{reason}: ndcops failover resume {one.run}, or order both"
            yield Objection(subject=service, reason=reason, risk=f"left-half-way:{service}")


def _chosen(facts: FailoverFacts, order: Order, moving: frozenset[str]) -> list[OpenRun]:
    return [one for one in facts.open_runs if order.accepts(f"open-run:{one.run}") and moving & set(one.services)]
