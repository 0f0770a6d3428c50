"""What the room is given: the declared services, the doors to the outside, the ways to stop and to report."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from ndcops.failover.ports import Capacity, Clock, Coordination, Sites
from ndcops.failover.steps import Drivers, Limits
from ndcops.model.failover import BreakGlass
from ndcops.model.service import Service
from ndcops.model.site import Site
from ndcops.model.target import TargetKind
from ndcops.workflow.runner import StepEvent


@dataclass(frozen=True)
class Surroundings:
    """width: the most steps and reads at once. lease_s: how soon the lock is free after its holder dies.

    simulated: what has no real part on this target, named in every output. glass: two people's signed order to act
    without the store's majority; None in ordinary times.
    """

    target: TargetKind
    services: tuple[Service, ...]
    sites: tuple[Site, ...]
    reach: Sites
    drivers: Drivers
    coordination: Coordination
    capacity: Capacity
    clock: Clock
    stop: threading.Event
    on_step: Callable[[StepEvent], None]
    width: int
    lease_s: int = 15
    limits: Limits = field(default_factory=Limits)
    simulated: tuple[str, ...] = ()
    glass: BreakGlass | None = None
