"""Readiness, switchover, failover, drill and failback of services."""
