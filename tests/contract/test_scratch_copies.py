"""What isolated copies promise, against a small API server and against a real one of the lab."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ndcops.adapters.kubernetes_api.failover.scratch import ScratchNamespaces
from ndcops.adapters.kubernetes_api.failover.scratch_objects import scratch_namespace
from ndcops.adapters.kubernetes_api.failover.site_objects import SiteObjects
from ndcops.failover.ports import ScratchCopies
from ndcops.model.errors import NdcopsError, Refused
from ndcops.model.service import Service
from tests import failover_objects as given
from tests.fakes.objects_http import ObjectServer, object_server, wait_until
from tests.lab_objects import lab_objects

SITE = "ndc1"
SERVICE = given.service()
SPACE = scratch_namespace(SERVICE, "d7")
PLACES = ("/apis/apps/v1/deployments", "/apis/apps/v1/statefulsets", "/api/v1/namespaces", "/api/v1/services")


@dataclass
class World:
    """One site. play: lets what was created become ready."""

    scratch: ScratchCopies
    objects: SiteObjects
    put: Callable[[str, dict[str, Any]], Any]
    play: Callable[[], None]

    def production(self) -> list[tuple[str, str]]:
        """Every object of the service with the version of its spec."""
        paths = [given.PATHS["Deployment"], given.PATHS["StatefulSet"], "/api/v1/namespaces/ndc-contract/services"]
        return [
            (live["metadata"]["name"], live["metadata"].get("generation", live["metadata"]["resourceVersion"]))
            for path in paths
            for live in self.objects.list_all(SITE, path)
        ]


def _play(server: ObjectServer) -> None:
    for path in [path for path in server.objects if f"/{SPACE}/" in path]:
        if path.split("/")[-2] in ("deployments", "statefulsets"):
            server.put(path, server.objects[path] | {"status": {"readyReplicas": 1, "observedGeneration": 1}})
    endpoints = [{"addresses": ["10.0.0.1"], "conditions": {"ready": True}}]
    slices = f"/apis/discovery.k8s.io/v1/namespaces/{SPACE}/endpointslices/trial-web"
    server.put(slices, {"metadata": {"name": "trial-web"}, "endpoints": endpoints})


@pytest.fixture(params=["http", "lab"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    if request.param == "http":
        with object_server(SITE) as server:
            zone = {"metadata": {"name": given.NAMESPACE}}
            server.put(f"/api/v1/namespaces/{given.NAMESPACE}", zone)
            objects = SiteObjects(server.target(tmp_path))
            yield _filled(World(ScratchNamespaces(objects), objects, server.put, lambda: _play(server)))
        return
    request.getfixturevalue("lab")
    with lab_objects(SITE, given.NAMESPACE) as store:
        objects = SiteObjects(store.target)
        yield _filled(World(ScratchNamespaces(objects), objects, store.put, lambda: None))


def _filled(world: World) -> World:
    for document in (given.deployment(replicas=0), given.stateful_set(replicas=0)):
        document["spec"]["template"]["spec"]["tolerations"] = [{"operator": "Exists"}]
        world.put(given.path_of(document), document)
    ports = [{"name": "http", "port": 8443}]
    metadata = {"name": "trial-web", "namespace": given.NAMESPACE, "labels": dict(given.LABELS)}
    selector = {**given.LABELS, "app.kubernetes.io/name": "trial-web"}
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": {"ports": ports, "selector": selector},
    }
    world.put(f"/api/v1/namespaces/{given.NAMESPACE}/services/trial-web", service)
    classes = "/apis/scheduling.k8s.io/v1/priorityclasses"
    name = "ndc-grade-d"
    document = {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": name},
        "value": 1,
    }
    world.put(f"{classes}/{name}", document)
    return world


def _wait_ready(world: World) -> Any:
    def ready() -> Any:
        state = world.scratch.read(SITE, SERVICE, "d7")
        assert state is not None
        return state if state.workloads_ready == state.workloads_wanted == 2 and not state.problem else None

    return wait_until(ready)


def test_a_copy_comes_serves_and_goes_without_a_trace(world: World) -> None:
    before = world.production()
    assert world.scratch.read(SITE, SERVICE, "d7") is None
    world.scratch.create(SITE, SERVICE, "d7")
    again = world.scratch.create(SITE, SERVICE, "d7")
    assert (again.namespace, again.workloads_wanted) == (SPACE, 2)
    world.play()
    _wait_ready(world)

    def found() -> str | None:
        try:
            return world.scratch.check(SITE, SERVICE, "d7")
        except NdcopsError:
            return None

    assert "2 workloads ready" in wait_until(found)
    assert world.production() == before
    world.scratch.remove(SITE, SERVICE, "d7")
    wait_until(lambda: world.scratch.read(SITE, SERVICE, "d7") is None)
    world.scratch.remove(SITE, SERVICE, "d7")
    assert world.production() == before


def test_a_copy_that_is_not_there_serves_nobody(world: World) -> None:
    with pytest.raises(NdcopsError, match="does not serve"):
        world.scratch.check(SITE, SERVICE, "d7")


def test_another_namespace_of_that_name_is_left_alone(world: World) -> None:
    place = f"/api/v1/namespaces/{SPACE}"
    world.put(place, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}})
    try:
        for act in (world.scratch.create, world.scratch.remove):
            with pytest.raises(Refused, match="left alone"):
                act(SITE, SERVICE, "d7")
    finally:
        live = world.objects.get(SITE, place)
        assert live is not None
        world.objects.delete(SITE, place, live["metadata"]["uid"])
        wait_until(lambda: world.objects.get(SITE, place) is None)


class _Clone:
    """Data outside the cluster: ready at once."""

    def __init__(self) -> None:
        self.there = False

    def create(self, site: str, service: Service, drill: str) -> None:
        self.there = True

    def read(self, site: str, service: Service, drill: str) -> tuple[bool, str] | None:
        return (True, "database: cloned by the test") if self.there else None

    def check(self, site: str, service: Service, drill: str) -> str:
        return "1 row written and read"

    def remove(self, site: str, service: Service, drill: str) -> None:
        self.there = False


def test_data_outside_the_cluster_comes_and_goes_with_the_copy(tmp_path: Path) -> None:
    with object_server(SITE) as server:
        objects = SiteObjects(server.target(tmp_path))
        clone = _Clone()
        scratch = ScratchNamespaces(objects, clone)
        world = _filled(World(scratch, objects, server.put, lambda: None))
        world.scratch.create(SITE, SERVICE, "d7")
        _play(server)
        state = world.scratch.read(SITE, SERVICE, "d7")
        assert state is not None
        assert "cloned by the test" in state.data
        assert world.scratch.check(SITE, SERVICE, "d7").endswith("1 row written and read")
        world.scratch.remove(SITE, SERVICE, "d7")
        assert world.scratch.read(SITE, SERVICE, "d7") is None
        assert not clone.there
