"""Delete: removes an object and waits until it is gone; the servicer calls it."""

import time
from typing import Final

from ndcops.model.errors import InvalidInput
from ndcops.provider.annotations import DELETION_PROPAGATION, SKIP_AWAIT, annotation, is_set
from ndcops.provider.await_ready.polling import delays_s
from ndcops.provider.conflicts import explained
from ndcops.provider.discovery import ObjectKind, UnknownKind
from ndcops.provider.errors import ApiError, Cancelled
from ndcops.provider.operation import Operation, Written
from ndcops.provider.state import recorded, split_id
from ndcops.provider.wire import JsonObject

_POLICIES: Final = {"foreground": "Foreground", "background": "Background", "orphan": "Orphan"}
_SKIPPABLE: Final = frozenset(
    {"DaemonSet", "Deployment", "Job", "Namespace", "Pod", "ReplicationController", "StatefulSet"}
)
_WITHOUT_DEPENDENTS: Final = frozenset(
    {
        "ClusterRole",
        "ClusterRoleBinding",
        "ConfigMap",
        "CSIDriver",
        "DeviceClass",
        "IngressClass",
        "LimitRange",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "PriorityClass",
        "ResourceQuota",
        "Role",
        "RoleBinding",
        "RuntimeClass",
        "Secret",
        "Service",
        "ServiceAccount",
        "StorageClass",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "VolumeAttributesClass",
    }
)
"""Nothing that runs hangs on these: deleted at once, without a turn of the garbage collector for each."""


def delete_object(operation: Operation, object_id: str, outputs: JsonObject) -> None:
    """Delete and wait. An object that is gone already is deleted. Raises InitialisationFailed on time-out."""
    before = recorded(outputs)
    namespace, name = split_id(object_id)
    try:
        kind = operation.api.find(before.live)
        gone = operation.api.delete(kind, namespace, name, _propagation(before.live))
        if gone or (kind.kind in _SKIPPABLE and is_set(before.live, SKIP_AWAIT)):
            return
        _wait_until_gone(operation, kind, namespace, name, outputs)
    except UnknownKind:
        # Its definition is gone, and with it every object of the kind.
        return
    except ApiError as error:
        raise explained(error, before.live) from error


def _propagation(live: JsonObject) -> str:
    text = annotation(live, DELETION_PROPAGATION)
    if not text:
        return "Background" if live.get("kind") in _WITHOUT_DEPENDENTS else "Foreground"
    if text.lower() not in _POLICIES:
        raise InvalidInput(
            f"annotation {DELETION_PROPAGATION} is '{text}'",
            details=["expected foreground, background or orphan"],
            resolution="correct the annotation in the program",
        )
    return _POLICIES[text.lower()]


def _wait_until_gone(
    operation: Operation, kind: ObjectKind, namespace: str, name: str, outputs: JsonObject
) -> None:
    before = recorded(outputs)
    deadline = time.monotonic() + operation.timeout_s(before.live)
    uid = (before.live.get("metadata") or {}).get("uid")
    live = before.live
    try:
        for delay_s in delays_s():
            operation.pause(delay_s)
            try:
                live = operation.api.get(kind, namespace, name)
            except ApiError as error:
                if error.status == 404:
                    return
                raise
            if uid and live["metadata"].get("uid") != uid:
                return
            operation.report(f"waiting for deletion; {_held_by(live)}")
            if time.monotonic() > deadline:
                break
    except Cancelled:
        raise _still_there(before.inputs, live, outputs, "deletion was stopped") from None
    raise _still_there(before.inputs, live, outputs, "deletion timed out")


def _still_there(inputs: JsonObject, live: JsonObject, outputs: JsonObject, why: str) -> Exception:
    before = recorded(outputs)
    written = Written(inputs, live, before.field_manager, before.initial_api_version, secret=False)
    name = f"{live.get('kind')} {written.object_id}"
    return written.failed(f"{name}: {why}", [f"{name} is being deleted; {_held_by(live)}"])


def _held_by(live: JsonObject) -> str:
    finalizers = (live.get("metadata") or {}).get("finalizers") or (live.get("spec") or {}).get("finalizers")
    return f"held by finalizers {', '.join(finalizers)}" if finalizers else "it is ending"
