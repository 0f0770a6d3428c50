"""Plays csi-addons for a VolumeReplication, after volumereplication_controller.go and status.go of its v0.13.0.

Kept as published: a promotion that the storage refuses is forced without a word; a volume in use cannot be
demoted; a demoted volume stays degraded until the other side is reached; the last synchronisation is told by
primaries only. Made up: how long things take, and that a side that was primary while the other was forced must be
synchronised anew.
"""

from dataclasses import dataclass

from ndcops.lab.players.played import (
    Change,
    Moment,
    changed,
    fails,
    generation,
    is_due,
    memory,
    remembered,
    with_condition,
)
from ndcops.model.record import JsonObject

SYNC_S = 2
RESYNC_S = 2.0


@dataclass(frozen=True)
class Peer:
    """The other side. reached: its site answers; live: its VolumeReplication, None when there is none."""

    reached: bool
    live: JsonObject | None = None

    @property
    def memory(self) -> JsonObject:
        """What its storage would know."""
        return memory(self.live) if self.live is not None else {}


def advance(live: JsonObject, peer: Peer, *, in_use: bool, moment: Moment) -> Change | None:
    """The next step of the volume; None when there is nothing to do."""
    wanted, state = live["spec"]["replicationState"], (live.get("status") or {}).get("state") or "Unknown"
    if not is_due(live, moment) and state.lower() != wanted:
        return None
    if wanted == "primary":
        return _hold(live, peer, moment) if state == "Primary" else _promote(live, peer, moment)
    if state != "Secondary":
        return _demote(live, in_use, moment)
    return _follow(live, peer, moment, forced=wanted == "resync" or bool(live["spec"].get("autoResync")))


def _promote(live: JsonObject, peer: Peer, moment: Moment) -> Change | None:
    if fails(live, "promote"):
        status = _status(
            live, moment, "failed to promote volume", completed=(False, "FailedToPromote"), degraded=True
        )
        return changed(live, {}, status)
    before = memory(live)
    forced = not peer.reached or peer.memory.get("role") == "primary"
    after = before | {"role": "primary"} | ({"forced_at": moment.text} if forced else {})
    status = _status(live, moment, "volume is marked primary", completed=(True, "Promoted"), degraded=False)
    return changed(
        live, remembered(before, after), status | {"state": "Primary", "lastCompletionTime": moment.text}
    )


def _hold(live: JsonObject, peer: Peer, moment: Moment) -> Change | None:
    """A primary: its conditions at the current generation, and the last synchronisation when the peer is there."""
    status = _status(live, moment, "volume is marked primary", completed=(True, "Promoted"), degraded=False)
    replicating = peer.reached and peer.memory.get("role") == "secondary"
    now = {"now": moment.text, "observed": generation(live)}
    message = "volume is replicating" if replicating else "volume is not replicating"
    reason = "Replicating" if replicating else "NotReplicating"
    status["conditions"] = with_condition(status["conditions"], "Replicating", replicating, reason, message, **now)
    if replicating and _is_older(status.get("lastSyncTime"), moment):
        status |= {"lastSyncTime": moment.text, "lastSyncDuration": "1s", "lastSyncBytes": 4096}
    return changed(live, {}, status)


def _is_older(synced_at: str | None, moment: Moment) -> bool:
    if synced_at is None:
        return True
    then = moment.now.fromisoformat(synced_at.replace("Z", "+00:00"))
    return (moment.now - then).total_seconds() >= SYNC_S


def _demote(live: JsonObject, in_use: bool, moment: Moment) -> Change | None:
    if in_use or fails(live, "demote"):
        message = "volume is in use" if in_use else "failed to demote volume"
        status = _status(live, moment, message, completed=(False, "FailedToDemote"), degraded=True)
        return changed(live, {}, status)
    before = memory(live)
    was_primary = {"primary_until": moment.text} if before.get("role") == "primary" else {}
    after = before | {"role": "secondary"} | was_primary
    message = "volume is marked secondary and is degraded"
    status = _status(live, moment, message, completed=(True, "Demoted"), degraded=True)
    for told_by_primaries in ("lastSyncTime", "lastSyncDuration", "lastSyncBytes"):
        status.pop(told_by_primaries, None)
    return changed(live, remembered(before, after), status | {"state": "Secondary"})


def _follow(live: JsonObject, peer: Peer, moment: Moment, *, forced: bool) -> Change | None:
    """A secondary: synchronised when the other side is reached, unless the two have gone apart."""
    before, state = memory(live), {"state": "Secondary"}
    if not peer.reached or peer.live is None:
        status = _status(live, moment, "volume is degraded", completed=(True, "Demoted"), degraded=True)
        return changed(live, {}, status | state)
    apart = _is_apart(before, peer.memory)
    if not apart:
        after = {key: value for key, value in before.items() if key != "resync_since_s"}
        status = _status(live, moment, "volume is marked secondary", completed=(True, "Demoted"), degraded=False)
        return changed(live, remembered(before, after), status | state)
    if not forced or fails(live, "resync"):
        message = "split-brain detected: volume must be resynced" if not forced else "failed to resync volume"
        reason = (True, "Demoted") if not forced else (False, "FailedToResync")
        return changed(live, {}, _status(live, moment, message, completed=reason, degraded=True) | state)
    since = before.get("resync_since_s")
    if since is None or moment.now.timestamp() - since < RESYNC_S:
        after = before if since is not None else before | {"resync_since_s": round(moment.now.timestamp())}
        status = _status(
            live, moment, "volume is degraded", completed=(True, "Demoted"), degraded=True, resyncing=True
        )
        return changed(live, remembered(before, after), status | state)
    after = {
        key: value for key, value in before.items() if key not in ("resync_since_s", "primary_until", "forced_at")
    }
    status = _status(live, moment, "volume is marked secondary", completed=(True, "Demoted"), degraded=False)
    return changed(live, remembered(before, after), status | state)


def _is_apart(own: JsonObject, other: JsonObject) -> bool:
    """Whether this side was still primary when the other was promoted by force."""
    until, forced_at = own.get("primary_until"), other.get("forced_at")
    return bool(until and forced_at and forced_at <= until)


def _status(
    live: JsonObject,
    moment: Moment,
    message: str,
    *,
    completed: tuple[bool, str],
    degraded: bool,
    resyncing: bool = False,
) -> JsonObject:
    """The status with the three conditions that every operation sets, all at the current generation."""
    status = dict(live.get("status") or {})
    now = {"now": moment.text, "observed": generation(live)}
    is_completed, reason = completed
    conditions = list(status.get("conditions") or ())
    conditions = with_condition(conditions, "Completed", is_completed, reason, message, **now)
    degraded_reason = "VolumeDegraded" if degraded and is_completed else "Error" if degraded else "Healthy"
    conditions = with_condition(conditions, "Degraded", degraded, degraded_reason, message, **now)
    resync_reason = "ResyncTriggered" if resyncing else "NotResyncing"
    conditions = with_condition(conditions, "Resyncing", resyncing, resync_reason, message, **now)
    return status | {"conditions": conditions, "message": message, "observedGeneration": generation(live)}
