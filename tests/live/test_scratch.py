"""A replay asks the real scheduler through the real admission, and leaves nothing behind, even when cut off."""

from pathlib import Path

import pytest

from ndcops.lab.folder import LabPaths
from ndcops.lab.processes import find_marked
from ndcops.lab.scratch import ScratchScheduler
from ndcops.model.replay import ReplayProgress
from ndcops.model.snapshot import PodGroup, SiteSnapshot

pytestmark = pytest.mark.live

NODE = {
    "metadata": {"name": "n1", "labels": {"kubernetes.io/hostname": "n1"}},
    "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "10"}, "capacity": {}},
}
RESIDENT = {
    "metadata": {"namespace": "web"},
    "spec": {"priority": 7, "containers": [{"name": "main", "resources": {"requests": {"cpu": "1"}}}]},
}
SITE = SiteSnapshot(
    site="ndc1",
    cluster_uid="u",
    resource_version="1",
    objects={"nodes": (NODE,), "namespaces": ({"metadata": {"name": "web"}},)},
    pods=(PodGroup(template=RESIDENT, nodes={"n1": 2}),),
)
ASKED = {
    "metadata": {"namespace": "web"},
    "spec": {"containers": [{"name": "main", "resources": {"requests": {"cpu": "1500m"}}}]},
}


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NDCOPS_STATE_DIR", str(tmp_path))
    return tmp_path


def test_pods_are_placed_until_there_is_no_room(state: Path) -> None:
    progress: list[ReplayProgress] = []
    wrong = {"metadata": {"namespace": "web"}, "spec": {**ASKED["spec"], "priorityClassName": "lead"}}
    first, second, refused = ScratchScheduler().replay(SITE, [ASKED, ASKED, wrong], progress.append)
    assert first.node == "n1"
    assert (second.node, second.message) == (None, "0/1 nodes are available: 1 Insufficient cpu.")
    assert refused.message.endswith("is forbidden: no PriorityClass with name lead was found")
    assert progress[-1] == ReplayProgress("pods scheduled", 3, 3)
    assert list((state / "scratch").iterdir()) == []


def test_ctrl_c_leaves_nothing(state: Path) -> None:
    roots: list[Path] = []

    def cut_off(_: ReplayProgress) -> None:
        roots.extend((state / "scratch").iterdir())
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ScratchScheduler().replay(SITE, [ASKED], cut_off)
    assert list((state / "scratch").iterdir()) == []
    assert [find_marked(LabPaths(root).lab_id) for root in roots] == [[]]
