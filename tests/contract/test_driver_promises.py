"""What every driver of an object in a cluster promises: the simulated ones of the room's tests, and ours."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ndcops.adapters.kubernetes_api.failover import (
    CloudNativeClusters,
    NetworkFences,
    ReplicatedVolumes,
    ServiceRoutes,
    ServiceWorkloads,
    SiteObjects,
)
from ndcops.failover.ports import Fences, ReplicatedClusters, Routes, Volumes, Workloads
from ndcops.model.failover import Changed, Overtaken
from ndcops.model.service import Service
from tests import failover_objects as given
from tests.fakes.objects_http import object_server
from tests.simulation import data_ports
from tests.simulation import ports as simulated
from tests.simulation.country import Country
from tests.simulation.direct_calls import DirectCalls
from tests.simulation.kernel import Kernel, Operator
from tests.simulation.sample_services import service

SITE, OTHER = "ndc1", "ndc2"


@dataclass
class World:
    """A service at home in SITE, with a database and a volume, its standby in OTHER."""

    service: Service
    workloads: Workloads
    routes: Routes
    volumes: Volumes
    clusters: ReplicatedClusters
    fences: Fences


@pytest.fixture(params=["simulated", "http"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    if request.param == "simulated":
        yield from _simulated()
        return
    with object_server(SITE) as server:
        for document in (
            given.deployment(),
            given.http_route((1,)),
            given.volume_replication(),
            given.cluster(),
            given.fence_class(),
        ):
            server.put(given.path_of(document), document)
        objects = SiteObjects(server.target(tmp_path))
        yield World(
            given.service(standby=OTHER),
            ServiceWorkloads(objects),
            ServiceRoutes(objects),
            ReplicatedVolumes(objects),
            CloudNativeClusters(objects),
            NetworkFences(objects, {OTHER: ("10.2.0.0/16",)}),
        )


def _simulated() -> Iterator[World]:
    sample = service("trial", "both", SITE, OTHER)
    country = Country(Kernel(seed=7), (sample,), ("ndc1", "ndc2", "ndc3"))
    operator = Operator("test", SITE)
    seen = simulated.Seen(country, operator)
    ports: list[Any] = [
        simulated.SimulatedWorkloads(seen),
        simulated.SimulatedRoutes(seen),
        data_ports.SimulatedVolumes(seen),
        data_ports.SimulatedClusters(seen),
        data_ports.SimulatedFences(seen),
    ]
    drivers: list[Any] = [DirectCalls(country, operator, port) for port in ports]
    yield World(sample, *drivers)
    country.kernel.stop()


@dataclass(frozen=True)
class Driven:
    """One kind of object. wish: what of its state an operator decides; write: decides it otherwise."""

    read: Callable[[World], Any]
    claim: Callable[[World], Callable[..., Any]]
    write: Callable[[World, Any, str, int], Any]
    wish: Callable[[Any], Any]
    before: Any
    after: Any


KINDS = {
    "workload": Driven(
        lambda w: w.workloads.read(SITE, w.service)[0],
        lambda w: w.workloads.claim,
        lambda w, ref, expect, epoch: w.workloads.scale(ref, 0, expect=expect, epoch=epoch),
        lambda state: state.replicas,
        2,
        0,
    ),
    "route": Driven(
        lambda w: w.routes.read(SITE, w.service),
        lambda w: w.routes.claim,
        lambda w, ref, expect, epoch: w.routes.set_open(ref, False, expect=expect, epoch=epoch),
        lambda state: state.weight,
        1,
        0,
    ),
    "volume": Driven(
        lambda w: w.volumes.read(SITE, w.service)[0],
        lambda w: w.volumes.claim,
        lambda w, ref, expect, epoch: w.volumes.set_role(
            ref, "secondary", auto_resync=False, expect=expect, epoch=epoch
        ),
        lambda state: state.wanted,
        "primary",
        "secondary",
    ),
    "cluster": Driven(
        lambda w: w.clusters.read(SITE, w.service),
        lambda w: w.clusters.claim,
        lambda w, ref, expect, epoch: w.clusters.demote(ref, primary=OTHER, expect=expect, epoch=epoch),
        lambda state: (state.primary, state.source if state.primary != SITE else ""),
        (SITE, ""),
        (OTHER, OTHER),
    ),
}


@pytest.fixture(params=sorted(KINDS))
def driven(request: pytest.FixtureRequest) -> Driven:
    return KINDS[request.param]


def test_a_claim_stamps_the_epoch_and_changes_nothing_else(world: World, driven: Driven) -> None:
    before = driven.read(world)
    assert (before.epoch, driven.wish(before)) == (0, driven.before)
    claimed = driven.claim(world)(before.ref, expect=before.resource_version, epoch=4)
    assert (claimed.epoch, driven.wish(claimed)) == (4, driven.before)
    driven.claim(world)(before.ref, expect=claimed.resource_version, epoch=4)
    assert (driven.read(world).epoch, driven.wish(driven.read(world))) == (4, driven.before)


def test_a_write_takes_effect_once_and_only_on_what_was_read(world: World, driven: Driven) -> None:
    before = driven.read(world)
    written = driven.write(world, before.ref, before.resource_version, 4)
    assert (written.epoch, driven.wish(written)) == (4, driven.after)
    with pytest.raises(Changed):
        driven.write(world, before.ref, before.resource_version, 4)
    with pytest.raises(Changed):
        driven.claim(world)(before.ref, expect=before.resource_version, epoch=5)
    assert driven.wish(driven.read(world)) == driven.after


def test_an_older_epoch_writes_nothing(world: World, driven: Driven) -> None:
    before = driven.read(world)
    claimed = driven.claim(world)(before.ref, expect=before.resource_version, epoch=9)
    with pytest.raises(Overtaken):
        driven.write(world, before.ref, claimed.resource_version, 8)
    with pytest.raises(Overtaken):
        driven.claim(world)(before.ref, expect=claimed.resource_version, epoch=8)
    after = driven.read(world)
    assert (after.epoch, driven.wish(after)) == (9, driven.before)


def test_a_fence_is_set_lifted_and_kept_from_older_epochs(world: World) -> None:
    none = world.fences.read(SITE, OTHER)
    assert none is not None
    assert (none.fenced, none.done) == (False, True)
    world.fences.set_fenced(SITE, OTHER, True, epoch=4)
    with pytest.raises(Overtaken):
        world.fences.set_fenced(SITE, OTHER, False, epoch=3)
    for fenced in (True, False):
        world.fences.set_fenced(SITE, OTHER, fenced, epoch=5)
        found = world.fences.read(SITE, OTHER)
        assert found is not None
        assert (found.fenced, found.epoch) == (fenced, 5)
