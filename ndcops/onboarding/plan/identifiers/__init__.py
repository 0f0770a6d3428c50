"""Numbers and words by which Vietnam knows its people; pure checks of one value each."""

from ndcops.onboarding.plan.identifiers.citizen import (
    PROVINCES_AFTER_MERGER,
    PROVINCES_BEFORE_MERGER,
    is_citizen_id,
)
from ndcops.onboarding.plan.identifiers.numbers import (
    is_health_card,
    is_insurance_number,
    is_old_identity_card,
    is_passport,
    is_tax_code,
)
from ndcops.onboarding.plan.identifiers.phone import is_phone
from ndcops.onboarding.plan.identifiers.words import (
    is_address,
    is_email,
    is_ethnicity,
    is_person_name,
    is_religion,
    plain,
)

__all__ = [
    "PROVINCES_AFTER_MERGER",
    "PROVINCES_BEFORE_MERGER",
    "is_address",
    "is_citizen_id",
    "is_email",
    "is_ethnicity",
    "is_health_card",
    "is_insurance_number",
    "is_old_identity_card",
    "is_passport",
    "is_person_name",
    "is_phone",
    "is_religion",
    "is_tax_code",
    "plain",
]
