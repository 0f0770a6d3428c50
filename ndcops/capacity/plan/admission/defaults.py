"""Fields that the API server fills in when it decodes a pod, as far as scheduling reads them.

Rules: pkg/apis/core/v1/defaults.go, SetDefaults_Pod and SetDefaults_PodSpec; zz_generated.defaults.go for ports.
"""

from collections.abc import Iterator

from ndcops.capacity.plan.admission.pod_totals import is_huge_page, is_pod_level, of_containers
from ndcops.model.record import JsonObject


def containers_of(spec: JsonObject) -> Iterator[JsonObject]:
    """Containers, then init containers."""
    yield from spec.get("containers") or ()
    yield from spec.get("initContainers") or ()


def set_defaults(pod: JsonObject) -> None:
    """Fill in a pod of ours in place."""
    spec = pod["spec"]
    pod.setdefault("metadata", {}).setdefault("namespace", "default")
    for container in containers_of(spec):
        request_what_is_limited(container)
        for port in container.get("ports") or ():
            port.setdefault("protocol", "TCP")
            if spec.get("hostNetwork") and not port.get("hostPort"):
                port["hostPort"] = port["containerPort"]
    _limit_huge_pages(spec)
    _request_for_pod(spec)
    spec.setdefault("restartPolicy", "Always")
    spec.setdefault("schedulerName", "default-scheduler")


def request_what_is_limited(container: JsonObject) -> None:
    """What has a limit and no request requests its limit."""
    resources = container.get("resources") or {}
    if limits := resources.get("limits"):
        resources["requests"] = {**limits, **(resources.get("requests") or {})}


def _limit_huge_pages(spec: JsonObject) -> None:
    """A pod that names resources limits its containers' huge pages together (defaultHugePagePodLimits)."""
    own = spec.get("resources") or {}
    if not own.get("limits") and not own.get("requests"):
        return
    for name, total in of_containers(spec, "limits").items():
        if is_huge_page(name) and name not in (own.get("requests") or {}):
            limits = own["limits"] = own.get("limits") or {}
            limits.setdefault(name, str(total))


def _request_for_pod(spec: JsonObject) -> None:
    """A pod with limits requests what its containers do, else its limits (defaultPodRequests)."""
    own = spec.get("resources") or {}
    if not own.get("limits"):
        return
    asked = dict(own.get("requests") or {})
    for name, total in of_containers(spec, "requests").items():
        if is_pod_level(name) and not is_huge_page(name):
            asked.setdefault(name, str(total))
    for name, limit in own["limits"].items():
        if is_pod_level(name):
            asked.setdefault(name, limit)
    if asked:
        own["requests"] = asked
