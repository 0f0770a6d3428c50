"""An order and facts in; a plan of steps with what it will take out, or Refused with every reason."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from ndcops.failover.plan.chains import Chain, planned_chain, unplanned_chain
from ndcops.failover.plan.dependencies import moving_needs, tiers
from ndcops.failover.plan.facts import FailoverFacts, ServiceFacts
from ndcops.failover.plan.moves import Move, resolve
from ndcops.failover.plan.objections import (
    coordination_objections,
    data_objections,
    fencing_objections,
    name_objections,
    place_objections,
)
from ndcops.failover.plan.objections.fencing import is_dark, needs_fence
from ndcops.failover.plan.order import Objection, Order
from ndcops.failover.plan.prediction import Prediction, predict
from ndcops.failover.plan.superseding import superseding_objections
from ndcops.failover.steps import FailoverWorld, FenceSite, ServiceStep
from ndcops.model.document import Value
from ndcops.model.errors import InvalidInput, Refused
from ndcops.model.record import canonical_json
from ndcops.workflow.plan import Plan

WIDTH = 64
"""Steps at once: they wait much more than they compute."""


class Outlook(Value):
    """What a plan is about: moves in waves, what it will take, which risks were accepted for it."""

    moves: tuple[Move, ...]
    waves: tuple[tuple[str, ...], ...]
    predictions: tuple[Prediction, ...]
    accepted: tuple[Objection, ...] = ()


def objections(facts: FailoverFacts, order: Order, moves: Sequence[Move], now: datetime) -> list[Objection]:
    """Everything that stands against the moves, predictions included; each once."""
    moving = frozenset(move.service for move in moves)
    found = [*coordination_objections(facts, moving, now), *superseding_objections(facts, order, moving)]
    found += place_objections(facts, moves)
    for move in moves:
        service = facts.service(move.service)
        if service is None or not move.source:
            continue
        found += data_objections(facts, service, move)
        found += name_objections(facts, service, move)
        found += fencing_objections(facts, service, move, order)
    return list(dict.fromkeys(found))


class NothingToMove(InvalidInput):
    """The order is clear, and everything is already where it shall be."""


def plan_moves(
    facts: FailoverFacts, order: Order, *, now: datetime, width: int = WIDTH
) -> tuple[Plan[FailoverWorld], Outlook]:
    """The plan of a switch, an evacuation or a failback.

    Raises Refused with every objection that was not accepted by name, InvalidInput for a cycle, an unknown name,
    or an order that moves nothing.
    """
    moves = resolve(facts, order)
    if not moves:
        raise NothingToMove(f"nothing to move: {_nothing(order)}", resolution="ndcops failover status")
    waves = tiers(facts.declared, frozenset(move.service for move in moves))
    # A move from an unknown place has no steps: its objections say so.
    placed = [move for move in moves if move.source]
    steps = build_steps(facts, order, placed)
    predictions = predict(facts, placed, steps, width)
    against = [*objections(facts, order, moves, now), *late_objections(facts, predictions)]
    _refuse(order, [o for o in against if not _accepted(order, o)])
    taken = tuple(o for o in against if o.risk)
    outlook = Outlook(moves=moves, waves=waves, predictions=predictions, accepted=taken)
    title = " ".join(filter(None, ("failover", order.kind, order.site)))
    fingerprints = {f"service {m.service}": fingerprint(facts, m.service) for m in moves}
    return Plan("failover", facts.target.value, title, tuple(steps), fingerprints), outlook


def build_steps(facts: FailoverFacts, order: Order, moves: Sequence[Move]) -> list[ServiceStep]:
    """All steps of all moves: services side by side, each after those that it needs, behind shared fences."""
    needs = moving_needs(facts.declared, frozenset(move.service for move in moves))
    targets = {move.service: move.target for move in moves}
    fences: dict[tuple[str, str], FenceSite] = {}
    steps: list[ServiceStep] = []
    for move in moves:
        found = facts.service(move.service)
        if found is None:
            continue
        dependencies = tuple(f"{need}/verify@{targets[need]}" for need in needs[move.service])
        chain = Chain(facts, found, move)
        if move.planned:
            steps += planned_chain(chain, dependencies)
            continue
        keys: tuple[str, ...] = ()
        if needs_fence(found, move) and not is_dark(order, move.source):
            guarded = tuple(s.id for s in facts.declared if move.source in (s.home, s.standby))
            fence = FenceSite(move.source, (), move.target, move.source, guarded)
            fences[move.target, move.source] = fence
            keys = (fence.key,)
        risk = order.accepts(f"no-sync-standby:{move.service}")
        steps += unplanned_chain(chain, dependencies, keys, without_standby=risk)
    return [*fences.values(), *steps]


def fingerprint(facts: FailoverFacts, service_id: str) -> str:
    """SHA-256 of what decides a service's move; execution compares it: no stale plan is run."""
    found = facts.service(service_id)
    return hashlib.sha256(canonical_json(_decisive(found) if found else {})).hexdigest()


def _decisive(found: ServiceFacts) -> dict[str, object]:
    """Who leads, who is primary, what runs, where names lead; not lags and versions, which always change."""
    database = found.database
    return {
        "service": found.service.model_dump(mode="json"),
        "leader": database.leader if database else "",
        "standbys": sorted(database.sync_standbys) if database else [],
        "clusters": sorted([str(c.ref), c.primary, c.source, str(c.fenced)] for c in found.clusters),
        "volumes": sorted([str(v.ref), v.wanted, v.state] for v in found.volumes),
        "workloads": sorted([str(w.ref), str(w.replicas)] for w in found.workloads),
        "routes": sorted([str(r.ref), str(r.weight > 0)] for r in found.routes),
        "names": sorted([n.name, a.server, *a.addresses] for n in found.names for a in n.answers),
        "unknown": sorted([u.what, u.site] for u in found.unknown),
    }


def _accepted(order: Order, objection: Objection) -> bool:
    return bool(objection.risk) and order.accepts(objection.risk)


def late_objections(facts: FailoverFacts, predictions: Sequence[Prediction]) -> list[Objection]:
    """Promises that the plan would break: recovery time and recovery point of the service's declaration."""
    declared = {service.id: service for service in facts.declared}
    found = []
    for prediction in predictions:
        service = declared[prediction.service]
        if prediction.rto.high_s > service.rto_s:
            reason = f"it may take {prediction.rto.high_s:.0f} s; its RTO is {service.rto_s} s"
            found.append(Objection(subject=service.id, reason=reason, risk=f"rto:{service.id}"))
        if prediction.rpo_s is None:
            reason = f"what may be lost is not known: {prediction.rpo_basis}"
            found.append(Objection(subject=service.id, reason=reason, risk=f"rpo:{service.id}"))
        elif prediction.rpo_s > service.rpo_s:
            reason = f"{prediction.rpo_s} s of writes may be lost; its RPO is {service.rpo_s} s"
            found.append(Objection(subject=service.id, reason=reason, risk=f"rpo:{service.id}"))
    return found


def _refuse(order: Order, against: Sequence[Objection]) -> None:
    if against:
        raise Refused(
            f"failover {order.kind} is refused for {len(against)} reasons; nothing was touched",
            details=[str(objection) for objection in against],
            resolution="correct them, or accept a named risk: --accept NAME:WHAT --because REASON",
        )


def _nothing(order: Order) -> str:
    if order.kind == "evacuate":
        return f"no service is at {order.site}"
    if order.kind == "failback":
        return "all services are at home"
    return "the services are already there"
