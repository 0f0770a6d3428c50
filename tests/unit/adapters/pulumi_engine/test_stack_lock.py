"""The lock of a stack: held while alive, freed by any death, never stuck, respecting who runs pulumi by hand."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest

from ndcops.adapters.pulumi_engine.settings import EngineSettings
from ndcops.adapters.pulumi_engine.stack_lock import locked_stack
from ndcops.model.errors import Refused
from ndcops.model.stack_changes import StackId
from tests.unit.adapters.pulumi_engine.samples import STACK, settings_in

HOLDER = """
import fcntl, os, subprocess, sys
descriptor = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
fcntl.flock(descriptor, fcntl.LOCK_EX)
os.pwrite(descriptor, str(os.getpid()).encode(), 0)
if len(sys.argv) > 2:
    subprocess.Popen(["sleep", sys.argv[2]], pass_fds=[descriptor])
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def settings(tmp_path: Path) -> EngineSettings:
    return settings_in(tmp_path)


@pytest.fixture
def lock_file(settings: EngineSettings) -> Path:
    path = settings.work_dir(STACK) / "lock"
    path.parent.mkdir(parents=True)
    return path


@contextmanager
def holder(lock_file: Path, *engine_s: str) -> Iterator["subprocess.Popen[str]"]:
    """Another process that holds the lock; with `engine_s`, its child inherits it for that long."""
    argv = [sys.executable, "-S", "-c", HOLDER, str(lock_file), *engine_s]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def refusal(settings: EngineSettings) -> Refused:
    """How the lock is refused now."""
    with pytest.raises(Refused) as caught, locked_stack(settings, STACK):
        pytest.fail("two hold the stack")
    assert caught.value.exit_code == 3
    return caught.value


def test_the_second_holder_is_refused_while_the_first_lives(settings: EngineSettings, lock_file: Path) -> None:
    with holder(lock_file) as process:
        assert f"being changed by process {process.pid}" in refusal(settings).message


def test_two_threads_of_one_process_exclude_each_other(settings: EngineSettings) -> None:
    with locked_stack(settings, STACK):
        assert f"process {os.getpid()}" in refusal(settings).message


def test_other_stacks_are_free(settings: EngineSettings) -> None:
    with locked_stack(settings, STACK), locked_stack(settings, StackId(layer="network", site="ndc2")):
        pass


def test_leaving_frees_the_stack_even_after_an_error(settings: EngineSettings) -> None:
    with pytest.raises(KeyError), locked_stack(settings, STACK):
        raise KeyError
    with locked_stack(settings, STACK):
        assert (settings.work_dir(STACK) / "lock").read_text() == str(os.getpid())


@pytest.mark.parametrize("reaped", [True, False])
def test_a_killed_holder_holds_nothing(settings: EngineSettings, lock_file: Path, reaped: bool) -> None:
    with holder(lock_file) as process:
        process.send_signal(signal.SIGKILL)
        if reaped:
            process.wait()
        else:
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        with locked_stack(settings, STACK):
            pass


@pytest.mark.parametrize("reaped", [True, False])
def test_an_orphaned_engine_is_waited_for(settings: EngineSettings, lock_file: Path, reaped: bool) -> None:
    with holder(lock_file, "0.4") as process:
        process.send_signal(signal.SIGKILL)
        if reaped:
            process.wait()
        else:  # the process table keeps a zombie until its parent asks: it can end no engine
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        with lock_file.open() as probe, pytest.raises(BlockingIOError):
            fcntl.flock(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with locked_stack(settings, STACK):
            pass


def engine_lock(settings: EngineSettings, content: bytes) -> Path:
    folder = settings.engine_locks_dir(STACK)
    folder.mkdir(parents=True)
    path = folder / "2d1a.json"
    path.write_bytes(content)
    return path


def by(pid: int, host: str | None = None) -> bytes:
    fields = {"pid": pid, "username": "root", "hostname": host or os.uname().nodename}
    return orjson.dumps({**fields, "timestamp": "2026-01-31T08:00:00Z"})


@pytest.mark.parametrize(
    "content",
    [
        by(2**22 + 1),  # beyond the largest PID: nobody
        by(os.getpid()),  # alive, but no engine: the PID was given out again
        b"",
        b"{",
        b"[]",
        b"{}",
    ],
    ids=["nobody", "another program", "empty", "cut off", "a list", "no fields"],
)
def test_a_lock_file_that_a_dead_engine_left_is_removed(settings: EngineSettings, content: bytes) -> None:
    path = engine_lock(settings, content)
    with locked_stack(settings, STACK):
        assert not path.exists()


def test_pulumi_run_by_hand_is_respected(settings: EngineSettings, tmp_path: Path) -> None:
    pulumi = tmp_path / "pulumi-by-hand"
    pulumi.symlink_to("/bin/sleep")
    with subprocess.Popen([str(pulumi), "60"]) as process:
        try:
            path = engine_lock(settings, by(process.pid))
            _wait_for_exec(process.pid)
            assert f"pulumi, process {process.pid}" in refusal(settings).message
            assert path.exists()
        finally:
            process.kill()
    with locked_stack(settings, STACK):
        assert not path.exists()


def _wait_for_exec(pid: int) -> None:
    while b"pulumi" not in Path(f"/proc/{pid}/cmdline").read_bytes():
        time.sleep(0.01)


def test_an_engine_of_another_machine_is_respected(settings: EngineSettings) -> None:
    path = engine_lock(settings, by(1, "elsewhere"))
    refused = refusal(settings)
    assert "process 1 on elsewhere" in refused.message
    assert f"rm {path}" in refused.resolution
    assert path.exists()
    path.unlink()
    with locked_stack(settings, STACK):
        pass
