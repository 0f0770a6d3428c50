"""How long a step takes: from earlier runs on this target where there are some, else from stated assumptions."""

from collections.abc import Mapping, Sequence
from math import sqrt
from statistics import fmean, stdev
from typing import Final

from ndcops.failover.plan.facts import PastDuration
from ndcops.failover.steps import LowerTtl, RetireWorkloads, ServiceStep
from ndcops.model.document import Value

ASSUMED_S: Final[Mapping[str, tuple[float, float]]] = {
    "failover/claim": (0.1, 1.0),
    "failover/fence": (1.0, 10.0),
    "failover/unfence": (1.0, 10.0),
    "failover/lower-ttl": (0.1, 1.0),
    "failover/restore-ttl": (0.1, 1.0),
    "failover/names": (0.1, 1.0),
    "failover/warm": (2.0, 60.0),
    "failover/start": (2.0, 60.0),
    "failover/quiesce": (2.0, 40.0),
    "failover/retire": (2.0, 40.0),
    "failover/silence": (2.0, 40.0),
    "failover/open-route": (0.1, 2.0),
    "failover/close-route": (0.1, 2.0),
    "failover/switch-database": (2.0, 8.0),
    "failover/take-database": (20.0, 45.0),
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
    "failover/verify": (0.5, 5.0),
    "failover/create-copy": (5.0, 120.0),
    "failover/check-copy": (0.5, 10.0),
    "failover/remove-copy": (2.0, 60.0),
}
"""Seconds, as the ends of a 90% interval, until runs have been measured. Patroni's: its ttl of 30 s and loop of
10 s; CloudNativePG's: its own end-to-end budgets (20 s); the others: orders of magnitude."""

FEWEST_MEASURED: Final = 5
"""From so many measurements of a kind on, they count and the assumption does not."""
_Z90: Final = 1.6449
"""Half the width of a normal distribution's 90% interval, in standard deviations."""


class Duration(Value):
    """Mean and spread in seconds. measured: from how many runs, 0 for an assumption."""

    mean_s: float
    sd_s: float
    measured: int = 0


def by_kind(past: Sequence[PastDuration]) -> dict[str, Duration]:
    """The duration of every kind of step that is known."""
    measured: dict[str, list[float]] = {}
    for one in past:
        measured.setdefault(one.kind, []).append(one.took_ms / 1000)
    known = {kind: _assumed(low, high) for kind, (low, high) in ASSUMED_S.items()}
    for kind, taken in measured.items():
        if len(taken) >= FEWEST_MEASURED:
            # A new run differs from the mean by its own spread and by how well the mean is known.
            sd = stdev(taken) * sqrt(1 + 1 / len(taken))
            known[kind] = Duration(mean_s=fmean(taken), sd_s=sd, measured=len(taken))
    return known


def of_step(step: ServiceStep, known: Mapping[str, Duration]) -> Duration:
    """The step's duration: what its kind takes, and what it waits by declaration."""
    kind = known.get(step.kind) or Duration(mean_s=1.0, sd_s=1.0)
    if kind.measured:
        return kind
    declared_s = 0.0
    if isinstance(step, LowerTtl):
        declared_s = step.old_ttl_s
    elif isinstance(step, RetireWorkloads):
        declared_s = step.grace_s
    return Duration(mean_s=kind.mean_s + declared_s, sd_s=kind.sd_s, measured=0)


def _assumed(low_s: float, high_s: float) -> Duration:
    return Duration(mean_s=(low_s + high_s) / 2, sd_s=(high_s - low_s) / (2 * _Z90))
