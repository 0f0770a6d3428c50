"""The certificate that a source was erased: what two people sign, and whether they have; pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from ndcops.model.detached_signature import IsValid
from ndcops.model.document import Name, Value
from ndcops.model.record import JsonObject, Record, canonical_json
from ndcops.model.signer import Signers

ERASURE_SIGNED = "agency/erasure-signed"
"""Kind of the ledger's record of one person's signature: body is an ErasureSignature."""

KEEP_SOURCE_DAYS = 30
"""How long a source is kept at least after acceptance: a way back by hand, should all else fail."""


class ErasureSignature(Value):
    """One person's word that the databases are gone from the agency's server. seen: what ndcops saw there."""

    agency: Name
    system: Name
    databases: tuple[Name, ...]
    person: Name
    seen: str
    time: datetime
    signature: str = ""

    def signed_bytes(self) -> bytes:
        """Under a name of its own, so that a signature for something else is never taken for this."""
        entry = self.model_dump(mode="json", exclude={"signature"})
        return canonical_json({"ndcops": "erasure/v1", "erasure": entry})


def certifiers(
    records: Iterable[Record], system: str, databases: tuple[str, ...], signers: Signers | None, is_valid: IsValid
) -> tuple[str, ...]:
    """Who certified the erasure of exactly these databases, with a signature that counts; each person once."""
    found = []
    for record in records:
        if record.kind != ERASURE_SIGNED or record.body.get("system") != system:
            continue
        entry = ErasureSignature.model_validate(record.body)
        signer = signers.signer(entry.person) if signers is not None else None
        if signer is None or entry.databases != databases:
            continue
        if is_valid(signer.public_key, entry.signed_bytes(), entry.signature):
            found.append(entry.person)
    return tuple(dict.fromkeys(found))


def retention(accepted_since: datetime | None, now: datetime) -> JsonObject:
    """Whether the source was kept long enough to be erased."""
    kept_days = (now - accepted_since) // timedelta(days=1) if accepted_since is not None else 0
    return {"met": kept_days >= KEEP_SOURCE_DAYS, "kept_days": kept_days, "least_days": KEEP_SOURCE_DAYS}
