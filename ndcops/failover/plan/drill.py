"""A drill: copies at the standbys, in the order in which services would come up, checked and removed."""

from datetime import datetime

from ndcops.failover.plan.dependencies import moving_needs
from ndcops.failover.plan.facts import FailoverFacts, ServiceFacts
from ndcops.failover.plan.location import locate
from ndcops.failover.plan.moves import other_site
from ndcops.failover.plan.objections import coordination_objections
from ndcops.failover.plan.order import Objection, Order
from ndcops.failover.steps import CheckCopy, CreateCopy, FailoverWorld, RemoveCopy, ServiceStep
from ndcops.model.errors import InvalidInput, Refused
from ndcops.workflow.plan import Plan


def plan_drill(facts: FailoverFacts, order: Order, *, now: datetime) -> Plan[FailoverWorld]:
    """Create, check and remove a copy of each service at the site where it would go; production is only read.

    Raises Refused with every reason, InvalidInput when no service is chosen.
    """
    chosen = [f for f in facts.services if not order.services or f.service.id in order.services]
    if not chosen:
        raise InvalidInput("a drill needs at least one service", resolution="ndcops failover drill SERVICE")
    places = {found.service.id: _place(facts, found) for found in chosen}
    against = [*coordination_objections(facts, frozenset(places), now), *_objections(facts, places)]
    refused = [objection for objection in against if not (objection.risk and order.accepts(objection.risk))]
    if refused:
        raise Refused(
            f"the drill is refused for {len(refused)} reasons; nothing was touched",
            details=[str(objection) for objection in refused],
            resolution="ndcops failover ready",
        )
    needs = moving_needs(facts.declared, frozenset(places))
    checks = {name: f"{name}/check-copy@{site}" for name, site in places.items()}
    steps: list[ServiceStep] = []
    for name, site in places.items():
        create = CreateCopy(name, tuple(checks[need] for need in needs[name]), site, order.drill)
        users = tuple(checks[user] for user in places if name in needs[user])
        steps.append(create)
        steps.append(CheckCopy(name, (create.key,), site, order.drill))
        steps.append(RemoveCopy(name, (checks[name], *users), site, order.drill))
    return Plan(
        "failover", facts.target.value, f"failover drill {order.drill}", tuple(steps), {"drill": order.drill}
    )


def _place(facts: FailoverFacts, found: ServiceFacts) -> str:
    return other_site(found.service, locate(facts, found).site)


def _objections(facts: FailoverFacts, places: dict[str, str]) -> list[Objection]:
    silent = sorted({site for site in places.values() if not facts.is_reachable(site)})
    found = [Objection(subject=site, reason="it does not answer") for site in silent]
    verdicts = {verdict.site: verdict for verdict in facts.capacity}
    for site in sorted(set(places.values())):
        verdict = verdicts.get(site)
        if verdict is None or not verdict.fits:
            why = "; ".join(verdict.reasons) if verdict else "capacity was not asked"
            found.append(
                Objection(subject=site, reason=f"no known room for copies: {why}", risk=f"no-room:{site}")
            )
    return found
