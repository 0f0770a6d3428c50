"""Finds places for many pods one after another, choosing nodes as the scheduler's default scores would.

Which of several feasible nodes the scheduler takes is not reproducible (it samples nodes and breaks ties by
chance), so a placement is one of many that could happen. `Taste` says which kind of choice is played.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from ndcops.capacity.plan.demand import Demand
from ndcops.capacity.plan.fit.cluster import Cluster
from ndcops.capacity.plan.fit.nodes import Mask
from ndcops.capacity.plan.fit.pod_shape import PodShape
from ndcops.capacity.plan.fit.storage import claim_class
from ndcops.capacity.plan.fit.verdict import Undecidable, Unschedulable, unschedulable_message
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
    """Places demands on one copy of a cluster; what was placed stays for the next."""

    def __init__(self, cluster: Cluster, taste: Taste = Taste.SCORED, seed: int = 0) -> None:
        self.cluster = cluster.copy()
        self._taste = taste
        self._chance = np.random.default_rng(seed)

    def place(self, demand: Demand) -> Placement:
        """Place the pods of a demand until one finds no room; those placed before stay."""
        nodes: Counter[str] = Counter()
        feasible: Mask | None = None
        scores: Scores | None = None
        for shape, claims in demand.shapes():
            if claims:
                self.cluster.state.use_storage(self.cluster.state.storage.also(claims))
            if feasible is None or not self._repeats(demand, shape):
                try:
                    feasible = self.cluster.outcome(shape).feasible
                except Unschedulable as refused:
                    return _stopped(demand, shape, nodes, refused)
            if not feasible.any():
                return _no_room(demand, shape, nodes, self.cluster)
            if scores is None:
                scores = Scores(self.cluster.state, shape)
            node = self._choose(feasible, scores)
            self.cluster.place(shape, node)
            nodes[self.cluster.state.nodes.names[node]] += 1
            scores.refresh(node)
            feasible[node] &= self._has_room(shape, node)
        return Placement(demand.name, demand.count, nodes.total(), nodes=dict(nodes))

    def _repeats(self, demand: Demand, shape: PodShape) -> bool:
        """Whether what holds for one pod of the demand holds for the next, but for the room on its node."""
        state = self.cluster.state
        takes_devices = any(state.devices.serves(name) for name in shape.requests)
        takes_volumes = any(state.storage.free_volumes.get(claim_class(claim)) for claim in _named(demand.claims))
        own_claims = bool(demand.claims) and not takes_volumes
        return not takes_devices and is_independent(shape, has_own_claims=own_claims)

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
            return int(self._chance.choice(np.flatnonzero(feasible)))
        return scores.best(feasible) if self._taste is Taste.SCORED else scores.worst(feasible)


def _named(templates: Iterable[JsonObject]) -> Iterator[JsonObject]:
    """Claim templates as far as a class can be read of them."""
    yield from ({"metadata": {}, "spec": {}, **each} for each in templates)


def is_independent(shape: PodShape, *, has_own_claims: bool = False) -> bool:
    """Whether placing one pod of the shape changes nothing for the next, but the room on its node.

    has_own_claims: every pod brings new claims, which are provisioned where it stands; storage capacity that
    drivers publish does not shrink with each claim, neither here nor in the scheduler.
    """
    is_free = not (shape.spread or shape.anti_affinity or shape.affinity or shape.ports or shape.claims)
    return is_free and (has_own_claims or not shape.volumes) and not shape.volumes.disks


def _stopped(demand: Demand, shape: PodShape, nodes: Counter[str], refused: Unschedulable) -> Placement:
    return Placement(
        demand.name,
        demand.count,
        nodes.total(),
        shape.requests,
        dict(nodes),
        message=refused.message,
        reasons={refused.message: demand.count - nodes.total()},
        is_undecided=isinstance(refused, Undecidable),
    )


def _no_room(demand: Demand, shape: PodShape, nodes: Counter[str], cluster: Cluster) -> Placement:
    outcome = cluster.outcome(shape)
    message = unschedulable_message(len(cluster.state.nodes), outcome.reasons)
    return Placement(
        demand.name, demand.count, nodes.total(), shape.requests, dict(nodes), message, dict(outcome.reasons)
    )
