"""The gates of the life cycle (facts, §3): what must hold before a system enters its next state; pure."""

from ndcops.onboarding.plan.gates.facts import GateFacts
from ndcops.onboarding.plan.gates.judge import CHECKS, gate_report, unknown_checks

__all__ = ["CHECKS", "GateFacts", "gate_report", "unknown_checks"]
