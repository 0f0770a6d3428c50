"""Which free PersistentVolume a waiting claim would take on a node.

Rules: k8s.io/component-helpers/storage/volume/pv_helpers.go, FindMatchingVolume.
"""

from collections.abc import Callable, Sequence

from ndcops.capacity.plan.fit.selectors import label_selector
from ndcops.capacity.plan.fit.storage import Storage, capacity_bytes, claim_class, requested_bytes
from ndcops.model.record import JsonObject


def usable_volumes(storage: Storage, claim: JsonObject) -> Sequence[JsonObject]:
    """Volumes of the claim's class that it could take on some node: those kept for it, then free ones."""
    name, metadata = claim_class(claim), claim["metadata"]
    kept = storage.kept_volumes.get((metadata.get("namespace") or "default", metadata["name"]), ())
    own = [volume for volume in kept if claim_class(volume) == name]
    found = (volume for volume in (*own, *storage.free_volumes.get(name, ())) if _is_usable(volume, claim))
    return tuple(volume for volume in found if volume["metadata"]["name"] not in storage.taken)


def find_volume(
    claim: JsonObject, usable: Sequence[JsonObject], taken: set[str], reaches: Callable[[str], bool]
) -> str | None:
    """The name of the volume that the claim takes: the one reserved for it, else the smallest; None for none.

    Upstream goes by the first reserved volume in no fixed order; when several are, all must reach the node.
    """
    free = [volume for volume in usable if volume["metadata"]["name"] not in taken]
    reserved = [volume["metadata"]["name"] for volume in free if is_reserved_for(volume, claim)]
    if reserved:
        return str(reserved[0]) if all(map(reaches, reserved)) else None
    reachable = [volume for volume in free if reaches(volume["metadata"]["name"])]
    best = min(reachable, key=capacity_bytes, default=None)
    return None if best is None else str(best["metadata"]["name"])


def is_reserved_for(volume: JsonObject, claim: JsonObject) -> bool:
    """Whether the volume's claimRef names the claim; an empty UID is a reservation by name."""
    reference = volume["spec"].get("claimRef")
    if reference is None:
        return False
    metadata = claim["metadata"]
    named = (reference.get("name"), reference.get("namespace")) == (
        metadata["name"],
        metadata.get("namespace") or "default",
    )
    return named and reference.get("uid") in (None, "", metadata.get("uid"))


def _is_usable(volume: JsonObject, claim: JsonObject) -> bool:
    wanted, offered = claim["spec"], volume["spec"]
    is_reserved = is_reserved_for(volume, claim)
    if offered.get("claimRef") is not None and not is_reserved:
        return False
    if capacity_bytes(volume) < (requested_bytes(claim) or 0):
        return False
    if (wanted.get("volumeMode") or "Filesystem") != (offered.get("volumeMode") or "Filesystem"):
        return False
    if (wanted.get("volumeAttributesClassName") or "") != (offered.get("volumeAttributesClassName") or ""):
        return False
    if volume["metadata"].get("deletionTimestamp") is not None:
        return False
    return is_reserved or _is_free_match(volume, claim)


def _is_free_match(volume: JsonObject, claim: JsonObject) -> bool:
    if (volume.get("status") or {}).get("phase") != "Available":
        return False
    selector = claim["spec"].get("selector")
    if selector is not None and not label_selector(selector).matches(volume["metadata"].get("labels") or {}):
        return False
    return set(claim["spec"].get("accessModes") or ()) <= set(volume["spec"].get("accessModes") or ())
