"""Turns the API server's refusals into messages that say who owns what; every operation calls it."""

from typing import Final

from ndcops.model.errors import NdcopsError
from ndcops.provider.annotations import PATCH_FORCE
from ndcops.provider.errors import ApiError
from ndcops.provider.state import object_id
from ndcops.provider.wire import JsonObject

_CONFLICT: Final = "FieldManagerConflict"


def explained(error: NdcopsError, document: JsonObject) -> NdcopsError:
    """The same error, naming the object; for a field conflict, the fields and their owners."""
    what = f"{document.get('kind')} {object_id(document)}"
    if not isinstance(error, ApiError):
        error.message = f"{what}: {error.message}"
        return error
    conflicts = [cause for cause in error.causes if cause.get("reason") == _CONFLICT]
    if conflicts:
        error.message = f"{what}: {len(conflicts)} field(s) belong to somebody else; nothing was changed"
        error.details = tuple(f"{cause.get('field')}: {cause.get('message')}" for cause in conflicts)
        error.resolution = (
            f"leave these fields out of the program, or take them over with the annotation {PATCH_FORCE}: 'true'"
        )
    elif error.status != 401:
        error.message = f"{what}: {error.message}"
    if error.status == 403 and not error.resolution:
        error.resolution = "grant the kubeconfig's user this verb (its role is shipped as a manifest)"
    return error
