"""Plays CloudNativePG for a Cluster of a distributed topology, after the sources of its v1.28.0.

Followed: pkg/reconciler/replicaclusterswitch (demotion in steps, with fencing, then the token), pkg/promotiontoken
(what makes a token wait and what makes it fail), internal/controller/cluster_status.go (which tokens are cleared),
internal/management/controller/instance_controller.go (phases). Made up: positions in the WAL, which grow with time
while a primary is allowed to write, and that a replica has what its source has as long as it reaches it.
"""

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from ndcops.lab.players.played import (
    DOMAIN,
    Change,
    Moment,
    annotations,
    changed,
    fails,
    is_due,
    memory,
    remembered,
    with_condition,
    without_conditions,
)
from ndcops.lab.players.tokens import token_of, token_problem
from ndcops.model.record import JsonObject

LAG: Final = f"{DOMAIN}/lag-bytes"
"""Written by the player on a replica that streams: how far it is behind. Absent: nobody knows."""
KEEP_BACK: Final = f"{DOMAIN}/keep-back-bytes"
"""A fault: the replica stays that far behind its source."""
FENCED: Final = "cnpg.io/fencedInstances"
BYTES_PER_S: Final = 4096
NOTED_BYTES: Final = 10 * BYTES_PER_S
_HEALTHY, _PROMOTING = "Cluster in healthy state", "Promoting to primary cluster"
_UNRECOVERABLE = "Cluster is unrecoverable and needs manual intervention"
_TRANSITION, _FENCING = "ReplicaClusterDesignatedPrimaryTransition", "ReplicaClusterFencing"
_SWITCH = "ReplicaClusterSwitch"


@dataclass(frozen=True)
class Source:
    """The cluster that a replica follows. reached: its site answers; live: None when it has none."""

    reached: bool
    live: JsonObject | None = None


def advance(live: JsonObject, source: Source, moment: Moment) -> Change | None:
    """The next step of the cluster; None when there is nothing to do."""
    before = memory(live)
    if not before:
        return _begin(live, source, moment)
    if _is_replica(live):
        return (
            _demote(live, before, moment) if before["role"] == "primary" else _stream(live, before, source, moment)
        )
    return _hold(live, before, moment) if before["role"] == "primary" else _promote(live, before, moment)


def lag_of(live: JsonObject) -> int | None:
    """How far a replica is behind, as its player says; None while nobody knows."""
    found = annotations(live).get(LAG)
    return None if found is None else int(found)


def position(live: JsonObject, moment: Moment) -> int:
    """Where the cluster's WAL stands: a primary that may write goes on."""
    kept = memory(live)
    if kept.get("role") != "primary" or "*" in _fenced(live):
        return int(kept.get("lsn", 0))
    return int(kept["lsn"] + BYTES_PER_S * max(0, moment.now.timestamp() - kept["at_s"]))


def _is_replica(live: JsonObject) -> bool:
    replica = live["spec"].get("replica") or {}
    own = replica.get("self") or live["metadata"]["name"]
    return bool(replica.get("primary")) and replica["primary"] != own


def _transition(live: JsonObject) -> str:
    """How far a demotion is: empty before it, False while the instance shuts down, True afterwards."""
    conditions = (live.get("status") or {}).get("conditions") or ()
    return next((str(each["status"]) for each in conditions if each["type"] == _TRANSITION), "")


def _fenced(live: JsonObject) -> list[str]:
    found: list[str] = json.loads(annotations(live).get(FENCED) or "[]")
    return found


def _begin(live: JsonObject, source: Source, moment: Moment) -> Change | None:
    """A new cluster: the primary is initialised, a replica cloned from its source once that can be reached."""
    now_s = round(moment.now.timestamp())
    if not is_due(live, moment):
        return _waiting(live, moment, "Setting up primary")
    if not _is_replica(live):
        system = str(int(sha256(live["metadata"]["uid"].encode()).hexdigest()[:15], 16))
        first = {"role": "primary", "lsn": 0x3000000, "at_s": now_s, "timeline": 1, "system": system, "fork": 0}
        return _written(live, {}, first, _healthy(live, first, moment))
    if not source.reached or source.live is None or not memory(source.live):
        return _waiting(live, moment, "Setting up primary")
    origin = memory(source.live)
    clone = origin | {"role": "replica", "lsn": position(source.live, moment), "at_s": now_s}
    return _written(live, {}, clone, _healthy(live, clone, moment), lag=0)


def _waiting(live: JsonObject, moment: Moment, phase: str) -> Change | None:
    status = dict(live.get("status") or {}) | {"phase": phase, "phaseReason": ""}
    conditions = list(status.get("conditions") or ())
    status["conditions"] = with_condition(
        conditions, "Ready", False, "ClusterIsNotReady", "Cluster Is Not Ready", now=moment.text
    )
    return changed(live, {}, status)


def _hold(live: JsonObject, before: JsonObject, moment: Moment) -> Change | None:
    """A primary, fenced or not. Fencing stops its WAL, lifting it lets it go on from there."""
    after, fenced = dict(before), "*" in _fenced(live)
    if fenced and not before.get("stopped"):
        after |= {"lsn": _running(before, moment), "stopped": True}
    if not fenced and before.get("stopped"):
        after = {key: value for key, value in before.items() if key != "stopped"}
        after["at_s"] = round(moment.now.timestamp())
    token = (live["spec"].get("replica") or {}).get("promotionToken") or ""
    status = _healthy(live, after, moment, ready=not fenced) | {"lastPromotionToken": token}
    return _written(live, before, after, status)


def _running(kept: JsonObject, moment: Moment) -> int:
    return int(kept["lsn"] + BYTES_PER_S * max(0, moment.now.timestamp() - kept["at_s"]))


def _demote(live: JsonObject, before: JsonObject, moment: Moment) -> Change | None:
    """Fence and shut down, then the token of the last position, then a replica: a step each look."""
    status = dict(live.get("status") or {})
    conditions, now = list(status.get("conditions") or ()), moment.text
    step = _transition(live)
    if not step:
        reason, message = "ReplicaClusterAfterCreation", "Enabled external cluster after a node was generated"
        conditions = with_condition(conditions, _TRANSITION, False, reason, message, now=now)
        conditions = with_condition(conditions, _FENCING, True, reason, message, now=now)
        message = "Starting the Replica cluster transition"
        conditions = with_condition(conditions, _SWITCH, False, "ReplicaEnabledSetTrue", message, now=now)
        conditions = with_condition(
            conditions, "Ready", False, "ClusterIsNotReady", "Cluster Is Not Ready", now=now
        )
        after = before | {
            "lsn": before["lsn"] if before.get("stopped") else _running(before, moment),
            "stopped": True,
        }
        status |= {"conditions": conditions, "switchReplicaClusterStatus": {"inProgress": True}}
        return changed(live, remembered(before, after) | {FENCED: '["*"]'}, status)
    if fails(live, "demote") or not is_due(live, moment):
        return None
    if step == "False":  # the instance has shut down: its last checkpoint is a record of its own
        message = "Instance Manager has completed the DesignatedPrimary transition"
        status["conditions"] = with_condition(
            conditions, _TRANSITION, True, "TransitionCompleted", message, now=now
        )
        return changed(live, remembered(before, before | {"lsn": before["lsn"] + 120}), status)
    conditions = without_conditions(conditions, _TRANSITION, _FENCING)
    message = "Completed the Replica cluster transition"
    conditions = with_condition(conditions, _SWITCH, True, "ReplicaEnabledSetTrue", message, now=now)
    status |= {
        "conditions": conditions,
        "switchReplicaClusterStatus": {"inProgress": False},
        "demotionToken": token_of(before, moment),
    }
    after = {key: value for key, value in before.items() if key != "stopped"} | {"role": "replica"}
    return changed(live, remembered(before, after) | {FENCED: None}, status)


def _promote(live: JsonObject, before: JsonObject, moment: Moment) -> Change | None:
    """A replica that shall be primary: with a token when it has replayed just that far, without one at once."""
    token = (live["spec"].get("replica") or {}).get("promotionToken") or ""
    status = dict(live.get("status") or {})
    if token and token != status.get("lastPromotionToken"):
        for_good, problem = token_problem(token, before)
        if for_good:
            reason = "Promotion token content is not correct for current instance"
            return changed(live, {}, status | {"phase": _UNRECOVERABLE, "phaseReason": reason})
        if problem:
            return changed(live, {}, status | {"phase": _PROMOTING, "phaseReason": ""})
    if fails(live, "promote") or not is_due(live, moment):
        return changed(live, {}, status | {"phase": _PROMOTING, "phaseReason": ""})
    after = before | {
        "role": "primary",
        "timeline": before["timeline"] + 1,
        "fork": before["lsn"],
        "at_s": round(moment.now.timestamp()),
    }
    found = _healthy(live | {"status": status}, after, moment)
    return _written(live, before, after, found | {"lastPromotionToken": token, "demotionToken": ""})


def _stream(live: JsonObject, before: JsonObject, source: Source, moment: Moment) -> Change | None:
    """A replica: what its source has, while it is reached and of one history; else what it had."""
    after, lag = dict(before), None
    origin = memory(source.live) if source.reached and source.live is not None else {}
    if source.live is not None and origin and _is_one_history(before, origin):
        there, keep_back = position(source.live, moment), int(annotations(live).get(KEEP_BACK) or 0)
        moved = max(before["lsn"], there - keep_back)
        # Exact where the source stands still; else written down now and then, and so lost in part with the source.
        stands = origin["role"] != "primary" or bool(origin.get("stopped"))
        if stands or moved - before["lsn"] >= NOTED_BYTES:
            after["lsn"] = moved
        after |= {"timeline": origin["timeline"], "fork": origin["fork"]}
        lag = there - moved if keep_back else 0
    return _written(live, before, after, _healthy(live, after, moment), lag=lag)


def _is_one_history(own: JsonObject, origin: JsonObject) -> bool:
    """Whether the source's history contains ours: same system, and we left no later than it forked."""
    if own["system"] != origin["system"] or own["timeline"] > origin["timeline"]:
        return False
    return bool(own["timeline"] == origin["timeline"] or own["lsn"] <= origin["fork"])


def _healthy(live: JsonObject, kept: JsonObject, moment: Moment, *, ready: bool = True) -> JsonObject:
    status, replica = dict(live.get("status") or {}), live["spec"].get("replica") or {}
    name = f"{live['metadata']['name']}-1"
    reason, message = (
        ("ClusterIsReady", "Cluster is Ready") if ready else ("ClusterIsNotReady", "Cluster Is Not Ready")
    )
    conditions = with_condition(
        list(status.get("conditions") or ()), "Ready", ready, reason, message, now=moment.text
    )
    status |= {
        "phase": _HEALTHY,
        "phaseReason": "",
        "conditions": conditions,
        "instances": live["spec"].get("instances", 1),
        "readyInstances": live["spec"].get("instances", 1) if ready else 0,
        "currentPrimary": name,
        "targetPrimary": name,
        "timelineID": kept["timeline"],
        "systemID": kept["system"],
    }
    if not replica.get("promotionToken"):
        status["lastPromotionToken"] = ""
    if not _is_replica(live):
        status["demotionToken"] = ""
    return status


def _written(
    live: JsonObject,
    before: JsonObject,
    after: JsonObject,
    status: JsonObject,
    *,
    lag: int | None = None,
) -> Change | None:
    notes = remembered(before, after)
    told = annotations(live).get(LAG)
    wanted = None if lag is None else str(lag)
    if told != wanted:
        notes |= {LAG: wanted}
    return changed(live, notes, status)
