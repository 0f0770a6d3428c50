"""A step of the runbook performed: preconditions, its own command, verification."""

import pytest

from ndcops.model.errors import Interrupted, NdcopsError, Refused
from ndcops.model.lifecycle import LifecycleState
from ndcops.onboarding.ports.commands import Outcome
from ndcops.onboarding.run.runbook import perform
from tests.unit.onboarding.runbook_samples import filled, task
from tests.unit.onboarding.zone_samples import agency


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
