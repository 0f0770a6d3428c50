"""The storage layer: classes per tier, and quotas that never promise more than a tier has."""

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from ndcops.model.errors import InvalidInput
from ndcops.model.quantity import parse_quantity, quantity_of
from ndcops.model.service import Service
from ndcops.model.site import Site
from ndcops.model.storage_shares import tenant_limits_bytes, zone_limits_bytes
from stacks.components.storage_quotas import quota_objects
from tests.stacks.recorded import run_layer
from tests.stacks.sample import service_document, services, site_document, stack_input, workload_document

_LARGEST_QUOTA_BYTES = (2**63 - 1) // 1000


def _claiming(size: str, tier: str = "fast", replicas: int = 1) -> Service:
    volume = {"tier": tier, "size": size, "mount": "/data"}
    workload = workload_document(replicas=replicas, volume=volume)
    return Service.model_validate(service_document("one", workloads=[workload]))


def test_every_tier_has_a_class_that_keeps_volumes_and_waits_for_a_place() -> None:
    classes = {
        each["metadata"]["name"]: each for each in run_layer("storage", stack_input()).of_kind("StorageClass")
    }
    assert set(classes) == {"ndc-fast", "ndc-standard", "ndc-capacity", "ndc-objects"}
    for each in classes.values():
        assert each["reclaimPolicy"] == "Retain"
        assert each["parameters"]["encrypted"] == "true"
    for name in ("ndc-fast", "ndc-standard", "ndc-capacity"):
        assert classes[name]["volumeBindingMode"] == "WaitForFirstConsumer"
        assert classes[name]["allowVolumeExpansion"] is True
    assert classes["ndc-objects"]["volumeBindingMode"] == "Immediate"


def test_only_what_can_be_snapshotted_or_replicated_has_a_class_for_it() -> None:
    recorded = run_layer("storage", stack_input())
    named = {
        kind: sorted(each["metadata"]["name"] for each in recorded.of_kind(kind))
        for kind in ("VolumeSnapshotClass", "VolumeReplicationClass", "VolumeAttributesClass")
    }
    assert named == {
        "VolumeSnapshotClass": ["ndc-capacity", "ndc-fast", "ndc-standard"],
        "VolumeReplicationClass": ["ndc-fast", "ndc-objects", "ndc-standard"],
        "VolumeAttributesClass": ["ndc-fast-iops-50", "ndc-standard-iops-10"],
    }


def test_every_zone_has_a_quota_for_every_class() -> None:
    quotas = run_layer("storage", stack_input()).of_kind("ResourceQuota")
    assert len(quotas) == 5
    for each in quotas:
        hard = each["spec"]["hard"]
        assert len(hard) == 5
        per_class = sum(parse_quantity(size) for name, size in hard.items() if name != "requests.storage")
        assert parse_quantity(hard["requests.storage"]) == per_class


@settings(max_examples=50, deadline=None)
@for_all(
    usable_tib=st.integers(min_value=20, max_value=60_000),
    sizes_mib=st.lists(st.integers(min_value=1, max_value=1_000_000), max_size=6),
    zones=st.integers(min_value=1, max_value=5),
)
def test_quotas_never_promise_more_than_a_tier_has(usable_tib: int, sizes_mib: list[int], zones: int) -> None:
    document = site_document()
    document["tiers"] = [{**document["tiers"][0], "usable": f"{usable_tib}Ti"}]
    document["network"]["zones"] = document["network"]["zones"][-zones:]
    site = Site.model_validate(document)
    hosted = [
        _claiming(f"{size}Mi").model_copy(update={"id": f"s{index}", "zone": "soc"})
        for index, size in enumerate(sizes_mib)
    ]
    limits = zone_limits_bytes(site, hosted)
    assert sum(limit["fast"] for limit in limits.values()) <= usable_tib * 2**40
    assert limits["soc"]["fast"] >= sum(sizes_mib) * 2**20
    assert all(0 < limit["fast"] <= _LARGEST_QUOTA_BYTES for limit in limits.values())


def test_a_zone_that_hosts_agencies_leaves_its_share_to_them() -> None:
    document = site_document()
    plain = zone_limits_bytes(Site.model_validate(document), services())
    document["network"]["zones"][1]["hosts_agencies"] = True
    site = Site.model_validate(document)
    assert document["network"]["zones"][1]["name"] == "agency"
    limits, shared = zone_limits_bytes(site, services()), tenant_limits_bytes(site, services(), "agency")
    assert {tier: limits["agency"][tier] + shared[tier] for tier in shared} == plain["agency"]
    assert limits["data"] == plain["data"]
    assert tenant_limits_bytes(site, services(), "data") == {}


def test_databases_on_hosts_take_from_the_tier_without_a_quota() -> None:
    site = Site.model_validate(site_document())
    with_database = zone_limits_bytes(site, services())
    without = zone_limits_bytes(site, [each.model_copy(update={"database": None}) for each in services()])
    total = {
        name: sum(limit["fast"] for limit in limits.values())
        for name, limits in (("with", with_database), ("without", without))
    }
    assert total["with"] <= total["without"] - 4 * 2**40


@pytest.mark.parametrize(
    ("size", "tier", "replicas", "message"),
    [
        ("2Pi", "fast", 1, "tier 'fast': systems need more than its 1Pi"),
        ("300Ti", "fast", 4, "tier 'fast': systems need more than its 1Pi"),
        ("9Pi", "capacity", 1, "zone 'data' claims more than a quota holds"),
    ],
)
def test_refuses_what_does_not_fit(size: str, tier: str, replicas: int, message: str) -> None:
    site = Site.model_validate(site_document())
    with pytest.raises(InvalidInput, match=message):
        quota_objects(site, [_claiming(size, tier, replicas)])


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [(0, "0"), (1024, "1Ki"), (2**40, "1Ti"), (3 * 2**39, "1536Gi"), (10**12, "976562500Ki"), (2**60, "1Ei")],
)
def test_quantities_are_written_as_kubernetes_writes_them_back(size_bytes: int, text: str) -> None:
    assert quantity_of(size_bytes) == text
    assert parse_quantity(text) == size_bytes
