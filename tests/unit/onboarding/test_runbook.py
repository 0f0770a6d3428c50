"""The runbook filled: who, when, what is next, and what is done already."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from ndcops.model.errors import InvalidInput, Refused
from ndcops.model.lifecycle import STATE_ENTERED, LifecycleState
from ndcops.model.runbook import RUNBOOK_STEP, Duty, Runbook, TaskState
from ndcops.onboarding.run.runbook import find_task
from tests.onboarding_world import MemoryLedger
from tests.unit.onboarding.runbook_samples import SAMPLE, done, filled, roadmap, task

assert SAMPLE is not None


def test_each_step_comes_once_for_each_of_its_subjects():
    found = filled()
    subjects: dict[str, list[str]] = {}
    for each in found.tasks:
        subjects.setdefault(each.step.id, []).append(each.subject)
    assert subjects["assess"] == ["agency-x"]
    assert subjects["seed"] == ["x-records-db", "x-portal-db"]
    assert subjects["accept-agency"] == ["x-records", "x-portal"]
    assert len({each.key for each in found.tasks}) == len(found.tasks)


def test_no_blank_stays_and_the_key_is_nobody_s():
    for each in filled().tasks:
        for command in (each.command, each.verification.command, each.rollback or ""):
            assert "{" not in command
            assert "?" not in command
    assert task(filled(), "sign-agency").command.endswith("--as an --key $NDCOPS_SIGNING_KEY --yes")
    assert " --as binh " in task(filled(), "sign-centre").command


def test_people_come_from_the_dossier_and_the_centre():
    found = task(filled(), "sign-agency")
    assert (found.owner.duty, found.owner.name) == (Duty.OWNER, "An")
    assert found.deputy.name == "", "the dossier names nobody for security"
    desk = task(filled(), "landing-zone").owner.title
    assert desk is not None
    assert desk.en == "Platform operations"


def test_hours_count_from_the_night_of_each_system():
    found = filled(nights=roadmap(("x-records", date(2026, 3, 7)), ("x-portal", date(2026, 3, 14))))
    due = task(found, "cutover", "x-portal").due
    assert due is not None
    assert due.isoformat() == "2026-03-14T22:00:00+07:00"
    first = task(found, "landing-zone").due
    assert first is not None
    assert first.isoformat() == "2026-02-05T22:00:00+07:00", "an agency's step is due before its first night"
    assert task(filled(), "cutover").due is None
    (notice, *_) = [each for each in found.notices if each.system == "x-records"]
    assert "22:00" in notice.text.vi
    assert "07/03/2026" in notice.text.en


def test_the_next_task_is_the_first_that_is_not_done():
    ledger = MemoryLedger()
    assert filled(ledger=ledger).next_task == task(filled(), "dossier")
    ledger.append(RUNBOOK_STEP, done("dossier"))
    following = filled(ledger=ledger)
    assert following.next_task is not None
    assert following.next_task.step.id == "sign-agency"
    first = following.tasks[0]
    assert (first.state, first.took_s, first.done_by) == (TaskState.DONE, 3, "test")


def test_what_the_gates_let_in_is_done_whoever_did_it():
    states = {"x-records": LifecycleState.PLANNED, "x-portal": LifecycleState.ASSESSED}
    found = filled(states=states)
    by_step = {each.step.id: each.state for each in found.tasks}
    assert by_step["assess"] is TaskState.DONE
    assert by_step["roadmap"] is TaskState.NEXT, "one of its systems is not planned"


def test_a_system_that_went_back_does_it_all_again():
    ledger = MemoryLedger()
    ledger.append(RUNBOOK_STEP, done("dossier"))
    back = {"agency": "agency-x", "system": "x-records", "state": "draft", "back": "merged"}
    ledger.append(STATE_ENTERED, back)
    following = filled(ledger=ledger).next_task
    assert following is not None
    assert following.step.id == "dossier"


def test_what_was_done_for_another_system_stays_done_when_one_goes_back():
    ledger = MemoryLedger()
    for subject in ("x-records-db", "x-portal-db"):
        ledger.append(RUNBOOK_STEP, {**done("seed"), "subject": subject})
    ledger.append(
        STATE_ENTERED, {"agency": "agency-x", "system": "x-records", "state": "planned", "back": "undone"}
    )
    states = {each.subject: each.state for each in filled(ledger=ledger).tasks if each.step.id == "seed"}
    assert states == {"x-records-db": TaskState.LATER, "x-portal-db": TaskState.DONE}


def test_a_record_that_is_no_step_is_refused():
    ledger = MemoryLedger()
    ledger.append(RUNBOOK_STEP, {"agency": "agency-x"})
    with pytest.raises(Refused, match="is no step of a runbook"):
        filled(ledger=ledger)


def test_steps_are_found_by_name_and_subject():
    found = filled()
    assert find_task(found, None) == found.tasks[0]
    assert find_task(found, "seed").subject == "x-records-db"
    assert find_task(found, "seed", "x-portal-db").subject == "x-portal-db"
    with pytest.raises(InvalidInput, match="has no step 'sed'"):
        find_task(found, "sed")
    with pytest.raises(InvalidInput, match="for 'nothing'"):
        find_task(found, "seed", "nothing")
    everything = filled(states=dict.fromkeys(("x-records", "x-portal"), LifecycleState.DECOMMISSIONED))
    with pytest.raises(Refused, match="nothing is left"):
        find_task(everything, None)


def changed(**changes: Any) -> dict[str, Any]:
    assert SAMPLE is not None
    return {**SAMPLE.model_dump(mode="json", by_alias=True), **changes}


def step(index: int, **changes: Any) -> dict[str, Any]:
    document = changed()
    document["steps"][index] = {**document["steps"][index], **changes}
    return document


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (step(0, command="rm -rf /"), "no single command of ndcops"),
        (step(0, command="ndcops status; reboot"), "no single command of ndcops"),
        (step(0, command="ndcops status {password}"), "blank password is none of"),
        (step(0, command="ndcops status {"), "Single '{' encountered"),
        (step(0, expected="("), "no regular expression"),
        (step(0, rollback="ndcops status"), "needs a rollback or 'irreversible', not both"),
        (step(0, irreversible=None), "needs a rollback or 'irreversible', not both"),
        (step(0, deputy="owner"), "one duty as owner and as deputy"),
        (step(1, id="dossier"), "two steps are called 'dossier'"),
        (step(1, state="draft", id="late", point_of_no_return=True), "exactly one step is the point of no return"),
        (step(0, state="accepted"), "leads to an earlier state"),
        (changed(centre=[]), "nobody of the centre has the duty"),
    ],
)
def test_a_runbook_that_does_not_hold_together_is_told_where(document, why):
    with pytest.raises(ValidationError, match=why):
        Runbook.model_validate(document)
