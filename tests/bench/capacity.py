"""Capacity at the country's size: every loss of a site, a full site read live, and cluster-capacity beside us."""

from tests.bench import capacity_load, capacity_peer, capacity_survive
from tests.bench.capacity_load import measure_load
from tests.bench.capacity_peer import measure_peer
from tests.bench.capacity_survive import measure_survive
from tests.bench.result import AtLeast, Figure, Measured, Target
from tests.bench.sandbox import BenchFailed, Sandbox
from tests.bench.timing import Clock

TARGETS: dict[str, Target] = {
    "survive_s": 2,
    "memory_mib": 1536,
    "load_s": 15,
    "count_difference": 0,
    "speedup_vs_cluster_capacity": AtLeast(100),
}
ROUNDS = 5
"""Of the losses and of cluster-capacity; the full site is written and read once."""

NOTES = (*capacity_survive.NOTES, *capacity_load.NOTES, *capacity_peer.NOTES)


def measure(sandbox: Sandbox, clock: Clock) -> Measured:
    """The losses, the peer, then the full site, whose writing takes longest and may run out of time."""
    sandbox.ndcops("toolchain", "build").required()
    survived, survive_samples = measure_survive(clock)
    compared, peer_samples = measure_peer(sandbox, clock)
    loaded: dict[str, Figure] = {}
    notes = list(NOTES)
    try:
        loaded = measure_load(sandbox, clock)
    except BenchFailed as error:
        clock.say(f"load: {error}")
        notes.append(f"load was not measured: {error}")
    return Measured(
        survived | compared | {_load_name(name): value for name, value in loaded.items()},
        {"survive": survive_samples, "peer": peer_samples},
        notes,
        complete=bool(loaded),
    )


def _load_name(name: str) -> str:
    return name if name.startswith("load_") else f"load_{name}"
