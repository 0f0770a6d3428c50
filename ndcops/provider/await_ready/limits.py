"""ResourceQuotas and service account tokens: what a controller writes back."""

from ndcops.provider.await_ready.verdict import READY, Cluster, Verdict, spec, status, waiting
from ndcops.provider.wire import JsonObject


def judge_quota(live: JsonObject, _cluster: Cluster) -> Verdict:
    """The quota controller enforces the wanted limits."""
    if status(live).get("hard", {}) == (spec(live).get("hard") or {}):
        return READY
    return waiting("the quota controller has not taken the limits over")


def judge_secret(live: JsonObject, _cluster: Cluster) -> Verdict:
    """A service account token has been filled in; other Secrets are ready as they are."""
    if live.get("type") == "kubernetes.io/service-account-token" and not (live.get("data") or {}).get("token"):
        return waiting("the token has not been filled in")
    return READY
