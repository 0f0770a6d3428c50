"""How long a step takes: from earlier runs on this target where there are some, else from stated assumptions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt
from statistics import fmean, stdev
from typing import Final

from ndcops.failover.plan.facts import PastDuration
from ndcops.failover.steps import FenceSite, LowerTtl, RetireWorkloads, ServiceStep, TakeLeader
from ndcops.model.document import Value
from ndcops.model.failover import DatabaseState

ASSUMED_S: Final[Mapping[str, tuple[float, float]]] = {
    "failover/claim": (0.1, 1.0),
    "failover/fence": (1.0, 10.0),
    "failover/unfence": (1.0, 10.0),
    "failover/lower-ttl": (0.1, 1.0),
    "failover/restore-ttl": (0.1, 1.0),
    "failover/names": (0.1, 0.5),
    "failover/warm": (2.0, 60.0),
    "failover/start": (2.0, 60.0),
    "failover/quiesce": (2.0, 40.0),
    "failover/retire": (2.0, 40.0),
    "failover/silence": (2.0, 40.0),
    "failover/open-route": (0.1, 2.0),
    "failover/close-route": (0.1, 2.0),
    "failover/switch-database": (1.0, 3.4),
    "failover/take-database": (9.0, 30.0),
    "failover/await-standby": (1.0, 20.0),
    "failover/await-member": (2.0, 120.0),
    "failover/demote-cluster": (3.0, 20.0),
    "failover/promote-cluster": (3.0, 20.0),
    "failover/force-promote-cluster": (3.0, 20.0),
    "failover/follow-cluster": (1.0, 20.0),
    "failover/rejoin-cluster": (30.0, 1800.0),
    "failover/demote-volumes": (2.0, 60.0),
    "failover/promote-volumes": (1.0, 20.0),
    "failover/force-promote-volumes": (1.0, 20.0),
    "failover/rejoin-volumes": (30.0, 1800.0),
    "failover/verify": (0.1, 1.2),
    "failover/create-copy": (5.0, 120.0),
    "failover/check-copy": (0.5, 10.0),
    "failover/remove-copy": (2.0, 60.0),
}
"""Seconds, as the ends of a 90% interval, until runs have been measured. Patroni's, names and the look from
outside as on the lab; CloudNativePG's: its own end-to-end budgets (20 s); the others: orders of magnitude."""

PLAYED_PODS_S: Final[Mapping[str, tuple[float, float]]] = {
    "failover/warm": (1.3, 4.5),
    "failover/start": (1.3, 4.5),
    "failover/quiesce": (1.3, 8.0),
    "failover/retire": (1.3, 8.0),
    "failover/silence": (1.3, 45.0),
}
"""The same where pods are played (the lab's KWOK): measured there."""
_CONFIRMED_S: Final = 4.0
"""From the reading of facts to the first steps: the plan is shown and confirmed, facts are read again."""
_ELECTED_S: Final = 1.0
"""From the end of a leader key to a standby that leads, which watches that key."""

FEWEST_MEASURED: Final = 5
"""From so many measurements of a kind on, they count and the assumption does not."""
_Z90: Final = 1.6449
"""Half the width of a normal distribution's 90% interval, in standard deviations."""


class Duration(Value):
    """Mean and spread in seconds. measured: from how many runs, 0 for an assumption."""

    mean_s: float
    sd_s: float
    measured: int = 0


@dataclass(frozen=True)
class Circumstances:
    """What decides how long steps take: earlier runs, services whose site is lost, databases as they are now.

    plays_pods: the target's pods are no real ones.
    """

    past: Sequence[PastDuration] = ()
    plays_pods: bool = False
    lost: frozenset[str] = frozenset()
    databases: Mapping[str, DatabaseState] = field(default_factory=dict)


def durations_of(steps: Sequence[ServiceStep], given: Circumstances) -> dict[str, Duration]:
    """Each step's duration, by key: as measured in like circumstances, else as assumed and declared.

    After a loss the same step waits for what does not answer, so its measurements are kept apart.
    """
    known = {True: _measured(given.past, after_loss=True), False: _measured(given.past, after_loss=False)}
    found = {}
    for step in steps:
        measured = known[isinstance(step, FenceSite) or step.service in given.lost].get(step.kind)
        database = given.databases.get(step.service)
        if isinstance(step, TakeLeader) and database is not None:
            measured = None  # how long a key still lives is told by it, not by those of other losses
        found[step.key] = measured or _assumed(step, database, plays_pods=given.plays_pods)
    return found


def _measured(past: Sequence[PastDuration], *, after_loss: bool) -> dict[str, Duration]:
    taken: dict[str, list[float]] = {}
    for one in past:
        if one.after_loss == after_loss:
            taken.setdefault(one.kind, []).append(one.took_ms / 1000)
    return {kind: _of_samples(samples) for kind, samples in taken.items() if len(samples) >= FEWEST_MEASURED}


def _of_samples(taken_s: Sequence[float]) -> Duration:
    """A new run differs from the mean by its own spread, and by how well mean and spread are known."""
    count = len(taken_s)
    sd = stdev(taken_s) * sqrt(1 + 1 / count) * _student(count - 1) / _Z90
    return Duration(mean_s=fmean(taken_s), sd_s=sd, measured=count)


def _student(freedom: int) -> float:
    """Student's t at 95% (Abramowitz and Stegun 26.7.5, two terms): within 1% from four degrees of freedom on."""
    z = _Z90
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)


def _assumed(step: ServiceStep, database: DatabaseState | None, *, plays_pods: bool) -> Duration:
    low_s, high_s = ASSUMED_S.get(step.kind, (0.5, 2.0))
    if plays_pods:
        low_s, high_s = PLAYED_PODS_S.get(step.kind, (low_s, high_s))
    declared_s = 0.0
    if isinstance(step, LowerTtl):
        declared_s = step.old_ttl_s
    elif isinstance(step, RetireWorkloads):
        declared_s = step.grace_s
    elif isinstance(step, TakeLeader) and database is not None:
        low_s, high_s = _taking_leader_s(step, database)
    return Duration(mean_s=(low_s + high_s) / 2 + declared_s, sd_s=(high_s - low_s) / (2 * _Z90))


def _taking_leader_s(step: TakeLeader, database: DatabaseState) -> tuple[float, float]:
    """The leader key outlives its holder by up to its ttl; its lease tells how long from now. A standby, which
    watches it, takes it then. The plan may be looked at meanwhile.
    """
    if database.leader_site == step.site:
        return (0.1, 0.5)
    left_s = database.leader_left_s if database.leader else 0
    if left_s is None:
        return (0.3 * database.ttl_s, 0.3 * database.ttl_s + 2 * database.loop_wait_s)
    return (max(0.2, left_s - _CONFIRMED_S), left_s + _ELECTED_S)
