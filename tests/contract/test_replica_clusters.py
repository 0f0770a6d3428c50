"""What the driver of CloudNativePG promises, against a small API server and against a real one of the lab."""

from typing import Any

import pytest

from ndcops.adapters.kubernetes_api.failover.clusters import CloudNativeClusters
from ndcops.model.errors import Refused
from ndcops.model.failover import Overtaken
from tests import failover_objects as given
from tests.failover_world import SERVICE, SITE, World, server, settled, version, world
from tests.fakes.objects_http import wait_until

__all__ = ["server", "world"]


def test_a_cluster_is_demoted_promoted_and_pointed_in_one_patch_each(world: World) -> None:
    world.add(given.cluster())
    cluster = world.clusters.read(SITE, SERVICE)
    assert cluster is not None
    ref = cluster.ref
    assert (cluster.primary, cluster.source, cluster.fenced) == ("ndc1", "ndc2", False)

    def replica() -> Any:
        return world.objects.read(ref)["spec"]["replica"]

    promoted = settled(lambda: world.clusters.promote(ref, token="dG9rZW4=", expect=version(world, ref), epoch=4))
    assert promoted.is_primary
    assert replica() == {"self": "ndc1", "primary": "ndc1", "source": "ndc2", "promotionToken": "dG9rZW4="}
    settled(lambda: world.clusters.demote(ref, primary="ndc3", expect=version(world, ref), epoch=4))
    assert replica() == {"self": "ndc1", "primary": "ndc3", "source": "ndc3"}
    settled(lambda: world.clusters.follow(ref, primary="ndc2", expect=version(world, ref), epoch=4))
    assert replica() == {"self": "ndc1", "primary": "ndc2", "source": "ndc2"}
    with pytest.raises(Refused, match="ndc7"):
        world.clusters.demote(ref, primary="ndc7", expect=version(world, ref), epoch=4)
    settled(lambda: world.clusters.promote(ref, token="", expect=version(world, ref), epoch=4))
    assert "promotionToken" not in replica()


def test_a_cluster_is_cloned_anew_step_by_step(world: World) -> None:
    world.add(given.cluster())
    clusters = CloudNativeClusters(world.objects)
    before = clusters.read(SITE, SERVICE)
    assert before is not None
    ref, old = before.ref, world.objects.read(before.ref)["metadata"]["uid"]
    removing = settled(lambda: clusters.reclone(ref, primary="ndc3", expect=version(world, ref), epoch=4))
    assert (removing.ready, removing.primary) == (False, "ndc3")
    wait_until(lambda: world.objects.get(SITE, given.path_of(given.cluster())) is None)
    between = clusters.read(SITE, SERVICE)
    assert between is not None
    assert (between.ready, between.primary, between.phase) == (False, "ndc3", "removed, to be cloned anew")
    with pytest.raises(Overtaken):
        clusters.reclone(ref, primary="ndc2", expect="", epoch=3)
    for _ in range(2):
        clusters.reclone(ref, primary="ndc3", expect="", epoch=4)
    live = world.objects.read(ref)
    assert live["metadata"]["uid"] != old
    assert live["spec"]["replica"] == {"self": "ndc1", "primary": "ndc3", "source": "ndc3"}
    assert live["spec"]["bootstrap"] == {"pg_basebackup": {"source": "ndc3"}}
    assert live["metadata"]["labels"] == given.cluster()["metadata"]["labels"]
    assert world.objects.get(SITE, "/api/v1/namespaces/ndc-contract/configmaps/trial-reclone") is None


def test_a_cluster_of_a_bystander_is_fenced(world: World) -> None:
    world.add(given.cluster(primary="ndc2"))
    cluster = world.clusters.read(SITE, SERVICE)
    assert cluster is not None
    for fenced in (True, True, False):
        changed = settled(
            lambda wanted=fenced: world.clusters.set_fenced(
                cluster.ref, wanted, expect=version(world, cluster.ref), epoch=4
            )
        )
        assert changed.fenced is fenced
        assert not changed.is_primary
