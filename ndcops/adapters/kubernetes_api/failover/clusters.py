"""CloudNativePG Clusters of a service, one a site, one of them primary; the port ReplicatedClusters.

The clusters of a service form one distributed topology (cloudnative-pg, docs/src/replica_cluster.md): each names
itself (`spec.replica.self`) and the others (`spec.externalClusters`) by site. Every change is one patch: a
promotion whose token came later would be an unplanned one, and the old primary would have to be cloned anew.
"""

import json
from collections.abc import Callable
from typing import Final

from ndcops.adapters.kubernetes_api.connection import shape_checked
from ndcops.adapters.kubernetes_api.failover.recloning import pending_of_service, reclone
from ndcops.adapters.kubernetes_api.failover.site_objects import (
    CLUSTER,
    SiteObjects,
    condition,
    epoch_of,
    is_true,
    reference,
    service_namespace,
)
from ndcops.model.errors import NdcopsError, Refused
from ndcops.model.failover import ObjectRef, ReplicaClusterState
from ndcops.model.record import JsonObject
from ndcops.model.service import Service

FENCED_ANNOTATION: Final = "cnpg.io/fencedInstances"
_ALL: Final = '["*"]'
_UNRECOVERABLE: Final = "Cluster is unrecoverable and needs manual intervention"
"""The phase of a replica that can never take the token it was given (instance_controller.go)."""


ReadLag = Callable[[JsonObject], int | None]
"""How far a replica is behind its source, in bytes, from its Cluster; None when it cannot be known."""


class CloudNativeClusters:
    """The Clusters of services in the target's clusters.

    read_lag: a Cluster's status does not say it; who knows it otherwise (metrics, the lab's player) gives it.
    """

    def __init__(self, objects: SiteObjects, read_lag: ReadLag = lambda _: None) -> None:
        self._objects = objects
        self._read_lag = read_lag

    def read(self, site: str, service: Service) -> ReplicaClusterState | None:
        """That site's Cluster, None when it has none. Raises Unreachable, NdcopsError for several."""
        with shape_checked(self._objects.cluster(site)):
            found = self._objects.of_service(site, CLUSTER, service)
            if len(found) > 1:
                raise NdcopsError(
                    f"{service.id}: {site} has {len(found)} CloudNativePG clusters of it; expected one",
                    details=[str(each["metadata"]["name"]) for each in found],
                    resolution=f"ndcops --site {site} stack drift",
                )
            live = found[0] if found else self._pending(site, service)
            return self._state(reference(site, CLUSTER, service, live), live) if live is not None else None

    def claim(self, ref: ObjectRef, *, expect: str, epoch: int) -> ReplicaClusterState:
        """Stamp the epoch. Raises Overtaken, Changed, Unreachable."""
        return self._state(ref, self._objects.claim(ref, expect=expect, epoch=epoch))

    def demote(self, ref: ObjectRef, *, primary: str, expect: str, epoch: int) -> ReplicaClusterState:
        """Primary and source become that other site; a stale token would be rejected (cloudnative-pg 9273)."""
        return self._follow(ref, primary, expect, epoch)

    def promote(self, ref: ObjectRef, *, token: str, expect: str, epoch: int) -> ReplicaClusterState:
        """Primary becomes its own site, with the token; an empty token is an unplanned promotion.

        Raises Refused with a token when the cluster delays what it applies: the two exclude each other.
        """
        live = self._objects.read(ref)
        if token and (live["spec"].get("replica") or {}).get("minApplyDelay"):
            raise Refused(
                f"{ref}: minApplyDelay and a promotion token exclude each other",
                resolution=f"remove spec.replica.minApplyDelay of {ref.name} at {ref.site}",
            )
        replica = {"primary": ref.site, "promotionToken": token or None}
        return self._write(ref, {"spec": {"replica": replica}}, expect, epoch, live)

    def follow(self, ref: ObjectRef, *, primary: str, expect: str, epoch: int) -> ReplicaClusterState:
        """Point a bystander at the new primary. Raises Overtaken, Changed, Unreachable, Refused."""
        return self._follow(ref, primary, expect, epoch)

    def set_fenced(self, ref: ObjectRef, fenced: bool, *, expect: str, epoch: int) -> ReplicaClusterState:
        """Stop or allow all its instances. Raises Overtaken, Changed, Unreachable."""
        changes = {"metadata": {"annotations": {FENCED_ANNOTATION: _ALL if fenced else None}}}
        return self._write(ref, changes, expect, epoch, None)

    def reclone(self, ref: ObjectRef, *, primary: str, expect: str, epoch: int) -> ReplicaClusterState:
        """One step towards a Cluster cloned anew from `primary`: removed, then created; what it held is lost.

        Called until `read` shows it streaming. Raises Overtaken, Changed, Unreachable.
        """
        return self._state(ref, reclone(self._objects, ref, primary=primary, expect=expect, epoch=epoch))

    def _pending(self, site: str, service: Service) -> JsonObject | None:
        return pending_of_service(self._objects, site, service_namespace(service), service.id)

    def _follow(self, ref: ObjectRef, primary: str, expect: str, epoch: int) -> ReplicaClusterState:
        live = self._objects.read(ref)
        known = [each["name"] for each in live["spec"].get("externalClusters") or ()]
        if primary == ref.site or primary not in known:
            raise Refused(
                f"{ref}: it knows no external cluster '{primary}' to follow",
                details=[f"externalClusters: {', '.join(known) or 'none'}"],
                resolution=f"ndcops --site {ref.site} stack up",
            )
        replica = {"primary": primary, "source": primary, "promotionToken": None}
        return self._write(ref, {"spec": {"replica": replica}}, expect, epoch, live)

    def _write(
        self, ref: ObjectRef, changes: JsonObject, expect: str, epoch: int, live: JsonObject | None
    ) -> ReplicaClusterState:
        return self._state(ref, self._objects.write(ref, changes, expect=expect, epoch=epoch, live=live))

    def _state(self, ref: ObjectRef, live: JsonObject) -> ReplicaClusterState:
        return _state(ref, live, self._read_lag(live))


def _state(ref: ObjectRef, live: JsonObject, lag_bytes: int | None) -> ReplicaClusterState:
    """Raises NdcopsError for a cluster that is no member of a topology named by sites."""
    replica, status, metadata = live["spec"].get("replica") or {}, live.get("status") or {}, live["metadata"]
    if replica.get("self") != ref.site or not replica.get("primary") or replica.get("enabled") is not None:
        raise NdcopsError(
            f"{ref}: spec.replica must say self: {ref.site} and primary: SITE, and no `enabled`",
            details=[f"it says: {json.dumps({key: replica[key] for key in replica if key != 'promotionToken'})}"],
            resolution=f"ndcops --site {ref.site} stack up",
        )
    phase, reason = status.get("phase") or "", status.get("phaseReason") or ""
    return ReplicaClusterState(
        ref=ref,
        primary=replica["primary"],
        source=replica.get("source") or "",
        ready=is_true(live, "Ready"),
        phase=f"{phase}: {reason}" if reason else phase,
        switching=bool((status.get("switchReplicaClusterStatus") or {}).get("inProgress")),
        demoted=is_true(live, "ReplicaClusterSwitch") and not condition(live, "ReplicaClusterFencing"),
        demotion_token=status.get("demotionToken") or "",
        last_promotion_token=status.get("lastPromotionToken") or "",
        promotion_failed=reason or phase if phase == _UNRECOVERABLE else "",
        timeline=status.get("timelineID"),
        system_id=status.get("systemID") or "",
        current_primary=status.get("currentPrimary") or "",
        fenced="*" in _fenced(metadata),
        lag_bytes=lag_bytes,
        resource_version=metadata["resourceVersion"],
        epoch=epoch_of(live),
    )


def _fenced(metadata: JsonObject) -> list[str]:
    found: list[str] = json.loads((metadata.get("annotations") or {}).get(FENCED_ANNOTATION) or "[]")
    return found
