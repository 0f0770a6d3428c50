"""The inventory that ships with the project goes through every layer of every site that is built."""

from pathlib import Path

import pytest

from ndcops.adapters.inventory_files import read_inventory
from ndcops.model.stack_input import LAYERS, StackInput
from tests.stacks.recorded import run_layer

INVENTORY = read_inventory(Path(__file__).resolve().parents[2] / "inventory")


@pytest.mark.parametrize("name", [site.name for site in INVENTORY.built_sites()])
def test_the_sample_inventory_becomes_objects(name: str) -> None:
    site = INVENTORY.site(name)
    assert site is not None
    hosted = INVENTORY.services_at(name)
    given = StackInput(site=site, services=hosted, target="lab", kubeconfig="/k", context=f"lab-{name}")
    recorded = {layer: run_layer(layer, given) for layer in LAYERS}
    for layer in recorded.values():
        assert len(layer.by_name()) == len(layer.objects)
    compute = recorded["compute"]
    replicas = sum(
        each["spec"]["replicas"] for kind in ("Deployment", "StatefulSet") for each in compute.of_kind(kind)
    )
    at_home = [service for service in hosted if service.home == name]
    assert replicas == sum(workload.replicas for service in at_home for workload in service.workloads)
    for service in hosted:
        zone = site.network.zone(service.zone)
        assert zone is not None
        assert service.classification.level <= zone.kind.classification_limit.level
        images = {workload.image for workload in service.workloads}
        assert all(image.startswith(f"{site.kubernetes.registry}/") for image in images)
