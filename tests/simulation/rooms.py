"""The failover room on the simulated country, from one operator's host."""

import threading
from typing import Any

from ndcops.failover.run.surroundings import Surroundings
from ndcops.failover.steps import Drivers, Limits
from ndcops.model.service import Service
from ndcops.model.target import TargetKind
from tests.fakes.coordination_state import CoordinationState
from tests.simulation.coordination import SimulatedCoordination
from tests.simulation.country import Country
from tests.simulation.data_ports import (
    SimulatedClusters,
    SimulatedDatabases,
    SimulatedFences,
    SimulatedVolumes,
)
from tests.simulation.kernel import Operator
from tests.simulation.ports import (
    NoProbes,
    NoScratch,
    Seen,
    SimulatedCapacity,
    SimulatedClock,
    SimulatedNames,
    SimulatedRoutes,
    SimulatedSites,
    SimulatedWorkloads,
)
from tests.simulation.sites import simulated_sites

DRIVERS = ("workloads", "databases", "clusters", "volumes", "fences", "names", "routes")


def simulated_ports(country: Country, state: CoordinationState, operator: Operator) -> dict[str, Any]:
    """Every port that reaches outside, by the name of its place."""
    seen = Seen(country, operator)
    return {
        "workloads": SimulatedWorkloads(seen),
        "databases": SimulatedDatabases(seen),
        "clusters": SimulatedClusters(seen),
        "volumes": SimulatedVolumes(seen),
        "fences": SimulatedFences(seen),
        "names": SimulatedNames(seen),
        "routes": SimulatedRoutes(seen),
        "reach": SimulatedSites(seen),
        "capacity": SimulatedCapacity(seen),
        "clock": SimulatedClock(seen),
        "coordination": SimulatedCoordination(seen, state),
    }


def surroundings(services: tuple[Service, ...], ports: dict[str, Any], limits: Limits) -> Surroundings:
    """The room's surroundings over those ports; one step at a time, so that seeds replay."""
    drivers = {name: ports[name] for name in DRIVERS}
    return Surroundings(
        target=TargetKind.LAB,
        services=services,
        sites=simulated_sites(),
        reach=ports["reach"],
        drivers=Drivers(**drivers, probes=NoProbes(), scratch=NoScratch()),
        coordination=ports["coordination"],
        capacity=ports["capacity"],
        clock=ports["clock"],
        stop=threading.Event(),
        on_step=lambda _: None,
        width=1,
        limits=limits,
    )
