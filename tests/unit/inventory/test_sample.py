"""The sample inventory of the repository: complete, consistent, and open to a fourth centre."""

import shutil
from collections import Counter
from pathlib import Path

import pytest

from ndcops.adapters.inventory_files import default_folder, json_schemas, read_inventory
from ndcops.model.host import HostRole
from ndcops.model.site import SiteStatus, ZoneKind

SAMPLE = Path(__file__).resolve().parents[3] / "inventory"


@pytest.fixture(scope="module")
def sample():
    return read_inventory(SAMPLE)


def test_declares_three_centres(sample):
    assert [(site.name, site.status) for site in sample.sites] == [
        ("ndc1", SiteStatus.OPERATING),
        ("ndc2", SiteStatus.BUILDING),
        ("ndc3", SiteStatus.BUILDING),
    ]


def test_every_centre_has_the_five_kinds_of_zone_and_a_hundred_nodes(sample):
    for site in sample.sites:
        assert {zone.kind for zone in site.network.zones} == set(ZoneKind)
        assert sum(pool.nodes for pool in site.pools) >= 100
        assert len(site.network.flows) >= 12
        assert any(pool.gpu for pool in site.pools)


def test_hosts_stand_at_every_centre_in_every_role(sample):
    found = Counter((host.site, host.role) for host in sample.hosts)
    assert set(found) == {(site.name, role) for site in sample.sites for role in HostRole}


def test_every_centre_is_home_and_standby_of_something(sample):
    names = {site.name for site in sample.sites}
    assert {service.home for service in sample.services} == names
    assert {service.standby for service in sample.services} == names


def test_a_fourth_centre_is_one_new_file(tmp_path):
    shutil.copytree(SAMPLE, tmp_path / "inventory")
    third = (SAMPLE / "sites/ndc3.yaml").read_text()
    fourth = third.replace("ndc3", "ndc4")
    for block in range(48, 64):  # its ranges are those of 10.48.0.0/12; No. 4 takes 10.64.0.0/12
        fourth = fourth.replace(f"10.{block}.", f"10.{block + 16}.")
    (tmp_path / "inventory/sites/ndc4.yaml").write_text(fourth)
    inventory = read_inventory(default_folder(tmp_path))
    assert [site.name for site in inventory.sites] == ["ndc1", "ndc2", "ndc3", "ndc4"]


def test_schemas_describe_what_the_sample_uses(sample):
    schemas = json_schemas()
    documents = {"Site", "Service", "Dossier", "Coordination", "DatabaseStore", "Baseline", "Waivers"}
    others = {"Hosts", "PriceList", "WavePlan", "Signers", "Ledger", "RoadmapRules", "Runbook"}
    assert set(schemas) == documents | others
    for kind, document in (
        ("Site", sample.sites[0]),
        ("Service", sample.services[0]),
        ("Dossier", sample.dossiers[0]),
        ("Coordination", sample.coordination),
        ("DatabaseStore", sample.databases),
        ("Baseline", sample.baseline),
    ):
        schema = schemas[kind]
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert schema["required"][:2] == ["apiVersion", "kind"]
        assert set(document.model_dump(by_alias=True)) == set(schema["properties"])
        assert schema["additionalProperties"] is False
        assert schema["description"]
