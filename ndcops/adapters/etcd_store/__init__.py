"""The coordination store, an etcd with one member a site: operator lock, journals; called through wiring."""

from ndcops.adapters.etcd_store.access import EtcdAccess, read_access
from ndcops.adapters.etcd_store.client import EtcdStore
from ndcops.adapters.etcd_store.coordination import EtcdCoordination, GlassRules
from ndcops.adapters.etcd_store.keys import Keys
from ndcops.adapters.etcd_store.ledger import EtcdLedger
from ndcops.adapters.etcd_store.move_journals import StoredJournals
from ndcops.adapters.etcd_store.requests import Compare, Put

__all__ = [
    "Compare",
    "EtcdAccess",
    "EtcdCoordination",
    "EtcdLedger",
    "EtcdStore",
    "GlassRules",
    "Keys",
    "Put",
    "StoredJournals",
    "read_access",
]
