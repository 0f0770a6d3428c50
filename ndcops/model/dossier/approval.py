"""Signatures of both sides over one digest, as X-Road's pair of complementary requests."""

from datetime import datetime
from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, model_validator

from ndcops.model.document import Name, Value, misplaced
from ndcops.model.record import canonical_json

Digest = str
"""SHA-256 in hexadecimal."""

DIGEST_FORM = r"^[0-9a-f]{64}$"


class Side(StrEnum):
    """Who signs: the agency that owns the data, the centre that takes them in. Neither is enough alone."""

    AGENCY = "agency"
    CENTRE = "centre"


class ApprovalPurpose(StrEnum):
    """What is agreed to: the dossier as it is, or a system that has moved and proved itself."""

    REGISTER = "register"
    ACCEPT = "accept"


class Approval(Value):
    """One person's decision. signature: Ed25519, base64, over `signed_bytes`, by the signer named `person`.

    dossier_sha256: `dossier_digest` of what was signed. evidence_sha256, system: for `accept`, which evidence
    of which system was seen; both sides must name the same.
    """

    role: Side
    person: Name
    purpose: ApprovalPurpose = ApprovalPurpose.REGISTER
    system: Name | None = None
    decision: Literal["approve", "refuse"]
    dossier_sha256: Digest = Field(pattern=DIGEST_FORM)
    evidence_sha256: Digest | None = Field(pattern=DIGEST_FORM, default=None)
    time: datetime
    signature: str = ""

    @model_validator(mode="after")
    def _check_subject(self) -> Self:
        accepts = self.purpose is ApprovalPurpose.ACCEPT
        if accepts != (self.system is not None):
            raise misplaced(("system",), "expected the system that is accepted, and none with 'register'")
        if accepts != (self.evidence_sha256 is not None):
            raise misplaced(("evidence_sha256",), "expected the evidence that was seen, and none with 'register'")
        if self.time.tzinfo is None:
            raise misplaced(("time",), "has no time zone; expected for example 2026-01-31T08:00:00Z")
        return self

    def signed_bytes(self) -> bytes:
        """What the person signs: the entry without its signature, as canonical JSON, under a name of its own.

        The name keeps a signature made for something else (a waiver, a checkpoint) from being taken for this.
        """
        entry = self.model_dump(mode="json", exclude={"signature"})
        return canonical_json({"ndcops": "approval/v1", "approval": entry})
