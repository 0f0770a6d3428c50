"""The door to a site's Kubernetes API: identity, object owners, health; called through wiring."""

from ndcops.adapters.kubernetes_api.api import KubernetesApi
from ndcops.adapters.kubernetes_api.drain import NodeDrains
from ndcops.adapters.kubernetes_api.identity import client_identity

__all__ = ["KubernetesApi", "NodeDrains", "client_identity"]
