"""Waves for a whole portfolio: what may move when, chosen by a solver, checked apart from it, explained."""

from ndcops.onboarding.plan.roadmap.planning import RoadmapFacts, plan_roadmap

__all__ = ["RoadmapFacts", "plan_roadmap"]
