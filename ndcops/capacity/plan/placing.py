"""Finds places for many pods one after another, choosing nodes as the scheduler's default scores would.

Which of several feasible nodes the scheduler takes is not reproducible (it samples nodes and breaks ties by
chance), so a placement is one of many that could happen. `Taste` says which kind of choice is played.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import repeat

import numpy as np

from ndcops.capacity.plan.certainty import Asked
from ndcops.capacity.plan.demand import Claims, Demand
from ndcops.capacity.plan.fit.cluster import Cluster
from ndcops.capacity.plan.fit.nodes import Mask
from ndcops.capacity.plan.fit.pod_shape import PodShape
from ndcops.capacity.plan.fit.storage import claim_class
from ndcops.capacity.plan.fit.verdict import Outcome, Undecidable, Unschedulable, unschedulable_message
from ndcops.capacity.plan.scores import Scores
from ndcops.model.record import JsonObject


class Taste(StrEnum):
    """How a node is chosen among the feasible ones."""

    SCORED = "scored"
    """The best by the scheduler's default scores."""
    FULLEST = "fullest"
    """The most allocated: what the scheduler's luck could do to others at worst is near to it."""
    ANY = "any"
    """By chance, from a seed."""


@dataclass(frozen=True)
class Placement:
    """How many of a demand's pods found a place, where, and why the others did not; `requests` are one pod's."""

    name: str
    wanted: int
    placed: int
    requests: dict[str, int] = field(default_factory=dict)
    nodes: dict[str, int] = field(default_factory=dict)
    message: str = ""
    reasons: dict[str, int] = field(default_factory=dict)
    is_undecided: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether every pod found a place."""
        return self.placed == self.wanted


class Placer:
    """Places demands on one copy of a cluster; what was placed stays for the next.

    seed: of what is chance; with None the first of equal nodes is taken and all feasible nodes are looked at.
    asked: what was placed whole, for a proof that other choices would have done as well.
    """

    def __init__(self, cluster: Cluster, taste: Taste = Taste.SCORED, seed: int | None = None) -> None:
        self.cluster = cluster.copy()
        self.asked: list[Asked] = []
        self._taste = taste
        self._chance = None if seed is None else np.random.default_rng(seed)

    def place(self, demand: Demand) -> Placement:
        """Place the pods of a demand until one finds no room; those placed before stay."""
        free = self.cluster.state.storage.free_volumes
        takes_volumes = any(free.get(claim_class(claim)) for claim in _named(demand.claims))
        has_own_claims = bool(demand.claims) and not takes_volumes
        return self._place(demand.name, demand.count, demand.shapes(), has_own_claims=has_own_claims)

    def move(self, shape: PodShape, count: int) -> Placement:
        """Place pods that stood elsewhere, as `place` does; what they hold moves with them."""
        return self._place(shape.name, count, repeat((shape, {}), count), has_own_claims=False)

    def _place(
        self, name: str, count: int, shapes: Iterable[tuple[PodShape, Claims]], *, has_own_claims: bool
    ) -> Placement:
        nodes: Counter[str] = Counter()
        feasible: Mask | None = None
        scores: Scores | None = None
        placed, repeats = 0, False
        asked: Asked | None = None
        for shape, claims in shapes:
            if claims:
                self.cluster.state.use_storage(self.cluster.state.storage.also(claims))
            if not repeats or feasible is None or not feasible.any():
                try:
                    outcome = self.cluster.outcome(shape)
                except Unschedulable as refused:
                    return _stopped(Placement(name, count, placed, shape.requests, dict(nodes)), refused)
                feasible = outcome.feasible
                if not feasible.any():
                    return _no_room(Placement(name, count, placed, shape.requests, dict(nodes)), outcome)
            if scores is None:
                scores = Scores(self.cluster.state, shape)
                repeats = self._repeats(shape, has_own_claims=has_own_claims)
                asked = self._as_asked(shape, count, feasible, has_own_claims=has_own_claims)
            node = self._choose(feasible, scores)
            self.cluster.place(shape, node)
            nodes[self.cluster.state.nodes.names[node]] += 1
            placed += 1
            if placed < count:
                scores.refresh(node)
                feasible[node] &= self._has_room(shape, node)
        if asked is not None:
            self.asked.append(asked)
        return Placement(name, count, placed, nodes=dict(nodes))

    def _repeats(self, shape: PodShape, *, has_own_claims: bool) -> bool:
        """Whether what holds for one pod of the shape holds for the next, but for the room on its node."""
        return not self._takes_devices(shape) and is_independent(shape, has_own_claims=has_own_claims)

    def _takes_devices(self, shape: PodShape) -> bool:
        return any(self.cluster.state.devices.serves(name) for name in shape.requests)

    def _as_asked(self, shape: PodShape, count: int, feasible: Mask, *, has_own_claims: bool) -> Asked:
        attached = self.cluster.state.storage.attached_by(shape.namespace, shape.volumes)
        is_simple = not self._takes_devices(shape) and needs_only_room(shape, has_own_claims=has_own_claims)
        return Asked(shape, count, feasible.copy(), is_simple, Counter(driver for driver, _ in attached))

    def _has_room(self, shape: PodShape, node: int) -> bool:
        """Whether one more pod of the shape, with volumes of its own, has room on its node."""
        state = self.cluster.state
        if state.pods[node] + 1 > state.nodes.pod_slots[node]:
            return False
        columns = [
            (state.nodes.column[name], value)
            for name, value in shape.requests.items()
            if name in state.nodes.column and state.nodes.allocatable[node, state.nodes.column[name]] > 0
        ]
        if any(value > state.nodes.allocatable[node, at] - state.requested[node, at] for at, value in columns):
            return False
        return not shape.volumes or state.attachments.can_repeat(shape, node)

    def _choose(self, feasible: Mask, scores: Scores) -> int:
        if self._taste is Taste.ANY:
            chance = self._chance or np.random.default_rng(0)
            return int(chance.choice(np.flatnonzero(feasible)))
        if self._taste is Taste.FULLEST:
            return scores.worst(feasible)
        return scores.best(feasible if self._chance is None else _sample(feasible, self._chance), self._chance)


def _sample(feasible: Mask, chance: np.random.Generator) -> Mask:
    """The feasible nodes that the scheduler stops at: numFeasibleNodesToFind, schedule_one.go of 1.36."""
    size = len(feasible)
    enough = max(100, size * max(50 - size // 125, 5) // 100)
    found = np.flatnonzero(feasible)
    if len(found) <= enough:
        return feasible
    sampled = np.zeros(size, dtype=np.bool_)
    sampled[chance.choice(found, enough, replace=False)] = True
    return sampled


def _named(templates: Iterable[JsonObject]) -> Iterator[JsonObject]:
    """Claim templates as far as a class can be read of them."""
    yield from ({"metadata": {}, "spec": {}, **each} for each in templates)


def is_independent(shape: PodShape, *, has_own_claims: bool = False) -> bool:
    """Whether placing one pod of the shape changes nothing for the next, but the room on its node.

    has_own_claims: every pod brings new claims, which are provisioned where it stands; storage capacity that
    drivers publish does not shrink with each claim, neither here nor in the scheduler.
    """
    return not shape.spread and needs_only_room(shape, has_own_claims=has_own_claims)


def needs_only_room(shape: PodShape, *, has_own_claims: bool = False) -> bool:
    """Whether other pods can keep the shape off a node only by taking room, its own kind also by spread."""
    is_free = not (shape.anti_affinity or shape.affinity or shape.ports or shape.claims)
    return is_free and (has_own_claims or not shape.volumes) and not shape.volumes.disks


def _stopped(so_far: Placement, refused: Unschedulable) -> Placement:
    reasons = {refused.message: so_far.wanted - so_far.placed}
    undecided = isinstance(refused, Undecidable)
    return replace(so_far, message=refused.message, reasons=reasons, is_undecided=undecided)


def _no_room(so_far: Placement, outcome: Outcome) -> Placement:
    message = unschedulable_message(len(outcome.feasible), outcome.reasons)
    return replace(so_far, message=message, reasons=dict(outcome.reasons))
