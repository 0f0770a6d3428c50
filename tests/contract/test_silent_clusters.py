"""What drivers make of a cluster that loses answers, is busy, refuses, or says nothing."""

from pathlib import Path

import pytest

from ndcops.adapters.kubernetes_api.failover.fences import NetworkFences
from ndcops.adapters.kubernetes_api.failover.site_objects import SiteObjects
from ndcops.adapters.kubernetes_api.failover.sites import PinnedSites
from ndcops.adapters.kubernetes_api.failover.workloads import ServiceWorkloads
from ndcops.model.errors import NdcopsError
from ndcops.model.failover import Unreachable
from tests import failover_objects as given
from tests.failover_world import CIDRS, SERVICE, SITE, World, server
from tests.fakes.objects_http import ObjectServer, object_server

__all__ = ["server"]


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
