"""Waves for a whole portfolio: what may move when, chosen by a solver, checked apart from it, explained."""

from ndcops.onboarding.plan.roadmap.planning import RoadmapFacts, plan_roadmap
from ndcops.onboarding.plan.roadmap.problem import SiteRoom

__all__ = ["RoadmapFacts", "SiteRoom", "plan_roadmap"]
