"""Which kinds are waited for, and who judges them (data); `wait` reads it. The rest is ready at once."""

from typing import Final

from ndcops.provider.await_ready.daemonsets import judge_daemonset
from ndcops.provider.await_ready.deployments import judge_deployment
from ndcops.provider.await_ready.jobs import judge_job
from ndcops.provider.await_ready.limits import judge_quota, judge_secret
from ndcops.provider.await_ready.pods import judge_pod
from ndcops.provider.await_ready.replicas import judge_replicas
from ndcops.provider.await_ready.services import judge_ingress, judge_service
from ndcops.provider.await_ready.statefulsets import judge_statefulset
from ndcops.provider.await_ready.verdict import Judge
from ndcops.provider.await_ready.volumes import judge_claim, judge_volume

JUDGES: Final[dict[tuple[str, str], Judge]] = {
    ("apps", "DaemonSet"): judge_daemonset,
    ("apps", "Deployment"): judge_deployment,
    ("apps", "ReplicaSet"): judge_replicas,
    ("apps", "StatefulSet"): judge_statefulset,
    ("batch", "Job"): judge_job,
    ("networking.k8s.io", "Ingress"): judge_ingress,
    ("", "PersistentVolume"): judge_volume,
    ("", "PersistentVolumeClaim"): judge_claim,
    ("", "Pod"): judge_pod,
    ("", "ReplicationController"): judge_replicas,
    ("", "ResourceQuota"): judge_quota,
    ("", "Secret"): judge_secret,
    ("", "Service"): judge_service,
}
