"""Gates from the seed to the rehearsal: everything copied, in step for hours, and once gone through whole."""

from ndcops.onboarding.plan.gates.entry import SIGNED
from ndcops.onboarding.plan.gates.facts import Check, GateFacts, Values, at_most, evidenced, true, zero

LEAST_VERIFICATIONS = 2


def _all_ready(values: Values) -> str:
    """`pg_subscription_rel.srsubstate` of every table is r."""
    states = values.mapping("states")
    if not states:
        return "no table is subscribed"
    waiting = sorted(table for table, state in states.items() if state != "r")
    return f"not ready: {', '.join(waiting[:5])}" if waiting else ""


SEEDED = (
    *SIGNED,
    evidenced("schema-diff", zero("differences"), waivable=False),
    evidenced("subscription", _all_ready, waivable=False),
)


def _lag(values: Values) -> str:
    held, needed = values.count("held_s"), values.count("needed_s")
    if held is None or needed is None or held < max(1, needed):
        return "the bound on lag did not hold long enough"
    return at_most("worst_bytes", "bound_bytes")(values)


def _clean_twice(facts: GateFacts) -> str:
    found = facts.standing.all_for("verification")[-LEAST_VERIFICATIONS:]
    if len(found) < LEAST_VERIFICATIONS:
        return f"{len(found)} of {LEAST_VERIFICATIONS} verifications"
    reasons = [zero("differences")(Values(one)) for one in found]
    return next((reason for reason in reasons if reason), "")


IN_SYNC = (
    *SIGNED,
    evidenced("lag", _lag),
    evidenced("slot-wal", at_most("bytes", "limit_bytes")),
    evidenced("ddl-log", zero("entries")),
    Check("verified-twice", _clean_twice, waivable=False),
)

REHEARSED = (
    *SIGNED,
    evidenced("rehearsal", lambda values: true("rolled_back")(values) or at_most("window_s", "budget_s")(values)),
)
