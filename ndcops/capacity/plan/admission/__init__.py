"""What the API server does to a pod before the scheduler sees it: defaults, limits, classes, quotas. Pure."""

from ndcops.capacity.plan.admission.chain import admit as admit
from ndcops.capacity.plan.admission.chain import admit_claim as admit_claim
from ndcops.capacity.plan.admission.quota import QuotaRoom as QuotaRoom
from ndcops.capacity.plan.admission.quota import quota_room as quota_room
from ndcops.capacity.plan.admission.refusal import AdmissionRefused as AdmissionRefused
