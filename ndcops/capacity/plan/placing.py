"""Finds places for many pods one after another, choosing nodes as the scheduler's default scores would.

Which of several feasible nodes the scheduler takes is not reproducible (it samples nodes and breaks ties by
chance), so a placement is one of many that could happen. `Taste` says which kind of choice is played.
"""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from ndcops.capacity.plan.demand import Demand
from ndcops.capacity.plan.fit.cluster import Cluster
from ndcops.capacity.plan.fit.nodes import Mask
from ndcops.capacity.plan.fit.pod_shape import PodShape
from ndcops.capacity.plan.fit.verdict import Undecidable, Unschedulable, unschedulable_message

Scores = NDArray[np.float64]


class Taste(StrEnum):
    """How a node is chosen among the feasible ones."""

    EMPTIEST = "emptiest"
    """The least allocated, as NodeResourcesFit scores by default."""
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

    def __init__(self, cluster: Cluster, taste: Taste = Taste.EMPTIEST, seed: int = 0) -> None:
        self.cluster = cluster.copy()
        self._taste = taste
        self._chance = np.random.default_rng(seed)

    def place(self, demand: Demand) -> Placement:
        """Place the pods of a demand until one finds no room; those placed before stay."""
        nodes: Counter[str] = Counter()
        feasible: Mask | None = None
        scores: Scores | None = None
        for shape, storage in demand.shapes(self.cluster.state.storage):
            self.cluster.state.use_storage(storage)
            if feasible is None or not is_independent(shape):
                try:
                    feasible = self.cluster.outcome(shape).feasible
                except Unschedulable as refused:
                    return _stopped(demand, shape, nodes, refused)
            if not feasible.any():
                return _no_room(demand, shape, nodes, self.cluster)
            if scores is None:
                scores = self._free_shares(shape)
            node = self._choose(feasible, scores)
            self.cluster.place(shape, node)
            nodes[self.cluster.state.nodes.names[node]] += 1
            scores[node] = self._free_share(shape, node)
            feasible[node] &= self._has_room(shape, node)
        return Placement(demand.name, demand.count, nodes.total(), nodes=dict(nodes))

    def _has_room(self, shape: PodShape, node: int) -> bool:
        state = self.cluster.state
        if state.pods[node] + 1 > state.nodes.pod_slots[node]:
            return False
        columns = [(state.nodes.column[name], value) for name, value in shape.requests.items()]
        return all(value <= state.nodes.allocatable[node, at] - state.requested[node, at] for at, value in columns)

    def _choose(self, feasible: Mask, scores: Scores) -> int:
        if self._taste is Taste.ANY:
            return int(self._chance.choice(np.flatnonzero(feasible)))
        if self._taste is Taste.EMPTIEST:
            return int(np.argmax(np.where(feasible, scores, -np.inf)))
        return int(np.argmin(np.where(feasible, scores, np.inf)))

    def _free_shares(self, shape: PodShape) -> Scores:
        """The mean share of CPU and memory left after the pod (LeastAllocated, both with weight one), by node."""
        state = self.cluster.state
        total: Scores = np.zeros(len(state.nodes), dtype=np.float64)
        for at, wanted in self._scored(shape):
            allocatable = state.nodes.allocatable[:, at]
            total += (allocatable - state.requested[:, at] - wanted) / np.maximum(allocatable, 1)
        return total

    def _free_share(self, shape: PodShape, node: int) -> float:
        state = self.cluster.state
        return sum(
            float(state.nodes.allocatable[node, at] - state.requested[node, at] - wanted)
            / max(int(state.nodes.allocatable[node, at]), 1)
            for at, wanted in self._scored(shape)
        )

    def _scored(self, shape: PodShape) -> list[tuple[int, int]]:
        columns = self.cluster.state.nodes.column
        return [(columns[name], shape.requests.get(name, 0)) for name in ("cpu", "memory") if name in columns]


def is_independent(shape: PodShape) -> bool:
    """Whether placing one pod of the shape changes nothing for the next, but the room on its node."""
    return not (
        shape.spread or shape.anti_affinity or shape.affinity or shape.ports or shape.volumes or shape.claims
    )


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
