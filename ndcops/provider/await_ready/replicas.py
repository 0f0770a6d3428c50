"""ReplicationControllers and ReplicaSets: as many ready replicas as wanted."""

from ndcops.provider.await_ready.verdict import READY, Cluster, Verdict, is_observed, spec, status, waiting
from ndcops.provider.wire import JsonObject


def judge_replicas(live: JsonObject, _cluster: Cluster) -> Verdict:
    """Ready replicas reach the wanted count."""
    wanted, ready = int(spec(live).get("replicas", 1)), int(status(live).get("readyReplicas") or 0)
    if is_observed(live) and ready >= wanted:
        return READY
    return waiting(f"{ready} of {wanted} replicas ready")
