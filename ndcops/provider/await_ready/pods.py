"""Pods: ready or done; and why the Pods behind a workload are not."""

from ndcops.provider.await_ready.verdict import READY, Cluster, Verdict, condition, failed, spec, status, waiting
from ndcops.provider.wire import JsonObject

_MOST_REASONS = 3


def judge_pod(live: JsonObject, _cluster: Cluster) -> Verdict:
    """Ready or Succeeded; Failed ends the wait."""
    phase = status(live).get("phase")
    if phase == "Succeeded" or condition(live, "Ready").get("status") == "True":
        return READY
    reasons = pod_reasons(live) or [f"the Pod is {phase or 'not scheduled yet'}"]
    return failed(*reasons) if phase == "Failed" else waiting(*reasons)


def unready_pods(live: JsonObject, cluster: Cluster) -> list[str]:
    """Why Pods that a workload's selector finds are not ready; a few are enough."""
    labels = (spec(live).get("selector") or {}).get("matchLabels") or {}
    if not labels:
        return []
    selector = ",".join(f"{key}={value}" for key, value in labels.items())
    reasons: list[str] = []
    for pod in cluster.related("v1", "Pod", live["metadata"].get("namespace", ""), selector):
        if condition(pod, "Ready").get("status") != "True":
            reasons += [f"Pod {pod['metadata']['name']}: {reason}" for reason in pod_reasons(pod)]
    return reasons[:_MOST_REASONS]


def pod_reasons(pod: JsonObject) -> list[str]:
    """What the scheduler and the containers say."""
    reasons = []
    scheduled = condition(pod, "PodScheduled")
    if scheduled.get("status") == "False":
        reasons.append(str(scheduled.get("message") or scheduled.get("reason")))
    containers = [*(status(pod).get("initContainerStatuses") or []), *(status(pod).get("containerStatuses") or [])]
    for container in containers:
        state = container.get("state") or {}
        stuck = state.get("waiting") or {}
        ended = state.get("terminated") or {}
        if stuck.get("reason"):
            reasons.append(
                f"container {container.get('name')}: {stuck['reason']} {stuck.get('message', '')}".strip()
            )
        elif ended.get("exitCode"):
            reasons.append(f"container {container.get('name')}: ended with exit code {ended['exitCode']}")
    return reasons
