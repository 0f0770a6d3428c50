"""A snapshot of the sample inventory as if every service ran at home, saved to a file: no cluster is needed."""

from datetime import UTC, datetime
from pathlib import Path

from ndcops.adapters.inventory_files import read_inventory
from ndcops.adapters.snapshot_files import SnapshotFiles
from ndcops.capacity.plan.demand import service_demands
from ndcops.capacity.plan.fit import Cluster
from ndcops.capacity.plan.placing import Placer
from ndcops.lab.nodes import pool_sizes, site_nodes
from ndcops.model.inventory import Inventory
from ndcops.model.object_names import storage_class, zone_namespace
from ndcops.model.site import Site
from ndcops.model.snapshot import PodGroup, SiteSnapshot, Snapshot, Unread
from stacks.components.scheduling_objects import accelerator_objects, priority_objects

TAKEN_AT = datetime(2026, 11, 1, tzinfo=UTC)


def save_facts(inventory: Path, path: Path, unread: dict[str, Unread] | None = None) -> Path:
    """Write the snapshot; `unread` are kinds that the reader could not list."""
    declared = read_inventory(inventory)
    sites = tuple(_site(declared, site, unread or {}) for site in declared.built_sites())
    SnapshotFiles().save(Snapshot(target="lab", taken_at=TAKEN_AT, sites=sites), path)
    return path


def _site(inventory: Inventory, site: Site, unread: dict[str, Unread]) -> SiteSnapshot:
    classes = [
        {
            "metadata": {"name": storage_class(tier.name)},
            "provisioner": tier.provisioner,
            "volumeBindingMode": "WaitForFirstConsumer",
        }
        for tier in site.tiers
    ]
    namespaces = [{"metadata": {"name": zone_namespace(zone.name)}} for zone in site.network.zones]
    objects = {
        "nodes": tuple(site_nodes(site, pool_sizes(site))),
        "storageclasses": tuple(classes),
        "namespaces": tuple(namespaces),
        "priorityclasses": tuple(priority_objects()),
        "runtimeclasses": tuple(each for each in accelerator_objects(site) if each["kind"] == "RuntimeClass"),
    }
    placer = Placer(Cluster.of(objects))
    groups = []
    for service in inventory.services:
        if service.home != site.name:
            continue
        for demand in service_demands(site, service):
            placed = placer.place(demand)
            assert placed.is_whole, placed.message
            groups.append(PodGroup(template={**demand.pod, "status": {"phase": "Running"}}, nodes=placed.nodes))
    return SiteSnapshot(
        site=site.name,
        cluster_uid=f"uid-of-{site.name}",
        resource_version="1",
        objects=objects,
        pods=tuple(groups),
        unread=unread,
    )
