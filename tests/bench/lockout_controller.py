"""A hardening run as a process of its own, for the benchmark to kill: HOST RUN FAULT SEED MARKER.

The marker is a file that appears, with the monotonic time, once the fault is in.
"""

import sys
import threading
from pathlib import Path

from ndcops.hardening.ports import Playbooks
from ndcops.hardening.run import Hardening
from ndcops.hardening.steps import HardenHost, HardenWorld
from ndcops.wiring.hardening import hardening
from tests.bench.lockout_faults import FaultyPlay, trials


def world_of(room: Hardening, playbooks: Playbooks) -> HardenWorld:
    """What the room's steps act on, with other playbooks; no host is a node of a cluster."""
    return HardenWorld(
        hosts=room.hosts,
        playbooks=playbooks,
        drain=room.drain,
        targets=room.targets,
        clusters={},
        variables=room.variables,
        catalogue=room.catalogue,
        evidence=room.evidence,
        on_task=room.on_task,
        stopped=room.stop.is_set,
    )


def main(host: str, run: str, fault: str, seed: str, marker: str) -> None:
    """Harden the host with the fault in the middle, until somebody ends this process."""
    room = hardening("lab", None, stop=threading.Event(), on_task=lambda _: None, on_step=lambda _: None)
    role = room.targets[host].host.role
    (trial,) = (one for one in trials(int(seed), role) if one.name == fault)

    def mark(injected_at: float) -> None:
        fresh = Path(f"{marker}.new")
        fresh.write_text(str(injected_at))
        fresh.replace(marker)

    HardenHost(host, run, (), (), drains=False).apply(world_of(room, FaultyPlay(trial, mark)), print)


if __name__ == "__main__":
    main(*sys.argv[1:])
