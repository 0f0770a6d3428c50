"""The door to a site's Kubernetes API: identity, object owners, health; called through wiring."""

from ndcops.adapters.kubernetes_api.api import KubernetesApi
from ndcops.adapters.kubernetes_api.drain import NodeDrains
from ndcops.adapters.kubernetes_api.identity import client_identity
from ndcops.adapters.kubernetes_api.tenancy import TenantObjects

__all__ = ["KubernetesApi", "NodeDrains", "TenantObjects", "client_identity"]
