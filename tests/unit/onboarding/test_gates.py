"""Every gate opens for what it asks and for nothing less; no state is skipped; some checks cannot be waived."""

from datetime import date, timedelta

import pytest

from ndcops.model.dossier import Side
from ndcops.model.errors import Refused
from ndcops.model.lifecycle import STATE_ENTERED, CheckResult, LifecycleState, StateEntry
from ndcops.model.standing import standing_of
from ndcops.onboarding.plan.gates import CHECKS
from tests.onboarding_world import PROOFS, WANTED, Journey, Keys, dossier


@pytest.fixture
def journey() -> Journey:
    keys = Keys()
    return Journey(keys, keys.signed(dossier()))


def failed(journey: Journey) -> dict[str, str]:
    return {check.check: check.why for check in journey.report().checks if not check.passed}


def test_the_whole_way_with_good_evidence(journey):
    journey.until(LifecycleState.DECOMMISSIONED)
    assert journey.report().next is None
    assert not journey.report().is_open


def test_every_state_but_the_draft_has_a_gate():
    assert set(CHECKS) == set(LifecycleState) - {LifecycleState.DRAFT}
    assert all(CHECKS.values())


@pytest.mark.parametrize(
    ("state", "check"), [(state, check) for state, checks in WANTED.items() for check in sorted(set(checks))]
)
def test_a_gate_stays_shut_without_each_piece_of_evidence(journey, state, check):
    journey.until(list(LifecycleState)[state.rank - 1])
    for other in WANTED[state]:
        if other != check:
            journey.prove(other)
    journey.ledger.now += timedelta(days=8)
    if state is LifecycleState.ACCEPTED:
        journey.accept()
    assert not journey.go_on()
    assert failed(journey)


@pytest.mark.parametrize(
    ("check", "spoilt"),
    [
        ("roadmap", {"violations": 1}),
        ("roadmap", {"capacity_fits": "true"}),
        ("roadmap", {"window_end": "2026-02-28T02:00:00+07:00"}),
        ("roadmap", {"window_end": "soon"}),
        ("roadmap", {"window_start": "2026-03-01T20:00:00"}),
        ("landing-zone", {"pod_security": "baseline"}),
        ("landing-zone", {"standby_site": "ndc1"}),
        ("landing-zone", {"standby_site": "ndc9"}),
        ("landing-zone", {"quota": 1}),
        ("cross-tenant", {"allowed": 1}),
        ("cross-tenant", {"allowed": False}),
        ("subscription", {"states": {}}),
        ("subscription", {"states": {"a": "r", "b": "d"}}),
        ("lag", {"held_s": 3599}),
        ("lag", {"held_s": 0, "needed_s": 0}),
        ("lag", {"worst_bytes": 101}),
        ("slot-wal", {"limit_bytes": None}),
        ("verification", {"differences": 1}),
        ("rehearsal", {"rolled_back": False}),
        ("rehearsal", {"window_s": 3601}),
        ("fence", {"sessions": -1}),
        ("sentinel", {"seen": 1}),
        ("sequences", {"behind": True}),
        ("row-hashes", {"tables": 0}),
        ("row-hashes", {"differing_rows": 1}),
        ("smoke-tests", {"passed": 0}),
        ("restore", {"site": "ndc1"}),
        ("restore", {"site": "elsewhere"}),
        ("restore", {"duration_s": 3601}),
        ("restore", {"duration_s": "600"}),
        ("restore", {"rows": 0}),
        ("restore", {"rows_match": "yes"}),
        ("stability", {"incidents": 1}),
        ("erasure", {"people": ["an", "an"]}),
        ("erasure", {"people": "an, binh"}),
    ],
)  # fmt: skip
def test_evidence_that_proves_nothing(journey, check, spoilt):
    state = next(state for state, checks in WANTED.items() if check in checks)
    journey.until(list(LifecycleState)[state.rank - 1])
    for other in WANTED[state]:
        journey.prove(other, {**PROOFS[other], **spoilt} if other == check else None)
    journey.ledger.now += timedelta(days=8)
    if state is LifecycleState.ACCEPTED:
        journey.accept()
    assert not journey.go_on()


def test_the_newest_evidence_counts(journey):
    journey.until(LifecycleState.VERIFIED)
    journey.prove("restore")
    journey.prove("restore", {**PROOFS["restore"], "rows_match": False})
    journey.prove("stability")
    journey.ledger.now += timedelta(days=8)
    journey.accept()
    assert set(failed(journey)) == {"restore"}


def test_evidence_of_an_earlier_state_does_not_count(journey):
    journey.until(LifecycleState.CUT_OVER)
    journey.prove("restore")
    journey.until(LifecycleState.VERIFIED)
    assert failed(journey)["restore"] == "no restore at another site since it is verified"


def test_seven_stable_days_are_asked(journey):
    journey.until(LifecycleState.VERIFIED)
    for check in WANTED[LifecycleState.ACCEPTED]:
        journey.prove(check)
    journey.accept()
    journey.ledger.now += timedelta(days=7) - timedelta(seconds=1)
    assert set(failed(journey)) == {"stable"}
    journey.ledger.now += timedelta(seconds=1)
    assert journey.go_on()


def test_a_dossier_that_changes_stops_at_the_next_gate(journey):
    journey.until(LifecycleState.LANDING_ZONE_READY)
    changed = journey.dossier.systems[0].model_copy(update={"home": "ndc3"})
    journey.dossier = journey.dossier.model_copy(update={"systems": (changed,)})
    journey.system = changed
    for check in WANTED[LifecycleState.SEEDED]:
        journey.prove(check)
    assert {"signed-by-agency", "signed-by-centre"} == set(failed(journey))


def test_a_waiver_lets_a_check_pass_and_is_shown():
    keys = Keys()
    journey = Journey(keys, keys.signed(dossier()), keys.waivers("cross-tenant"))
    journey.until(LifecycleState.PLANNED)
    journey.prove("landing-zone")
    assert journey.go_on()
    entry = StateEntry.model_validate(journey.ledger.records()[-1].body)
    assert [check.waiver for check in entry.checks if check.waiver] == ["w"]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"expires": date(2026, 1, 31)}, "expired on 2026-01-31"),
        ({"system": "another"}, ""),
    ],
)
def test_waivers_that_do_not_count(given, why):
    keys = Keys()
    journey = Journey(keys, keys.signed(dossier()), keys.waivers("cross-tenant", **given))
    journey.until(LifecycleState.PLANNED)
    journey.prove("landing-zone")
    assert why in failed(journey)["cross-tenant"]


def test_a_forged_waiver_does_not_count():
    keys = Keys()
    waivers = keys.waivers("cross-tenant")
    forged = waivers.model_copy(
        update={"gates": (waivers.gates[0].model_copy(update={"expires": date(2030, 1, 1)}),)}
    )
    journey = Journey(keys, keys.signed(dossier()), forged)
    journey.until(LifecycleState.PLANNED)
    journey.prove("landing-zone")
    assert "signature is not by binh" in failed(journey)["cross-tenant"]


def test_the_restore_cannot_be_waived():
    keys = Keys()
    journey = Journey(keys, keys.signed(dossier()), keys.waivers("restore"))
    journey.until(LifecycleState.VERIFIED)
    journey.prove("stability")
    journey.ledger.now += timedelta(days=8)
    journey.accept()
    assert "cannot be waived" in failed(journey)["restore"]


def entry(state: LifecycleState, **changes: object) -> dict[str, object]:
    checks = (CheckResult(check="x", passed=True, why=""),)
    fields = {"agency": "agency-x", "system": "x-records", "state": state, "dossier_sha256": "0", "checks": checks}
    return StateEntry.model_validate({**fields, **changes}).model_dump(mode="json")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (entry(LifecycleState.ASSESSED), "does not follow"),
        (entry(LifecycleState.ACCEPTED), "does not follow"),
        (entry(LifecycleState.REGISTERED, checks=()), "gate that was not open"),
        (entry(LifecycleState.REGISTERED, checks=(CheckResult(check="x", passed=False, why="no"),)), "not open"),
        (entry(LifecycleState.DRAFT, back="why not"), "cannot go back"),
        ({"agency": "agency-x"}, "no StateEntry"),
    ],
)
def test_a_ledger_that_skips_is_refused(journey, body, why):
    journey.ledger.append(STATE_ENTERED, body)
    with pytest.raises(Refused, match=why):
        journey.standing()


def test_going_back_starts_over(journey):
    journey.until(LifecycleState.CUT_OVER)
    journey.ledger.append(STATE_ENTERED, entry(LifecycleState.PLANNED, back="lag", checks=()))
    assert journey.standing().state is LifecycleState.PLANNED
    assert journey.standing().evidence == ()
    journey.until(LifecycleState.ACCEPTED)


def test_a_system_of_another_agency_is_refused(journey):
    journey.until(LifecycleState.REGISTERED)
    journey.ledger.append(STATE_ENTERED, entry(LifecycleState.ASSESSED, agency="agency-y"))
    with pytest.raises(Refused, match="belongs to agency-x"):
        journey.standing()


def test_an_unknown_system_is_a_draft():
    assert standing_of((), "a", "b").state is LifecycleState.DRAFT


def test_signatures_of_one_side_do_not_register():
    keys = Keys()
    plain = dossier()
    one = plain.model_copy(update={"approvals": (keys.approval(plain, "an"),)})
    assert set(failed(Journey(keys, one))) == {"signed-by-centre"}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"decision": "refuse"}, "refused"),
        ({"dossier_sha256": "1" * 64}, "signed 111111111111"),
        ({"time": "2026-02-02T08:00:00Z"}, "in the future"),
        ({"role": Side.CENTRE}, "not signed by the agency"),
    ],
)
def test_approvals_that_do_not_count(changes, why):
    keys = Keys()
    plain = dossier()
    both = (keys.approval(plain, "an", **changes), keys.approval(plain, "binh"))
    found = failed(Journey(keys, plain.model_copy(update={"approvals": both})))
    assert why in found["signed-by-agency"]


def test_a_signature_over_something_else_is_forged():
    keys = Keys()
    plain = dossier()
    good = keys.approval(plain, "an")
    forged = good.model_copy(update={"signature": keys.sign("binh", good.signed_bytes())})
    found = failed(Journey(keys, plain.model_copy(update={"approvals": (forged, keys.approval(plain, "binh"))})))
    assert found == {"signed-by-agency": "the signature is not by an over this entry"}


def test_who_refuses_after_approving_has_not_agreed():
    keys = Keys()
    signed = keys.signed(dossier())
    later = keys.approval(signed, "binh", decision="refuse", time="2026-02-01T08:00:00.5Z")
    journey = Journey(keys, signed.model_copy(update={"approvals": (*signed.approvals, later)}))
    journey.ledger.now += timedelta(hours=1)
    assert failed(journey) == {"signed-by-centre": "the centre refused (binh)"}


def test_of_two_signatures_in_one_second_the_last_counts():
    keys = Keys()
    plain = dossier()
    old = keys.approval(plain, "an", dossier_sha256="1" * 64)
    signed = plain.model_copy(
        update={"approvals": (old, keys.approval(plain, "an"), keys.approval(plain, "binh"))}
    )
    assert failed(Journey(keys, signed)) == {}


def test_a_refusal_in_the_second_of_an_approval_counts_wherever_it_stands():
    keys = Keys()
    plain = dossier()
    no = keys.approval(plain, "an", decision="refuse")
    signed = keys.signed(plain.model_copy(update={"approvals": (no,)}))
    assert failed(Journey(keys, signed)) == {"signed-by-agency": "the agency refused (an)"}
