"""Deployments: the current revision rolled out and available."""

from ndcops.provider.await_ready.pods import unready_pods
from ndcops.provider.await_ready.verdict import (
    READY,
    Cluster,
    Verdict,
    condition,
    failed,
    is_observed,
    spec,
    status,
    waiting,
)
from ndcops.provider.wire import JsonObject


def judge_deployment(live: JsonObject, cluster: Cluster) -> Verdict:
    """As `kubectl rollout status`: every wanted replica updated and available, none of an old revision left."""
    if not is_observed(live):
        return waiting("the deployment controller has not seen the newest revision")
    if spec(live).get("paused"):
        return READY
    progressing = condition(live, "Progressing")
    if progressing.get("reason") == "ProgressDeadlineExceeded":
        return failed(str(progressing.get("message")), *unready_pods(live, cluster))
    now = status(live)
    wanted = int(spec(live).get("replicas", 1))
    updated, total = int(now.get("updatedReplicas") or 0), int(now.get("replicas") or 0)
    available = int(now.get("availableReplicas") or 0)
    if updated >= wanted and total <= updated and available >= updated:
        return READY
    refused = condition(live, "ReplicaFailure")
    reasons = [str(refused.get("message"))] if refused.get("status") == "True" else []
    return waiting(f"{available} of {wanted} replicas available, {updated} of the newest revision", *reasons)
