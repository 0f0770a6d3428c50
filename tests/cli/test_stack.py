"""`ndcops stack` on fakes: output, exit codes, one JSON document, questions, Ctrl-C."""

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ndcops.model.stack_changes import Writer
from tests.cli.conftest import Run
from tests.fakes.journal import NOW
from tests.fakes.stack_engine import broken
from tests.unit.provisioning.samples import Room, cluster, stack


@pytest.fixture
def applied(ndcops: Run, room: Room) -> Room:
    assert ndcops("stack", "up", "--yes").code == 0
    return room


def test_up_applies_and_a_second_up_has_nothing_to_do(ndcops: Run, room: Room) -> None:
    first = ndcops("stack", "up", "--yes", "--json")
    assert first.code == 0
    assert len(first.document["done"]) == 6
    assert first.document["plan"]["target"] == "lab"
    second = ndcops("stack", "up", "--yes", "--json")
    assert second.code == 0
    assert second.document["done"] == {}
    assert "nothing to change" in ndcops("stack", "up", "--yes").out


def test_up_shows_plan_progress_and_result(ndcops: Run, room: Room) -> None:
    ended = ndcops("stack", "up", "--yes")
    assert "stack up on lab: 6 steps" in ended.out
    assert "stack up on lab: done" in ended.out
    assert "compute/ndc2: done" in ended.err


@pytest.mark.parametrize(
    "words",
    [
        ("--site", "ndc2", "stack", "up", "--layer", "network", "--yes"),
        ("stack", "--yes", "up", "--site=ndc2", "--layer", "network"),
        ("stack", "up", "--layer=network", "-y", "--site", "ndc2"),
    ],
)
def test_options_before_and_after_the_verb_mean_the_same(ndcops: Run, room: Room, words: tuple[str, ...]) -> None:
    assert ndcops(*words).code == 0
    assert room.engine.calls == ["apply network/ndc2"]


def test_a_dry_run_shows_the_plan_and_changes_nothing(ndcops: Run, room: Room) -> None:
    ended = ndcops("stack", "up", "--dry-run", "--json")
    assert ended.code == 0
    assert len(ended.document["plan"]["steps"]) == 6
    assert len(ended.document["preview"]) == 6
    assert room.engine.states == {}
    assert "stack up on lab: 6 steps" in ndcops("stack", "up", "--dry-run", "--yes").out
    assert room.engine.states == {}


@pytest.mark.parametrize("verb", ["up", "destroy", "repair"])
@pytest.mark.parametrize("as_json", [True, False])
def test_without_terminal_and_yes_nothing_is_changed(ndcops: Run, applied: Room, verb: str, as_json: bool) -> None:
    applied.engine.live[stack()]["Namespace public"] = {"cidr": "by hand"}
    applied.engine.states[stack("storage")].popitem()
    states, live = dict(applied.engine.states), dict(applied.engine.live)
    ended = ndcops("stack", verb, *(["--json"] if as_json else []))
    assert ended.code == 2
    assert "there is no terminal" in ended.err
    assert (applied.engine.states, applied.engine.live) == (states, live)
    if as_json:
        assert ended.document["error"]["resolution"] == "add --yes"


def test_preview_tells_by_its_exit_code_whether_up_would_change(ndcops: Run, room: Room) -> None:
    before = ndcops("stack", "preview", "--json")
    assert before.code == 5
    assert len(before.document["preview"]) == 6
    assert "+ create Namespace public" in ndcops("stack", "preview").out
    ndcops("stack", "up", "--yes")
    assert ndcops("stack", "preview", "--json").code == 0
    assert ndcops("stack", "preview").out == "preview: no difference\n"


def test_drift_names_object_and_writer_and_repair_ends_it(ndcops: Run, applied: Room) -> None:
    assert ndcops("stack", "drift").code == 0
    applied.engine.live[stack("compute")]["Deployment portal"] = {"replicas": 9}
    writers = (Writer(manager="kubectl-edit", operation="Update", time=NOW),)
    applied.clusters.writers["Deployment portal"] = writers
    found = ndcops("stack", "drift", "--json")
    assert found.code == 5
    (changed,) = [each for each in found.document["drift"] if each["changes"]]
    assert changed["changes"][0]["writers"][0]["manager"] == "kubectl-edit"
    assert "kubectl-edit (Update)" in ndcops("stack", "drift").out
    repaired = ndcops("stack", "repair", "--yes", "--json")
    assert repaired.code == 0
    assert list(repaired.document["done"]) == ["compute/ndc1"]
    assert ndcops("stack", "drift").code == 0
    assert ndcops("stack", "repair", "--yes", "--json").document["done"] == {}


def test_destroy_deletes_and_leaves_nothing_to_destroy(ndcops: Run, applied: Room) -> None:
    ended = ndcops("stack", "destroy", "--yes", "--json")
    assert ended.code == 0
    assert len(ended.document["done"]) == 6
    assert not any(applied.engine.live.values())
    assert "nothing to change" in ndcops("stack", "destroy", "--yes").out


def test_destroying_production_takes_more_than_yes(ndcops: Run, applied: Room) -> None:
    ended = ndcops("--target", "production", "stack", "destroy", "--yes", "--json")
    assert ended.code == 2
    assert "must be typed" in ended.document["error"]["resolution"]
    assert all(applied.engine.live.values())


def test_outputs_are_json(ndcops: Run, applied: Room) -> None:
    assert ndcops("stack", "outputs", "--site", "ndc1", "--layer", "network").document["network/ndc1"]["names"]


@pytest.mark.parametrize(
    ("words", "message"),
    [(("--site", "ndc9"), "unknown site 'ndc9'"), (("--layer", "disk"), "unknown layer 'disk'")],
)
@pytest.mark.parametrize("verb", ["preview", "up", "drift", "repair", "destroy", "outputs"])
def test_unknown_names_are_usage_errors(
    ndcops: Run, room: Room, verb: str, words: tuple[str, ...], message: str
) -> None:
    ended = ndcops("stack", verb, *words, "--json")
    assert ended.code == 2
    assert ended.document["error"]["message"] == message
    assert room.engine.calls == []


@pytest.mark.parametrize("verb", ["preview", "up", "drift", "repair", "destroy"])
def test_another_cluster_is_refused(ndcops: Run, applied: Room, verb: str) -> None:
    applied.pinned = (cluster("ndc1"), cluster("ndc2", uid="uid-of-someone"))
    applied.engine.calls.clear()
    ended = ndcops("stack", verb, "--yes", "--json")
    assert ended.code == 3
    assert "another cluster answers" in ended.document["error"]["details"][0]
    assert applied.engine.calls == []


def test_a_failure_half_way_is_partly_applied_and_resumable(ndcops: Run, room: Room) -> None:
    room.engine.failures[stack("storage")] = broken(stack("storage"))
    ended = ndcops("stack", "up", "--yes", "--json")
    assert ended.code == 4
    assert "storage/ndc1: Namespace x: forbidden" in ended.document["error"]["details"]
    assert ndcops("stack", "up", "--yes", "--json").code == 0
    assert ndcops("stack", "preview").code == 0


def test_a_bug_keeps_its_traceback(room: Room, ndcops: Run) -> None:
    room.engine.failures[stack()] = ZeroDivisionError("a bug")
    with pytest.raises(ZeroDivisionError):
        ndcops("stack", "up", "--yes")


@pytest.mark.parametrize(("silent", "code"), [(set(), 0), ({"ndc2"}, 1)])
def test_status_fails_when_a_site_is_silent(ndcops: Run, room: Room, silent: set[str], code: int) -> None:
    from ndcops.model.site_status import SiteCondition

    for site in ("ndc1", "ndc2"):
        room.clusters.conditions[site] = SiteCondition(site=site, version="v1.36.0", pools=(), services=())
    room.clusters.silent = silent
    ended = ndcops("status", "--json")
    assert ended.code == code
    assert [bool(site["condition"]) for site in ended.document["sites"]] == [True, not silent]
    assert ndcops("status").code == code


@contextmanager
def at_a_terminal(scene: str, *words: str) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """The command as a process, and the keyboard of its terminal."""
    keyboard, terminal = pty.openpty()
    argv = [sys.executable, "-m", "tests.cli.fake_room", scene, *words]
    try:
        with subprocess.Popen(
            argv,
            stdin=terminal,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        ) as process:
            try:
                yield process, keyboard
            finally:
                process.kill()
    finally:
        os.close(keyboard)
        os.close(terminal)


def read_until(process: "subprocess.Popen[str]", text: str) -> str:
    assert process.stderr is not None
    seen = ""
    while text not in seen:
        letter = process.stderr.read(1)
        assert letter, seen
        seen += letter
    return seen


@pytest.mark.parametrize(("typed", "code"), [("y\n", 0), ("n\n", 3), ("\x04", 3)])
def test_the_answer_at_the_terminal_decides(typed: str, code: int) -> None:
    with at_a_terminal("quick", "stack", "up") as (process, keyboard):
        read_until(process, "apply this plan to lab? [y/N]")
        os.write(keyboard, typed.encode())
        _, err = process.communicate(timeout=30)
    assert process.returncode == code
    assert ("nothing was changed" in err) == (code == 3)


def test_ctrl_c_at_the_question_ends_the_command() -> None:
    with at_a_terminal("quick", "stack", "up", "--json") as (process, _):
        read_until(process, "[y/N]")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert '"exit_code": 130' in out
    assert "Traceback" not in err
    assert "engine at work" not in err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_during_an_apply_stops_the_engines_and_says_how_to_go_on(number: signal.Signals) -> None:
    with at_a_terminal("slow", "stack", "up", "--yes", "--json") as (process, _):
        read_until(process, "engine at work on network/ndc2")
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "run the same command again" in out
    assert "stopping: the steps in hand are finished and saved" in err
    assert "Traceback" not in err
