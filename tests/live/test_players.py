"""The lab's players beside three real API servers, driven by the drivers as ndcops-operator does."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from ndcops.adapters.kubernetes_api.failover import (
    CloudNativeClusters,
    NetworkFences,
    ReplicatedVolumes,
    ServiceRoutes,
    SiteObjects,
)
from ndcops.lab.folder import LabPaths, lab_folder
from ndcops.lab.players.clusters import lag_of
from ndcops.lab.players.start import PLAYERS, start_site_player
from ndcops.lab.processes import end_processes
from ndcops.lab.progress import ProgressClock
from ndcops.lab.site_start import LabRun
from ndcops.lab.state import StateFile, lab_target, read_state
from ndcops.model.failover import Changed, ReplicaClusterState, VolumeState
from ndcops.toolchain.build import ensure_engine
from tests import failover_objects as given
from tests.fakes.objects_http import wait_until
from tests.lab_objects import LabObjects, lab_objects

if TYPE_CHECKING:
    from ndcops.lab.state import LabState

pytestmark = [pytest.mark.live, pytest.mark.slow]
SITES = ("ndc1", "ndc2", "ndc3")
SERVICE = given.service(database={"engine": "cloudnativepg", "size": "1Gi", "tier": "block-ssd"})


class Players:
    """The sites' players as processes."""

    def __init__(self) -> None:
        paths = LabPaths(lab_folder())
        state = read_state(paths)
        assert state is not None
        self._run = LabRun(paths, StateFile(paths, state), ensure_engine("kube"), ProgressClock(SITES, None))

    def start(self) -> None:
        for site in self._run.file.state.sites:
            start_site_player(self._run, site)

    def kill(self, *sites: str) -> None:
        found = [self._run.file.state.process(site, PLAYERS) for site in sites]
        end_processes([record for record in found if record is not None], grace_s=0)


@pytest.fixture(scope="module")
def players(lab: "LabState") -> Iterator[Players]:
    found = Players()
    found.start()
    try:
        yield found
    finally:
        found.kill(*SITES)


@pytest.fixture
def stores(players: Players) -> Iterator[dict[str, LabObjects]]:
    with ExitStack() as stack:
        yield {site: stack.enter_context(lab_objects(site, given.NAMESPACE)) for site in SITES}


@pytest.fixture
def objects(stores: dict[str, LabObjects]) -> SiteObjects:
    return SiteObjects(lab_target())


def _settled(write: Callable[[], Any]) -> Any:
    """As the room does: what was written meanwhile is read again, and tried again."""
    for _ in range(50):
        try:
            return write()
        except Changed:
            continue
    raise AssertionError("always changed")


def test_a_volume_moves(stores: dict[str, LabObjects], objects: SiteObjects) -> None:
    volumes = ReplicatedVolumes(objects)
    for site, role in (("ndc3", "secondary"), ("ndc1", "primary")):
        document = given.volume_replication(role=role)
        stores[site].put(given.path_of(document), document)

    def at(site: str) -> VolumeState:
        (found,) = volumes.read(site, SERVICE)
        return found

    def turn(site: str, role: Any) -> None:
        def write() -> VolumeState:
            state = at(site)
            return volumes.set_role(state.ref, role, auto_resync=False, expect=state.resource_version, epoch=3)

        _settled(write)

    def is_settled(site: str, state: str) -> bool:
        found = at(site)
        return found.state == state and found.settled and not found.degraded and not found.resyncing

    wait_until(lambda: is_settled("ndc1", "Primary") and at("ndc1").last_sync_at is not None)
    turn("ndc1", "secondary")
    wait_until(lambda: is_settled("ndc1", "Secondary"))
    turn("ndc3", "primary")
    wait_until(lambda: is_settled("ndc3", "Primary") and is_settled("ndc1", "Secondary"))
    assert at("ndc3").epoch == 3


def test_a_database_moves_though_its_player_is_killed(
    stores: dict[str, LabObjects], objects: SiteObjects, players: Players
) -> None:
    clusters = CloudNativeClusters(objects, lag_of)
    for site in SITES:
        document = given.cluster(site, "ndc1", tuple(other for other in SITES if other != site))
        stores[site].put(given.path_of(document), document)

    def at(site: str) -> ReplicaClusterState:
        found = clusters.read(site, SERVICE)
        assert found is not None
        return found

    wait_until(lambda: all(at(site).ready for site in SITES))
    assert len({at(site).system_id for site in SITES}) == 1
    _settled(lambda: clusters.demote(at("ndc1").ref, primary="ndc3", expect=at("ndc1").resource_version, epoch=3))
    wait_until(lambda: at("ndc1").switching or at("ndc1").demoted)
    players.kill("ndc1")
    players.start()
    wait_until(lambda: at("ndc1").demoted and not at("ndc1").switching and at("ndc1").demotion_token)
    token = at("ndc1").demotion_token
    _settled(lambda: clusters.promote(at("ndc3").ref, token=token, expect=at("ndc3").resource_version, epoch=3))
    wait_until(lambda: at("ndc3").last_promotion_token == token and at("ndc3").ready)
    _settled(lambda: clusters.follow(at("ndc2").ref, primary="ndc3", expect=at("ndc2").resource_version, epoch=3))
    wait_until(lambda: at("ndc2").ready and at("ndc2").timeline == at("ndc3").timeline)
    wait_until(lambda: [at(site).lag_bytes for site in SITES] == [0, 0, None])
    assert [at(site).is_primary for site in SITES] == [False, False, True]


def test_a_fence_and_a_route(stores: dict[str, LabObjects], objects: SiteObjects) -> None:
    fences, routes = NetworkFences(objects, {"ndc1": ("10.1.0.0/16",)}), ServiceRoutes(objects)
    for document in (given.fence_class(), given.http_route()):
        stores["ndc2"].put(given.path_of(document), document)
    for fenced in (True, False):
        _settled(lambda wanted=fenced: fences.set_fenced("ndc2", "ndc1", wanted, epoch=3))

        def is_done(wanted: bool = fenced) -> bool:
            state = fences.read("ndc2", "ndc1")
            return state is not None and state.done and state.fenced is wanted

        wait_until(is_done)

    def close() -> Any:
        state = routes.read("ndc2", SERVICE)
        assert state is not None
        return routes.set_open(state.ref, False, expect=state.resource_version, epoch=3)

    _settled(close)

    def is_closed() -> bool:
        state = routes.read("ndc2", SERVICE)
        return state is not None and state.weight == 0 and state.accepted

    wait_until(is_closed)
