"""What every reader of clusters promises: the fake of the rooms' tests, and the adapter over HTTP."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ndcops.adapters.kubernetes_api import KubernetesApi
from ndcops.adapters.kubernetes_api.condition import POOL_LABEL, SERVICE_LABEL
from ndcops.model.errors import NdcopsError
from ndcops.model.field_managers import FAILOVER_MANAGER
from ndcops.model.site_status import PoolStatus, ServiceStatus, SiteCondition
from ndcops.model.stack_changes import ObjectRef, Writer
from ndcops.model.stack_input import MovedObject
from ndcops.model.target import ClusterRef
from ndcops.provisioning.ports import Clusters
from tests.fakes.clusters import FakeClusters
from tests.fakes.clusters_http import Answers, answering_server

UID = "1111-2222"
THERE = ObjectRef(api_version="v1", kind="ConfigMap", namespace="public", name="settings")
GONE = ObjectRef(api_version="v1", kind="ConfigMap", namespace="public", name="gone")
WRITERS = (
    Writer(manager="kubectl-edit", operation="Update", time=datetime(2026, 1, 3, tzinfo=UTC)),
    Writer(manager="ndcops-0a1b2c3d", operation="Apply", time=datetime(2026, 1, 1, tzinfo=UTC)),
)
MOVED = MovedObject(kind="Deployment", namespace="ndc-data", name="portal-web", spec={"replicas": 0})
CONDITION = SiteCondition(
    site="ndc1",
    version="v1.36.0",
    pools=(PoolStatus(pool="general", nodes=2, ready=1),),
    services=(ServiceStatus(service="portal", replicas=3, ready=2),),
)


def _fill(answers: Answers) -> None:
    def node(ready: str) -> dict[str, object]:
        conditions = [{"type": "Ready", "status": ready}]
        return {"metadata": {"labels": {POOL_LABEL: "general"}}, "status": {"conditions": conditions}}

    workload = {
        "metadata": {"labels": {SERVICE_LABEL: "portal"}},
        "spec": {"replicas": 3},
        "status": {"readyReplicas": 2},
    }
    fields = [
        {"manager": w.manager, "operation": w.operation, "time": f"{w.time:%Y-%m-%dT%H:%M:%SZ}"}
        for w in reversed(WRITERS)
    ]
    answers.give("/api/v1/namespaces/kube-system", {"metadata": {"uid": UID}})
    answers.give("/version", {"gitVersion": CONDITION.version})
    answers.give("/api/v1/nodes", {"items": [node("True"), node("False")], "metadata": {}})
    answers.give("/apis/apps/v1/statefulsets", {"items": [], "metadata": {}})
    answers.give("/api/v1", {"resources": [{"name": "configmaps", "kind": "ConfigMap", "namespaced": True}]})
    answers.give("/api/v1/namespaces/public/configmaps/settings", {"metadata": {"managedFields": fields}})

    answers.give("/apis/apps/v1/deployments", {"items": [workload, _moved_workload()], "metadata": {}})
    answers.give("/apis", {"groups": [{"name": name} for name in ("batch", "apps")]})


def _moved_workload() -> dict[str, object]:
    """Scaled by failover, which also stamped its epoch; who wrote its status counts for nothing."""
    managed = [
        {"manager": FAILOVER_MANAGER, "operation": "Update", "fieldsV1": {"f:spec": {"f:replicas": {}}}},
        {"manager": FAILOVER_MANAGER, "subresource": "status", "fieldsV1": {"f:spec": {"f:template": {}}}},
    ]
    metadata = {"namespace": "ndc-data", "name": "portal-web", "managedFields": managed}
    return {"metadata": metadata, "spec": {"replicas": 0, "template": {}}, "status": {}}


World = tuple[Clusters, ClusterRef, ClusterRef]


@pytest.fixture(params=["fake", "http"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """The reader, a cluster that answers, and one that does not."""
    if request.param == "fake":
        there = ClusterRef(site="ndc1", kubeconfig=tmp_path, context="fake", uid=None)
        fake = FakeClusters({"ndc1": UID}, {"ndc1": CONDITION}, {str(THERE): WRITERS}, silent={"ndc2"})
        fake.moved, fake.api_groups = {"ndc1": (MOVED,)}, ("apps", "batch")
        yield fake, there, there.model_copy(update={"site": "ndc2"})
        return
    with answering_server() as answers:
        _fill(answers)
        there = answers.cluster(tmp_path)
        yield KubernetesApi(), there, there.model_copy(update={"site": "ndc2", "context": "nowhere"})


def test_the_uid_of_the_cluster(world: World) -> None:
    clusters, there, _ = world
    assert clusters.read_uid(there) == UID


def test_the_condition_of_the_cluster(world: World) -> None:
    clusters, there, _ = world
    assert clusters.read_condition(there) == CONDITION


def test_writers_come_latest_first(world: World) -> None:
    clusters, there, _ = world
    assert clusters.read_writers(there, THERE) == WRITERS


def test_what_is_gone_has_no_writers(world: World) -> None:
    clusters, there, _ = world
    assert clusters.read_writers(there, GONE) == ()


def test_what_failover_decided_is_found_with_its_value(world: World) -> None:
    clusters, there, _ = world
    assert clusters.read_moved(there) == (MOVED,)


def test_served_groups(world: World) -> None:
    clusters, there, _ = world
    assert clusters.read_api_groups(there) == ("apps", "batch")


def test_a_silent_cluster_is_an_error_for_people(world: World) -> None:
    clusters, _, silent = world
    for read in (
        lambda: clusters.read_uid(silent),
        lambda: clusters.read_condition(silent),
        lambda: clusters.read_writers(silent, THERE),
        lambda: clusters.read_moved(silent),
        lambda: clusters.read_api_groups(silent),
    ):
        with pytest.raises(NdcopsError, match="ndc2") as caught:
            read()
        assert caught.value.details
        assert caught.value.resolution
