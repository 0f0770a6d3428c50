"""Could each service be moved now: a plan's own objections, service by service, planned and after a loss."""

from datetime import datetime

from ndcops.failover.plan.facts import FailoverFacts, PastDrill
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


def readiness(facts: FailoverFacts, *, now: datetime, width: int) -> tuple[Readiness, ...]:
    """Every service that was read, by grade and name. Capacity is judged as the facts' verdicts have it."""
    found = [_of_service(facts, service.service.id, now, width) for service in facts.services]
    return tuple(sorted(found, key=lambda each: (each.grade, each.service)))


def _of_service(facts: FailoverFacts, name: str, now: datetime, width: int) -> Readiness:
    found = next(service for service in facts.services if service.service.id == name)
    place = locate(facts, found)
    other = other_site(found.service, place.site)
    planned = Move(service=name, source=place.site, target=other, planned=True)
    lost = planned.model_copy(update={"planned": False})
    against, prediction = _judge(facts, planned, Order(kind="switch"), now, width)
    if_lost, prediction_if_lost = _judge(_without(facts, place.site), lost, Order(kind="evacuate"), now, width)
    drill = found.last_drill
    return Readiness(
        service=name,
        grade=found.service.grade.value,
        site=place.site,
        other=other,
        objections=against,
        if_lost=if_lost,
        prediction=prediction,
        prediction_if_lost=prediction_if_lost,
        names_elsewhere=place.astray,
        last_drill=drill,
        drill_age_days=(now - drill.ended_at).days if drill else None,
    )


def _judge(
    facts: FailoverFacts, move: Move, order: Order, now: datetime, width: int
) -> tuple[tuple[Objection, ...], Prediction | None]:
    against = objections(facts, order, [move], now)
    if not move.source:
        return tuple(against), None
    predictions = predict(facts, [move], build_steps(facts, order, [move]), width)
    return tuple([*against, *late_objections(facts, predictions)]), predictions[0] if predictions else None


def _without(facts: FailoverFacts, lost: str) -> FailoverFacts:
    """The facts as they would be with that site silent; what is known of its data stays known."""
    sites = tuple(s.model_copy(update={"reachable": s.reachable and s.site != lost}) for s in facts.sites)
    members = tuple(
        m.model_copy(update={"answers": m.answers and m.site != lost}) for m in facts.coordination.members
    )
    store = facts.coordination.model_copy(update={"members": members})
    return facts.model_copy(update={"sites": sites, "coordination": store})
