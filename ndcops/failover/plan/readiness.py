"""Could each service be moved now: a plan's own objections, service by service, planned and after a loss."""

from collections.abc import Sequence
from datetime import datetime

from ndcops.failover.plan.facts import FailoverFacts, PastDrill, ServiceFacts
from ndcops.failover.plan.location import locate
from ndcops.failover.plan.moves import Move, other_site
from ndcops.failover.plan.order import Objection, Order
from ndcops.failover.plan.planning import build_steps, late_objections, objections
from ndcops.failover.plan.prediction import Prediction, predict
from ndcops.model.document import Name, Value

OLDEST_DRILL_DAYS = 90
"""A service whose last drill is older counts as never tried; Wikimedia switches twice a year, this is stricter."""


class Readiness(Value):
    """One service. objections: what stands against a planned move to its other site now.

    if_lost: what would stand against bringing it up there if its site were lost. names_elsewhere: callers are led
    to another site than the data. drill_age_days: None when it was never drilled.
    """

    service: Name
    grade: str
    site: str
    other: str
    objections: tuple[Objection, ...]
    if_lost: tuple[Objection, ...]
    prediction: Prediction | None
    prediction_if_lost: Prediction | None
    names_elsewhere: tuple[str, ...] = ()
    last_drill: PastDrill | None = None
    drill_age_days: int | None = None

    @property
    def ready(self) -> bool:
        """Whether a planned move would be taken without accepting a risk."""
        return not self.objections

    @property
    def ready_if_lost(self) -> bool:
        """Whether the loss of its site would be answered without accepting a risk."""
        return not self.if_lost

    @property
    def drill_is_due(self) -> bool:
        """Whether it was not drilled lately, or failed the last one."""
        passed = self.last_drill is not None and self.last_drill.passed
        return not passed or (self.drill_age_days or 0) > OLDEST_DRILL_DAYS


class _Judged(Value):
    """What stands against moves, and what they would take."""

    objections: tuple[Objection, ...]
    predictions: tuple[Prediction, ...]

    def of(self, service: str, services: frozenset[str]) -> tuple[Objection, ...]:
        """What stands against one service: its own reasons, and those that are no service's."""
        return tuple(o for o in self.objections if o.subject == service or o.subject not in services)

    def prediction(self, service: str) -> Prediction | None:
        """What the move of one service would take."""
        return next((each for each in self.predictions if each.service == service), None)


def readiness(facts: FailoverFacts, *, now: datetime, width: int) -> tuple[Readiness, ...]:
    """Every service that was read, by grade and name. Capacity is judged as the facts' verdicts have it.

    A lost site takes all of its services with it, so they are judged together.
    """
    places = {found.service.id: locate(facts, found).site for found in facts.services}
    others = {found.service.id: other_site(found.service, places[found.service.id]) for found in facts.services}
    if_lost = {
        site: _judge(
            _without(facts, site),
            [
                Move(service=name, source=site, target=others[name], planned=False)
                for name, place in places.items()
                if place == site
            ],
            Order(kind="evacuate"),
            now,
            width,
        )
        for site in sorted(set(places.values()))
    }
    found = []
    for service in facts.services:
        name = service.service.id
        move = Move(service=name, source=places[name], target=others[name], planned=True)
        planned = _judge(facts, [move], Order(kind="switch"), now, width)
        found.append(_told(facts, service, move, planned, if_lost[places[name]], now))
    return tuple(sorted(found, key=lambda each: (each.grade, each.service)))


def _told(
    facts: FailoverFacts, found: ServiceFacts, move: Move, planned: _Judged, lost: _Judged, now: datetime
) -> Readiness:
    services = frozenset(service.id for service in facts.declared)
    drill = found.last_drill
    return Readiness(
        service=move.service,
        grade=found.service.grade.value,
        site=move.source,
        other=move.target,
        objections=planned.of(move.service, services),
        if_lost=lost.of(move.service, services),
        prediction=planned.prediction(move.service),
        prediction_if_lost=lost.prediction(move.service),
        names_elsewhere=locate(facts, found).astray,
        last_drill=drill,
        drill_age_days=(now - drill.ended_at).days if drill else None,
    )


def _judge(facts: FailoverFacts, moves: Sequence[Move], order: Order, now: datetime, width: int) -> _Judged:
    against = objections(facts, order, moves, now)
    placed = [move for move in moves if move.source]
    predictions = predict(facts, placed, build_steps(facts, order, placed), width)
    late = late_objections(facts, predictions)
    return _Judged(objections=tuple([*against, *late]), predictions=predictions)


def _without(facts: FailoverFacts, lost: str) -> FailoverFacts:
    """The facts as they would be with that site silent; what is known of its data stays known."""
    sites = tuple(s.model_copy(update={"reachable": s.reachable and s.site != lost}) for s in facts.sites)
    members = tuple(
        m.model_copy(update={"answers": m.answers and m.site != lost}) for m in facts.coordination.members
    )
    store = facts.coordination.model_copy(update={"members": members})
    return facts.model_copy(update={"sites": sites, "coordination": store})
