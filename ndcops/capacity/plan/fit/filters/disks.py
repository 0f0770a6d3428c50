"""VolumeRestrictions and NodeVolumeLimits: disks that one node cannot mount twice, and how many it can attach."""

from ndcops.capacity.plan.fit.nodes import Mask
from ndcops.capacity.plan.fit.state import Case
from ndcops.capacity.plan.fit.verdict import Refusal, Unschedulable

ONE_POD_ONLY = "ReadWriteOncePod"
IN_USE = (
    "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode "
    "already in-use by another pod"
)


def claims_exist(case: Case) -> None:
    """Every claim that the pod names must be there (VolumeRestrictions.PreFilter). Raises Unschedulable."""
    for volume in case.shape.volumes.claims:
        if not volume.pod and (case.shape.namespace, volume.claim) not in case.state.storage.claims:
            raise Unschedulable("VolumeRestrictions", f'persistentvolumeclaim "{volume.claim}" not found')


def volume_restrictions(case: Case) -> Refusal | None:
    """In-tree disks that clash on a node, and claims that only one pod in the cluster may use."""
    if not case.shape.volumes:
        return None
    taken = _single_user_claim_taken(case)
    if not taken and not case.shape.volumes.disks:
        return None
    clashing = _clashing_disks(case)
    in_use = ~clashing if taken else case.nodes.nothing()
    return Refusal({"node(s) had no available disk": clashing, IN_USE: in_use}, case.nodes.nothing())


def _clashing_disks(case: Case) -> Mask:
    disks = [disk for disk in case.shape.volumes.disks if disk.kind]
    if not disks:
        return case.nodes.nothing()
    groups = (
        group
        for group in case.state.residents.with_disks()
        if any(mine.clashes(theirs) for mine in disks for theirs in group.shape.volumes.disks)
    )
    return case.state.residents.vector(groups) > 0


def _single_user_claim_taken(case: Case) -> bool:
    namespace = case.shape.namespace
    for volume in case.shape.volumes.claims:
        claim = case.state.storage.claims.get((namespace, volume.claim))
        if volume.pod or claim is None or ONE_POD_ONLY not in (claim["spec"].get("accessModes") or ()):
            continue
        if case.state.residents.users_of(namespace, volume.claim) > 0:
            return True
    return False


def node_volume_limits(case: Case) -> Refusal | None:
    """CSI drivers' attach limits; a volume that is on the node already costs nothing more."""
    storage, shape = case.state.storage, case.shape
    new = storage.attached_by(shape.namespace, shape.volumes) if shape.volumes else frozenset()
    if not new or not storage.csi_nodes:
        return None
    return Refusal.mendable("node(s) exceed max volume count", case.state.attachments.full_for(new))
