"""The `pulumi.com/…` annotations by which a program steers one object; every operation reads them."""

from typing import Final

from ndcops.model.errors import InvalidInput
from ndcops.provider.wire import JsonObject

AUTONAMED: Final = "pulumi.com/autonamed"
SKIP_AWAIT: Final = "pulumi.com/skipAwait"
WAIT_FOR: Final = "pulumi.com/waitFor"
TIMEOUT_SECONDS: Final = "pulumi.com/timeoutSeconds"
PATCH_FORCE: Final = "pulumi.com/patchForce"
PATCH_FIELD_MANAGER: Final = "pulumi.com/patchFieldManager"
DELETION_PROPAGATION: Final = "pulumi.com/deletionPropagationPolicy"

DEFAULT_TIMEOUT_S: Final = 600.0


def annotation(document: JsonObject, name: str) -> str:
    """The annotation's text; empty when absent."""
    metadata = document.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    value = annotations.get(name) if isinstance(annotations, dict) else None
    return value if isinstance(value, str) else ""


def is_set(document: JsonObject, name: str) -> bool:
    """Whether the annotation says `true`."""
    return annotation(document, name).lower() == "true"


def timeout_s(document: JsonObject, custom_timeout_s: float) -> float:
    """How long to wait: the resource's customTimeouts, else its annotation, else ten minutes."""
    if custom_timeout_s > 0:
        return custom_timeout_s
    text = annotation(document, TIMEOUT_SECONDS)
    if not text:
        return DEFAULT_TIMEOUT_S
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise InvalidInput(
            f"annotation {TIMEOUT_SECONDS} is '{text}'",
            details=["expected a number of seconds above zero"],
            resolution="correct the annotation in the program",
        )
    return seconds
