"""Read: the live object for refresh, import and `.get`; the servicer calls it."""

from ndcops.provider.await_ready.wait import readiness
from ndcops.provider.conflicts import explained
from ndcops.provider.discovery import UnknownKind
from ndcops.provider.errors import ApiError
from ndcops.provider.field_manager import default_field_manager
from ndcops.provider.normalise import normalise
from ndcops.provider.operation import Operation, Written
from ndcops.provider.pruning import pruned
from ndcops.provider.secrets import merged, secret_mask
from ndcops.provider.state import imported_inputs, recorded, split_id, without_noise
from ndcops.provider.wire import JsonObject, Properties


def read_object(
    operation: Operation, object_id: str, type_token: str, outputs: Properties, inputs: Properties
) -> Written | None:
    """The object as it is; None when there is none.

    On refresh the inputs are the live values of the program's fields, so drift shows in the next diff.
    Raises InitialisationFailed for an object that is there and not ready (refresh only).
    """
    before = recorded(outputs.value)
    namespace, name = split_id(object_id)
    subject = _subject(before.live, type_token)
    try:
        kind = operation.api.find(subject)
        live = operation.api.get(kind, namespace, name)
    except UnknownKind:
        return None
    except ApiError as error:
        if error.status == 404:
            return None
        raise explained(error, {**subject, "metadata": {"namespace": namespace, "name": name}}) from error
    known = before.inputs or inputs.value
    current = pruned(normalise(without_noise(live)), normalise(known)) if known else imported_inputs(live)
    secret = secret_mask(live, merged(inputs.secret, _inputs_part(outputs)))
    manager = before.field_manager or default_field_manager(operation.urn)
    written = Written(current, live, manager, before.initial_api_version or str(live["apiVersion"]), secret)
    if known:
        verdict = readiness(operation, live)
        if not verdict.ready:
            raise written.failed(f"{live['kind']} {written.object_id} is not ready", list(verdict.reasons))
    return written


def _subject(live: JsonObject, type_token: str) -> JsonObject:
    """apiVersion and kind: as recorded, else from the type token (`kubernetes:apps/v1:Deployment`)."""
    if live.get("apiVersion") and live.get("kind"):
        return live
    _, api_version, kind = type_token.split(":", 2)
    return {"apiVersion": api_version.removeprefix("core/"), "kind": kind}


def _inputs_part(outputs: Properties) -> dict[str, object] | bool:
    part = outputs.secret.get("__inputs", False) if isinstance(outputs.secret, dict) else outputs.secret
    return part if isinstance(part, dict | bool) else False
