"""What the drivers of a site's cluster promise, against a small API server and against a real one of the lab."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest

from ndcops.adapters.kubernetes_api.failover.clusters import CloudNativeClusters
from ndcops.adapters.kubernetes_api.failover.fences import NetworkFences
from ndcops.adapters.kubernetes_api.failover.routes import DRAINED_CLASS, ServiceRoutes
from ndcops.adapters.kubernetes_api.failover.site_objects import SiteObjects
from ndcops.adapters.kubernetes_api.failover.sites import PinnedSites
from ndcops.adapters.kubernetes_api.failover.volumes import ReplicatedVolumes
from ndcops.adapters.kubernetes_api.failover.workloads import ServiceWorkloads
from ndcops.failover import ports
from ndcops.model.errors import InvalidInput, NdcopsError, Refused
from ndcops.model.failover import Changed, ObjectRef, Overtaken, Unreachable
from tests import failover_objects as given
from tests.fakes.objects_http import ObjectServer, object_server
from tests.lab_objects import lab_objects

SITE = "ndc1"
SERVICE = given.service()
CIDRS = {"ndc2": ("10.20.0.0/16", "10.21.0.0/16")}


class Store(Protocol):
    """A cluster that the test fills by itself."""

    def put(self, path: str, document: dict[str, Any]) -> Any: ...


@dataclass
class World:
    """One site's cluster and the drivers on it."""

    store: Store
    objects: SiteObjects

    def add(self, *documents: dict[str, Any]) -> None:
        for document in documents:
            self.store.put(given.path_of(document), document)

    @property
    def workloads(self) -> ports.Workloads:
        return ServiceWorkloads(self.objects)

    @property
    def routes(self) -> ports.Routes:
        return ServiceRoutes(self.objects)

    @property
    def volumes(self) -> ports.Volumes:
        return ReplicatedVolumes(self.objects)

    @property
    def fences(self) -> ports.Fences:
        return NetworkFences(self.objects, CIDRS)

    @property
    def clusters(self) -> ports.ReplicatedClusters:
        return CloudNativeClusters(self.objects)


@pytest.fixture
def server() -> Iterator[ObjectServer]:
    with object_server(SITE) as found:
        yield found


@pytest.fixture(params=["http", "lab"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    if request.param == "http":
        found = request.getfixturevalue("server")
        yield World(found, SiteObjects(found.target(tmp_path)))
        return
    request.getfixturevalue("lab")
    with lab_objects(SITE, given.NAMESPACE) as store:
        yield World(store, SiteObjects(store.target))


def test_workloads_are_found_scaled_and_claimed(world: World) -> None:
    world.add(given.deployment(), given.stateful_set())
    web, store = world.workloads.read(SITE, SERVICE)
    assert [(each.ref.kind, each.ref.name, each.replicas, each.epoch) for each in (web, store)] == [
        ("Deployment", "trial-web", 2, 0),
        ("StatefulSet", "trial-store", 1, 0),
    ]
    claimed = _settled(lambda: world.workloads.claim(web.ref, expect=_version(world, web.ref), epoch=4))
    assert (claimed.epoch, claimed.replicas) == (4, 2)
    scaled = _settled(lambda: world.workloads.scale(web.ref, 0, expect=_version(world, web.ref), epoch=4))
    assert (scaled.epoch, scaled.replicas) == (4, 0)


def _version(world: World, ref: ObjectRef) -> str:
    return str(world.objects.read(ref)["metadata"]["resourceVersion"])


def _settled(write: Any) -> Any:
    """A real cluster's controllers write status in between: as the room does, read again and try again."""
    for _ in range(50):
        try:
            return write()
        except Changed:
            continue
    raise AssertionError("always changed")


def test_a_write_on_what_has_changed_since_is_refused(world: World) -> None:
    world.add(given.http_route())
    route = world.routes.read(SITE, SERVICE)
    assert route is not None
    world.routes.set_open(route.ref, False, expect=route.resource_version, epoch=4)
    with pytest.raises(Changed):
        world.routes.set_open(route.ref, True, expect=route.resource_version, epoch=4)
    with pytest.raises(Changed):
        world.routes.claim(route.ref, expect=route.resource_version, epoch=5)
    again = world.routes.read(SITE, SERVICE)
    assert again is not None
    assert (again.weight, again.epoch) == (0, 4)


def test_an_older_operator_is_overtaken_by_every_driver(world: World) -> None:
    world.add(given.http_route(), given.volume_replication(), given.cluster(), given.fence_class())
    route, (volume,), cluster = (
        world.routes.read(SITE, SERVICE),
        world.volumes.read(SITE, SERVICE),
        world.clusters.read(SITE, SERVICE),
    )
    assert route is not None
    assert cluster is not None
    world.routes.claim(route.ref, expect=route.resource_version, epoch=9)
    _settled(lambda: world.volumes.claim(volume.ref, expect=_version(world, volume.ref), epoch=9))
    _settled(lambda: world.clusters.claim(cluster.ref, expect=_version(world, cluster.ref), epoch=9))
    world.fences.set_fenced(SITE, "ndc2", True, epoch=9)
    for write in (
        lambda: world.routes.set_open(route.ref, False, expect=_version(world, route.ref), epoch=8),
        lambda: world.routes.claim(route.ref, expect=_version(world, route.ref), epoch=8),
        lambda: world.volumes.set_role(
            volume.ref, "secondary", auto_resync=False, expect=_version(world, volume.ref), epoch=8
        ),
        lambda: world.clusters.demote(cluster.ref, primary="ndc3", expect=_version(world, cluster.ref), epoch=8),
        lambda: world.fences.set_fenced(SITE, "ndc2", False, epoch=8),
    ):
        with pytest.raises(Overtaken):
            write()


def test_claiming_twice_writes_once(world: World) -> None:
    world.add(given.http_route())
    route = world.routes.read(SITE, SERVICE)
    assert route is not None
    claimed = world.routes.claim(route.ref, expect=route.resource_version, epoch=4)
    again = world.routes.claim(route.ref, expect=claimed.resource_version, epoch=4)
    assert again.resource_version == claimed.resource_version


def test_a_route_that_was_closed_opens_with_its_old_weights(world: World) -> None:
    world.add(given.http_route((None, 9)))
    route = world.routes.read(SITE, SERVICE)
    assert route is not None
    assert (route.weight, route.hostnames) == (10, ("trial.ndc.gov.vn",))
    for _ in range(2):
        route = world.routes.set_open(route.ref, False, expect=route.resource_version, epoch=4)
        assert route.weight == 0
    for _ in range(2):
        route = world.routes.set_open(route.ref, True, expect=route.resource_version, epoch=4)
        assert route.weight == 10


@pytest.mark.parametrize("name", ["nginx", None])
def test_an_ingress_is_drained_by_its_class(world: World, name: str | None) -> None:
    world.add(given.ingress(name))
    route = world.routes.read(SITE, SERVICE)
    assert route is not None
    assert (route.ref.kind, route.weight, route.hostnames) == ("Ingress", 1, ("trial.ndc.gov.vn",))
    for _ in range(2):
        route = world.routes.set_open(route.ref, False, expect=route.resource_version, epoch=4)
        assert route.weight == 0
        assert world.objects.read(route.ref)["spec"]["ingressClassName"] == DRAINED_CLASS
    for _ in range(2):
        route = world.routes.set_open(route.ref, True, expect=route.resource_version, epoch=4)
        assert route.weight == 1
        assert world.objects.read(route.ref)["spec"].get("ingressClassName") == name


def test_a_volume_takes_a_role(world: World) -> None:
    world.add(given.volume_replication())
    (volume,) = world.volumes.read(SITE, SERVICE)
    assert volume.wanted == "primary"
    changed = _settled(
        lambda: world.volumes.set_role(
            volume.ref, "secondary", auto_resync=True, expect=_version(world, volume.ref), epoch=4
        )
    )
    assert (changed.wanted, changed.settled, changed.epoch) == ("secondary", False, 4)
    assert world.objects.read(volume.ref)["spec"]["autoResync"] is True


def test_a_cluster_is_demoted_promoted_and_pointed_in_one_patch_each(world: World) -> None:
    world.add(given.cluster())
    cluster = world.clusters.read(SITE, SERVICE)
    assert cluster is not None
    ref = cluster.ref
    assert (cluster.primary, cluster.source, cluster.fenced) == ("ndc1", "ndc2", False)

    def replica() -> Any:
        return world.objects.read(ref)["spec"]["replica"]

    promoted = _settled(
        lambda: world.clusters.promote(ref, token="dG9rZW4=", expect=_version(world, ref), epoch=4)
    )
    assert promoted.is_primary
    assert replica() == {"self": "ndc1", "primary": "ndc1", "source": "ndc2", "promotionToken": "dG9rZW4="}
    _settled(lambda: world.clusters.demote(ref, primary="ndc3", expect=_version(world, ref), epoch=4))
    assert replica() == {"self": "ndc1", "primary": "ndc3", "source": "ndc3"}
    _settled(lambda: world.clusters.follow(ref, primary="ndc2", expect=_version(world, ref), epoch=4))
    assert replica() == {"self": "ndc1", "primary": "ndc2", "source": "ndc2"}
    with pytest.raises(Refused, match="ndc7"):
        world.clusters.demote(ref, primary="ndc7", expect=_version(world, ref), epoch=4)
    _settled(lambda: world.clusters.promote(ref, token="", expect=_version(world, ref), epoch=4))
    assert "promotionToken" not in replica()


def test_a_cluster_of_a_bystander_is_fenced(world: World) -> None:
    world.add(given.cluster(primary="ndc2"))
    cluster = world.clusters.read(SITE, SERVICE)
    assert cluster is not None
    for fenced in (True, True, False):
        changed = _settled(
            lambda wanted=fenced: world.clusters.set_fenced(
                cluster.ref, wanted, expect=_version(world, cluster.ref), epoch=4
            )
        )
        assert changed.fenced is fenced
        assert not changed.is_primary


def test_a_fence_covers_the_victims_addresses(world: World) -> None:
    assert world.fences.read(SITE, "ndc2") is None
    with pytest.raises(Refused, match="NetworkFenceClass"):
        world.fences.set_fenced(SITE, "ndc2", True, epoch=4)
    world.add(given.fence_class())
    none = world.fences.read(SITE, "ndc2")
    assert none is not None
    assert (none.fenced, none.done, none.epoch) == (False, True, 0)
    assert world.fences.read(SITE, "ndc3") is None
    with pytest.raises(Refused, match="addresses of ndc3"):
        world.fences.set_fenced(SITE, "ndc3", True, epoch=4)
    for fenced in (True, False):
        _settled(lambda wanted=fenced: world.fences.set_fenced(SITE, "ndc2", wanted, epoch=4))
        state = world.fences.read(SITE, "ndc2")
        assert state is not None
        assert (state.fenced, state.epoch) == (fenced, 4)
    live = world.objects.get(SITE, f"{given.PATHS['NetworkFence']}/ndc-ndc2")
    assert live is not None
    assert live["spec"]["cidrs"] == list(CIDRS["ndc2"])


def test_what_is_not_there(world: World) -> None:
    assert world.workloads.read(SITE, SERVICE) == ()
    assert world.routes.read(SITE, SERVICE) is None
    assert world.volumes.read(SITE, SERVICE) == ()
    assert world.clusters.read(SITE, SERVICE) is None
    gone = ObjectRef(site=SITE, namespace=given.NAMESPACE, kind="HTTPRoute", name="trial", service="trial")
    with pytest.raises(Changed):
        world.routes.claim(gone, expect="1", epoch=4)
    with pytest.raises(InvalidInput, match="ndc9"):
        world.workloads.read("ndc9", SERVICE)


def test_the_right_cluster_and_another(world: World) -> None:
    PinnedSites(world.objects).check(SITE)
    cluster = world.objects.cluster(SITE)
    for uid, reason in ((None, "not pinned"), ("other", "another cluster")):
        target = world.objects._target.model_copy(update={"clusters": (cluster.model_copy(update={"uid": uid}),)})
        with pytest.raises(Refused, match=reason):
            PinnedSites(SiteObjects(target)).check(SITE)


# What only a server of the test's own can be made to do.


def test_a_lost_answer_is_no_answer_though_the_write_was_done(server: ObjectServer, tmp_path: Path) -> None:
    world = World(server, SiteObjects(server.target(tmp_path)))
    world.add(given.http_route())
    route = world.routes.read(SITE, SERVICE)
    assert route is not None
    server.lose.append(given.path_of(given.http_route()))
    with pytest.raises(Unreachable):
        world.routes.set_open(route.ref, False, expect=route.resource_version, epoch=4)
    again = world.routes.read(SITE, SERVICE)
    assert again is not None
    assert again.weight == 0
    assert len(server.writes) == 1


@pytest.mark.parametrize(("status", "kind"), [(429, Unreachable), (503, Unreachable), (500, Unreachable)])
def test_a_busy_server_has_no_answer(
    server: ObjectServer, tmp_path: Path, status: int, kind: type[NdcopsError]
) -> None:
    world = World(server, SiteObjects(server.target(tmp_path)))
    server.statuses[given.PATHS["HTTPRoute"]] = [status]
    with pytest.raises(kind):
        world.routes.read(SITE, SERVICE)


def test_a_missing_right_is_said(server: ObjectServer, tmp_path: Path) -> None:
    world = World(server, SiteObjects(server.target(tmp_path)))
    server.statuses[given.PATHS["HTTPRoute"]] = [403]
    with pytest.raises(NdcopsError, match="403") as caught:
        world.routes.read(SITE, SERVICE)
    assert not isinstance(caught.value, Unreachable)


def test_a_silent_server_is_unreachable(tmp_path: Path) -> None:
    with object_server(SITE) as found:
        target = found.target(tmp_path)
    for read in (
        lambda: ServiceWorkloads(SiteObjects(target)).read(SITE, SERVICE),
        lambda: PinnedSites(SiteObjects(target)).check(SITE),
        lambda: NetworkFences(SiteObjects(target), CIDRS).read(SITE, "ndc2"),
    ):
        with pytest.raises(Unreachable):
            read()
