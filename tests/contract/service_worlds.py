"""A service with database and names, simulated and in the lab: the same contracts hold for both."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

import pytest

from ndcops.failover.ports import Databases
from ndcops.model.service import Service
from ndcops.model.service_names import ServiceNames
from tests.conftest import small_inventory
from tests.simulation.country import Country
from tests.simulation.data_ports import SimulatedDatabases
from tests.simulation.direct_calls import DirectCalls
from tests.simulation.kernel import Kernel, Operator
from tests.simulation.ports import Seen, SimulatedNames
from tests.simulation.sample_services import service

SITES = ("ndc1", "ndc2", "ndc3")


class World(Protocol):
    """A service, its ports, and time."""

    service: Service
    databases: Databases
    names: ServiceNames

    def until(self, check: Callable[[], bool], timeout_s: float) -> None: ...


@dataclass
class SimulatedWorld:
    country: Country
    service: Service
    databases: Databases
    names: ServiceNames

    def until(self, check: Callable[[], bool], timeout_s: float) -> None:
        kernel = self.country.kernel
        deadline = kernel.now + 4 * timeout_s  # its Patroni has the default ttl and loop
        while not check():
            assert kernel.now < deadline
            kernel.run(kernel.now + 0.5, lambda: False)


@dataclass
class LabWorld:
    service: Service
    databases: Databases
    names: ServiceNames
    started_s: float = field(default_factory=time.monotonic)

    def until(self, check: Callable[[], bool], timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        while not check():
            assert time.monotonic() < deadline
            time.sleep(0.1)


def simulated_world() -> SimulatedWorld:
    sample = service("registers", "patroni", "ndc1", "ndc2")
    country = Country(Kernel(seed=7), (sample,), SITES)
    operator = Operator("test", "ndc1")
    seen = Seen(country, operator)
    databases = DirectCalls(country, operator, SimulatedDatabases(seen))
    return SimulatedWorld(country, sample, databases, DirectCalls(country, operator, SimulatedNames(seen)))


@pytest.fixture(params=["simulated", pytest.param("lab", marks=pytest.mark.live)])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    if request.param == "simulated":
        found = simulated_world()
        yield found
        found.country.kernel.stop()
        return
    from ndcops.wiring.lab_services import lab_databases, lab_names

    request.getfixturevalue("lab_service")
    chosen = next(each for each in small_inventory().services if each.id == "identity")
    yield LabWorld(chosen, lab_databases(), lab_names())
