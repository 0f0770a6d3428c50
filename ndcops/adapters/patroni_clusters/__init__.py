"""Patroni clusters that span sites, through their configuration store and REST API; called through wiring."""

from ndcops.adapters.patroni_clusters.clusters import PatroniClusters
from ndcops.adapters.patroni_clusters.members import MemberApi
from ndcops.adapters.patroni_clusters.store import ConfigurationStore, StoredValue

__all__ = ["ConfigurationStore", "MemberApi", "PatroniClusters", "StoredValue"]
