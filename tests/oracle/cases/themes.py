"""What a case can be about, and how often."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.oracle.cases import (
    affinity,
    attach_limits,
    claim_shapes,
    device_pools,
    devices,
    disks,
    extended_devices,
    migrated_disks,
    placement,
    resident_shapes,
    resource_kinds,
    resources,
    spread,
    taints,
    volume_topology,
    volumes,
)
from tests.oracle.cases.draft import Draft

MOST_THEMES = 4


@dataclass(frozen=True)
class Theme:
    """One subject: `apply` changes the incoming pod and adds what the subject needs; `weight` is relative."""

    apply: Callable[[Draft], None]
    weight: int


THEMES: dict[str, Theme] = {
    "shaped_residents": Theme(resident_shapes.shaped_residents, 4),
    "resized_residents": Theme(resident_shapes.resized_residents, 3),
    "requests": Theme(resources.requests, 8),
    "init_containers": Theme(resources.init_containers, 5),
    "overhead": Theme(resources.overhead, 2),
    "pod_level": Theme(resources.pod_level, 3),
    "extended": Theme(resource_kinds.extended, 3),
    "hugepages": Theme(resource_kinds.hugepages, 2),
    "ephemeral_storage": Theme(resource_kinds.ephemeral_storage, 3),
    "pod_slots": Theme(resource_kinds.pod_slots, 3),
    "node_selector": Theme(placement.node_selector, 4),
    "node_affinity": Theme(placement.node_affinity, 7),
    "match_fields": Theme(placement.match_fields, 4),
    "node_name": Theme(placement.node_name, 3),
    "host_ports": Theme(placement.host_ports, 6),
    "scheduling_gates": Theme(placement.scheduling_gates, 2),
    "declared_features": Theme(placement.declared_features, 4),
    "taints": Theme(taints.taints, 7),
    "cordons": Theme(taints.cordons, 4),
    "spread": Theme(spread.hard, 12),
    "soft_spread": Theme(spread.soft, 2),
    "affinity": Theme(affinity.affinity, 7),
    "anti_affinity": Theme(affinity.anti_affinity, 6),
    "residents_anti_affinity": Theme(affinity.residents_anti_affinity, 5),
    "self_affinity": Theme(affinity.self_affinity, 3),
    "bound_claim": Theme(volume_topology.bound, 5),
    "volume_zone": Theme(volume_topology.zone_labels, 4),
    "provisioned": Theme(volumes.provisioned, 5),
    "storage_capacity": Theme(volumes.storage_capacity, 4),
    "static_volumes": Theme(volumes.static, 5),
    "broken_claim": Theme(volumes.broken, 3),
    "ephemeral_claim": Theme(claim_shapes.ephemeral, 3),
    "old_claim": Theme(claim_shapes.old, 2),
    "once_pod": Theme(disks.once_pod, 4),
    "same_disk": Theme(disks.same_disk, 5),
    "migrated_disks": Theme(migrated_disks.migrated_disks, 3),
    "attach_limits": Theme(attach_limits.attach_limits, 6),
    "allocated_claim": Theme(devices.allocated, 3),
    "device_claim": Theme(devices.unallocated, 6),
    "broken_device_claim": Theme(devices.broken, 2),
    "device_pools": Theme(device_pools.device_pools, 3),
    "device_choices": Theme(device_pools.device_choices, 2),
    "extended_devices": Theme(extended_devices.extended_devices, 2),
}
