"""What one seeded run showed, and whether what was lost is more than the plans had stated."""

from dataclasses import dataclass, field
from datetime import datetime

from tests.fakes.coordination_state import CoordinationState
from tests.simulation.ports import (
    EPOCH_ZERO,
)
from tests.simulation.sample_services import Data

_KINDS: tuple[Data, ...] = ("none", "volume", "patroni", "cloudnativepg", "both")


@dataclass
class Outcome:
    """What one seed showed. lost_planned: acknowledged writes gone though no site was lost. over_rpo: gone though
    older than the plan's stated RPO, or of a synchronous database."""

    seed: int
    kind: str
    violations: list[str] = field(default_factory=list)
    lost_planned: int = 0
    over_rpo: int = 0
    broken_chains: int = 0
    converged: bool = False
    endings: list[str] = field(default_factory=list)
    calls: int = 0
    simulated_s: float = 0.0
    acknowledged: int = 0
    left: list[str] = field(default_factory=list)
    runs: dict[str, int] = field(default_factory=dict)

    @property
    def is_good(self) -> bool:
        return not (self.violations or self.lost_planned or self.over_rpo or self.broken_chains)


def older_than_stated(state: CoordinationState, service_id: str, lost_at: list[float]) -> int:
    """Lost writes that were acknowledged before the oldest moment that any plan's RPO gave up."""
    oldest = float("inf")
    for records in state.runs.values():
        ordered = records[0].body["ordered"]
        for predicted in ordered["predicted"]:
            if predicted["service"] != service_id or predicted["rpo_s"] == 0:
                continue
            if predicted["rpo_s"] is None:
                return 0
            taken = datetime.fromisoformat(ordered["facts_taken_at"])
            taken_s = (taken - EPOCH_ZERO).total_seconds()
            oldest = min(oldest, taken_s - predicted["rpo_s"] - 35)  # a clock may be 30 s off
    return sum(at < oldest for at in lost_at)
