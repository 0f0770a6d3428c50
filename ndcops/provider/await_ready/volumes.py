"""Persistent volumes and their claims: bound, or rightly waiting for a first consumer."""

from ndcops.provider.await_ready.verdict import READY, Cluster, Verdict, failed, spec, status, waiting
from ndcops.provider.wire import JsonObject


def judge_claim(live: JsonObject, cluster: Cluster) -> Verdict:
    """Bound; or Pending on a class that binds only when a Pod uses the claim."""
    phase = status(live).get("phase")
    if phase == "Bound":
        return READY
    if phase == "Lost":
        return failed(f"its volume {spec(live).get('volumeName')} is lost")
    class_name = spec(live).get("storageClassName")
    if phase == "Pending" and class_name:
        storage_class = cluster.one("storage.k8s.io/v1", "StorageClass", "", str(class_name))
        if storage_class and storage_class.get("volumeBindingMode") == "WaitForFirstConsumer":
            return READY
    return waiting(f"the claim is {phase or 'not seen by the volume controller yet'}")


def judge_volume(live: JsonObject, _cluster: Cluster) -> Verdict:
    """Available or Bound."""
    phase = status(live).get("phase")
    if phase in ("Available", "Bound"):
        return READY
    reason = f"the volume is {phase or 'not seen by the volume controller yet'}"
    return failed(reason) if phase == "Failed" else waiting(reason)
