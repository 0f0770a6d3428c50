"""The lab's folder: its id, its lock."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from ndcops.lab.folder import LabPaths, hold_lab
from ndcops.model.errors import Refused

HOLDER = """
import sys, time
from pathlib import Path
from ndcops.lab.folder import hold_lab
with hold_lab(Path(sys.argv[1]), create=True):
    print("held", flush=True)
    time.sleep(600)
"""


def test_labs_of_other_folders_have_other_ids(tmp_path: Path) -> None:
    ids = {LabPaths(tmp_path / name).lab_id for name in ("a", "b", "c")}
    assert len(ids) == 3
    assert all(len(each) == 6 and int(each, 16) >= 0 for each in ids)


def test_a_second_command_is_refused_while_the_first_works(tmp_path: Path) -> None:
    with hold_lab(tmp_path / "lab", create=True) as held:
        assert held
        with pytest.raises(Refused, match="another ndcops command"), hold_lab(tmp_path / "lab", wait_s=0.2):
            pass


def test_a_killed_command_frees_the_lab(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path / "lab")], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(Refused), hold_lab(tmp_path / "lab", wait_s=0.1):
            pass
        holder.kill()
    with hold_lab(tmp_path / "lab", wait_s=5) as held:
        assert held


def test_no_lab_is_said_and_not_made(tmp_path: Path) -> None:
    with hold_lab(tmp_path / "lab") as held:
        assert not held
    assert not (tmp_path / "lab").exists()


def test_a_lock_on_a_removed_folder_is_taken_anew(tmp_path: Path) -> None:
    root = tmp_path / "lab"
    with hold_lab(root, create=True):
        root.rmdir()
        with hold_lab(root, create=True, wait_s=1) as held:
            assert held
            assert root.exists()


def test_waiting_ends_when_the_first_command_does(tmp_path: Path) -> None:
    program = HOLDER.replace("600", "0.5")
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "lab")], stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        started = time.monotonic()
        with hold_lab(tmp_path / "lab", wait_s=30) as held:
            assert held
        assert time.monotonic() - started < 30
