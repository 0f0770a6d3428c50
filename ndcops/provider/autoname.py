"""Names for objects that the program left unnamed; check calls it."""

import hashlib
from dataclasses import dataclass
from enum import Enum
from typing import Final

from ndcops.model.errors import InvalidInput
from ndcops.provider.annotations import AUTONAMED, is_set
from ndcops.provider.wire import JsonObject

_SUFFIX_LENGTH: Final = 8
_LONGEST_PREFIX: Final = 253 - 1 - _SUFFIX_LENGTH


class Naming(Enum):
    """The engine's autonaming mode; see CheckRequest.AutonamingOptions."""

    PROPOSE = "propose"
    ENFORCE = "enforce"
    DISABLE = "disable"


@dataclass(frozen=True, slots=True)
class Autonaming:
    """What the engine's configuration says about names."""

    mode: Naming
    proposed_name: str


def named(
    document: JsonObject, old_inputs: JsonObject, resource_name: str, seed: bytes, options: Autonaming | None
) -> JsonObject:
    """The object with a name: its own, the one it got before, or a new one.

    The suffix comes from the engine's seed alone, so that a saved plan keeps its names.
    Raises InvalidInput when names are required, or with `generateName`.
    """
    metadata = document.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    if metadata.get("name"):
        return document
    if metadata.get("generateName"):
        raise InvalidInput(
            "metadata.generateName does not work with server-side apply",
            resolution="leave metadata.name out for a generated name, or set it",
        )
    old_metadata = old_inputs.get("metadata") or {}
    if old_metadata.get("name") and is_set(old_inputs, AUTONAMED):
        name = old_metadata["name"]
    else:
        name = _new_name(resource_name, seed, options)
    annotations = {**(metadata.get("annotations") or {}), AUTONAMED: "true"}
    return {**document, "metadata": {**metadata, "name": name, "annotations": annotations}}


def _new_name(resource_name: str, seed: bytes, options: Autonaming | None) -> str:
    if options is not None and options.mode is Naming.DISABLE:
        raise InvalidInput(
            "metadata.name is missing, and automatic names are switched off",
            resolution="set metadata.name, or change pulumi:autonaming",
        )
    if options is not None and options.proposed_name:
        return options.proposed_name
    suffix = hashlib.sha256(seed).hexdigest()[:_SUFFIX_LENGTH]
    return f"{resource_name[:_LONGEST_PREFIX].lower()}-{suffix}"
