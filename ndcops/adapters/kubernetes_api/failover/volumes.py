"""Replicated volumes of a service (csi-addons VolumeReplication): read, claimed, given roles; the port Volumes.

The controller forces a plain promotion that the storage refuses (volumereplication_controller.go), and autoResync
throws away what only this side holds (ceph-csi PR 3206): the room fences first, and sets it only after a loss.
"""

import re
from datetime import datetime
from typing import Final

from ndcops.adapters.kubernetes_api.connection import shape_checked
from ndcops.adapters.kubernetes_api.failover.site_objects import (
    VOLUME_REPLICATION,
    SiteObjects,
    condition,
    epoch_of,
    is_true,
    reference,
)
from ndcops.model.failover import ObjectRef, VolumeRole, VolumeState
from ndcops.model.record import JsonObject
from ndcops.model.service import Service

_UNIT_S: Final = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}


class ReplicatedVolumes:
    """The VolumeReplications of services in the target's clusters."""

    def __init__(self, objects: SiteObjects) -> None:
        self._objects = objects

    def read(self, site: str, service: Service) -> tuple[VolumeState, ...]:
        """The service's replicated volumes on that site; none where the kind is not served. Raises Unreachable."""
        with shape_checked(self._objects.cluster(site)):
            found = self._objects.of_service(site, VOLUME_REPLICATION, service)
            return tuple(_state(reference(site, VOLUME_REPLICATION, service, live), live) for live in found)

    def claim(self, ref: ObjectRef, *, expect: str, epoch: int) -> VolumeState:
        """Stamp the epoch. Raises Overtaken, Changed, Unreachable."""
        return _state(ref, self._objects.claim(ref, expect=expect, epoch=epoch))

    def set_role(
        self, ref: ObjectRef, role: VolumeRole, *, auto_resync: bool, expect: str, epoch: int
    ) -> VolumeState:
        """Set spec.replicationState and spec.autoResync. Raises Overtaken, Changed, Unreachable."""
        changes = {"spec": {"replicationState": role, "autoResync": auto_resync}}
        return _state(ref, self._objects.write(ref, changes, expect=expect, epoch=epoch))


def _state(ref: ObjectRef, live: JsonObject) -> VolumeState:
    status, generation = live.get("status") or {}, live["metadata"]["generation"]
    completed = condition(live, "Completed")
    synced_at = status.get("lastSyncTime")
    return VolumeState(
        ref=ref,
        wanted=live["spec"]["replicationState"],
        state=status.get("state") or "Unknown",
        settled=completed.get("status") == "True" and completed.get("observedGeneration") == generation,
        degraded=is_true(live, "Degraded"),
        resyncing=is_true(live, "Resyncing"),
        last_sync_at=datetime.fromisoformat(synced_at.replace("Z", "+00:00")) if synced_at else None,
        last_sync_s=duration_s(status["lastSyncDuration"]) if status.get("lastSyncDuration") else None,
        message=status.get("message") or "",
        resource_version=live["metadata"]["resourceVersion"],
        epoch=epoch_of(live),
    )


def duration_s(text: str) -> int:
    """Whole seconds, rounded up, of a Go duration such as 1m30.5s. Raises ValueError for another text."""
    parts = re.findall(r"([0-9.]+)(h|ms|us|µs|ns|m|s)", text)
    if "".join(number + unit for number, unit in parts) != text or not parts:
        raise ValueError(f"{text!r} is no duration")
    return -int(-sum(float(number) * _UNIT_S[unit] for number, unit in parts) // 1)
