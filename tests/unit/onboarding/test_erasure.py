"""Who certified that a source was erased, and whether it was kept long enough."""

from datetime import timedelta

import pytest

from ndcops.adapters.signatures import DetachedSignatures
from ndcops.onboarding.plan.switching.erasure import ERASURE_SIGNED, ErasureSignature, certifiers, retention
from tests.onboarding_world import BEGAN, Keys, MemoryLedger

DATABASES = ("x-db",)


def signed(keys: Keys, person: str, by: str | None = None, **changes: object) -> ErasureSignature:
    fields = {
        "agency": "agency-x",
        "system": "x-records",
        "databases": DATABASES,
        "person": person,
        "seen": "gone",
        "time": BEGAN,
        **changes,
    }
    statement = ErasureSignature.model_validate(fields)
    return statement.model_copy(update={"signature": keys.sign(by or person, statement.signed_bytes())})


def found(keys: Keys, *entries: ErasureSignature) -> tuple[str, ...]:
    ledger = MemoryLedger()
    for entry in entries:
        ledger.append(ERASURE_SIGNED, entry.model_dump(mode="json"))
    return certifiers(ledger.records(), "x-records", DATABASES, keys.signers, DetachedSignatures().is_valid)


def test_two_people_count_once_each() -> None:
    keys = Keys()
    assert found(keys, signed(keys, "an"), signed(keys, "an"), signed(keys, "binh")) == ("an", "binh")


def test_what_does_not_count() -> None:
    keys = Keys()
    other = signed(keys, "an", system="y-records")
    fewer = signed(keys, "an", databases=("y-db",))
    forged = signed(keys, "an", by="binh")
    changed = signed(keys, "binh").model_copy(update={"seen": "otherwise"})
    stranger = signed(keys, "chi", by="an")
    assert found(keys, other, fewer, forged, changed, stranger) == ()


@pytest.mark.parametrize(("days", "met"), [(0, False), (29, False), (30, True), (400, True)])
def test_a_source_is_kept_thirty_days(days: int, met: bool) -> None:
    assert retention(BEGAN, BEGAN + timedelta(days=days))["met"] is met
    assert retention(None, BEGAN)["met"] is False
