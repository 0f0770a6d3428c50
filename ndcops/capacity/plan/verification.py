"""Our answer beside the real scheduler's, demand by demand."""

from collections.abc import Sequence
from dataclasses import dataclass

from ndcops.capacity.plan.demand import Demand
from ndcops.capacity.plan.questions import FitAnswer
from ndcops.model.record import JsonObject
from ndcops.model.replay import Replayed


@dataclass(frozen=True)
class Compared:
    """One demand: both answers in words; they agree when as many pods found a place, on whichever nodes."""

    name: str
    ours: str
    real: str
    agrees: bool


@dataclass(frozen=True)
class Verification:
    """All demands at one site."""

    site: str
    compared: tuple[Compared, ...]

    @property
    def agrees(self) -> bool:
        """Whether every answer is the same."""
        return all(each.agrees for each in self.compared)


def pods_of(demands: Sequence[Demand]) -> tuple[JsonObject, ...]:
    """The pods to be asked for, in order."""
    return tuple(demand.pod for demand in demands for _ in range(demand.count))


def compare(demands: Sequence[Demand], ours: FitAnswer, real: Sequence[Replayed]) -> Verification:
    """Put the answers side by side; `real` has one entry a pod, in the order of `pods_of`."""
    compared = []
    at = 0
    for number, demand in enumerate(demands):
        theirs = real[at : at + demand.count]
        at += demand.count
        placed = ours.placements[number].placed if ours.placements else 0
        message = ours.placements[number].message if ours.placements else ours.problem
        really = sum(each.node is not None for each in theirs)
        refused = next((each.message for each in theirs if each.node is None), "")
        compared.append(
            Compared(
                demand.name,
                _words(placed, demand.count, message),
                _words(really, demand.count, refused),
                placed == really,
            )
        )
    return Verification(ours.site, tuple(compared))


def _words(placed: int, wanted: int, message: str) -> str:
    return f"{placed} of {wanted} pods" + (f": {message}" if message else "")
