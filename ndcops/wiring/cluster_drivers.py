"""The coordination store and the drivers in a target's clusters, behind failover's ports; the room uses it."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ndcops.model.errors import InvalidInput
from ndcops.model.target import Target, TargetKind

if TYPE_CHECKING:
    from ndcops.adapters.etcd_store import EtcdAccess, EtcdCoordination
    from ndcops.adapters.kubernetes_api.failover import (
        CloudNativeClusters,
        DataClone,
        NetworkFences,
        ScratchNamespaces,
        SiteObjects,
    )
    from ndcops.model.inventory import Inventory

CERTIFICATE, KEY = "NDCOPS_COORDINATION_CERTIFICATE", "NDCOPS_COORDINATION_KEY"
"""Files with the operator's client certificate for production's coordination store, and its key (PEM)."""


def coordination(inventory: "Inventory", target: Target, inventory_folder: Path) -> "EtcdCoordination":
    """The target's operator lock and journals, as the operator of its kubeconfig. Raises InvalidInput.

    Those who may answer for waivers may also sign that the glass is broken: they are the ones with known keys.
    """
    from ndcops.adapters.etcd_store import EtcdCoordination, EtcdStore, GlassRules
    from ndcops.adapters.signatures import DetachedSignatures
    from ndcops.wiring import operator

    owners = inventory.waivers.owners if inventory.waivers is not None else ()
    glass = GlassRules(
        folder=target.state_dir / "broken-glass",
        is_valid=DetachedSignatures().is_valid,
        signers={owner.name: owner.public_key for owner in owners},
    )
    declared = inventory.coordination
    return EtcdCoordination(
        EtcdStore(store_access(inventory, target, inventory_folder)),
        actor=operator(target),
        glass=glass,
        lease_s=declared.lease_s if declared is not None else 15,
    )


def store_access(inventory: "Inventory", target: Target, inventory_folder: Path) -> "EtcdAccess":
    """Members of the target's coordination store, with the operator's own keys. Raises InvalidInput."""
    from ndcops.adapters.etcd_store import EtcdAccess, read_access

    if target.kind is TargetKind.LAB:
        from ndcops.lab.folder import LabPaths, lab_folder

        return read_access(LabPaths(lab_folder()).coordination_file)
    if inventory.coordination is None:
        raise InvalidInput(
            "the inventory declares no coordination store", resolution="write inventory/coordination.yaml"
        )
    files = {name: os.environ.get(name) for name in (CERTIFICATE, KEY)}
    if missing := [name for name, value in files.items() if not value]:
        raise InvalidInput(
            "the coordination store wants the operator's client certificate",
            details=[f"not set: {name}" for name in missing],
            resolution=f"export {CERTIFICATE}=FILE {KEY}=FILE",
        )
    return EtcdAccess(
        members=inventory.coordination.members,
        ca_file=inventory_folder / inventory.coordination.ca_file,
        client_certificate_file=Path(files[CERTIFICATE] or ""),
        client_key_file=Path(files[KEY] or ""),
    )


def site_objects(target: Target) -> "SiteObjects":
    """What all drivers of the target's clusters share."""
    from ndcops.adapters.kubernetes_api.failover import SiteObjects

    return SiteObjects(target)


def replicated_clusters(objects: "SiteObjects", target: Target) -> "CloudNativeClusters":
    """CloudNativePG; in the lab its player says how far replicas are behind, production's metrics do not yet."""
    from ndcops.adapters.kubernetes_api.failover import CloudNativeClusters

    if target.kind is TargetKind.LAB:
        from ndcops.lab.players.clusters import lag_of

        return CloudNativeClusters(objects, lag_of)
    return CloudNativeClusters(objects)


def network_fences(objects: "SiteObjects", inventory: "Inventory") -> "NetworkFences":
    """Fences over all addresses of a site's zones: its nodes and pods write from nowhere else."""
    from ndcops.adapters.kubernetes_api.failover import NetworkFences

    addresses = {
        site.name: tuple(sorted({str(zone.cidr) for zone in site.network.zones}))
        for site in inventory.built_sites()
    }
    return NetworkFences(objects, addresses)


def scratch_copies(objects: "SiteObjects", clone: "DataClone | None" = None) -> "ScratchNamespaces":
    """Copies for drills; `clone` adds databases that stand outside the clusters."""
    from ndcops.adapters.kubernetes_api.failover import ScratchNamespaces

    return ScratchNamespaces(objects, clone)
