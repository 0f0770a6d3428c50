"""From facts to a plan over sites and layers; pure.

Safety: no plan is made for a cluster whose UID is unknown or is not the pinned one.
"""

from collections.abc import Iterable, Sequence

from ndcops.model.document import Value
from ndcops.model.errors import Refused
from ndcops.model.stack_changes import ObjectChange, Operation, StackChanges, StackId
from ndcops.model.stack_input import AGENCY_LAYER, LAYERS, MovedObject
from ndcops.model.target import ClusterRef, TargetKind
from ndcops.provisioning.steps import ChangeStack, DestroyStack, StackWorld
from ndcops.workflow.plan import Plan

ALL_LAYERS = (*LAYERS, AGENCY_LAYER)
"""In the order in which they are applied: landing zones stand on what the site's layers made."""


class ClusterFacts(Value):
    """One cluster as it answered: `live_uid`, or why there is none."""

    cluster: ClusterRef
    live_uid: str | None
    problem: str = ""


class StackFacts(Value):
    """One stack before a change: its state's fingerprint, its size, and the preview if one was made."""

    stack: StackId
    fingerprint: str
    object_count: int | None
    pending: tuple[str, ...] = ()
    preview: StackChanges | None = None

    @property
    def must_change(self) -> bool:
        """Whether `up` has work here: a change, an unfinished operation, or a first apply."""
        return bool(self.preview is None or self.preview.changes or self.pending or not self.object_count)


class ProvisioningFacts(Value):
    """All that a plan is made from."""

    target: TargetKind
    clusters: tuple[ClusterFacts, ...]
    stacks: tuple[StackFacts, ...]


def check_clusters(target: TargetKind, clusters: Sequence[ClusterFacts]) -> None:
    """Raises Refused with every reason why the clusters may not be written to."""
    reasons = [reason for facts in clusters for reason in _reasons_against(target, facts)]
    if reasons:
        unpinned = [facts for facts in clusters if facts.live_uid and facts.cluster.uid is None]
        raise Refused(
            f"target {target}: {len(reasons)} of {len(clusters)} clusters may not be written to",
            details=reasons,
            resolution=(
                f"if this is the right cluster, pin it: kubernetes.uid: {unpinned[0].live_uid} "
                f"in inventory/sites/{unpinned[0].cluster.site}.yaml"
                if unpinned
                else "ndcops doctor"
            ),
        )


def _reasons_against(target: TargetKind, facts: ClusterFacts) -> list[str]:
    cluster = facts.cluster
    where = f"{cluster.site} (context {cluster.context})"
    if facts.live_uid is None:
        return [f"{where}: its identity is unknown: {facts.problem}"]
    if cluster.uid is None:
        return [f"{where}: no UID is pinned for {target}; the cluster says {facts.live_uid}"]
    if facts.live_uid != cluster.uid:
        return [f"{where}: another cluster answers: UID {facts.live_uid}, pinned is {cluster.uid}"]
    return []


def plan_change(facts: ProvisioningFacts, *, refresh: bool) -> Plan[StackWorld]:
    """Apply (or, with `refresh`, repair) the stacks that need it; layers in order within a site."""
    check_clusters(facts.target, facts.clusters)
    wanted = {stack.stack: stack for stack in facts.stacks if stack.must_change}
    steps = tuple(
        ChangeStack(stack, wanted[stack].fingerprint, refresh, _before(stack, wanted, ALL_LAYERS))
        for stack in sorted(wanted, key=_order)
    )
    return Plan(
        room="provisioning",
        target=facts.target.value,
        title="stack repair" if refresh else "stack up",
        steps=steps,
        facts=_digests(facts),
    )


def plan_destroy(facts: ProvisioningFacts) -> Plan[StackWorld]:
    """Destroy the stacks that hold anything; layers in reverse order within a site."""
    check_clusters(facts.target, facts.clusters)
    wanted = {stack.stack: stack for stack in facts.stacks if stack.object_count or stack.pending}
    backwards = tuple(reversed(ALL_LAYERS))
    steps = tuple(
        DestroyStack(stack, wanted[stack].fingerprint, _before(stack, wanted, backwards))
        for stack in sorted(wanted, key=_order, reverse=True)
    )
    return Plan(
        room="provisioning",
        target=facts.target.value,
        title="stack destroy",
        steps=steps,
        facts=_digests(facts),
    )


def _order(stack: StackId) -> tuple[int, str, str]:
    return ALL_LAYERS.index(stack.layer), stack.site, stack.agency


def _before(stack: StackId, wanted: Iterable[StackId], layers: Sequence[str]) -> tuple[str, ...]:
    """Keys of the site's layers that come before, of those that are in the plan at all."""
    earlier = layers[: layers.index(stack.layer)]
    found = [other for other in wanted if other.site == stack.site and other.layer in earlier]
    return tuple(
        str(other) for other in sorted(found, key=lambda other: (layers.index(other.layer), other.agency))
    )


def _digests(facts: ProvisioningFacts) -> dict[str, str]:
    states = {f"state {stack.stack}": stack.fingerprint for stack in facts.stacks}
    clusters = {f"cluster {c.cluster.site}": c.live_uid or "" for c in facts.clusters}
    return {**clusters, **states}


def is_failovers(change: ObjectChange, moved: Sequence[MovedObject]) -> bool:
    """Whether an object differs only in what failover decided: where a service is, is no drift."""
    if change.operation is not Operation.UPDATE or change.object is None:
        return False
    place = (change.object.kind, change.object.namespace, change.object.name)
    held = [
        f"spec.{key}" for each in moved if (each.kind, each.namespace, each.name) == place for key in each.spec
    ]
    return bool(held and change.paths) and all(_below(path, held) for path in change.paths)


def _below(path: str, held: Sequence[str]) -> bool:
    return any(path == field or path.startswith((f"{field}.", f"{field}[")) for field in held)
