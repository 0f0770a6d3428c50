"""Whether both sides signed the same digest, with keys that the centre trusts; pure."""

import hashlib
from collections.abc import Iterable
from datetime import datetime

from ndcops.model.detached_signature import IsValid
from ndcops.model.dossier import Approval, ApprovalPurpose, Dossier, Side
from ndcops.model.errors import InvalidInput
from ndcops.model.record import canonical_json
from ndcops.model.signer import Signers
from ndcops.model.standing import Standing


def evidence_digest(standing: Standing) -> str:
    """SHA-256 of the evidence that acceptance is based on: the records of the system since it was verified."""
    digests = [record.digest for record, _ in standing.evidence]
    entered = standing.entered.digest if standing.entered is not None else ""
    return hashlib.sha256(canonical_json({"entered": entered, "evidence": digests})).hexdigest()


def approval_problem(
    approval: Approval, dossier: Dossier, signers: Signers | None, now: datetime, is_valid: IsValid
) -> str:
    """Why a signature does not count; empty when it does."""
    signer = signers.signer(approval.person) if signers is not None else None
    if signer is None:
        return f"{approval.person} is no signer"
    if signer.side is not approval.role:
        return f"{approval.person} signs for the {signer.side}, not for the {approval.role}"
    if signer.agency not in (None, dossier.id):
        return f"{approval.person} signs for {signer.agency}"
    if approval.time > now:
        return f"{approval.person} signed in the future ({approval.time:%Y-%m-%dT%H:%M:%SZ})"
    try:
        valid = is_valid(signer.public_key, approval.signed_bytes(), approval.signature)
    except InvalidInput as error:
        return error.message
    return "" if valid else f"the signature is not by {approval.person} over this entry"


def missing_side(
    side: Side,
    dossier: Dossier,
    digest: str,
    signers: Signers | None,
    now: datetime,
    is_valid: IsValid,
    *,
    accepted: tuple[str, str] | None = None,
) -> str:
    """Why a side has not agreed; empty when it has.

    digest: of the dossier. accepted: system and digest of its evidence, for acceptance; None for registration.
    The newest word of a side counts: who refuses after having approved has not agreed.
    Of words in one second, a refusal counts before an approval, then the one that stands last.
    """
    wanted = [one for one in dossier.approvals if one.role is side and _is_about(one, accepted)]
    if not wanted:
        return f"not signed by the {side}"
    newest = _newest(wanted)
    problem = approval_problem(newest, dossier, signers, now, is_valid)
    if problem:
        return problem
    if newest.dossier_sha256 != digest:
        return f"the {side} signed {newest.dossier_sha256[:12]}…, the dossier is {digest[:12]}… by now"
    if accepted is not None and newest.evidence_sha256 != accepted[1]:
        return f"the {side} saw other evidence than there is by now"
    return "" if newest.decision == "approve" else f"the {side} refused ({newest.person})"


def _newest(approvals: list[Approval]) -> Approval:
    """A signature's time has whole seconds, and a quick hand signs twice in one; entries are appended."""
    _, found = max(enumerate(approvals), key=lambda one: (one[1].time, one[1].decision == "refuse", one[0]))
    return found


def signed_twice_by_one(approvals: Iterable[Approval], accepted: tuple[str, str] | None = None) -> bool:
    """Whether one person stands for both sides; a list of signers cannot say so, but a stolen one might."""
    persons = {
        side: {one.person for one in approvals if one.role is side and _is_about(one, accepted)} for side in Side
    }
    return bool(persons[Side.AGENCY] & persons[Side.CENTRE])


def _is_about(approval: Approval, accepted: tuple[str, str] | None) -> bool:
    if accepted is None:
        return approval.purpose is ApprovalPurpose.REGISTER
    return approval.purpose is ApprovalPurpose.ACCEPT and approval.system == accepted[0]
