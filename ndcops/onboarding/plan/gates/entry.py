"""Gates up to the landing zone: signatures, assessment, plan, room."""

from ndcops.model.dossier import ContactRole, Side
from ndcops.onboarding.plan.approvals import missing_side, signed_twice_by_one
from ndcops.onboarding.plan.gates.facts import Check, GateFacts, Values, evidenced, true, zero

ASSESSMENT = "assessment"
"""Evidence of `agency assess`: counts of what is wrong, and the dossier that was assessed."""


def _level(facts: GateFacts) -> str:
    return "" if facts.dossier.agency.level is not None else "agency.level is not declared"


def _owner(facts: GateFacts) -> str:
    return "" if facts.dossier.contact(ContactRole.OWNER) is not None else "no contact of the role 'owner'"


def _signed_by(side: Side) -> Check:
    def ask(facts: GateFacts) -> str:
        return missing_side(side, facts.dossier, facts.dossier_sha256, facts.signers, facts.now, facts.is_valid)

    return Check(f"signed-by-{side}", ask, waivable=False)


def _two_people(facts: GateFacts) -> str:
    return "one person signed for both sides" if signed_twice_by_one(facts.dossier.approvals) else ""


SIGNED = (
    _signed_by(Side.AGENCY),
    _signed_by(Side.CENTRE),
    Check("two-people", _two_people, waivable=False),
)
"""Asked again at every gate: a dossier that changed since is not the one that was agreed to."""

REGISTERED = (Check("agency-level", _level), Check("owner-named", _owner), *SIGNED)


def _same_dossier(facts: GateFacts) -> str:
    found = facts.standing.latest(ASSESSMENT)
    if found is None:
        return "not assessed since it was registered"
    return "" if Values(found).text("dossier_sha256") == facts.dossier_sha256 else "assessed as it was before"


def _assessed(name: str, key: str) -> Check:
    def ask(facts: GateFacts) -> str:
        found = facts.standing.latest(ASSESSMENT)
        return "not assessed since it was registered" if found is None else zero(key)(Values(found))

    return Check(name, ask)


def _blockers_listed(facts: GateFacts) -> str:
    found = facts.standing.latest(ASSESSMENT)
    listed = Values(found).texts("blockers") if found is not None else None
    return "" if listed is not None else "the blockers of its sources are not listed"


ASSESSED = (
    *SIGNED,
    Check("assessed-as-signed", _same_dossier, waivable=False),
    _assessed("sources-probed", "sources_without_answer"),
    _assessed("declared-as-live", "differences"),
    _assessed("importance-right", "importance_wrong"),
    _assessed("fields-labelled", "unlabelled_fields"),
    Check("blockers-listed", _blockers_listed, waivable=False),
)


def _rollback_owner(facts: GateFacts) -> str:
    return "" if facts.dossier.contact(ContactRole.ROLLBACK) is not None else "no contact of the role 'rollback'"


def _tier(facts: GateFacts) -> str:
    return "" if facts.system.tier is not None else "grade, rpo_s and rto_s are not declared"


def _places(facts: GateFacts) -> str:
    wanted = {"home": facts.system.home, "standby": facts.system.standby}
    missing = [name for name, site in wanted.items() if site is None or site not in facts.sites]
    return f"{' and '.join(missing)}: no built site declared" if missing else ""


def _window(values: Values) -> str:
    begins, ends = values.time("window_start"), values.time("window_end")
    if begins is None or ends is None:
        return "no window with its time zone"
    return "" if begins < ends else f"the window ends ({ends}) before it begins ({begins})"


def _roadmap(values: Values) -> str:
    return _window(values) or true("capacity_fits")(values) or zero("violations")(values)


PLANNED = (
    *SIGNED,
    Check("rollback-owner", _rollback_owner),
    Check("tier-declared", _tier, waivable=False),
    Check("places-declared", _places, waivable=False),
    evidenced("roadmap", _roadmap),
)


def _zone(values: Values) -> str:
    if values.text("pod_security") != "restricted":
        return "Pod Security is not 'restricted'"
    return true("namespace", "quota", "default_deny", "rbac")(values)


def _second_site(facts: GateFacts) -> str:
    found = facts.standing.latest("landing-zone")
    site = Values(found).text("standby_site") if found is not None else None
    if site is None:
        return "no restore target at another site"
    if site == facts.system.home or site not in facts.sites:
        return f"'{site}' is no built site other than the home"
    return ""


LANDING_ZONE_READY = (
    *SIGNED,
    evidenced("landing-zone", _zone),
    evidenced("cross-tenant", zero("allowed")),
    Check("second-site", _second_site, waivable=False),
)
