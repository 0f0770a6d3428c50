"""Which columns of a live database hold personal data, from their names, types and a sample of values; pure."""

from ndcops.onboarding.plan.personal_data.detect import Detection, detect, detect_all

__all__ = ["Detection", "detect", "detect_all"]
