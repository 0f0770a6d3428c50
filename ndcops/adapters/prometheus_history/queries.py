"""What a Prometheus is asked for when nothing else is said; `server` sends it.

The metrics are those of kube-state-metrics (docs/metrics, v2); each expression gives one series a site, labelled
`site`. Requests and not usage: a site is full when the scheduler says so, however idle its processors are.
"""

from collections.abc import Mapping
from types import MappingProxyType

SITE_LABEL = "site"


def _daily_peak(expression: str) -> str:
    """The highest of a day's hourly values: a backup or a batch of one hour needs its room too."""
    return f"max_over_time(({expression})[1d:1h])"


def _requested(resource: str) -> str:
    return _daily_peak(f'sum by ({SITE_LABEL}) (kube_pod_container_resource_requests{{resource="{resource}"}})')


DEFAULT_QUERIES: Mapping[str, str] = MappingProxyType(
    {
        "cpu": _requested("cpu"),
        "memory": _requested("memory"),
        "nvidia.com/gpu": _requested("nvidia_com_gpu"),
        "storage": _daily_peak(
            f"sum by ({SITE_LABEL}) (kube_persistentvolumeclaim_resource_requests_storage_bytes)"
        ),
        "pods": _daily_peak(f'sum by ({SITE_LABEL}) (kube_pod_status_phase{{phase=~"Pending|Running"}})'),
    }
)
"""PromQL by resource."""
