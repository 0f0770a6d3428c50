"""What a plan will take: per service its pause (RTO) and what may be lost (RPO), with the basis of both.

The plan is played with mean durations on `width` workers; a service's pause is the chain of steps that decided its
end. Spreads add up along that chain as of independent steps, and a log-normal carries them: no time is negative.
"""

import heapq
from collections.abc import Mapping, Sequence
from graphlib import TopologicalSorter
from math import exp, log, sqrt

from ndcops.failover.plan.durations import Circumstances, Duration, durations_of
from ndcops.failover.plan.facts import FailoverFacts, ServiceFacts
from ndcops.failover.plan.moves import Move
from ndcops.failover.steps import ServiceStep
from ndcops.model.document import Name, Value
from ndcops.model.target import TargetKind

_Z90 = 1.6449
_LEAST_SPREAD = 0.15
"""Of the logarithm: an interval of 1.6 to 1. A machine's own mood differs by more than a few like runs show."""
PAUSE_KINDS = frozenset(
    {"failover/quiesce", "failover/demote-volumes", "failover/switch-database", "failover/demote-cluster"}
)
"""A planned pause begins with the first of these, or with the names of a service without data."""


class Interval(Value):
    """A 90% interval and its middle, in seconds. basis: in words."""

    low_s: float
    likely_s: float
    high_s: float
    basis: str


class Prediction(Value):
    """One service. rpo_s: seconds of writes that may be lost; None when it cannot be told."""

    service: Name
    rto: Interval
    rpo_s: int | None
    rpo_basis: str


class Played(Value):
    """When each step began and ended, in seconds from the start, and the step that it waited for last."""

    began_s: dict[str, float]
    ended_s: dict[str, float]
    decided_by: dict[str, str]

    @property
    def makespan_s(self) -> float:
        """When the last step ended."""
        return max(self.ended_s.values(), default=0.0)


def circumstances(facts: FailoverFacts, moves: Sequence[Move] = ()) -> Circumstances:
    """What these facts and moves tell of durations."""
    return Circumstances(
        past=facts.durations,
        plays_pods=facts.target is TargetKind.LAB,
        lost=frozenset(move.service for move in moves if not move.planned),
        databases={one.service.id: one.database for one in facts.services if one.database is not None},
    )


def urgency(steps: Sequence[ServiceStep], lasts_s: Mapping[str, float]) -> dict[str, float]:
    """For each step the longest way from its start to the end of all: what is longest goes first (Hu, 1961)."""
    after: dict[str, list[str]] = {}
    for step in steps:
        for need in step.needs:
            after.setdefault(need, []).append(step.key)
    ways: dict[str, float] = {}
    for step in reversed(_ordered(steps)):
        ways[step.key] = lasts_s[step.key] + max((ways[key] for key in after.get(step.key, ())), default=0.0)
    return ways


def play(steps: Sequence[ServiceStep], lasts_s: Mapping[str, float], width: int) -> Played:
    """Run the steps with these durations on `width` workers, most urgent first, as the Runner does."""
    ways = urgency(steps, lasts_s)
    missing = {step.key: len(set(step.needs)) for step in steps}
    after: dict[str, list[str]] = {}
    for step in steps:
        for need in set(step.needs):
            after.setdefault(need, []).append(step.key)
    ready = [(-ways[key], key) for key, count in missing.items() if not count]
    heapq.heapify(ready)
    running: list[tuple[float, str]] = []
    began, ended, decided = dict[str, float](), dict[str, float](), dict[str, str]()
    now, last = 0.0, ""
    while ready or running:
        while ready and len(running) < width:
            _, key = heapq.heappop(ready)
            began[key] = now
            decided[key] = last
            heapq.heappush(running, (now + lasts_s[key], key))
        now, last = heapq.heappop(running)
        ended[last] = now
        for key in after.get(last, ()):
            missing[key] -= 1
            if not missing[key]:
                heapq.heappush(ready, (-ways[key], key))
    return Played(began_s=began, ended_s=ended, decided_by=decided)


def predict(
    facts: FailoverFacts, moves: Sequence[Move], steps: Sequence[ServiceStep], width: int
) -> tuple[Prediction, ...]:
    """RTO and RPO of every move."""
    durations = durations_of(steps, circumstances(facts, moves))
    played = play(steps, {key: one.mean_s for key, one in durations.items()}, width)
    by_service: dict[str, list[ServiceStep]] = {}
    for step in steps:
        by_service.setdefault(step.service, []).append(step)
    predictions = []
    for move in moves:
        found = facts.service(move.service)
        if found is None:
            continue
        rto = _pause(move, by_service[move.service], durations, played)
        rpo_s, basis = _loss(facts, found, move)
        predictions.append(Prediction(service=move.service, rto=rto, rpo_s=rpo_s, rpo_basis=basis))
    return tuple(predictions)


def _pause(
    move: Move, steps: Sequence[ServiceStep], durations: Mapping[str, Duration], played: Played
) -> Interval:
    """From the pause's first step (planned) or the order (lost site) to the look from outside."""
    last = f"{move.service}/verify@{move.target}"
    starts = [s.key for s in steps if s.kind in PAUSE_KINDS] or [
        s.key for s in steps if s.kind == "failover/names"
    ]
    began_s = min((played.began_s[key] for key in starts or [last]), default=0.0) if move.planned else 0.0
    chain, key = [], last
    while key and played.ended_s[key] > began_s:
        chain.append(durations[key])
        key = played.decided_by[key]
    return _interval(chain)


def _interval(chain: Sequence[Duration]) -> Interval:
    mean = sum(one.mean_s for one in chain)
    variance = sum(one.sd_s**2 for one in chain)
    assumed = sum(not one.measured for one in chain)
    fewest = min((one.measured for one in chain if one.measured), default=0)
    basis = f"{len(chain)} steps: {len(chain) - assumed} measured"
    basis += f" (at least {fewest} runs each)" if fewest else ""
    basis += f", {assumed} assumed" if assumed else ""
    if mean <= 0:
        return Interval(low_s=0, likely_s=0, high_s=0, basis=basis)
    spread = max(_LEAST_SPREAD, sqrt(log(1 + variance / mean**2)))
    middle = mean / exp(spread**2 / 2)
    return Interval(
        low_s=middle * exp(-_Z90 * spread), likely_s=middle, high_s=middle * exp(_Z90 * spread), basis=basis
    )


def _loss(facts: FailoverFacts, found: ServiceFacts, move: Move) -> tuple[int | None, str]:
    if move.planned:
        return 0, "planned: nothing is promoted before all was handed over"
    losses = [*_database_loss(found, move), *_cluster_loss(found, move), *_volume_loss(facts, found, move)]
    if not losses:
        return 0, "it keeps no data"
    unknown = [basis for seconds, basis in losses if seconds is None]
    if unknown:
        return None, "; ".join(unknown)
    worst = max(seconds or 0 for seconds, _ in losses)
    return worst, "; ".join(basis for _, basis in losses)


def _database_loss(found: ServiceFacts, move: Move) -> list[tuple[int | None, str]]:
    database = found.database
    if database is None:
        return []
    if database.leader_site == move.target:
        return [(0, f"{move.target} leads already")]
    names = {member.name for member in database.at(move.target)}
    if database.synchronous and names & set(database.sync_standbys):
        return [(0, f"synchronous standby at {move.target}")]
    return [(None, f"no synchronous standby at {move.target}: what was not yet replayed is lost")]


def _cluster_loss(found: ServiceFacts, move: Move) -> list[tuple[int | None, str]]:
    cluster = found.cluster_at(move.target)
    if cluster is None:
        return []
    if cluster.lag_bytes == 0:
        return [(0, "CloudNativePG replica without lag")]
    lag = "unknown lag" if cluster.lag_bytes is None else f"{cluster.lag_bytes} bytes behind"
    return [(None, f"CloudNativePG replica with {lag} when last seen")]


def _volume_loss(facts: FailoverFacts, found: ServiceFacts, move: Move) -> list[tuple[int | None, str]]:
    losses: list[tuple[int | None, str]] = []
    for volume in found.volumes_at(move.source) or found.volumes_at(move.target):
        if volume.last_sync_at is None:
            losses.append((None, f"volume {volume.ref.name}: last synchronisation unknown"))
            continue
        age_s = max(0, round((facts.taken_at - volume.last_sync_at).total_seconds())) + (volume.last_sync_s or 0)
        losses.append((age_s, f"volume {volume.ref.name} last synchronised {age_s} s ago"))
    return losses


def _ordered(steps: Sequence[ServiceStep]) -> list[ServiceStep]:
    by_key = {step.key: step for step in steps}
    return [by_key[key] for key in TopologicalSorter({s.key: s.needs for s in steps}).static_order()]
