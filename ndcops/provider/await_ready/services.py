"""Services and Ingresses: an address, or ready endpoints behind a selector."""

from ndcops.provider.await_ready.verdict import READY, Cluster, Verdict, spec, status, waiting
from ndcops.provider.wire import JsonObject


def judge_service(live: JsonObject, cluster: Cluster) -> Verdict:
    """A load balancer needs its address, a selector a ready endpoint; other Services are ready at once.

    The official plugin waits ten seconds after the last change of v1 Endpoints; EndpointSlices say at once.
    """
    wanted = spec(live)
    kind = wanted.get("type", "ClusterIP")
    if kind == "ExternalName" or not wanted.get("selector") or wanted.get("clusterIP") == "None":
        return READY
    if kind == "LoadBalancer" and not _has_address(live):
        return waiting("no load balancer has given it an address")
    metadata = live["metadata"]
    slices = cluster.related(
        "discovery.k8s.io/v1",
        "EndpointSlice",
        metadata.get("namespace", ""),
        f"kubernetes.io/service-name={metadata['name']}",
    )
    endpoints = [endpoint for each in slices for endpoint in each.get("endpoints") or []]
    ready = sum(1 for endpoint in endpoints if (endpoint.get("conditions") or {}).get("ready", True))
    if ready:
        return READY
    return waiting(f"none of its {len(endpoints)} Pods is ready" if endpoints else "its selector finds no Pod")


def judge_ingress(live: JsonObject, _cluster: Cluster) -> Verdict:
    """The ingress controller has written an address."""
    return READY if _has_address(live) else waiting("no ingress controller has given it an address")


def _has_address(live: JsonObject) -> bool:
    return bool((status(live).get("loadBalancer") or {}).get("ingress"))
