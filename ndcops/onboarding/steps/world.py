"""What the room's steps act on."""

from collections.abc import Mapping
from dataclasses import dataclass

from ndcops.onboarding.ports import DossierFiles
from ndcops.workflow.journal import Journal


@dataclass(frozen=True)
class OnboardingWorld:
    """texts: what a plan writes, by SHA-256; plans and journals name it by that, they do not repeat it."""

    files: DossierFiles
    ledger: Journal
    texts: Mapping[str, str]
