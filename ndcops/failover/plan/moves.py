"""Which service goes from where to where, planned or after a loss; the facts that its steps are built from."""

from ndcops.failover.plan.facts import FailoverFacts, ServiceFacts
from ndcops.failover.plan.location import Location, locate
from ndcops.failover.plan.order import Order
from ndcops.model.document import Name, Value
from ndcops.model.errors import InvalidInput
from ndcops.model.service import Service

LOW_TTL_S = 5
"""The time to live during a move (Wikimedia's cookbooks go down to 10 s)."""
STEADY_TTL_S = 60
"""What a name goes back to when nothing is known of the time before."""


class Move(Value):
    """One service's move. planned: the source answers and gives its role up; else it is lost and fenced off.

    realign: the data is at the target already (Patroni moved by itself): names and pods follow it.
    """

    service: Name
    source: str
    target: str
    planned: bool
    realign: bool = False


def resolve(facts: FailoverFacts, order: Order) -> tuple[Move, ...]:
    """The moves that an order means, by service name; services that are already there are left out.

    A service whose place is not known keeps an empty source; the objections say why. Raises InvalidInput for
    unknown services and sites.
    """
    _check_names(facts, order)
    moves = []
    for found in facts.services:
        if order.services and found.service.id not in order.services:
            continue
        place = locate(facts, found)
        if not _concerns(order, found, place):
            continue
        move = _move(found, place, order)
        if move.source != move.target:
            moves.append(move)
    return tuple(moves)


def _move(found: ServiceFacts, place: Location, order: Order) -> Move:
    own = (found.service.home, found.service.standby)
    lost = order.lost and order.site in (place.site, *place.astray)
    source = order.site if lost else place.site
    target = order.to or _destination(found, source, order)
    if place.is_split and place.site in own and place.site == (order.to or place.site):
        follows = order.kind == "switch" or order.site in place.astray
        if follows and not lost:
            left = order.site or place.names or place.astray[0]
            return Move(service=found.service.id, source=left, target=place.site, planned=True, realign=True)
        if follows:
            target = place.site
    return Move(service=found.service.id, source=source, target=target, planned=not lost)


def _check_names(facts: FailoverFacts, order: Order) -> None:
    declared = {service.id for service in facts.declared}
    unknown = [name for name in order.services if name not in declared]
    if unknown:
        raise InvalidInput(f"unknown service '{unknown[0]}'", resolution="ndcops inventory show")
    for site in filter(None, (order.site, order.to)):
        if facts.site(site) is None:
            known = ", ".join(site.site for site in facts.sites)
            raise InvalidInput(f"unknown site '{site}'", details=[f"known: {known}"])
    if order.site and order.site == order.to:
        raise InvalidInput(f"'{order.site}' cannot be left for itself")


def _concerns(order: Order, found: ServiceFacts, place: Location) -> bool:
    if order.kind == "evacuate":
        # One that is nowhere to be found may be there: its objections must be heard.
        nowhere = not place.site and order.site in (found.service.home, found.service.standby)
        return nowhere or order.site in (place.site, *place.astray)
    if order.kind == "failback":
        return place.site != found.service.home or place.is_split
    return True


def _destination(found: ServiceFacts, source: str, order: Order) -> str:
    service = found.service
    if order.kind == "failback":
        return service.home
    return other_site(service, source or order.site)


def other_site(service: Service, site: str) -> str:
    """Where a service goes that leaves `site`: its standby, or home from the standby."""
    return service.home if site == service.standby else service.standby


def old_ttl_s(found: ServiceFacts) -> int:
    """The longest time that a resolver may keep an answer of now."""
    return max((answer.ttl_s for name in found.names for answer in name.answers if not answer.problem), default=0)


def steady_ttl_s(found: ServiceFacts) -> int:
    """What the name's time to live goes back to: as it was, unless a move that did not end had lowered it."""
    old_s = old_ttl_s(found)
    return old_s if old_s > LOW_TTL_S else STEADY_TTL_S


def replicated_workloads(service: Service, replicated_tiers: tuple[str, ...]) -> frozenset[str]:
    """Names of workloads that keep data on replicated volumes."""
    return frozenset(
        w.name for w in service.workloads if w.volume is not None and w.volume.tier in replicated_tiers
    )


def living_servers(facts: FailoverFacts, found: ServiceFacts) -> tuple[str, ...]:
    """Authoritative servers that are to be updated: all but those on sites that do not answer."""
    return tuple(
        sorted(
            {
                answer.server
                for name in found.names
                for answer in name.answers
                if facts.is_reachable(answer.site) or not answer.problem
            }
        )
    )
