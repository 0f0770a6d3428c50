"""The engine as a process: what it prints, how it fails, how it is interrupted, what it inherits."""

import fcntl
import os
import threading
from pathlib import Path

import pytest
from pulumi.automation.errors import CommandError, ConcurrentUpdateError

from ndcops.adapters.pulumi_engine.command import OwnedCommand
from ndcops.adapters.pulumi_engine.engine import PulumiEngine
from ndcops.model.errors import Interrupted, NdcopsError
from tests.stacks.sample import stack_input
from tests.unit.adapters.pulumi_engine.samples import STACK, settings_in

VERSION = "3.246.0"
PATIENT = """
trap 'echo saved; exit 130' INT
trap 'exit 143' TERM
echo ready
while :; do sleep 0.02; done
"""


def engine(folder: Path, script: str) -> Path:
    """A program in the engine's place."""
    path = folder / "fake-pulumi"
    path.write_text(f"#!/bin/sh\n{script}")
    path.chmod(0o755)
    return path


def test_lines_of_both_streams_are_given_as_they_come(tmp_path: Path) -> None:
    command = OwnedCommand(engine(tmp_path, 'echo "$1 $2"; echo "trễ" >&2; echo "$EXTRA"'), VERSION, None)
    seen: list[str] = []
    result = command.run(["preview"], str(tmp_path), {"EXTRA": "more"}, seen.append, seen.append)
    assert (result.stdout, result.stderr, result.code) == ("--non-interactive preview\nmore", "trễ", 0)
    assert sorted(seen) == sorted(["--non-interactive preview", "more", "trễ"])


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        ("echo broken >&2; exit 255", CommandError),
        ("kill -9 $$", CommandError),
        ("echo 'the stack is currently locked by 1' >&2; exit 1", ConcurrentUpdateError),
    ],
)
def test_a_failing_engine_raises(tmp_path: Path, script: str, kind: type[CommandError]) -> None:
    with pytest.raises(kind):
        OwnedCommand(engine(tmp_path, script), VERSION, None).run([], str(tmp_path), {})


@pytest.mark.parametrize(("times", "code"), [(1, 130), (2, 143)])
def test_interrupting_asks_once_and_ends_at_the_second_time(tmp_path: Path, times: int, code: int) -> None:
    script = PATIENT if times == 1 else PATIENT.replace("echo saved; exit 130", ":")
    command = OwnedCommand(engine(tmp_path, script), VERSION, None)
    ready = threading.Event()

    def interrupt() -> None:
        ready.wait(10)
        for _ in range(times):
            command.interrupt()

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(CommandError, match=f"code: {code}"):
        command.run([], str(tmp_path), {}, lambda line: ready.set())
    thread.join()


def test_an_engine_begun_after_the_interruption_stops_at_once(tmp_path: Path) -> None:
    command = OwnedCommand(engine(tmp_path, "exec sleep 30"), VERSION, None)
    command.interrupt()
    with pytest.raises(CommandError, match="code: -2"):
        command.run([], str(tmp_path), {})


def test_the_engine_inherits_the_lock(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    command = OwnedCommand(engine(tmp_path, f"readlink /proc/$$/fd/{descriptor}"), VERSION, descriptor)
    assert command.run([], str(tmp_path), {}).stdout == str(tmp_path / "lock")
    os.close(descriptor)


@pytest.mark.parametrize(
    ("script", "kind", "message"),
    [
        ("echo 'error: no space left on device' >&2; exit 1", NdcopsError, "the disk of its state is full"),
        ("echo 'error: another cluster answers' >&2; exit 1", NdcopsError, "not the one that the target pins"),
        ("exit 7", NdcopsError, "stack network/ndc1 failed"),
    ],
)
def test_a_failed_run_is_an_error_for_people(
    tmp_path: Path, script: str, kind: type[NdcopsError], message: str
) -> None:
    adapter = PulumiEngine(settings_in(tmp_path, engine(tmp_path, script)), VERSION)
    with pytest.raises(kind, match=message):
        adapter.drift(STACK, stack_input(), lambda progress: None)


def test_a_stopped_run_is_an_interruption(tmp_path: Path) -> None:
    adapter = PulumiEngine(settings_in(tmp_path, engine(tmp_path, "exec sleep 30")), VERSION)
    adapter.interrupt()
    with pytest.raises(Interrupted, match="network/ndc1: stopped"):
        adapter.destroy(STACK, stack_input(), lambda progress: None)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (lambda settings: settings.pulumi.unlink(), "No such file or directory"),
        (lambda settings: settings.work_dir(STACK).joinpath("Pulumi.yaml").mkdir(parents=True), "Is a directory"),
        (lambda settings: settings.pulumi.chmod(0o600), "Permission denied"),
    ],
)
def test_what_the_system_refuses_is_an_error_for_people(tmp_path: Path, broken: object, message: str) -> None:
    settings = settings_in(tmp_path, engine(tmp_path, "exit 0"))
    adapter = PulumiEngine(settings, VERSION)
    broken(settings)  # type: ignore[operator]
    with pytest.raises(NdcopsError, match=f"stack network/ndc1: .*{message}"):
        adapter.preview(STACK, stack_input(), lambda progress: None)


@pytest.mark.parametrize("verb", ["apply", "destroy"])
def test_no_engine_is_begun_on_a_disk_that_is_nearly_full(tiny_disk: Path, tmp_path: Path, verb: str) -> None:
    adapter = PulumiEngine(settings_in(tiny_disk, engine(tmp_path, f"touch {tmp_path}/begun; exit 1")), VERSION)
    with pytest.raises(NdcopsError, match="the disk of its state is full"):
        getattr(adapter, verb)(STACK, stack_input(), lambda progress: None)
    assert not (tmp_path / "begun").exists()
