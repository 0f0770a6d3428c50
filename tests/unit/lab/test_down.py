"""`down` leaves nothing: after a kill -9'd `up`, with a corrupt state file, and when there is nothing."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ndcops.lab.down import LabRemoval, down, mounts_below
from ndcops.lab.folder import LabPaths
from ndcops.lab.processes import ProcessSpec, find_marked, spawn

KILLED_UP = """
import os, signal, sys
from ndcops.lab.folder import LabPaths, hold_lab, lab_folder
from ndcops.lab.processes import ProcessSpec, spawn

paths = LabPaths(lab_folder())
with hold_lab(paths.root, create=True):
    for name in ("etcd", "kube-apiserver"):
        spec = ProcessSpec("ndc1", name, ("sleep", "600"), paths.site("ndc1"), paths.log("ndc1", name))
        spawn(spec, paths.lab_id)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_nothing_is_left_of_an_up_killed_before_it_recorded_anything(paths: LabPaths) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED_UP], timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(find_marked(paths.lab_id)) == 2

    removal = down()

    assert removal.processes == 2
    assert find_marked(paths.lab_id) == []
    assert not paths.root.exists()
    assert down().nothing_to_do


def test_a_corrupt_state_file_does_not_hold_up_down(paths: LabPaths) -> None:
    paths.root.mkdir(parents=True)
    paths.state.write_bytes(b"\x00\xff{")
    spec = ProcessSpec("ndc1", "etcd", ("sleep", "600"), paths.site("ndc1"), paths.log("ndc1", "etcd"))
    spawn(spec, paths.lab_id)
    assert down().processes == 1
    assert not paths.root.exists()


def test_strays_are_ended_even_when_the_folder_is_gone(paths: LabPaths, tmp_path: Path) -> None:
    spawn(ProcessSpec("ndc1", "etcd", ("sleep", "600"), tmp_path, tmp_path / "log"), paths.lab_id)
    assert down() == LabRemoval(processes=1, interfaces=0, mounts=0, files=0)


def test_down_without_a_lab_has_nothing_to_do(paths: LabPaths) -> None:
    assert down().nothing_to_do
    assert not paths.root.exists()


def test_another_lab_is_not_touched(paths: LabPaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = LabPaths(tmp_path / "other" / "lab")
    assert other.lab_id != paths.lab_id
    spawn(
        ProcessSpec("ndc1", "etcd", ("sleep", "600"), other.site("ndc1"), other.log("ndc1", "etcd")), other.lab_id
    )
    assert down().processes == 0
    assert len(find_marked(other.lab_id)) == 1
    monkeypatch.setenv("NDCOPS_STATE_DIR", str(tmp_path / "other"))
    assert down().processes == 1


def test_mounts_are_found_deepest_first_and_only_below_the_folder() -> None:
    lines = [
        "1 0 8:1 / / rw - ext4 /dev/a rw",
        r"2 1 8:1 / /state/lab/with\040space/deep rw shared:1 - ext4 /dev/a rw",
        "3 1 8:1 / /state/lab/x rw - tmpfs tmpfs rw",
        "4 1 8:1 / /state/laboratory rw - tmpfs tmpfs rw",
    ]
    found = mounts_below(Path("/state/lab"), "\n".join(lines))
    assert found == [Path("/state/lab/with space/deep"), Path("/state/lab/x")]
