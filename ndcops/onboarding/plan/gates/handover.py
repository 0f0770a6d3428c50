"""Gates from the cut-over to the end: nothing lost, agreed by both, restored elsewhere in time, erased by two."""

from datetime import timedelta

from ndcops.model.dossier import Side
from ndcops.model.lifecycle import LifecycleState
from ndcops.onboarding.plan.approvals import evidence_digest, missing_side, signed_twice_by_one
from ndcops.onboarding.plan.gates.entry import SIGNED
from ndcops.onboarding.plan.gates.facts import Check, GateFacts, Values, evidenced, true, zero

STABLE_DAYS = 7
LEAST_PEOPLE = 2


def _fence(values: Values) -> str:
    return zero("sessions")(values) or zero("prepared_transactions")(values) or true("proven")(values)


CUT_OVER = (
    *SIGNED,
    evidenced("fence", _fence, waivable=False),
    evidenced("sentinel", true("seen"), waivable=False),
    evidenced("sequences", zero("behind"), waivable=False),
    evidenced("reverse-stream", true("running")),
)


def _hashes(values: Values) -> str:
    if not values.count("tables"):
        return "no table was compared"
    return zero("differing_rows")(values)


def _smoke(values: Values) -> str:
    if not values.count("passed"):
        return "no test was run"
    return zero("failed")(values)


VERIFIED = (
    *SIGNED,
    evidenced("row-hashes", _hashes, waivable=False),
    evidenced("foreign-keys", zero("orphans"), waivable=False),
    evidenced("constraints", zero("broken")),
    evidenced("grants", zero("differences")),
    evidenced("sequences", zero("behind"), waivable=False),
    evidenced("smoke-tests", _smoke),
)


def _accepted_by(side: Side) -> Check:
    def ask(facts: GateFacts) -> str:
        accepted = (facts.system.id, evidence_digest(facts.standing))
        return missing_side(
            side,
            facts.dossier,
            facts.dossier_sha256,
            facts.signers,
            facts.now,
            facts.is_valid,
            accepted=accepted,
        )

    return Check(f"accepted-by-{side}", ask, waivable=False)


def _two_accept(facts: GateFacts) -> str:
    accepted = (facts.system.id, evidence_digest(facts.standing))
    return "one person accepted for both sides" if signed_twice_by_one(facts.dossier.approvals, accepted) else ""


def _stable(facts: GateFacts) -> str:
    since = facts.standing.since
    if facts.standing.state is not LifecycleState.VERIFIED or since is None:
        return "not verified yet"
    if facts.now - since < timedelta(days=STABLE_DAYS):
        return f"verified on {since:%Y-%m-%d}; {STABLE_DAYS} stable days are asked"
    found = facts.standing.latest("stability")
    return "no evidence of how it ran" if found is None else zero("incidents")(Values(found))


def restore_problem(facts: GateFacts) -> str:
    """Why the newest restore proves nothing: it must be of another site, whole, and within the system's RTO."""
    found = facts.standing.latest("restore")
    if found is None:
        return "no restore at another site since it is verified"
    values = Values(found)
    site, duration_s, tier = values.text("site"), values.count("duration_s"), facts.system.tier
    if site is None or site == facts.system.home or site not in facts.sites:
        return f"restored at '{site}', which is no built site other than the home"
    if facts.system.home is None:
        return "its home is not declared, so no other site is known"
    if not values.count("rows") or not values.is_true("rows_match"):
        return "the restored rows were not compared"
    if tier is None or duration_s is None:
        return "its RTO or the time it took is not known"
    return f"it took {duration_s} s, RTO is {tier.rto_s} s" if duration_s > tier.rto_s else ""


ACCEPTED = (
    *SIGNED,
    _accepted_by(Side.AGENCY),
    _accepted_by(Side.CENTRE),
    Check("accepted-by-two-people", _two_accept, waivable=False),
    Check("stable", _stable),
    Check("restore", restore_problem, waivable=False),
)


def _retention(values: Values) -> str:
    return true("met")(values)


def _erasure(values: Values) -> str:
    people = values.texts("people")
    if people is None or len(set(people)) < LEAST_PEOPLE:
        return f"{LEAST_PEOPLE} different people must certify"
    return true("erased")(values)


DECOMMISSIONED = (
    *SIGNED,
    evidenced("retention", _retention, waivable=False),
    evidenced("final-archive", true("restored"), waivable=False),
    evidenced("erasure", _erasure, waivable=False),
)
