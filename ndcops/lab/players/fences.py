"""Plays csi-addons for a NetworkFence, after networkfence_controller.go of its v0.13.0."""

from ndcops.lab.players.played import SIMULATED, Change, Moment, annotations, changed, fails, is_due
from ndcops.model.record import JsonObject

_DONE = {"Fenced": "fencing operation successful", "Unfenced": "unfencing operation successful"}
_NAMES = {"Fenced": "fence", "Unfenced": "unfence"}


def advance(live: JsonObject, moment: Moment) -> Change | None:
    """The storage takes the fence, or lifts it; the status has no generation, as published."""
    if not is_due(live, moment):
        return None
    wanted = live["spec"]["fenceState"]
    if fails(live, _NAMES[wanted]):
        status = {"result": "Failed", "message": f"failed to {_NAMES[wanted]} (a fault of the test's)"}
    else:
        status = {"result": "Succeeded", "message": _DONE[wanted]}
    notes: dict[str, str | None] = {} if SIMULATED in annotations(live) else {SIMULATED: "true"}
    before = {key: value for key, value in (live.get("status") or {}).items() if key != "conditions"}
    return changed(live | {"status": before}, notes, status)
