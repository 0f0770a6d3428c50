"""Update: brings an existing object to the program's wish by server-side apply; the servicer calls it."""

from collections.abc import Iterable
from typing import Any, Final

from ndcops.provider.annotations import PATCH_FORCE, is_set
from ndcops.provider.await_ready.wait import await_ready
from ndcops.provider.conflicts import explained
from ndcops.provider.create import create_or_adopt, to_server
from ndcops.provider.discovery import ObjectKind, UnknownKind
from ndcops.provider.errors import ApiError
from ndcops.provider.failover_fields import is_moved, without_numbers
from ndcops.provider.field_manager import converted, field_manager, owns
from ndcops.provider.operation import Operation, Written
from ndcops.provider.property_path import Path, concrete_paths, parse_path
from ndcops.provider.state import recorded
from ndcops.provider.wire import JsonObject, Mask, Properties

_CONVERSION_ATTEMPTS: Final = 5


def update_object(
    operation: Operation, outputs: JsonObject, inputs: JsonObject, secret: Mask, ignored: Iterable[str]
) -> Written:
    """Apply and wait until ready. An object that somebody deleted is made again.

    Raises ApiError; for a conflict it names the fields and their owners.
    """
    before = recorded(outputs)
    manager = field_manager(operation.urn, inputs, before.field_manager, operation.settings)
    document = to_server(inputs)
    try:
        kind = operation.api.find(document)
        live = _current(operation, kind, document)
        if live is None:
            operation.report("it was deleted outside the program; creating it again")
            live = create_or_adopt(operation, kind, document, manager)
        else:
            live = _take_over(operation, kind, live, document, manager, before.field_manager)
            document = _honour_ignored(document, live, manager, ignored)
            live = operation.api.apply(kind, document, manager, force=_force(operation, document, live))
    except (ApiError, UnknownKind) as error:
        raise explained(error, document) from error
    return await_ready(operation, Written(inputs, live, manager, before.initial_api_version, secret))


def preview_update(
    operation: Operation, outputs: JsonObject, inputs: Properties, ignored: Iterable[str]
) -> JsonObject:
    """The object as an update would leave it, by dry run; the inputs where that cannot be known."""
    if inputs.has_unknown:
        return inputs.value
    before = recorded(outputs)
    manager = field_manager(operation.urn, inputs.value, before.field_manager, operation.settings)
    document = to_server(inputs.value)
    try:
        kind = operation.api.find(document)
        live = _current(operation, kind, document)
        if live is None:
            return inputs.value
        document = _honour_ignored(document, live, manager, ignored)
        # A conversion of managers is not stored in a dry run, so what it would settle must not conflict.
        force = _force(operation, document, live)
        if _new_owners(live, document, manager, before.field_manager) is not None and not is_moved(live, document):
            force = True
        return operation.api.apply(kind, document, manager, force=force, dry_run=True)
    except UnknownKind:
        return inputs.value
    except ApiError as error:
        if error.status in (403, 404):
            return inputs.value
        raise explained(error, document) from error


def _force(operation: Operation, document: JsonObject, live: JsonObject) -> bool:
    if is_moved(live, document):
        return False
    nobody_owns_anything = not live.get("metadata", {}).get("managedFields")
    return operation.settings.enable_patch_force or is_set(document, PATCH_FORCE) or nobody_owns_anything


def _current(operation: Operation, kind: ObjectKind, document: JsonObject) -> JsonObject | None:
    metadata = document["metadata"]
    try:
        return operation.api.get(kind, metadata.get("namespace", ""), metadata["name"])
    except ApiError as error:
        if error.status == 404:
            return None
        raise


def _new_owners(
    live: JsonObject, document: JsonObject, manager: str, recorded_manager: str
) -> list[JsonObject] | None:
    """managedFields as they must be before the document is applied; None when they are."""
    entries = converted(live, manager, recorded_manager)
    if entries is not None:
        live = {**live, "metadata": {**live["metadata"], "managedFields": entries}}
    released = without_numbers(live, document)
    return entries if released is None else released


def _take_over(
    operation: Operation,
    kind: ObjectKind,
    live: JsonObject,
    document: JsonObject,
    manager: str,
    recorded_manager: str,
) -> JsonObject:
    """Make fields of client-side writers, and of our former names, ours: so they can be changed or dropped."""
    for attempt in range(_CONVERSION_ATTEMPTS):
        entries = _new_owners(live, document, manager, recorded_manager)
        if entries is None:
            return live
        metadata = live["metadata"]
        patch = [
            {"op": "replace", "path": "/metadata/managedFields", "value": entries},
            # The patch fails if the object changed since we read its owners.
            {"op": "replace", "path": "/metadata/resourceVersion", "value": metadata["resourceVersion"]},
        ]
        namespace, name = metadata.get("namespace", ""), metadata["name"]
        try:
            return operation.api.json_patch(kind, namespace, name, patch)
        except ApiError as error:
            if error.status != 409 or attempt == _CONVERSION_ATTEMPTS - 1:
                raise
        live = operation.api.get(kind, namespace, name)
    raise AssertionError("the last attempt returns or raises")


def _honour_ignored(document: JsonObject, live: JsonObject, manager: str, ignored: Iterable[str]) -> JsonObject:
    """Fields of ignoreChanges keep their live value if we own them, else they are left to their owner."""
    for pattern in ignored:
        for path in list(concrete_paths(document, parse_path(pattern))):
            present = _live_value(live, path)
            if owns(live, manager, path) and present is not None:
                document = _replaced(document, path, present)
            elif not any(isinstance(part, int) for part in path):
                document = _replaced(document, path, None)
    return document


def _live_value(value: Any, path: Path) -> Any:
    """The live value at a path; None when there is none."""
    try:
        for part in path:
            value = value[part]
    except (KeyError, IndexError, TypeError):
        return None
    return value


def _replaced(value: Any, path: Path, replacement: Any) -> Any:
    """A copy with another value at the path; None takes the field out."""
    first, rest = path[0], path[1:]
    if isinstance(value, list) and isinstance(first, int):
        changed = replacement if not rest else _replaced(value[first], rest, replacement)
        return [*value[:first], changed, *value[first + 1 :]]
    if not rest and replacement is None:
        return {key: item for key, item in value.items() if key != first}
    return {**value, first: replacement if not rest else _replaced(value[first], rest, replacement)}
