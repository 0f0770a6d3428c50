"""StatefulSets: every replica ready at the newest revision."""

from ndcops.provider.await_ready.verdict import READY, Cluster, Verdict, is_observed, spec, status, waiting
from ndcops.provider.wire import JsonObject


def judge_statefulset(live: JsonObject, _cluster: Cluster) -> Verdict:
    """replicas = ready = updated, and one revision; with OnDelete or a partition, replicas = ready."""
    if not is_observed(live):
        return waiting("the statefulset controller has not seen the newest revision")
    now = status(live)
    wanted = int(spec(live).get("replicas", 1))
    ready = int(now.get("readyReplicas") or 0)
    if ready < wanted:
        return waiting(f"{ready} of {wanted} replicas ready")
    strategy = spec(live).get("updateStrategy") or {}
    partition = int((strategy.get("rollingUpdate") or {}).get("partition") or 0)
    if strategy.get("type") == "OnDelete":
        return READY
    updated = int(now.get("updatedReplicas") or 0)
    if updated < wanted - partition:
        return waiting(f"{updated} of {wanted - partition} replicas at the newest revision")
    if not partition and now.get("currentRevision") != now.get("updateRevision"):
        return waiting("the rolling update has not finished")
    return READY
