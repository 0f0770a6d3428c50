"""Order from dependencies: groups of what needs each other, and what comes before what."""

from ndcops.onboarding.plan.ordering.groups import dependency_groups

__all__ = ["dependency_groups"]
