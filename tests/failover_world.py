"""One site's cluster and the drivers on it, for contract tests: a small API server, or a real one of the lab."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest

from ndcops.adapters.kubernetes_api.failover.clusters import CloudNativeClusters
from ndcops.adapters.kubernetes_api.failover.fences import NetworkFences
from ndcops.adapters.kubernetes_api.failover.routes import ServiceRoutes
from ndcops.adapters.kubernetes_api.failover.site_objects import SiteObjects
from ndcops.adapters.kubernetes_api.failover.volumes import ReplicatedVolumes
from ndcops.adapters.kubernetes_api.failover.workloads import ServiceWorkloads
from ndcops.failover import ports
from ndcops.model.failover import Changed, ObjectRef
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


def version(world: World, ref: ObjectRef) -> str:
    return str(world.objects.read(ref)["metadata"]["resourceVersion"])


def settled(write: Any) -> Any:
    """A real cluster's controllers write status in between: as the room does, read again and try again."""
    for _ in range(50):
        try:
            return write()
        except Changed:
            continue
    raise AssertionError("always changed")
