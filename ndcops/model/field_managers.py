"""Under which names fields of Kubernetes objects are owned, where more than one part must know them."""

FAILOVER_MANAGER = "ndcops-failover"
"""Of failover's writes: what it owns of a spec says where a service is."""
