"""The door to a site's Kubernetes API: identity, object owners, health; called through wiring."""

from ndcops.adapters.kubernetes_api.api import KubernetesApi
from ndcops.adapters.kubernetes_api.identity import client_identity

__all__ = ["KubernetesApi", "client_identity"]
