"""Kubernetes resource provider for Pulumi: a process of its own, started by the engine."""
