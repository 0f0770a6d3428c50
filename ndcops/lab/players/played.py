"""What the state machines share: the object they look at, conditions, injected faults, what shall be written."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from ndcops.model.record import JsonObject

DOMAIN: Final = "players.ndc.gov.vn"
SIMULATED: Final = f"{DOMAIN}/simulated"
MEMORY: Final = f"{DOMAIN}/memory"
"""What the storage or the database of this object would know; the machines keep nothing elsewhere."""
FAIL: Final = f"{DOMAIN}/fail"
"""Operations that fail, separated by commas: promote, demote, resync, fence, unfence, accept."""
DELAY: Final = f"{DOMAIN}/delay-s"
"""Seconds that each operation takes."""


@dataclass(frozen=True)
class Change:
    """What a machine writes: annotations (None removes one) and the whole status."""

    annotations: dict[str, str | None] = field(default_factory=dict)
    status: JsonObject | None = None


@dataclass(frozen=True)
class Moment:
    """Now, and for how long this object's generation has been seen."""

    now: datetime
    seen_s: float = 3600.0

    @property
    def text(self) -> str:
        """Now, as Kubernetes writes times."""
        return f"{self.now:%Y-%m-%dT%H:%M:%SZ}"


def annotations(live: JsonObject) -> JsonObject:
    """The object's annotations."""
    return live["metadata"].get("annotations") or {}


def memory(live: JsonObject) -> JsonObject:
    """What a machine remembered in the object; empty for a new one."""
    found: JsonObject = json.loads(annotations(live).get(MEMORY) or "{}")
    return found


def remembered(before: JsonObject, after: JsonObject) -> dict[str, str | None]:
    """The annotations that keep `after`, none when nothing changed."""
    if before == after:
        return {}
    return {MEMORY: json.dumps(after, sort_keys=True), SIMULATED: "true"}


def fails(live: JsonObject, operation: str) -> bool:
    """Whether a test wants that operation to fail."""
    return operation in (annotations(live).get(FAIL) or "").split(",")


def is_due(live: JsonObject, moment: Moment) -> bool:
    """Whether the operation of this generation has taken as long as it shall."""
    return moment.seen_s >= float(annotations(live).get(DELAY) or 0)


def generation(live: JsonObject) -> int:
    """The spec's generation."""
    return int(live["metadata"]["generation"])


def with_condition(
    conditions: list[JsonObject], kind: str, is_true: bool, reason: str, message: str, **more: Any
) -> list[JsonObject]:
    """The conditions with one set; `now` and `observed` (generation) come in `more`.

    Its time changes with its status only (apimachinery, meta.SetStatusCondition).
    """
    status = "True" if is_true else "False"
    before = next((each for each in conditions if each["type"] == kind), None)
    since = before["lastTransitionTime"] if before and before["status"] == status else more["now"]
    entry: JsonObject = {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": since,
    }
    if "observed" in more:
        entry["observedGeneration"] = more["observed"]
    return [*(each for each in conditions if each["type"] != kind), entry]


def without_conditions(conditions: list[JsonObject], *kinds: str) -> list[JsonObject]:
    """The conditions without those of some kinds."""
    return [each for each in conditions if each["type"] not in kinds]


def changed(live: JsonObject, notes: dict[str, str | None], status: JsonObject) -> Change | None:
    """The change, None when the object is so already."""
    new = status if _sorted(status) != _sorted(live.get("status") or {}) else None
    return Change(notes, new) if notes or new is not None else None


def _sorted(status: JsonObject) -> JsonObject:
    conditions = sorted(status.get("conditions") or (), key=lambda each: str(each["type"]))
    return status | {"conditions": conditions}
