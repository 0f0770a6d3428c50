"""What the drivers of a site's cluster promise, against a small API server and against a real one of the lab."""

import pytest

from ndcops.adapters.kubernetes_api.failover.routes import DRAINED_CLASS
from ndcops.adapters.kubernetes_api.failover.site_objects import SiteObjects
from ndcops.adapters.kubernetes_api.failover.sites import PinnedSites
from ndcops.model.errors import InvalidInput, Refused
from ndcops.model.failover import Changed, ObjectRef, Overtaken, RouteState
from tests import failover_objects as given
from tests.failover_world import CIDRS, SERVICE, SITE, World, server, settled, version, world

__all__ = ["server", "world"]


def set_open(world: World, ref: ObjectRef, is_open: bool) -> RouteState:
    return settled(lambda: world.routes.set_open(ref, is_open, expect=version(world, ref), epoch=4))


def test_workloads_are_found_scaled_and_claimed(world: World) -> None:
    world.add(given.deployment(), given.stateful_set())
    web, store = world.workloads.read(SITE, SERVICE)
    assert [(each.ref.kind, each.ref.name, each.replicas, each.epoch) for each in (web, store)] == [
        ("Deployment", "trial-web", 2, 0),
        ("StatefulSet", "trial-store", 1, 0),
    ]
    claimed = settled(lambda: world.workloads.claim(web.ref, expect=version(world, web.ref), epoch=4))
    assert (claimed.epoch, claimed.replicas) == (4, 2)
    scaled = settled(lambda: world.workloads.scale(web.ref, 0, expect=version(world, web.ref), epoch=4))
    assert (scaled.epoch, scaled.replicas) == (4, 0)


def test_a_write_on_what_has_changed_since_is_refused(world: World) -> None:
    world.add(given.http_route())
    route = world.routes.read(SITE, SERVICE)
    assert route is not None
    set_open(world, route.ref, False)
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
    settled(lambda: world.routes.claim(route.ref, expect=version(world, route.ref), epoch=9))
    settled(lambda: world.volumes.claim(volume.ref, expect=version(world, volume.ref), epoch=9))
    settled(lambda: world.clusters.claim(cluster.ref, expect=version(world, cluster.ref), epoch=9))
    world.fences.set_fenced(SITE, "ndc2", True, epoch=9)
    for write in (
        lambda: world.routes.set_open(route.ref, False, expect=version(world, route.ref), epoch=8),
        lambda: world.routes.claim(route.ref, expect=version(world, route.ref), epoch=8),
        lambda: world.volumes.set_role(
            volume.ref, "secondary", auto_resync=False, expect=version(world, volume.ref), epoch=8
        ),
        lambda: world.clusters.demote(cluster.ref, primary="ndc3", expect=version(world, cluster.ref), epoch=8),
        lambda: world.fences.set_fenced(SITE, "ndc2", False, epoch=8),
    ):
        with pytest.raises(Overtaken):
            write()


def test_claiming_twice_writes_once(world: World) -> None:
    world.add(given.http_route())
    route = world.routes.read(SITE, SERVICE)
    assert route is not None

    def claimed() -> tuple[str, str]:
        before = version(world, route.ref)
        return before, world.routes.claim(route.ref, expect=before, epoch=4).resource_version

    first_before, first_after = settled(claimed)
    assert first_before != first_after
    # A real cluster's controllers write status in between, but not for ever: claims alone change nothing.
    assert any(before == after for before, after in (settled(claimed) for _ in range(20)))


def test_a_route_that_was_closed_opens_with_its_old_weights(world: World) -> None:
    world.add(given.http_route((None, 9)))
    route = world.routes.read(SITE, SERVICE)
    assert route is not None
    assert (route.weight, route.hostnames) == (10, ("trial.ndc.gov.vn",))
    for _ in range(2):
        route = set_open(world, route.ref, False)
        assert route.weight == 0
    for _ in range(2):
        route = set_open(world, route.ref, True)
        assert route.weight == 10


@pytest.mark.parametrize("name", ["nginx", None])
def test_an_ingress_is_drained_by_its_class(world: World, name: str | None) -> None:
    world.add(given.ingress(name))
    route = world.routes.read(SITE, SERVICE)
    assert route is not None
    assert (route.ref.kind, route.weight, route.hostnames) == ("Ingress", 1, ("trial.ndc.gov.vn",))
    for _ in range(2):
        route = set_open(world, route.ref, False)
        assert route.weight == 0
        assert world.objects.read(route.ref)["spec"]["ingressClassName"] == DRAINED_CLASS
    for _ in range(2):
        route = set_open(world, route.ref, True)
        assert route.weight == 1
        assert world.objects.read(route.ref)["spec"].get("ingressClassName") == name


def test_a_volume_takes_a_role(world: World) -> None:
    world.add(given.volume_replication())
    (volume,) = world.volumes.read(SITE, SERVICE)
    assert volume.wanted == "primary"
    changed = settled(
        lambda: world.volumes.set_role(
            volume.ref, "secondary", auto_resync=True, expect=version(world, volume.ref), epoch=4
        )
    )
    assert (changed.wanted, changed.settled, changed.epoch) == ("secondary", False, 4)
    assert world.objects.read(volume.ref)["spec"]["autoResync"] is True


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
        settled(lambda wanted=fenced: world.fences.set_fenced(SITE, "ndc2", wanted, epoch=4))
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
