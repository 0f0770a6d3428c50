"""VolumeBinding and VolumeZone: whether a pod's claims are bound or can be, and reach the node."""

from collections.abc import Iterator, Sequence

import numpy as np

from ndcops.capacity.plan.fit.filters.volume_match import find_volume, usable_volumes
from ndcops.capacity.plan.fit.migration import in_tree_plugin, is_migrated, migrated_affinity
from ndcops.capacity.plan.fit.node_selectors import NodeSelector, node_selector
from ndcops.capacity.plan.fit.nodes import Mask
from ndcops.capacity.plan.fit.quantity import amount
from ndcops.capacity.plan.fit.selectors import Requirement, Selector, label_selector
from ndcops.capacity.plan.fit.state import Case
from ndcops.capacity.plan.fit.storage import (
    SELECTED_NODE,
    claim_class,
    is_bound,
    requested_bytes,
)
from ndcops.capacity.plan.fit.verdict import Refusal, Unschedulable
from ndcops.model.record import JsonObject

PLUGIN = "VolumeBinding"
NODE_CONFLICT = "node(s) didn't match PersistentVolume's node affinity"
BIND_CONFLICT = "node(s) didn't find available persistent volumes to bind"
NO_SPACE = "node(s) did not have enough free storage"
NO_VOLUME = "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)"
UNBOUND = "pod has unbound immediate PersistentVolumeClaims"
WAITS = "WaitForFirstConsumer"
_NO_PROVISIONER = ("", "kubernetes.io/no-provisioner")
_ZONE_LABELS = {
    "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "topology.kubernetes.io/region": "topology.kubernetes.io/region",
}
"""Old names of the labels, and what they are called now."""


def claims_can_be_bound(case: Case) -> None:
    """Claims exist, live and, where their class does not wait, are bound. Raises Unschedulable."""
    claims = [_sound_claim(case, volume.claim, volume.pod) for volume in case.shape.volumes.claims]
    for claim in claims:
        if not is_bound(claim) and (claim["spec"].get("volumeName") or not _waits(case, claim)):
            raise Unschedulable(PLUGIN, UNBOUND)


def _sound_claim(case: Case, name: str, pod: str) -> JsonObject:
    claim = case.state.storage.claims.get((case.shape.namespace, name))
    if claim is None:
        waiting = f'waiting for ephemeral volume controller to create the persistentvolumeclaim "{name}"'
        raise Unschedulable(PLUGIN, waiting if pod else f'persistentvolumeclaim "{name}" not found')
    if (claim.get("status") or {}).get("phase") == "Lost":
        volume = claim["spec"].get("volumeName") or ""
        message = f'persistentvolumeclaim "{name}" bound to non-existent persistentvolume "{volume}"'
        raise Unschedulable(PLUGIN, message)
    if claim["metadata"].get("deletionTimestamp"):
        raise Unschedulable(PLUGIN, f'persistentvolumeclaim "{name}" is being deleted')
    if pod and not _is_owned_by(claim, case.shape.uid):
        full, owner = f"{case.shape.namespace}/{name}", f"{case.shape.namespace}/{pod}"
        raise Unschedulable(PLUGIN, f"PVC {full} was not created for pod {owner} (pod is not owner)")
    return claim


def _is_owned_by(claim: JsonObject, uid: str) -> bool:
    owners = claim["metadata"].get("ownerReferences") or ()
    return any(each.get("controller") and each.get("uid") == uid for each in owners)


def _waits(case: Case, claim: JsonObject) -> bool:
    storage_class = case.state.storage.classes.get(claim_class(claim))
    if storage_class is None:
        return False
    mode = storage_class.get("volumeBindingMode")
    if mode is None:
        name = storage_class["metadata"]["name"]
        raise Unschedulable(PLUGIN, f'VolumeBindingMode not set for StorageClass "{name}"', is_error=True)
    return bool(mode == WAITS)


def volume_binding(case: Case) -> Refusal | None:
    """Bound volumes reach the node; the others find a free volume there or can be provisioned there."""
    namespace = case.shape.namespace
    claims = [case.state.storage.claims[(namespace, each.claim)] for each in case.shape.volumes.claims]
    if not claims:
        return None
    bound, waiting = [each for each in claims if is_bound(each)], [each for each in claims if not is_bound(each)]
    reasons = _bound_refusals(case, bound)
    if waiting:
        unmatched, no_space = _unbound_refusals(case, waiting)
        reasons[BIND_CONFLICT], reasons[NO_SPACE] = unmatched, no_space
    total = Refusal(reasons, case.nodes.nothing())
    return Refusal(reasons, total.refused)


def _bound_refusals(case: Case, claims: list[JsonObject]) -> dict[str, Mask]:
    """Upstream stops at the first claim that fails."""
    conflict = case.nodes.nothing()
    for claim in claims:
        volume = case.state.storage.volumes.get(claim["spec"]["volumeName"])
        if volume is None:
            return {NODE_CONFLICT: conflict, NO_VOLUME: ~conflict}
        conflict |= ~reachable(case, volume)
    return {NODE_CONFLICT: conflict}


def reachable(case: Case, volume: JsonObject) -> Mask:
    """Nodes that a volume's node affinity allows, in the words of the driver that serves it there."""
    mask = _allowed(case, node_selector((volume["spec"].get("nodeAffinity") or {}).get("required")))
    plugin = in_tree_plugin(volume)
    if plugin is None:
        return mask
    is_there = [is_migrated(case.state.storage, name, plugin) for name in case.nodes.names]
    return np.where(np.array(is_there, dtype=np.bool_), _allowed(case, migrated_affinity(volume, plugin)), mask)


def _allowed(case: Case, selector: NodeSelector | None) -> Mask:
    return ~case.nodes.nothing() if selector is None else case.nodes.chosen(selector)


def _unbound_refusals(case: Case, claims: list[JsonObject]) -> tuple[Mask, Mask]:
    """Nodes where some claim finds neither a free volume nor a class that can make one, and where space lacks."""
    to_match = [each for each in claims if _selected_node(each) is None]
    to_match.sort(key=lambda each: requested_bytes(each) or 0)
    chosen = [each for each in claims if _selected_node(each) is not None]
    usable = {_name(each): usable_volumes(case.state.storage, each) for each in to_match}
    if not any(usable.values()) and not chosen:
        return _first_failures(case, to_match)
    unmatched, no_space = case.nodes.nothing(), case.nodes.nothing()
    reach = {_name(each): reachable(case, each) for found in usable.values() for each in found}
    means = {_name(each): _provisioning(case, each) for each in claims}
    for number in case.alive_numbers():
        if any(_selected_node(each) != case.nodes.names[number] for each in chosen):
            unmatched[number] = True
            continue
        missing = [*chosen, *_unmatched_on(number, to_match, usable, reach)]
        for cannot, is_full in (means[_name(each)] for each in missing):
            if cannot[number] or is_full[number]:
                unmatched[number], no_space[number] = bool(cannot[number]), not cannot[number]
                break
    return unmatched, no_space


def volumes_taken(case: Case, node: int) -> frozenset[str]:
    """The free volumes that a pod's waiting claims would bind to on a node."""
    namespace = case.shape.namespace
    found = (case.state.storage.claims.get((namespace, each.claim)) for each in case.shape.volumes.claims)
    waiting = [each for each in found if each is not None and not is_bound(each) and _selected_node(each) is None]
    waiting.sort(key=lambda each: requested_bytes(each) or 0)
    taken: set[str] = set()
    for claim in waiting:
        usable = usable_volumes(case.state.storage, claim)
        reach = {_name(each): reachable(case, each) for each in usable}
        name = find_volume(claim, usable, taken, lambda each, reach=reach: bool(reach[each][node]))  # type: ignore[misc]
        if name is not None:
            taken.add(name)
    return frozenset(taken)


def _first_failures(case: Case, claims: list[JsonObject]) -> tuple[Mask, Mask]:
    """All claims must be provisioned: upstream names the first that cannot be."""
    unmatched, no_space = _provisioning(case, claims[0])
    no_space &= ~unmatched
    for cannot, is_full in (_provisioning(case, each) for each in claims[1:]):
        still = ~(unmatched | no_space)
        unmatched |= still & cannot
        no_space |= still & ~cannot & is_full
    return unmatched, no_space


def _unmatched_on(
    number: int,
    claims: list[JsonObject],
    usable: dict[str, Sequence[JsonObject]],
    reach: dict[str, Mask],
) -> Iterator[JsonObject]:
    """Claims that find no free volume on a node, the smallest served first."""
    taken: set[str] = set()
    for claim in claims:
        found = find_volume(claim, usable[_name(claim)], taken, lambda name: bool(reach[name][number]))
        if found is None:
            yield claim
        else:
            taken.add(found)


def _name(each: JsonObject) -> str:
    return str(each["metadata"]["name"])


def _selected_node(claim: JsonObject) -> str | None:
    return (claim["metadata"].get("annotations") or {}).get(SELECTED_NODE)


def _provisioning(case: Case, claim: JsonObject) -> tuple[Mask, Mask]:
    """Nodes where the claim's class cannot make a volume, and nodes where its driver has not enough space left."""
    name = claim_class(claim)
    storage_class = case.state.storage.classes.get(name)
    if storage_class is None or (storage_class.get("provisioner") or "") in _NO_PROVISIONER:
        return ~case.nodes.nothing(), case.nodes.nothing()
    return _out_of_topologies(case, storage_class), _lacks_space(case, claim, storage_class)


def _out_of_topologies(case: Case, storage_class: JsonObject) -> Mask:
    terms = storage_class.get("allowedTopologies") or ()
    mask = case.nodes.nothing()
    if not terms:
        return mask
    for term in terms:
        expressions = term.get("matchLabelExpressions") or ()
        if expressions:
            wanted = tuple(Requirement(each["key"], "In", tuple(each["values"])) for each in expressions)
            mask |= case.nodes.where(Selector(wanted))
    return ~mask


def _lacks_space(case: Case, claim: JsonObject, storage_class: JsonObject) -> Mask:
    """Where no CSIStorageCapacity covers the size, for drivers that publish capacities."""
    size = requested_bytes(claim)
    driver = case.state.storage.drivers.get(storage_class["provisioner"])
    mask = case.nodes.nothing()
    if size is None or driver is None or not (driver.get("spec") or {}).get("storageCapacity"):
        return mask
    for each in case.state.storage.capacities.get(storage_class["metadata"]["name"], ()):
        limit = each.get("maximumVolumeSize", each.get("capacity"))
        topology = each.get("nodeTopology")
        if limit is not None and topology is not None and amount("storage", limit) >= size:
            mask |= case.nodes.where(label_selector(topology))
    return ~mask


def bound_volumes_exist(case: Case) -> None:
    """The volumes of bound claims must be there (VolumeZone.PreFilter). Raises Unschedulable."""
    for volume in case.shape.volumes.claims:
        claim = case.state.storage.claims.get((case.shape.namespace, volume.claim))
        name = claim["spec"].get("volumeName") if claim is not None else None
        if not volume.pod and name and name not in case.state.storage.volumes:
            raise Unschedulable("VolumeZone", f'persistentvolume "{name}" not found')


def volume_zone(case: Case) -> Refusal | None:
    """Zone and region labels of bound volumes; nodes without any such label are let through."""
    topologies = list(_zones(case))
    if not topologies:
        return None
    constrained, elsewhere = case.nodes.nothing(), case.nodes.nothing()
    for key in _ZONE_LABELS:
        constrained |= case.nodes.label(key).present
    for key, values in topologies:
        here = case.nodes.where(Selector((Requirement(key, "In", values),)))
        by_new_name = case.nodes.where(Selector((Requirement(_ZONE_LABELS[key], "In", values),)))
        elsewhere |= ~(here | (by_new_name & ~case.nodes.label(key).present))
    return Refusal.everywhere("node(s) had no available volume zone", constrained & elsewhere)


def _zones(case: Case) -> list[tuple[str, tuple[str, ...]]]:
    """Zone labels of the pod's bound volumes; several values are joined by `__`."""
    found = []
    storage = case.state.storage
    for each in case.shape.volumes.claims:
        claim = storage.claims.get((case.shape.namespace, each.claim))
        volume = storage.volumes.get(claim["spec"].get("volumeName") or "") if claim and not each.pod else None
        labels = (volume["metadata"].get("labels") or {}) if volume is not None else {}
        for key in _ZONE_LABELS:
            values = tuple(part.strip() for part in labels[key].split("__")) if key in labels else ()
            if values and all(values):
                found.append((key, values))
    return found
