"""Landing zones: which flows, how large, where databases will be, what stands, who gets in where; pure."""

from ndcops.onboarding.plan.landing_zone.facts import ZoneFacts
from ndcops.onboarding.plan.landing_zone.zones import PlannedZones, landing_zones

__all__ = ["PlannedZones", "ZoneFacts", "landing_zones"]
