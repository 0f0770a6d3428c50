"""Databases and volumes: would the target have everything, and nothing be promoted that must not be?"""

from collections.abc import Iterator
from typing import Final

from ndcops.failover.plan.facts import FailoverFacts, ServiceFacts
from ndcops.failover.plan.moves import Move
from ndcops.failover.plan.order import Objection
from ndcops.model.failover import DatabaseState

LARGEST_LAG_BYTES: Final = 16 * 1024 * 1024
"""One WAL segment: a replica farther behind is not caught up (Patroni's own default for elections is 1 MiB)."""
_RUNNING = frozenset({"running", "streaming"})


def data_objections(facts: FailoverFacts, found: ServiceFacts, move: Move) -> Iterator[Objection]:
    """Reasons of the service's data; when it is at the target already, nothing of it moves."""
    if move.realign:
        return
    engine = found.service.database.engine if found.service.database else ""
    if engine == "patroni":
        yield from _patroni(found, move)
    if engine == "cloudnativepg":
        yield from _replica_clusters(found, move)
    yield from _volumes(facts, found, move)


def _patroni(found: ServiceFacts, move: Move) -> Iterator[Objection]:
    database, name = found.database, move.service
    if database is None:
        return  # said as unknown
    if database.paused:
        yield Objection(subject=name, reason="its Patroni cluster is paused: patronictl resume")
    if database.pending:
        yield Objection(subject=name, reason=f"a change of its leader to {database.pending} is under way")
    if move.planned and not database.leader:
        yield Objection(subject=name, reason="its database has no leader")
    if not database.synchronous:
        yield Objection(subject=name, reason="synchronous mode is off", risk=f"no-sync-standby:{name}")
    members = [member for member in database.at(move.target) if member.state in _RUNNING]
    if not members:
        yield Objection(subject=name, reason=f"no running database member at {move.target}")
        return
    yield from _standby(database, move)
    lags = [member.lag_bytes for member in members if member.lag_bytes is not None]
    if not lags and move.planned:
        yield Objection(
            subject=name, reason=f"the lag of its member at {move.target} is not known", risk=f"lag-unknown:{name}"
        )
    elif lags and min(lags) > LARGEST_LAG_BYTES:
        yield Objection(subject=name, reason=f"its member at {move.target} is {min(lags)} bytes behind")


def _standby(database: DatabaseState, move: Move) -> Iterator[Objection]:
    if not database.synchronous or database.leader_site == move.target:
        return
    names = {member.name for member in database.at(move.target)}
    if not names & set(database.sync_standbys):
        standbys = ", ".join(database.sync_standbys) or "none"
        reason = f"no synchronous standby at {move.target} (standbys: {standbys})"
        yield Objection(subject=move.service, reason=reason, risk=f"no-sync-standby:{move.service}")


def _replica_clusters(found: ServiceFacts, move: Move) -> Iterator[Objection]:
    name, target, source = move.service, found.cluster_at(move.target), found.cluster_at(move.source)
    if target is None:
        yield Objection(subject=name, reason=f"{move.target} has no CloudNativePG cluster of it")
        return
    if not target.ready:
        yield Objection(subject=name, reason=f"its cluster at {move.target} is not ready: {target.phase}")
    if target.fenced:
        yield Objection(subject=name, reason=f"its cluster at {move.target} is fenced")
    if target.promotion_failed:
        yield Objection(
            subject=name, reason=f"its cluster at {move.target} refused a promotion: {target.promotion_failed}"
        )
    if target.lag_bytes is None and not move.planned:  # planned, the token waits until nothing is missing
        yield Objection(
            subject=name,
            reason=f"the lag of its cluster at {move.target} is not known",
            risk=f"lag-unknown:{name}",
        )
    if not move.planned:
        return
    if source is None:
        yield Objection(subject=name, reason=f"{move.source} has no CloudNativePG cluster of it")
    elif source.switching:
        yield Objection(subject=name, reason=f"its cluster at {move.source} is switching already")
    elif source.system_id != target.system_id:
        reason = f"its clusters are two databases ({source.system_id} and {target.system_id}): no replicas"
        yield Objection(subject=name, reason=reason)


def _volumes(facts: FailoverFacts, found: ServiceFacts, move: Move) -> Iterator[Objection]:
    """Data on volumes goes along only where its tier is replicated and a VolumeReplication says so."""
    name = move.service
    source_site, target_site = facts.site(move.source), facts.site(move.target)
    for workload in found.service.workloads:
        if workload.volume is None:
            continue
        tiers = [s.replicated_tiers for s in (source_site, target_site) if s is not None]
        if not all(workload.volume.tier in replicated for replicated in tiers):
            reason = f"workload {workload.name} keeps data on tier {workload.volume.tier}, which is not replicated"
            yield Objection(subject=name, reason=reason, risk=f"data-stays:{name}")
        elif not found.volumes_at(move.target):
            reason = f"no VolumeReplication of workload {workload.name} at {move.target}"
            yield Objection(subject=name, reason=reason, risk=f"data-stays:{name}")
    if not move.planned:
        return
    for volume in found.volumes_at(move.source):
        if volume.degraded:
            yield Objection(
                subject=name,
                reason=f"volume {volume.ref.name} does not reach the other side: {volume.message or 'degraded'}",
            )
        if volume.resyncing:
            yield Objection(subject=name, reason=f"volume {volume.ref.name} is still being synchronised")
