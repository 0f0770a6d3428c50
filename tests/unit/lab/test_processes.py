"""Processes: started apart, found by their mark, ended for good, never another's."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ndcops.lab.folder import LabPaths
from ndcops.lab.processes import (
    ProcessSpec,
    end_processes,
    find_marked,
    is_frozen,
    is_running,
    spawn,
)
from ndcops.lab.state import ProcessRecord

IGNORES_TERM = (
    "import signal,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True); time.sleep(600)"
)


def start(paths: LabPaths, *argv: str, name: str = "sleeper") -> ProcessRecord:
    spec = ProcessSpec("ndc1", name, argv or ("sleep", "600"), paths.site("ndc1"), paths.log("ndc1", name))
    return spawn(spec, paths.lab_id)


def wait_for_text(path: Path, text: str) -> None:
    deadline = time.monotonic() + 10
    while not path.exists() or text not in path.read_text():
        assert time.monotonic() < deadline, f"no '{text}' in {path}"
        time.sleep(0.01)


def wait_frozen(record: ProcessRecord) -> None:
    deadline = time.monotonic() + 10
    while not is_frozen(record):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_process_gets_its_own_session_and_a_clean_environment(
    paths: LabPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example")
    monkeypatch.setenv("SOME_PASSWORD", "secret")
    record = start(paths, "sh", "-c", "env; pwd; echo to-stderr >&2; exec sleep 600")
    wait_for_text(record.log, "to-stderr")
    lines = record.log.read_text().splitlines()
    names = {line.partition("=")[0] for line in lines if "=" in line}
    assert names <= {"PATH", "HOME", "NDCOPS_LAB", "NDCOPS_LAB_PROCESS", "PWD", "OLDPWD", "SHLVL", "_"}
    assert str(paths.site("ndc1")) in lines
    assert os.getsid(record.pid) == record.pid != os.getsid(0)
    assert record.log.stat().st_mode & 0o777 == 0o600


def test_a_descriptor_that_our_caller_left_open_is_not_handed_on(paths: LabPaths, tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as lock:
        os.set_inheritable(lock.fileno(), True)
        record = start(paths)
        held = {str(each.readlink()) for each in Path(f"/proc/{record.pid}/fd").iterdir()}
        assert str(tmp_path / "lock") not in held


def test_marked_processes_are_found_with_their_role_and_other_labs_are_not(paths: LabPaths) -> None:
    record = start(paths)
    # env becomes the sleeper: for an instant of that, a process has no environment.
    deadline = time.monotonic() + 5
    while not (found := find_marked(paths.lab_id)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [(each.pid, each.start_ticks, each.role) for each in found] == [
        (record.pid, record.start_ticks, "ndc1/sleeper")
    ]
    assert find_marked("ffffff") == []


def test_ended_processes_are_gone_and_not_found(paths: LabPaths) -> None:
    record = start(paths)
    assert is_running(record)
    assert end_processes([record], grace_s=5) == 1
    assert not is_running(record)
    assert find_marked(paths.lab_id) == []
    assert end_processes([record], grace_s=5) == 0


@pytest.mark.parametrize("grace_s", [0, 0.2])
def test_a_process_that_ignores_sigterm_is_killed(paths: LabPaths, grace_s: float) -> None:
    record = start(paths, sys.executable, "-c", IGNORES_TERM)
    wait_for_text(record.log, "on")
    assert end_processes([record], grace_s=grace_s) == 1
    assert not is_running(record)


def test_a_frozen_process_is_alive_and_can_be_ended(paths: LabPaths) -> None:
    record = start(paths)
    os.kill(record.pid, signal.SIGSTOP)
    wait_frozen(record)
    assert is_running(record)
    assert find_marked(paths.lab_id)[0].frozen
    assert end_processes([record], grace_s=5) == 1


def test_a_later_process_with_the_same_pid_is_left_alone(paths: LabPaths) -> None:
    record = start(paths)
    earlier = record.model_copy(update={"start_ticks": record.start_ticks - 1})
    assert not is_running(earlier)
    assert end_processes([earlier], grace_s=0) == 0
    assert is_running(record)


def test_a_dead_child_counts_as_dead_before_it_is_reaped(paths: LabPaths) -> None:
    record = start(paths, "true")
    os.waitid(os.P_PID, record.pid, os.WEXITED | os.WNOWAIT)
    assert not is_running(record)
    assert end_processes([record], grace_s=0) == 0


def test_children_of_a_marked_process_are_found_too(paths: LabPaths) -> None:
    record = start(paths, "sh", "-c", "sleep 600 & echo forked; wait")
    wait_for_text(record.log, "forked")
    deadline = time.monotonic() + 10
    while len(find_marked(paths.lab_id)) < 2:
        assert time.monotonic() < deadline
    assert end_processes(find_marked(paths.lab_id), grace_s=0) == 2


def test_processes_outlive_the_one_that_started_them(paths: LabPaths) -> None:
    program = (
        "import sys; from pathlib import Path; from ndcops.lab.processes import ProcessSpec, spawn\n"
        "folder = Path(sys.argv[1])\n"
        "spawn(ProcessSpec('ndc1', 'sleeper', ('sleep', '600'), folder, folder / 'log'), sys.argv[2])"
    )
    subprocess.run([sys.executable, "-c", program, str(paths.root), paths.lab_id], check=True, timeout=60)
    assert [each.role for each in find_marked(paths.lab_id)] == ["ndc1/sleeper"]
