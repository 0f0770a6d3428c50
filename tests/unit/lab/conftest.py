"""Fixtures of the lab's unit tests: a state folder of their own, emptied of processes afterwards."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ndcops.lab.folder import LabPaths, lab_folder
from ndcops.lab.processes import end_processes, find_marked


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LabPaths]:
    monkeypatch.setenv("NDCOPS_STATE_DIR", str(tmp_path / "state"))
    paths = LabPaths(lab_folder())
    yield paths
    end_processes(find_marked(paths.lab_id), grace_s=0)
