"""Patroni's keys (patroni docs, DCS) and what they say of a cluster; `clusters` calls it, it is pure."""

import json
from collections.abc import Mapping
from typing import Any, Literal

from ndcops.adapters.patroni_clusters.members import MemberAnswer
from ndcops.adapters.patroni_clusters.store import StoredValue
from ndcops.model.errors import NdcopsError, Refused
from ndcops.model.failover import DatabaseMember, DatabaseState
from ndcops.model.record import JsonObject
from ndcops.model.slot_keeping import SlotRule

DEFAULT_TTL_S, DEFAULT_LOOP_WAIT_S = 30, 10
"""What Patroni takes when its configuration says nothing."""

Role = Literal["leader", "sync_standby", "replica", "unknown"]


class ClusterKeys:
    """The keys of one cluster as read at one moment."""

    def __init__(self, prefix: str, found: Mapping[str, StoredValue]) -> None:
        """Raises NdcopsError when no cluster was ever made there."""
        self.prefix = prefix
        self._found = found
        if self.path("config") not in found:
            raise NdcopsError(
                f"no Patroni cluster has its keys at {prefix}",
                resolution="check scope and namespace of its members",
            )
        self.leader = self.text("leader")
        self.config = self.document("config")

    def path(self, name: str) -> str:
        """The full name of a key of this cluster."""
        return f"{self.prefix}{name}"

    def stored(self, name: str) -> StoredValue | None:
        """A key with its revision."""
        return self._found.get(self.path(name))

    def text(self, name: str) -> str:
        """A key's value; empty without the key."""
        found = self.stored(name)
        return found.value if found else ""

    def document(self, name: str) -> JsonObject:
        """A key's value as JSON; empty without the key, or when it holds no object."""
        try:
            parsed: Any = json.loads(self.text(name) or "{}")
        except ValueError:
            return {}
        return parsed if isinstance(parsed, dict) else {}

    def members(self) -> dict[str, JsonObject]:
        """By name. A member's key lives as long as its Patroni speaks to the store, and its ttl."""
        start = self.path("members/")
        return {
            key[len(start) :]: self.document(key[len(self.prefix) :])
            for key in self._found
            if key.startswith(start)
        }

    def slot_rules(self) -> tuple[SlotRule, ...]:
        """Slots that the members leave alone (`ignore_slots`). Raises Refused for what is no list."""
        found = self.config.get("ignore_slots") or []
        if not isinstance(found, list) or not all(isinstance(rule, dict) for rule in found):
            raise Refused(
                "Patroni's ignore_slots is no list of slots: what it leaves alone is not known",
                resolution="patronictl edit-config",
            )
        fields = SlotRule.model_fields
        return tuple(SlotRule(**{name: str(rule.get(name) or "") for name in fields}) for rule in found)

    def sync_standbys(self) -> tuple[str, ...]:
        """Those that have confirmed everything: only they may lead next (key `sync`)."""
        sync = self.document("sync")
        if sync.get("leader") != self.leader and self.leader:
            return ()
        return tuple(name for name in str(sync.get("sync_standby") or "").split(",") if name)


def site_of(name: str, member: JsonObject) -> str:
    """A member's site, from its tags. Raises Refused when it has none: where it stands decides everything."""
    site = (member.get("tags") or {}).get("site")
    if not site:
        raise Refused(
            f"database member {name} does not say on which site it stands",
            resolution="set tags.site in its Patroni configuration, then: patronictl reload",
        )
    return str(site)


def database_state(
    service: str,
    keys: ClusterKeys,
    answers: Mapping[str, MemberAnswer],
    epoch: int,
    leader_left_s: int | None = None,
) -> DatabaseState:
    """The cluster: the store decides who leads and who confirms, the members say how far they are."""
    config = keys.config
    standbys = keys.sync_standbys()
    head = _head(keys, answers)
    members = tuple(
        _member(name, member, answers.get(name), head, _role(name, keys.leader, standbys, answers.get(name)))
        for name, member in sorted(keys.members().items())
    )
    return DatabaseState(
        service=service,
        members=members,
        leader=keys.leader,
        sync_standbys=standbys,
        synchronous=config.get("synchronous_mode") in (True, "on", "quorum"),
        paused=config.get("pause") is True,
        failsafe=config.get("failsafe_mode") is True,
        ttl_s=int(config.get("ttl", DEFAULT_TTL_S)),
        loop_wait_s=int(config.get("loop_wait", DEFAULT_LOOP_WAIT_S)),
        pending=_pending(keys.document("failover")),
        epoch=epoch,
        leader_left_s=leader_left_s,
    )


def _pending(order: JsonObject) -> str:
    """The candidate of a change that waits; Patroni empties the key when it is over. One without a candidate, by
    another hand, is told by its leader.
    """
    return str(order.get("member") or (f"anyone but {order['leader']}" if order.get("leader") else ""))


def _role(name: str, leader: str, standbys: tuple[str, ...], answer: MemberAnswer | None) -> Role:
    if name == leader:
        return "leader"
    if name in standbys:
        return "sync_standby"
    return "replica" if answer is not None and not answer.is_primary else "unknown"


def _head(keys: ClusterKeys, answers: Mapping[str, MemberAnswer]) -> int | None:
    """The furthest position of the leader that anybody knows, in bytes of WAL."""
    known = [int(keys.document("status").get("optime") or 0)]
    answer = answers.get(keys.leader)
    if answer is not None and answer.position is not None:
        known.append(answer.position)
    return max(known) or None


def _member(
    name: str, member: JsonObject, answer: MemberAnswer | None, head: int | None, role: Role
) -> DatabaseMember:
    position = answer.position if answer else None
    lag = None if head is None or position is None else max(0, head - position)
    return DatabaseMember(
        name=name,
        site=site_of(name, member),
        role=role,
        state=answer.state if answer else str(member.get("state", "unknown")),
        timeline=answer.timeline if answer else None,
        lag_bytes=lag,
        answers=answer is not None,
        clock_offset_ms=answer.clock_offset_ms if answer else None,
    )
