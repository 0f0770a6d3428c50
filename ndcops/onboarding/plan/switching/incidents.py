"""What went wrong while a system ran in the centre, by the ledger and by the stream back; pure."""

from collections.abc import Mapping

from ndcops.model.cutover import FenceState, SlotState, SubscriptionState
from ndcops.model.standing import Standing
from ndcops.onboarding.plan.switching.objections import MOST_LAG_BYTES

_COUNTED: Mapping[str, str] = {
    "verification": "differences",
    "row-hashes": "differing_rows",
    "foreign-keys": "orphans",
    "smoke-tests": "failed",
}
"""Evidence that can say that something is wrong, and where in it."""


def record_incidents(standing: Standing) -> tuple[str, ...]:
    """Evidence since the system is in its state that names a fault, mended since or not."""
    found = []
    for record, evidence in standing.evidence:
        count = evidence.values.get(_COUNTED.get(evidence.check, ""), 0)
        if count:
            found.append(f"{record.time:%Y-%m-%d %H:%M}: {evidence.check} says {count}")
    return tuple(found)


def stream_incidents(
    database: str, subscription: SubscriptionState | None, slot: SlotState | None, fence: FenceState
) -> tuple[str, ...]:
    """What would keep a way back from having every row now."""
    found = []
    if subscription is None or not subscription.enabled:
        found.append(f"{database}: the stream back does not run")
    elif not subscription.running or (slot is not None and slot.lag_bytes > MOST_LAG_BYTES):
        found.append(f"{database}: the stream back is behind; at the source it failed {subscription.errors} times")
    if slot is None or slot.lost:
        found.append(f"{database}: the stream back has lost its slot")
    if not fence.fenced:
        found.append(f"{database}: the source takes writes")
    return tuple(found)
