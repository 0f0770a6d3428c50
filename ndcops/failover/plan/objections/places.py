"""Sites, room, dependencies: can the service live where it shall go?"""

from collections.abc import Iterator, Sequence

from ndcops.failover.plan.facts import FailoverFacts, ServiceFacts
from ndcops.failover.plan.location import locate, old_roles
from ndcops.failover.plan.moves import Move
from ndcops.failover.plan.order import Objection
from ndcops.model.object_names import workload_object


def place_objections(facts: FailoverFacts, moves: Sequence[Move]) -> Iterator[Objection]:
    """Reasons of sites, capacity and dependencies."""
    yield from _sites(facts, moves)
    yield from _room(facts, moves)
    moving = {move.service: move for move in moves}
    for move in moves:
        found = facts.service(move.service)
        if found is None:
            yield Objection(subject=move.service, reason="nothing is known of it")
            continue
        yield from _unknown(found, move)
        yield from _location(facts, found, move)
        yield from _returned(facts, found, move)
        yield from _workloads(found, move)
        yield from _dependencies(facts, found, moving)


def _sites(facts: FailoverFacts, moves: Sequence[Move]) -> Iterator[Objection]:
    for site in sorted({move.target for move in moves}):
        if not facts.is_reachable(site):
            yield Objection(subject=site, reason=f"the target does not answer: {_problem(facts, site)}")
    for site in sorted({move.source for move in moves if move.planned and move.source}):
        if not facts.is_reachable(site):
            reason = f"it does not answer: {_problem(facts, site)}; if it is lost: failover evacuate {site} --lost"
            yield Objection(subject=site, reason=reason)


def _problem(facts: FailoverFacts, name: str) -> str:
    site = facts.site(name)
    return (site.problem if site else "") or "no answer"


def _room(facts: FailoverFacts, moves: Sequence[Move]) -> Iterator[Objection]:
    verdicts = {verdict.site: verdict for verdict in facts.capacity}
    for site in sorted({move.target for move in moves}):
        verdict = verdicts.get(site)
        if verdict is None or verdict.fits is None:
            why = "; ".join(verdict.reasons) if verdict else "capacity was not asked"
            yield Objection(subject=site, reason=f"room is not known: {why}", risk=f"room-unknown:{site}")
        elif not verdict.fits:
            yield Objection(
                subject=site, reason=f"no room for all: {'; '.join(verdict.reasons)}", risk=f"no-room:{site}"
            )


def _unknown(found: ServiceFacts, move: Move) -> Iterator[Objection]:
    """What could not be read is never guessed; a lost site's silence is what the order is about."""
    for unknown in found.unknown:
        if not move.planned and unknown.site == move.source:
            continue
        where = f" at {unknown.site}" if unknown.site else ""
        yield Objection(subject=move.service, reason=f"{unknown.what}{where} is not known: {unknown.reason}")


def _location(facts: FailoverFacts, found: ServiceFacts, move: Move) -> Iterator[Objection]:
    if not move.source:
        doubts = "; ".join(locate(facts, found).doubts)
        yield Objection(subject=move.service, reason=f"where it is cannot be told: {doubts}")
    elif not move.planned and facts.is_reachable(move.source):
        reason = f"{move.source} answers, so it is not lost: leave out --lost"
        yield Objection(subject=move.service, reason=reason, risk=f"answers:{move.source}")


def _returned(facts: FailoverFacts, found: ServiceFacts, move: Move) -> Iterator[Objection]:
    """A site that was lost must rejoin before the service moves again: unfenced, its old copy would write."""
    here = locate(facts, found).site
    for site, what in old_roles(found, here).items():
        if here and move.planned:
            reason = f"{site} was lost and still calls {what} primary: ndcops failover failback --site {site}"
            yield Objection(subject=move.service, reason=reason)


def _workloads(found: ServiceFacts, move: Move) -> Iterator[Objection]:
    there = {state.ref.name for state in found.workloads_at(move.target)}
    wanted = {workload_object(found.service, workload) for workload in found.service.workloads}
    missing = sorted(wanted - there)
    if missing:
        names = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
        reason = f"{move.target} has no workload {names}: ndcops --site {move.target} stack up"
        yield Objection(subject=move.service, reason=reason)


def _dependencies(facts: FailoverFacts, found: ServiceFacts, moving: dict[str, Move]) -> Iterator[Objection]:
    """What it needs must live on after the move; a need that is not read here is another centre's, and known dead
    only when that centre is silent."""
    homes = {service.id: service.home for service in facts.declared}
    for need in found.service.depends_on:
        if need in moving:
            continue
        other = facts.service(need)
        site = locate(facts, other).site if other is not None else homes.get(need, "")
        if site and not facts.is_reachable(site):
            reason = f"it needs '{need}', which is at {site}, and {site} does not answer; move it too"
            yield Objection(subject=found.service.id, reason=reason, risk=f"dead-need:{found.service.id}:{need}")
