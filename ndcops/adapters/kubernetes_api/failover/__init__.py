"""Drivers of failover in the sites' clusters: workloads, routes, volumes, fences, databases, drills' copies."""

from ndcops.adapters.kubernetes_api.failover.clusters import CloudNativeClusters
from ndcops.adapters.kubernetes_api.failover.fences import NetworkFences
from ndcops.adapters.kubernetes_api.failover.routes import ServiceRoutes
from ndcops.adapters.kubernetes_api.failover.scratch import DataClone, ScratchNamespaces
from ndcops.adapters.kubernetes_api.failover.site_objects import SiteObjects
from ndcops.adapters.kubernetes_api.failover.sites import PinnedSites
from ndcops.adapters.kubernetes_api.failover.volumes import ReplicatedVolumes
from ndcops.adapters.kubernetes_api.failover.workloads import ServiceWorkloads

__all__ = [
    "CloudNativeClusters",
    "DataClone",
    "NetworkFences",
    "PinnedSites",
    "ReplicatedVolumes",
    "ScratchNamespaces",
    "ServiceRoutes",
    "ServiceWorkloads",
    "SiteObjects",
]
