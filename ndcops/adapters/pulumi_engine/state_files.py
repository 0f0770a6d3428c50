"""What the file backend keeps of a stack: outputs, unfinished operations, a fingerprint."""

import hashlib
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from ndcops.model.errors import Refused
from ndcops.model.record import JsonObject
from ndcops.model.stack_changes import StackId


def read_state(path: Path, stack: StackId) -> JsonObject | None:
    """The stack's checkpoint, or None when it was never applied. Raises Refused when the file is damaged."""
    data = _read(path, stack)
    return None if data is None else _checked(data, path, stack)


def _read(path: Path, stack: StackId) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Refused(
            f"state of stack {stack} cannot be read: {error.strerror}: {path}",
            details=["what was applied is not known without it"],
            resolution=f"ls -l {path}",
        ) from error


def _checked(data: bytes, path: Path, stack: StackId) -> JsonObject:
    """The checkpoint with the shape that the readers below count on."""
    try:
        latest = orjson.loads(data)["checkpoint"].get("latest") or {}
        resources, pending = latest.get("resources", []), latest.get("pending_operations") or []
        if not isinstance(resources, list) or not all(isinstance(each["type"], str) for each in resources):
            raise TypeError("resources")
        if not isinstance(pending, list) or not all(isinstance(each["resource"]["urn"], str) for each in pending):
            raise TypeError("pending_operations")
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise Refused(
            f"state of stack {stack} is damaged: {path}: {error}",
            details=["applying without it would create every object a second time"],
            resolution=_way_back(path),
        ) from error
    return dict(latest)


def kept_copy(path: Path) -> Path:
    """Where the state of before lies while the engine runs (state_safety.py)."""
    return path.with_name(f"{path.name}.before")


def _way_back(path: Path) -> str:
    """The command that restores the newest whole copy: on a full disk the engine cuts off its backup too."""
    for copy in (Path(f"{path}.bak"), kept_copy(path)):
        try:
            orjson.loads(copy.read_bytes())
        except (OSError, orjson.JSONDecodeError):
            continue
        return f"cp {copy} {path}"
    return "restore the file from a backup"


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
    return sum(resource["type"].startswith("kubernetes:") for resource in state.get("resources", []))


def pending_operations(state: JsonObject) -> tuple[str, ...]:
    """URNs of operations that a killed run began and did not finish."""
    pending: list[dict[str, Any]] = state.get("pending_operations") or []
    return tuple(sorted(operation["resource"]["urn"] for operation in pending))


@dataclass(frozen=True)
class KeptState:
    """What is asked of a state. fingerprint: SHA-256 of the file, or of nothing; what a plan is bound to."""

    fingerprint: str
    object_count: int | None
    outputs: JsonObject
    pending: tuple[str, ...]


NEVER_APPLIED = KeptState(hashlib.sha256(b"").hexdigest(), None, {}, ())


class StateReader:
    """Reads each version of a state file once: a large one takes tens of milliseconds, and many ask."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._known: dict[Path, tuple[tuple[int, int, int], KeptState]] = {}

    def read(self, path: Path, stack: StackId) -> KeptState:
        """The state as it is now. Raises Refused when the file is damaged."""
        try:
            stat = path.stat()
        except FileNotFoundError:
            return NEVER_APPLIED
        # The backend replaces the file at each write: another inode even within one tick of the clock.
        version = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        with self._guard:
            known = self._known.get(path)
            if known is None or known[0] != version:
                known = version, _summary(path, stack)
                self._known[path] = known
            return known[1]


def _summary(path: Path, stack: StackId) -> KeptState:
    """All from one reading: a fingerprint of newer bytes than were counted would let a stale plan pass."""
    data = _read(path, stack)
    if data is None:
        return NEVER_APPLIED
    state = _checked(data, path, stack)
    digest = hashlib.sha256(data).hexdigest()
    return KeptState(digest, object_count(state), outputs_of(state), pending_operations(state))
