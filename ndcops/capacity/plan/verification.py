"""Our answer beside the real scheduler's, demand by demand."""

from collections.abc import Sequence
from dataclasses import dataclass

from ndcops.capacity.plan.demand import Demand
from ndcops.capacity.plan.placing import Placement
from ndcops.model.record import JsonObject
from ndcops.model.replay import Replayed


@dataclass(frozen=True)
class Verification:
    """One demand at one site. Messages are those of the first pod that found no place."""

    site: str
    demand: str
    wanted: int
    ours: int
    real: int
    our_message: str = ""
    real_message: str = ""

    @property
    def agrees(self) -> bool:
        """Whether as many pods found a place; which nodes they got is chance."""
        return self.ours == self.real


def pods_of(demands: Sequence[Demand]) -> tuple[JsonObject, ...]:
    """The pods to be asked for, in order. A demand with claims of its own is asked without them."""
    return tuple(demand.pod for demand in demands for _ in range(demand.count))


def compare(
    site: str, demands: Sequence[Demand], ours: Sequence[Placement], real: Sequence[Replayed]
) -> tuple[Verification, ...]:
    """Put the answers side by side; `real` has one entry a pod, in the order of `pods_of`."""
    found = []
    at = 0
    for demand, placement in zip(demands, ours, strict=True):
        mine = real[at : at + demand.count]
        at += demand.count
        refused = next((each.message for each in mine if each.node is None), "")
        placed = sum(each.node is not None for each in mine)
        found.append(
            Verification(site, demand.name, demand.count, placement.placed, placed, placement.message, refused)
        )
    return tuple(found)
