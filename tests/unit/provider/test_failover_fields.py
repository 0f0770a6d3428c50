"""What a failover decided is left alone, also by force; the number where some run is the program's."""

import pytest

from ndcops.model.field_managers import FAILOVER_MANAGER
from ndcops.provider.failover_fields import is_moved, without_numbers
from ndcops.provider.wire import JsonObject


def workload(replicas: int, *, owner: str = FAILOVER_MANAGER) -> JsonObject:
    fields = {"f:metadata": {"f:annotations": {}}, "f:spec": {"f:replicas": {}}}
    managed = [
        {"manager": "ndcops-12345678", "operation": "Apply", "fieldsV1": {"f:spec": {"f:template": {}}}},
        {"manager": owner, "operation": "Update", "fieldsV1": fields},
    ]
    metadata = {"name": "web", "namespace": "ndc-data", "managedFields": managed}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {"replicas": replicas}}


def wish(replicas: int) -> JsonObject:
    metadata = {"name": "web", "namespace": "ndc-data"}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {"replicas": replicas}}


@pytest.mark.parametrize(
    ("live", "wanted", "moved", "released"),
    [(0, 3, True, False), (3, 0, True, False), (3, 5, False, True), (3, 3, False, False), (0, 0, False, False)],
)
def test_a_side_is_failovers_and_a_number_is_not(live: int, wanted: int, moved: bool, released: bool) -> None:
    found = without_numbers(workload(live), wish(wanted))

    assert is_moved(workload(live), wish(wanted)) == moved
    assert (found is not None) == released
    if found is not None:
        (entry,) = [each for each in found if each["manager"] == FAILOVER_MANAGER]
        assert entry["fieldsV1"] == {"f:metadata": {"f:annotations": {}}}
        assert [each["manager"] for each in found] == ["ndcops-12345678", FAILOVER_MANAGER]


def test_what_somebody_else_scaled_is_no_failovers() -> None:
    assert not is_moved(workload(0, owner="anh-tuan"), wish(3))
    assert without_numbers(workload(2, owner="anh-tuan"), wish(3)) is None


def test_a_role_is_compared_by_the_fields_of_the_document() -> None:
    """A promotion's token stands beside what the program says, and is none of its business."""
    live = workload(0) | {"kind": "Cluster", "apiVersion": "postgresql.cnpg.io/v1"}
    live["spec"] = {"replica": {"self": "ndc1", "primary": "ndc2", "source": "ndc2", "promotionToken": "t"}}
    live["metadata"]["managedFields"][1]["fieldsV1"] = {"f:spec": {"f:replica": {"f:primary": {}}}}
    same = {"replica": {"self": "ndc1", "primary": "ndc2", "source": "ndc2"}}
    other = {"replica": {"self": "ndc1", "primary": "ndc1", "source": "ndc2"}}

    assert not is_moved(live, {**live, "spec": same})
    assert is_moved(live, {**live, "spec": other})


def test_a_route_that_was_closed_is_not_opened() -> None:
    live = workload(0) | {"kind": "HTTPRoute", "apiVersion": "gateway.networking.k8s.io/v1"}
    backend = {"group": "", "kind": "Service", "name": "web", "port": 8443}
    live["spec"] = {"rules": [{"backendRefs": [backend | {"weight": 0}]}]}
    live["metadata"]["managedFields"][1]["fieldsV1"] = {"f:spec": {"f:rules": {}}}

    assert is_moved(live, {**live, "spec": {"rules": [{"backendRefs": [backend | {"weight": 1}]}]}})
    assert not is_moved(live, {**live, "spec": {"rules": [{"backendRefs": [backend | {"weight": 0}]}]}})
