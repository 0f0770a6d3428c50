"""What the file backend keeps of a stack: outputs, unfinished operations, a fingerprint."""

import hashlib
from pathlib import Path
from typing import Any

import orjson

from ndcops.model.errors import Refused
from ndcops.model.record import JsonObject
from ndcops.model.stack_changes import StackId


def read_state(path: Path, stack: StackId) -> JsonObject | None:
    """The stack's checkpoint, or None when it was never applied. Raises Refused when the file is damaged."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        checkpoint = orjson.loads(data)["checkpoint"]
        latest = checkpoint.get("latest") or {}
        if not isinstance(latest.get("resources", []), list):
            raise TypeError("resources")
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise Refused(
            f"state of stack {stack} is damaged: {path}: {error}",
            details=["applying without it would create every object a second time"],
            resolution=f"cp {path}.bak {path}"
            if Path(f"{path}.bak").exists()
            else "restore the file from a backup",
        ) from error
    return dict(latest)


def outputs_of(state: JsonObject) -> JsonObject:
    """The stack's outputs; secrets stay sealed."""
    for resource in state.get("resources", []):
        if resource.get("type") == "pulumi:pulumi:Stack":
            return dict(resource.get("outputs") or {})
    return {}


def secrets_salt(state: JsonObject) -> str | None:
    """The salt of the passphrase that seals the state's secrets; None when it seals none that way."""
    sealed = (state.get("secrets_providers") or {}).get("state") or {}
    return sealed.get("salt")


def object_count(state: JsonObject) -> int:
    """How many cluster objects the state holds."""
    return sum(str(r.get("type", "")).startswith("kubernetes:") for r in state.get("resources", []))


def pending_operations(state: JsonObject) -> tuple[str, ...]:
    """URNs of operations that a killed run began and did not finish."""
    pending: list[dict[str, Any]] = state.get("pending_operations") or []
    return tuple(sorted(operation["resource"]["urn"] for operation in pending))


def fingerprint(path: Path) -> str:
    """SHA-256 of the state file, or of nothing when there is none: what a plan is bound to."""
    return hashlib.sha256(path.read_bytes() if path.exists() else b"").hexdigest()
