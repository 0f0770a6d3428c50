"""What people and pipelines see: tables, changes, plans, results, errors and the question before a change."""

import json
import sys
from io import StringIO

import pytest
from rich.console import Console

from ndcops.cli import render
from ndcops.cli.render import console
from ndcops.model.errors import InvalidInput, NdcopsError, Refused
from ndcops.model.site_status import PoolStatus, ServiceStatus, SiteCondition, SiteReport, StatusReport
from ndcops.model.stack_changes import ObjectChange, ObjectRef, Operation, StackChanges, StackProgress, Writer
from ndcops.provisioning.run import Selection
from ndcops.workflow.runner import RunResult, StepEvent
from tests.fakes.journal import NOW
from tests.unit.provisioning.samples import Room, stack


class Screen:
    """The two consoles as text, all that was written so far."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self._capture = capture
        self._out = self._err = ""

    def _read(self) -> None:
        new = self._capture.readouterr()
        self._out, self._err = self._out + new.out, self._err + new.err

    @property
    def out(self) -> str:
        self._read()
        return self._out

    @property
    def err(self) -> str:
        self._read()
        return self._err


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Screen:
    for each in (console.out, console.err):
        monkeypatch.setattr(each, "_width", 160)
    return Screen(capsys)


class Terminal(StringIO):
    """A person at a keyboard."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("answer", "typed"), [("y\n", None), (" YES \n", None), ("production\n", "production")])
def test_the_right_answer_goes_on(
    screen: Screen, monkeypatch: pytest.MonkeyPatch, answer: str, typed: str | None
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    render.confirm("lab", yes=False, typed=typed)
    assert "lab" in screen.out + screen.err or typed


@pytest.mark.parametrize(
    ("answer", "typed"),
    [("n\n", None), ("\n", None), ("yess\n", None), ("", None), ("y\n", "production"), ("lab\n", "production")],
)
def test_any_other_answer_changes_nothing(
    screen: Screen, monkeypatch: pytest.MonkeyPatch, answer: str, typed: str | None
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    with pytest.raises(Refused, match="not confirmed; nothing was changed"):
        render.confirm("lab", yes=False, typed=typed)


def test_yes_needs_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", StringIO())
    render.confirm("lab", yes=True)


@pytest.mark.parametrize(("yes", "typed", "way"), [(False, None, "--yes"), (True, "production", "in a terminal")])
def test_without_a_terminal_nothing_is_changed(
    monkeypatch: pytest.MonkeyPatch, yes: bool, typed: str | None, way: str
) -> None:
    monkeypatch.setattr(sys, "stdin", StringIO("y\nproduction\n"))
    with pytest.raises(InvalidInput, match="there is no terminal") as caught:
        render.confirm("production", yes=yes, typed=typed)
    assert way in caught.value.resolution


@pytest.mark.parametrize(("kind", "label"), [(NdcopsError, "error:"), (Refused, "refused:")])
def test_an_error_says_what_why_and_what_next(screen: Screen, kind: type[NdcopsError], label: str) -> None:
    render.show_error(kind("[red] it broke", details=["because [x]"], resolution="try [y]"), as_json=False)
    assert screen.err.splitlines() == [f"{label} [red] it broke", "  because [x]", "next: try [y]"]
    assert screen.out == ""


def test_an_error_as_json_is_one_document_on_stdout(screen: Screen) -> None:
    render.show_error(Refused("no", details=["a", "b"], resolution="go"), as_json=True)
    wanted = {"message": "no", "details": ["a", "b"], "resolution": "go", "exit_code": 3}
    assert json.loads(screen.out) == {"error": wanted}
    assert "refused: no" in screen.err


def test_tables_show_values_as_they_are(screen: Screen) -> None:
    render.show_table("title", ["name", "count"], [("[bold]x", 3), (None, 40)])
    assert "[bold]x" in screen.out
    assert "None" not in screen.out
    assert " 3 │" in screen.out


def test_an_empty_table_still_has_its_columns(screen: Screen) -> None:
    render.show_table("title", ["name"], [])
    assert "name" in screen.out


def _report(**more: object) -> StatusReport:
    condition = SiteCondition(
        site="ndc1",
        version="v1.36.0",
        pools=(PoolStatus(pool="a", nodes=3, ready=2), PoolStatus(pool="b", nodes=1, ready=1)),
        services=(
            ServiceStatus(service="up", replicas=2, ready=2),
            ServiceStatus(service="down", replicas=2, ready=1),
            ServiceStatus(service="standby", replicas=0, ready=0),
        ),
    )
    sites = (
        SiteReport(site="ndc1", condition=condition, objects={"network": 9, "storage": 0, "compute": None}),
        SiteReport(site="ndc2", condition=None, problem="ndc2 is [dead]", objects={"network": 1, "storage": 2}),
    )
    return StatusReport.model_validate(
        {"target": "lab", "taken_at": "2026-01-31T08:00:00+00:00", "sites": sites, **more}
    )


def test_the_status_of_sites(screen: Screen) -> None:
    render.show_status(_report(simulated=("nodes",)), as_json=False)
    for text in (
        "3/4",
        "1/2 up, 1 standby",
        "not applied",
        "does not answer",
        "ndc2 is [dead]",
        "simulated: nodes",
    ):
        assert text in screen.out


def test_the_status_as_json(screen: Screen) -> None:
    render.show_status(_report(), as_json=True)
    assert StatusReport.model_validate_json(screen.out) == _report()


def change(number: int, operation: Operation, **more: object) -> ObjectChange:
    ref = ObjectRef(api_version="v1", kind="ConfigMap", namespace="public", name=f"c{number}")
    fields = {
        "urn": f"urn:a::b::c::c{number}",
        "type": "kubernetes:x",
        "operation": operation,
        "object": ref,
        **more,
    }
    return ObjectChange.model_validate(fields)


def test_changes_name_object_fields_and_writer(screen: Screen) -> None:
    writer = Writer(manager="kubectl-edit", operation="Update", time=NOW)
    found = StackChanges(
        stack=stack(),
        changes=(
            change(1, Operation.UPDATE, paths=("data.a",), writers=(writer,)),
            change(2, Operation.DELETE, object=None),
            change(3, Operation.REPLACE),
        ),
    )
    render.show_changes([found, StackChanges(stack=stack("storage"))], as_json=False, title="drift")
    for text in (
        "network/ndc1",
        "~ update ConfigMap public/c1  data.a",
        "kubectl-edit (Update) at 2026-01-31 08:00:00 UTC",
        "- delete c2",
        "± replace ConfigMap public/c3",
        "drift: 3 objects differ in 2 stacks",
    ):
        assert text in screen.out
    assert "storage/ndc1" not in screen.out


@pytest.mark.parametrize(("count", "listed"), [(10, True), (11, False)])
def test_many_creations_are_summed_up(screen: Screen, count: int, listed: bool) -> None:
    creations = tuple(change(number, Operation.CREATE) for number in range(count))
    found = StackChanges(stack=stack(), changes=(*creations, change(99, Operation.DELETE)))
    render.show_changes([found], as_json=False, title="preview")
    assert ("ConfigMap public/c0" in screen.out) is listed
    assert (f"+ create {count} objects" in screen.out) is not listed
    assert "- delete ConfigMap public/c99" in screen.out


def test_no_difference_is_said(screen: Screen) -> None:
    render.show_changes([StackChanges(stack=stack())], as_json=False, title="drift")
    assert screen.out == "drift: no difference\n"


def test_changes_as_json_come_back(screen: Screen) -> None:
    found = StackChanges(stack=stack(), changes=(change(1, Operation.CREATE),))
    render.show_changes([found], as_json=True, title="preview")
    assert [StackChanges.model_validate(each) for each in json.loads(screen.out)["preview"]] == [found]


def test_a_plan_shows_target_steps_and_reasons(screen: Screen) -> None:
    world = Room()
    world.engine.unfinished[stack("storage")] = ("urn:x", "urn:y")
    render.show_proposal(world.room.plan_up(Selection(("ndc1",)), preview_first=False), as_json=False)
    for text in (
        "stack up on lab: 3 steps",
        "apply compute/ndc1",
        "network/ndc1, storage/ndc1",
        "never applied",
        "2 operations of a killed run are unfinished",
        "undo: ",
    ):
        assert text in screen.out


def test_a_previewed_plan_counts_its_changes(screen: Screen) -> None:
    render.show_proposal(Room().room.plan_up(Selection(("ndc1",)), preview_first=True), as_json=False)
    assert "5 create" in screen.out
    assert "+ create Namespace public" in screen.out


def test_an_empty_plan_is_said(screen: Screen) -> None:
    render.show_proposal(Room().room.plan_destroy(Selection()), as_json=False)
    assert screen.out == "stack destroy on lab: nothing to change\n"


def test_a_plan_as_json_is_the_journal_s_document(screen: Screen) -> None:
    proposal = Room().room.plan_up(Selection(("ndc1",)), preview_first=True)
    render.show_proposal(proposal, as_json=True)
    shown = json.loads(screen.out)
    assert shown["plan"] == proposal.plan.document()
    assert len(shown["preview"]) == 3


@pytest.mark.parametrize("as_json", [True, False])
def test_a_result_counts_what_was_done(screen: Screen, as_json: bool) -> None:
    world = Room()
    plan = world.room.plan_up(Selection(("ndc1",), ("network",)), preview_first=False).plan
    evidence = {"changes": {"create": 5}, "unchanged": 0, "duration_ms": 1234}
    render.show_result(plan, RunResult({"network/ndc1": evidence}), as_json)
    if as_json:
        assert json.loads(screen.out)["done"] == {"network/ndc1": evidence}
    else:
        assert "stack up on lab: done" in screen.out
        assert "5 create" in screen.out
        assert "1.2" in screen.out


def test_progress_without_a_terminal_is_a_line_for_each_state(screen: Screen) -> None:
    with render.StackProgressTable("up", quiet=False) as table:
        table.step(StepEvent("network/ndc1", "running"))
        table.advance(StackProgress(stack=stack(), handled=1, total=2, line="Namespace [x]"))
        table.step(StepEvent("network/ndc1", "running", "half way"))
        table.step(StepEvent("network/ndc1", "failed", "it broke"))
    lines = screen.err.splitlines()
    assert lines[0] == "network/ndc1: running"
    assert lines[1].startswith("network/ndc1: failed after ")
    assert len(lines) == 2


def test_quiet_progress_is_silent(screen: Screen) -> None:
    with render.StackProgressTable("up", quiet=True) as table, render.WorkProgress(quiet=True) as bars:
        table.step(StepEvent("network/ndc1", "running"))
        bars.advance("kube", "compiling", 1, 2, 3.0)
    assert screen.err == ""


def test_progress_on_a_terminal_shows_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = StringIO()
    terminal = Console(file=stream, force_terminal=True, width=120)
    monkeypatch.setattr("ndcops.cli.render.progress.err", terminal)
    with render.StackProgressTable("up", quiet=False) as table:
        table.step(StepEvent("network/ndc1", "running"))
        table.advance(StackProgress(stack=stack(), handled=1, total=2, line="Namespace [x] zone"))
    assert "s left" in stream.getvalue()
    assert "1/2" in stream.getvalue()
    assert "Namespace [x] zone" in stream.getvalue()


def test_work_without_a_terminal_is_a_line_for_each_phase(screen: Screen) -> None:
    with render.WorkProgress(quiet=False) as bars:
        for done in (1, 2):
            bars.advance("kube", "compiling", done, 2, 3.0)
        bars.advance("kube", "linking", 0, 0, None)
    assert screen.err.splitlines() == ["kube: compiling 1/2 3 s left", "kube: linking"]
