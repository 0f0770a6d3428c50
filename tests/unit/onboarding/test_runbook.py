"""The runbook filled and performed: who, when, what is next; what does not hold is told with its way back."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from ndcops.adapters.inventory_files import read_inventory
from ndcops.model.dossier import Dossier
from ndcops.model.errors import Interrupted, InvalidInput, NdcopsError, Refused
from ndcops.model.lifecycle import STATE_ENTERED, CheckResult, GateReport, LifecycleState
from ndcops.model.roadmap import Cutover, PlannedMove, Reason, ReasonKind, Roadmap
from ndcops.model.runbook import RUNBOOK_STEP, DoneStep, Duty, FilledRunbook, Runbook, RunbookTask, TaskState
from ndcops.onboarding.plan.runbook import RunbookFacts, fill_runbook
from ndcops.onboarding.ports.commands import Outcome
from ndcops.onboarding.run.runbook import find_task, perform
from tests.conftest import REPOSITORY
from tests.onboarding_world import Keys, MemoryLedger
from tests.unit.onboarding.zone_samples import agency, system

SAMPLE = read_inventory(REPOSITORY / "inventory").runbook
assert SAMPLE is not None
KEYS = Keys()
NOW = datetime(2026, 2, 1, tzinfo=UTC)


def gate(name: str, state: LifecycleState) -> GateReport:
    check = CheckResult(check="roadmap", passed=False, why="no evidence")
    return GateReport(
        agency="agency-x", system=name, state=state, next=state.next, checks=(check,), as_of=NOW.date()
    )


def roadmap(*nights: tuple[str, date]) -> Roadmap:
    moves = tuple(
        PlannedMove(
            key=name,
            cutovers=(Cutover(agency="agency-x", system=name, night=night, starts="22:00", hours=6),),
            begins=0,
            ends=0,
            team="t",
            reasons=(Reason(kind=ReasonKind.FIRST),),
        )
        for name, night in nights
    )
    return Roadmap(
        as_of=NOW.date(),
        source={},
        waves=(),
        moves=moves,
        left_out=(),
        makespan_waves=1,
        lower_bound_waves=1,
        kept=0,
        formerly_planned=0,
    )


def filled(
    dossier: Dossier | None = None,
    *,
    states: dict[str, LifecycleState] | None = None,
    ledger: MemoryLedger | None = None,
    nights: Roadmap | None = None,
) -> FilledRunbook:
    given = dossier or agency("agency-x", system(), system("x-portal"))
    assert SAMPLE is not None
    chosen = {each.id: LifecycleState.DRAFT for each in given.systems} | (states or {})
    return fill_runbook(
        RunbookFacts(
            runbook=SAMPLE,
            dossier=given,
            systems=given.systems,
            signers=KEYS.signers,
            roadmap=nights,
            records=(ledger or MemoryLedger()).records(),
            gates=[gate(name, state) for name, state in chosen.items()],
            now=NOW,
        )
    )


def task(found: FilledRunbook, step: str, subject: str | None = None) -> RunbookTask:
    return find_task(found, step, subject)


def done(step: str, subject: str = "agency-x") -> dict[str, Any]:
    return DoneStep(
        agency="agency-x", step=step, subject=subject, command="ndcops x", exit_code=0, stdout_sha256="0", took_s=3
    ).model_dump(mode="json")


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


class Scripted:
    """Answers by command; everything else ends well. ran: what was run, in order."""

    def __init__(self, **answers: Outcome) -> None:
        self.answers = answers
        self.ran: list[str] = []

    def run(self, command: str, *, time_box_s: int) -> Outcome:
        self.ran.append(command)
        verb = command.split()[2]
        good = Outcome(
            exit_code=0,
            stdout='completeness waves what stands no difference "systems" "zones" '
            + " ".join(f'"state": "{state}"' for state in LifecycleState),
            stderr="",
            took_s=2,
        )
        return self.answers.get(verb, good)


def ended(code: int = 0, stdout: str = "", stderr: str = "", took_s: int = 1) -> Outcome:
    return Outcome(exit_code=code, stdout=stdout, stderr=stderr, took_s=took_s)


def test_a_step_is_preconditions_command_verification():
    found, commands = filled(), Scripted()
    record = perform(task(found, "landing-zone"), found, commands)
    assert commands.ran == [
        "ndcops agency status agency-x --json",
        "ndcops agency provision agency-x --yes",
        "ndcops stack drift --layer agency --agency agency-x",
    ]
    assert (record.step, record.subject, record.took_s) == ("landing-zone", "agency-x", 2)


def test_a_precondition_that_does_not_hold_stops_before_anything():
    found, commands = filled(), Scripted(status=ended(stdout='"state": "draft"'))
    with pytest.raises(Refused, match="a precondition does not hold") as refused:
        perform(task(found, "landing-zone"), found, commands)
    assert commands.ran == ["ndcops agency status agency-x --json"]
    assert "does not match" in refused.value.details[0]


@pytest.mark.parametrize(
    ("outcome", "error", "why"),
    [
        (ended(5, "what stands", "what\nlast\n"), NdcopsError, "ended with 5, 0 was expected: last"),
        (ended(3, "", "refused: why\nnext: x\n"), NdcopsError, "ended with 3, 0 was expected: refused: why"),
        (ended(0, "something else"), NdcopsError, "does not match what stands"),
        (ended(130, "", "interrupted", took_s=3600), Interrupted, "ended with 130"),
    ],
)
def test_a_command_that_ends_otherwise_is_told_with_its_way_back(outcome, error, why):
    found = filled()
    wanted = task(found, "landing-zone")

    class Failing(Scripted):
        def run(self, command: str, *, time_box_s: int) -> Outcome:
            return outcome if command == wanted.command else super().run(command, time_box_s=time_box_s)

    with pytest.raises(error, match=why) as failed:
        perform(wanted, found, Failing())
    assert failed.value.resolution == "ndcops stack destroy --layer agency --agency agency-x --yes"
    assert any(each.startswith("abort when: ") for each in failed.value.details)
    assert any("time box of 60 min is over" in each for each in failed.value.details) is (error is Interrupted)


def test_a_verification_that_fails_is_no_success():
    found, commands = filled(), Scripted(drift=ended(5))
    with pytest.raises(NdcopsError, match="its verification fails"):
        perform(task(found, "landing-zone"), found, commands)


def test_a_step_that_nobody_can_do_is_refused():
    other = agency("agency-y")
    found = filled(other)
    commands = Scripted()
    with pytest.raises(Refused, match="names nobody who could do it"):
        perform(task(found, "sign-agency"), found, commands)
    assert commands.ran == []


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
