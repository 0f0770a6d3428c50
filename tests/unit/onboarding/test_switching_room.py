"""The whole commands over dossier, gates and ledger, with both ends in memory."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from ndcops.model.cutover import End
from ndcops.model.dossier import Dossier
from ndcops.model.errors import InvalidInput, NdcopsError, Refused
from ndcops.model.failover import Unreachable
from ndcops.model.lifecycle import LifecycleState
from ndcops.onboarding.run.switching import Acceptance, Decommission
from tests.switch_facts import FACTS_OF, Killed
from tests.switching_country import Country


def test_a_cutover_opens_its_gate_and_the_way_back_leads_to_the_plan() -> None:
    country = Country(LifecycleState.REHEARSED)
    country.change(End.SOURCE)
    assert country.state is LifecycleState.CUT_OVER
    standing = country.journey.standing()
    assert standing.latest("smoke-tests") is not None
    country.change(End.TARGET)
    assert country.state is LifecycleState.PLANNED
    assert (country.source.fenced, country.target.fenced) == (False, True)


def test_a_plan_says_where_its_run_is_written_down() -> None:
    proposal = Country(LifecycleState.REHEARSED).switching().propose("agency-x", None, End.SOURCE)
    assert proposal.plan.facts["journal"] == "memory"


def test_what_another_machine_did_since_the_plan_was_made_makes_it_stale() -> None:
    country = Country(LifecycleState.REHEARSED)
    switching = country.switching()
    proposal = switching.propose("agency-x", None, End.SOURCE)
    country.journals.meanwhile = lambda: country.change(End.SOURCE)
    with pytest.raises(Refused, match="another run wrote its journal"):
        switching.execute(proposal, command="c")
    assert (country.source.fenced, country.target.fenced) == (True, False)
    assert country.state is LifecycleState.CUT_OVER


@pytest.mark.parametrize("state", [LifecycleState.IN_SYNC, LifecycleState.CUT_OVER, LifecycleState.PLANNED])
def test_only_a_rehearsed_system_is_cut_over(state: LifecycleState) -> None:
    country = Country(state)
    with pytest.raises(Refused, match="not cut over"):
        country.change(End.SOURCE)
    assert not country.source.fenced


def test_a_dossier_that_changed_since_it_was_signed_stops_it() -> None:
    country = Country(LifecycleState.REHEARSED)
    changed = Dossier.model_validate({**country.journey.dossier.model_dump(by_alias=True), "as_of": "2026-01-30"})
    country.journey.dossier = changed
    with pytest.raises(Refused) as caught:
        country.change(End.SOURCE)
    assert any("signed-by" in line for line in caught.value.details)


def killed_at(country: Country, method: str) -> Callable[[str], None]:
    def kill(name: str) -> None:
        if name == method:
            raise Killed(name)

    for end in (country.source, country.target):
        end.calls = kill
    return kill


@pytest.mark.parametrize("method", ["source.put_out", "target.set_sequences", "target.lift", "source.drop_stream"])
def test_the_same_command_goes_on_after_a_kill_and_the_ledger_says_so(method: str) -> None:
    country = Country(LifecycleState.REHEARSED)
    killed_at(country, method)
    with pytest.raises(Killed):
        country.change(End.SOURCE)
    for end in (country.source, country.target):
        end.calls = lambda _: None
    switching = country.switching()
    assert switching.propose("agency-x", None, End.SOURCE).resumed
    country.change(End.SOURCE)
    assert country.state is LifecycleState.CUT_OVER
    assert len(country.journals.kept["agency cutover agency-x x-records"]) == 1


def test_a_run_that_stopped_no_writes_is_planned_anew() -> None:
    country = Country(LifecycleState.REHEARSED)
    killed_at(country, "source.watch")
    with pytest.raises(Killed):
        country.change(End.SOURCE)
    for end in (country.source, country.target):
        end.calls = lambda _: None
    assert not country.switching().propose("agency-x", None, End.SOURCE).resumed


def test_abort_takes_back_what_was_killed_inside_the_pause() -> None:
    country = Country(LifecycleState.REHEARSED)
    with pytest.raises(InvalidInput, match="no cut-over"):
        country.switching().abort("agency-x", None)
    killed_at(country, "target.set_sequences")
    with pytest.raises(Killed):
        country.change(End.SOURCE)
    assert country.source.fenced
    for end in (country.source, country.target):
        end.calls = lambda _: None
    proposed = [step.key for step in country.switching().propose_abort("agency-x", None)]
    assert country.source.fenced, "a proposal changes nothing"
    assert sorted(country.switching().abort("agency-x", None)) == sorted(proposed)
    assert (country.source.fenced, country.target.fenced) == (False, True)
    country.change(End.SOURCE)
    assert country.state is LifecycleState.CUT_OVER


def test_an_abort_that_was_cut_off_goes_on_with_the_next_command() -> None:
    country = Country(LifecycleState.REHEARSED)
    killed_at(country, "target.set_sequences")
    with pytest.raises(Killed):
        country.change(End.SOURCE)
    killed_at(country, "target.go_on")
    with pytest.raises(Killed):
        country.switching().abort("agency-x", None)
    assert not country.source.fenced
    for end in (country.source, country.target):
        end.calls = lambda _: None
    with pytest.raises(NdcopsError, match="being taken back"):
        country.change(End.SOURCE)
    country.change(End.SOURCE)
    assert country.state is LifecycleState.CUT_OVER


def test_past_the_opening_an_abort_is_refused() -> None:
    country = Country(LifecycleState.REHEARSED)
    killed_at(country, "target.lift")
    with pytest.raises(Killed):
        country.change(End.SOURCE)
    for ask in (country.switching().propose_abort, country.switching().abort):
        with pytest.raises(Refused, match="may have taken a write"):
            ask("agency-x", None)


def accepted(country: Country) -> Acceptance:
    """With the stream back as a cut-over leaves it."""
    country.target.fenced, country.source.fenced = False, True
    country.target.begin_stream(FACTS_OF.reverse, ())
    country.source.end_stream(FACTS_OF.reverse, "")
    country.source.go_on(FACTS_OF.reverse.subscription)
    return Acceptance(country.switching(), country.restores, country.restores)


def test_acceptance_needs_a_restore_elsewhere_that_holds() -> None:
    country = Country(LifecycleState.VERIFIED)
    room = accepted(country)
    for site in ("ndc1", "ndc9"):
        with pytest.raises(Refused, match="no built site other than the home"):
            room.propose("agency-x", None, site=site, into="host=c")
    proposal = room.propose("agency-x", None, site="ndc2", into="host=c")
    assert proposal.incidents == ()
    country.restores.same = True
    with pytest.raises(Refused, match="the one in use"):
        room.execute(proposal, command="c")
    country.restores.same, country.restores.differing = False, ("public.a",)
    with pytest.raises(NdcopsError, match="differ"):
        room.execute(proposal, command="c")
    country.restores.differing = ()
    kept = room.execute(proposal, command="c")
    shut = {check.check for report in kept.reports for check in report.checks if not check.passed}
    assert shut == {"accepted-by-agency", "accepted-by-centre", "stable"}
    country.journey.ledger.now += timedelta(days=8)
    country.journey.accept()
    assert country.journey.go_on()


def test_a_stream_back_that_stands_still_is_an_incident() -> None:
    country = Country(LifecycleState.VERIFIED)
    room = accepted(country)
    country.source.halt(FACTS_OF.reverse.subscription)
    proposal = room.propose("agency-x", None, site="ndc2", into="host=c")
    assert proposal.incidents == ("x-db: the stream back does not run",)


def test_two_people_certify_what_is_seen_to_be_gone() -> None:
    country = Country(LifecycleState.ACCEPTED)
    accepted(country)
    end = Decommission(country.switching(), country.restores, country.restores)
    with pytest.raises(Refused, match="last archive"):
        end.statement("agency-x", None, "an")
    plan = end.propose_archive("agency-x", None, site="ndc2", into="host=c")
    end.archive("agency-x", None, plan, command="c")
    assert FACTS_OF.reverse.subscription not in country.source.following
    with pytest.raises(Refused, match="not seen to be erased"):
        end.statement("agency-x", None, "an")
    country.restores.is_there = False
    country.journey.ledger.now += timedelta(days=31)
    for person in ("an", "binh"):
        assert country.state is LifecycleState.ACCEPTED
        statement = end.statement("agency-x", None, person)
        with pytest.raises(Refused, match="does not count"):
            end.certify(statement, command="c")
        signature = country.keys.sign(person, statement.signed_bytes())
        end.certify(statement.model_copy(update={"signature": signature}), command="c")
    assert country.state is LifecycleState.DECOMMISSIONED


def test_the_end_that_is_asked_first_may_not_answer() -> None:
    country = Country(LifecycleState.REHEARSED)

    def gone(name: str) -> None:
        raise Unreachable("gone")

    country.source.calls = gone
    with pytest.raises(Unreachable):
        country.change(End.SOURCE)
