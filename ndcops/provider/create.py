"""Create: makes an object, or adopts what an interrupted run of the same resource made; the servicer calls it."""

from typing import Any, Final

from ndcops.model.errors import NdcopsError, Refused
from ndcops.provider.annotations import PATCH_FORCE, is_set
from ndcops.provider.await_ready.wait import await_ready
from ndcops.provider.conflicts import explained
from ndcops.provider.discovery import ObjectKind, UnknownKind
from ndcops.provider.errors import ApiError
from ndcops.provider.field_manager import field_manager, is_ours, owners
from ndcops.provider.normalise import READ_ONLY_METADATA, with_dashes
from ndcops.provider.operation import Operation, Written
from ndcops.provider.wire import JsonObject, Mask, Properties

_RETRY_DELAYS_S: Final = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""The namespace or definition may still be on its way, from the same program: a minute, as the official plugin."""

_SERVER_CHOSEN: Final = ("clusterIP", "clusterIPs")


def create_object(operation: Operation, inputs: JsonObject, secret: Mask) -> Written:
    """Create and wait until ready. Raises Refused when the object exists and is not this resource's."""
    manager = field_manager(operation.urn, inputs, "", operation.settings)
    document = to_server(inputs)
    live = _patiently(operation, document, manager)
    written = Written(inputs, live, manager, str(inputs["apiVersion"]), secret)
    return await_ready(operation, written)


def preview_create(operation: Operation, inputs: Properties) -> JsonObject:
    """Outputs that a create would have, by dry run; the inputs where a dry run cannot know yet.

    The namespace or kind may be made by the same program, the existing object be replaced by it.
    """
    if inputs.has_unknown:
        return inputs.value
    manager = field_manager(operation.urn, inputs.value, "", operation.settings)
    document = to_server(inputs.value)
    try:
        kind = operation.api.find(document)
        live = operation.api.apply_new(kind, document, manager, dry_run=True)
    except UnknownKind:
        return inputs.value
    except ApiError as error:
        if error.status in (403, 404, 409):
            return inputs.value
        raise
    return _without_server_choices(live, inputs.value)


def to_server(inputs: JsonObject) -> JsonObject:
    """The object to apply.

    A bare object (a name and nothing else) gets an empty annotations map: owning it leaves our mark in
    managedFields, which the server drops for a manager that owns nothing.
    """
    document = with_dashes(inputs)
    if document.keys() <= {"apiVersion", "kind", "metadata"} and document["metadata"].keys() <= {
        "name",
        "namespace",
    }:
        return {**document, "metadata": {**document["metadata"], "annotations": {}}}
    return document


def create_or_adopt(operation: Operation, kind: ObjectKind, document: JsonObject, manager: str) -> JsonObject:
    """One attempt. One round trip when the object is new."""
    api, settings = operation.api, operation.settings
    force = settings.enable_patch_force or is_set(document, PATCH_FORCE)
    if settings.upsert_existing_objects:
        return api.apply(kind, document, manager, force=force)
    try:
        return api.apply_new(kind, document, manager)
    except ApiError as error:
        if error.status != 409:
            raise
    metadata = document["metadata"]
    live = api.get(kind, metadata.get("namespace", ""), metadata["name"])
    if not is_ours(live, operation.urn):
        raise _exists(kind, live)
    if live["metadata"].get("deletionTimestamp"):
        raise ApiError(404, "Terminating", f"{kind.kind} {metadata['name']} is still being deleted")
    return api.apply(kind, document, manager, force=force)


def _patiently(operation: Operation, document: JsonObject, manager: str) -> JsonObject:
    for delay_s in (*_RETRY_DELAYS_S, None):
        try:
            kind = operation.api.find(document)
            return create_or_adopt(operation, kind, document, manager)
        except (ApiError, UnknownKind) as error:
            if delay_s is None or not _may_appear(error):
                raise explained(error, document) from error
            operation.report(f"{error.message}; trying again in {delay_s:g} s")
            operation.pause(delay_s)
    raise AssertionError("the last attempt returns or raises")


def _may_appear(error: NdcopsError) -> bool:
    if isinstance(error, ApiError):
        terminating = any(cause.get("reason") == "NamespaceTerminating" for cause in error.causes)
        return error.status == 404 or terminating
    return True


def _exists(kind: ObjectKind, live: JsonObject) -> Refused:
    metadata = live["metadata"]
    where = f" in namespace {metadata['namespace']}" if metadata.get("namespace") else ""
    return Refused(
        f"{kind.kind} '{metadata['name']}'{where} exists already and was not made by this resource",
        details=[
            f"created {metadata.get('creationTimestamp')}, UID {metadata.get('uid')}",
            f"fields owned by {', '.join(owners(live)) or 'nobody'}",
        ],
        resolution="import it (resource option import_), delete it, rename it, or set upsertExistingObjects",
    )


def _without_server_choices(live: JsonObject, inputs: JsonObject) -> JsonObject:
    """A dry run invents UIDs and addresses; the real ones will differ, so a preview must not show them."""
    metadata = {key: value for key, value in live["metadata"].items() if key not in READ_ONLY_METADATA}
    result = {key: value for key, value in live.items() if key != "status"}
    result["metadata"] = metadata
    spec: Any = result.get("spec")
    if live.get("kind") == "Service" and isinstance(spec, dict):
        wanted = inputs.get("spec") or {}
        result["spec"] = {key: value for key, value in spec.items() if key not in _SERVER_CHOSEN or key in wanted}
    return result
