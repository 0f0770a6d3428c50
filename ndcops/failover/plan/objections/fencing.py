"""After a loss: what proves that the lost site writes no more, before its data is promoted elsewhere."""

from collections.abc import Iterator

from ndcops.failover.plan.facts import FailoverFacts, ServiceFacts
from ndcops.failover.plan.moves import Move
from ndcops.failover.plan.order import Objection, Order


def needs_fence(found: ServiceFacts, move: Move) -> bool:
    """Patroni fences itself by its leader key; clusters and volumes of a lost site do not."""
    if move.planned:
        return False
    cnpg = found.service.database is not None and found.service.database.engine == "cloudnativepg"
    return cnpg or bool(found.volumes_at(move.target))


def is_dark(order: Order, site: str) -> bool:
    """Whether the operator certified that the site is without power or wholly cut off."""
    return order.accepts(f"dark:{site}")


def fencing_objections(facts: FailoverFacts, found: ServiceFacts, move: Move, order: Order) -> Iterator[Objection]:
    """A fence must be possible: the target's storage can fence the victim, or the victim is certified dark."""
    if not needs_fence(found, move) or is_dark(order, move.source):
        return
    standing = next((f for f in facts.fences if (f.site, f.victim) == (move.target, move.source)), None)
    if standing is None:
        reason = f"{move.target}'s storage cannot fence {move.source} off (no NetworkFence class)"
        yield Objection(subject=move.service, reason=reason, risk=f"dark:{move.source}")
