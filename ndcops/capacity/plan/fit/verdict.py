"""What the engine answers: whether a pod fits, where, and if not, why, in the scheduler's own words."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from ndcops.capacity.plan.fit.nodes import Mask


class Unschedulable(Exception):
    """No node can take the pod, found before any node was looked at (a plugin's PreFilter)."""

    def __init__(self, plugin: str, message: str, *, is_error: bool = False) -> None:
        super().__init__(message)
        self.plugin = plugin
        self.message = message
        self.is_error = is_error


class Undecidable(Unschedulable):
    """A fact that the answer needs is unknown or beyond the engine: it must not say that the pod fits."""


@dataclass
class Refusal:
    """What one filter says: a mask of nodes for each reason, and which of them no eviction can mend."""

    reasons: dict[str, Mask]
    unresolvable: Mask

    @classmethod
    def everywhere(cls, reason: str, refused: Mask) -> "Refusal":
        """One reason that no eviction can mend."""
        return cls({reason: refused}, refused)

    @classmethod
    def mendable(cls, reason: str, refused: Mask) -> "Refusal":
        """One reason that evicting pods may mend."""
        return cls({reason: refused}, np.zeros_like(refused))

    @property
    def refused(self) -> Mask:
        """Nodes with any reason."""
        total = np.zeros_like(self.unresolvable)
        for mask in self.reasons.values():
            total |= mask
        return total


class Outcome:
    """What the chain found: the feasible nodes, reasons with counts, and nodes that evictions may mend."""

    def __init__(self, alive: Mask) -> None:
        self.feasible: Mask = alive.copy()
        self.reasons: Counter[str] = Counter()
        self.refused_by: Counter[str] = Counter()
        self.mendable: Mask = np.zeros_like(alive)

    def copy(self) -> "Outcome":
        """One to go on with that leaves this one as it is."""
        other = Outcome(self.feasible)
        other.reasons.update(self.reasons)
        other.refused_by.update(self.refused_by)
        other.mendable |= self.mendable
        return other

    def take(self, plugin: str, refusal: Refusal) -> None:
        """Count a filter's refusals among the nodes that were still feasible."""
        newly: Mask | None = None
        for reason, mask in refusal.reasons.items():
            hit = mask & self.feasible
            count = int(np.count_nonzero(hit))
            if count:
                self.reasons[reason] += count
                newly = hit if newly is None else newly | hit
        if newly is not None:
            self.refused_by[plugin] += int(np.count_nonzero(newly))
            self.mendable |= newly & ~refusal.unresolvable
            self.feasible = self.feasible & ~newly


@dataclass(frozen=True)
class Eviction:
    """Pods that would have to go from a node: a template and how many."""

    namespace: str
    labels: dict[str, str]
    priority: int
    count: int


@dataclass(frozen=True)
class Preemption:
    """Where the pod fits once named pods of lower priority are evicted."""

    node: str
    evictions: tuple[Eviction, ...]
    breaks_budgets: int


@dataclass(frozen=True)
class Verdict:
    """Whether a pod fits. `message` is empty when it does; `refused_by` counts nodes by plugin."""

    fits: bool
    nodes: int
    feasible_nodes: tuple[str, ...] = ()
    reasons: dict[str, int] = field(default_factory=dict)
    refused_by: dict[str, int] = field(default_factory=dict)
    message: str = ""
    is_undecided: bool = False
    preemption: Preemption | None = None

    @property
    def feasible(self) -> int:
        """On how many nodes."""
        return len(self.feasible_nodes)


def unschedulable_message(nodes: int, reasons: Counter[str]) -> str:
    """`0/N nodes are available: …`, as framework.FitError writes it: counts in the order of text."""
    if not nodes:
        return "no nodes available to schedule pods"
    parts = sorted(f"{count} {reason}" for reason, count in reasons.items())
    return f"0/{nodes} nodes are available:" + (f" {', '.join(parts)}." if parts else "")
