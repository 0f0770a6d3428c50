"""What failover drives is declared at both sites in opposite roles, and stays where a failover put it."""

import pytest

from ndcops.model.record import JsonObject
from ndcops.model.stack_input import MovedObject
from tests.stacks.recorded import Recorded, run_layer
from tests.stacks.sample import stack_input


def volumes(recorded: Recorded) -> dict[str, str]:
    found = recorded.of_kind("VolumeReplication")
    return {each["metadata"]["name"]: each["spec"]["replicationState"] for each in found}


def moved(recorded: Recorded, kind: str, name: str, spec: JsonObject) -> MovedObject:
    metadata = recorded.named(kind, name)["metadata"]
    return MovedObject(kind=kind, namespace=metadata["namespace"], name=name, spec=spec)


def test_each_claim_on_a_replicated_tier_has_a_replication_in_the_role_of_its_site() -> None:
    home, standby = run_layer("compute", stack_input("ndc1", 1)), run_layer("compute", stack_input("ndc2", 2))
    names = {f"data-population-store-{number}" for number in range(3)}

    assert volumes(home) == dict.fromkeys(names, "primary")
    assert volumes(standby) == dict.fromkeys(names, "secondary")
    for each in home.of_kind("VolumeReplication"):
        assert each["spec"]["volumeReplicationClass"] == "ndc-fast"
        assert each["spec"]["dataSource"]["name"] == each["metadata"]["name"]


def test_a_cluster_of_each_site_names_itself_its_primary_and_its_source() -> None:
    found = {}
    for site, number in (("ndc1", 1), ("ndc2", 2)):
        (cluster,) = run_layer("compute", stack_input(site, number)).of_kind("Cluster")
        assert [each["name"] for each in cluster["spec"]["externalClusters"]] == ["ndc1", "ndc2"]
        found[site] = cluster["spec"]["replica"]

    assert found["ndc1"] == {"self": "ndc1", "primary": "ndc1", "source": "ndc2"}
    assert found["ndc2"] == {"self": "ndc2", "primary": "ndc1", "source": "ndc1"}


def test_storage_that_replicates_can_fence() -> None:
    (fence,) = run_layer("compute", stack_input()).of_kind("NetworkFenceClass")
    assert fence["spec"] == {"provisioner": "block.csi.ndc.gov.vn"}


def test_kinds_that_a_cluster_does_not_serve_are_left_out() -> None:
    recorded = run_layer("compute", stack_input(api_groups=("apps", "replication.storage.openshift.io")))
    assert volumes(recorded)
    assert not recorded.of_kind("Cluster")
    assert not recorded.of_kind("NetworkFenceClass")


@pytest.mark.parametrize(("live", "wanted"), [(0, 0), (3, 3), (2, 3)])
def test_a_workload_runs_where_failover_left_it_and_in_the_declared_number(live: int, wanted: int) -> None:
    before = run_layer("compute", stack_input("ndc2", 2))
    placed = moved(before, "StatefulSet", "population-store", {"replicas": live})
    after = run_layer("compute", stack_input("ndc2", 2, moved=(placed,)))

    assert before.named("StatefulSet", "population-store")["spec"]["replicas"] == 0
    assert after.named("StatefulSet", "population-store")["spec"]["replicas"] == wanted


def test_roles_stay_as_failover_left_them() -> None:
    given = stack_input()
    before = run_layer("compute", given)
    role = {"replicationState": "secondary", "autoResync": True}
    lead = {"replica": {"self": "ndc1", "primary": "ndc2", "source": "ndc2", "promotionToken": "t"}}
    placed = (
        moved(before, "VolumeReplication", "data-population-store-0", role),
        moved(before, "Cluster", "integrated", lead),
    )
    after = run_layer("compute", stack_input(moved=placed))

    assert volumes(after)["data-population-store-0"] == "secondary"
    assert volumes(after)["data-population-store-1"] == "primary"
    assert after.named("Cluster", "integrated")["spec"]["replica"] == {
        "self": "ndc1",
        "primary": "ndc2",
        "source": "ndc2",
    }


@pytest.mark.parametrize("weight", [0, 1])
def test_a_route_that_failover_closed_stays_closed(weight: int) -> None:
    before = run_layer("compute", stack_input())
    live = {"rules": [{"backendRefs": [{"name": "portal-web", "port": 8080, "weight": weight}]}]}
    after = run_layer("compute", stack_input(moved=(moved(before, "HTTPRoute", "portal", live),)))

    (backend,) = after.named("HTTPRoute", "portal")["spec"]["rules"][0]["backendRefs"]
    assert backend["weight"] == weight
