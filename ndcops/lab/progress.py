"""How far `up` is, and how long it will take; the command line shows what the sink is told."""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum


class Phase(StrEnum):
    """What happens to a site, in order."""

    CREDENTIALS = "keys and certificates"
    PROCESSES = "processes"
    API = "API ready"
    DEFINITIONS = "roles and definitions"
    NODES = "nodes created"
    READY = "nodes ready"
    COORDINATION = "coordination store"
    SERVICES = "databases and names"


_WEIGHTS = {
    Phase.CREDENTIALS: 1,
    Phase.PROCESSES: 2,
    Phase.API: 40,
    Phase.DEFINITIONS: 12,
    Phase.NODES: 10,
    Phase.READY: 35,
    Phase.COORDINATION: 2,
    Phase.SERVICES: 2,
}
"""Each phase's share of the time, as measured with three sites of 100 nodes on two cores."""


@dataclass(frozen=True)
class LabProgress:
    """`done` of `total` in a phase of a site; seconds left for all sites, None until they can be judged."""

    site: str
    phase: Phase
    done: int
    total: int
    remaining_s: float | None


ProgressSink = Callable[[LabProgress], None]


class ProgressClock:
    """Turns what several sites report into one estimate of the time left; safe for several threads."""

    def __init__(
        self, sites: Iterable[str], sink: ProgressSink | None, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._fractions: dict[tuple[str, Phase], float] = {(site, phase): 0.0 for site in sites for phase in Phase}
        self._sink = sink
        self._now_s = now_s
        self._started_s = now_s()
        self._lock = threading.Lock()

    def report(self, site: str, phase: Phase, done: int, total: int) -> None:
        """Tell the sink; phases before this one count as finished."""
        with self._lock:
            for earlier in Phase:
                if earlier is phase:
                    break
                self._fractions[site, earlier] = 1.0
            self._fractions[site, phase] = done / total if total else 1.0
            if self._sink is not None:
                self._sink(LabProgress(site, phase, done, total, self._remaining_s()))

    def _remaining_s(self) -> float | None:
        whole = sum(_WEIGHTS[phase] for _, phase in self._fractions)
        done = sum(_WEIGHTS[phase] * fraction for (_, phase), fraction in self._fractions.items()) / whole
        elapsed_s = self._now_s() - self._started_s
        return elapsed_s * (1 - done) / done if done > 0.05 else None
