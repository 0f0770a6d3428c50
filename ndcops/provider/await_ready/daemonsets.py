"""DaemonSets: updated and available on every node that should run one."""

from ndcops.provider.await_ready.verdict import READY, Cluster, Verdict, is_observed, spec, status, waiting
from ndcops.provider.wire import JsonObject


def judge_daemonset(live: JsonObject, _cluster: Cluster) -> Verdict:
    """As `kubectl rollout status`; with OnDelete only availability counts."""
    if not is_observed(live):
        return waiting("the daemonset controller has not seen the newest revision")
    now = status(live)
    wanted = int(now.get("desiredNumberScheduled") or 0)
    available = int(now.get("numberAvailable") or 0)
    updated = int(now.get("updatedNumberScheduled") or 0)
    on_delete = (spec(live).get("updateStrategy") or {}).get("type") == "OnDelete"
    if available >= wanted and (on_delete or updated >= wanted):
        return READY
    return waiting(f"available on {available} of {wanted} nodes, newest revision on {updated}")
