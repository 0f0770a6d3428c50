"""Jobs: complete; a failed one ends the wait."""

from ndcops.provider.await_ready.verdict import READY, Cluster, Verdict, condition, failed, spec, status, waiting
from ndcops.provider.wire import JsonObject


def judge_job(live: JsonObject, _cluster: Cluster) -> Verdict:
    """The Complete condition; Failed fails; a suspended Job is left alone."""
    if condition(live, "Complete").get("status") == "True" or spec(live).get("suspend"):
        return READY
    broken = condition(live, "Failed")
    if broken.get("status") == "True":
        return failed(f"{broken.get('reason')}: {broken.get('message')}")
    now = status(live)
    wanted = spec(live).get("completions") or 1
    return waiting(f"{now.get('succeeded') or 0} of {wanted} completions, {now.get('failed') or 0} failed Pods")
