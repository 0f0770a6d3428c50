"""`up`, `kill` and `revive` with programs that fail: what was wrong is said, and `down` cleans up."""

from pathlib import Path

import pytest

from ndcops.lab import outage
from ndcops.lab.down import down
from ndcops.lab.folder import LabPaths
from ndcops.lab.manifests import DEFINITIONS
from ndcops.lab.processes import find_marked
from ndcops.lab.state import LabMode, lab_target, read_state
from ndcops.lab.status import Life, status
from ndcops.lab.up import up
from ndcops.model.errors import InvalidInput, NdcopsError
from ndcops.model.inventory import Inventory
from tests.unit.lab.samples import sample_inventory, sample_pool, sample_site
from tests.unit.lab.services.test_chosen import service

CRD = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: {name}}}\n"


class FakeEngines:
    """Programs that are shell scripts."""

    def __init__(self, folder: Path, **programs: str) -> None:
        self._folder = folder
        folder.mkdir()
        for definition in DEFINITIONS:
            (folder / f"{definition}.yaml").write_text(CRD.format(name=definition))
        for name, script in programs.items():
            path = folder / name.replace("_", "-")
            path.write_text(f"#!/bin/sh\n{script}\n")
            path.chmod(0o755)

    def __call__(self, name: str) -> Path:
        return self._folder


@pytest.fixture
def failing(tmp_path: Path) -> FakeEngines:
    return FakeEngines(tmp_path / "engines", etcd="exec sleep 600", kube_apiserver="echo 'disk full' >&2; exit 1")


def test_an_api_server_that_dies_is_named_with_its_last_words(paths: LabPaths, failing: FakeEngines) -> None:
    with pytest.raises(NdcopsError, match="ndc1: kube-apiserver ended") as caught:
        up(sample_inventory(1), mode=LabMode.LOOPBACK, engines=failing)
    assert "disk full" in caught.value.details
    assert str(paths.log("ndc1", "kube-apiserver")) in caught.value.details[-1]


def test_a_failed_up_is_recorded_shown_and_removed(paths: LabPaths, failing: FakeEngines) -> None:
    with pytest.raises(NdcopsError):
        up(sample_inventory(1), mode=LabMode.LOOPBACK, engines=failing)

    with pytest.raises(NdcopsError, match="did not come up whole"):
        lab_target()
    seen = status()
    assert seen.up
    assert {each.name: each.life for each in seen.sites[0].processes} == {
        "etcd": Life.ALIVE,
        "kube-apiserver": Life.DEAD,
    }
    assert not seen.sites[0].healthy
    assert outage.kill("ndc1") == 1
    assert down().files > 0
    assert find_marked(paths.lab_id) == []
    assert not status().up


def test_an_up_after_a_failed_one_keeps_what_runs_and_ends_strays(paths: LabPaths, failing: FakeEngines) -> None:
    with pytest.raises(NdcopsError):
        up(sample_inventory(1), mode=LabMode.LOOPBACK, engines=failing)
    before = read_state(paths)
    assert before is not None
    etcd = before.process("ndc1", "etcd")
    assert etcd is not None
    stray = [each for each in before.processes if each.name != "etcd"]
    paths.state.write_text(before.model_copy(update={"processes": (etcd, *stray)}).model_dump_json(by_alias=True))

    with pytest.raises(NdcopsError):
        up(sample_inventory(1), mode=LabMode.LOOPBACK, engines=failing)

    assert [each.pid for each in find_marked(paths.lab_id)] == [etcd.pid]


def test_an_unrecorded_process_is_ended_by_the_next_up(paths: LabPaths, failing: FakeEngines) -> None:
    with pytest.raises(NdcopsError):
        up(sample_inventory(1), mode=LabMode.LOOPBACK, engines=failing)
    before = read_state(paths)
    assert before is not None
    unrecorded = before.process("ndc1", "etcd")
    assert unrecorded is not None
    paths.state.write_text(before.model_copy(update={"processes": ()}).model_dump_json(by_alias=True))

    with pytest.raises(NdcopsError):
        up(sample_inventory(1), mode=LabMode.LOOPBACK, engines=failing)

    assert unrecorded.pid not in [each.pid for each in find_marked(paths.lab_id)]


def test_what_a_recorded_process_started_is_no_stray_and_dies_with_it(paths: LabPaths, tmp_path: Path) -> None:
    script = "sleep 600 & sleep 600 & wait"
    engines = FakeEngines(tmp_path / "parents", etcd=script, kube_apiserver="exit 1")
    for _ in range(2):
        with pytest.raises(NdcopsError):
            up(sample_inventory(1), mode=LabMode.LOOPBACK, engines=engines)
        assert len(find_marked(paths.lab_id)) == 3
    assert outage.kill("ndc1") == 3
    assert find_marked(paths.lab_id) == []


def test_a_service_whose_sites_are_not_there_is_refused_before_anything_starts(
    paths: LabPaths, failing: FakeEngines
) -> None:
    inventory = sample_inventory(1).model_copy(update={"services": (service("one"),)})
    with pytest.raises(InvalidInput, match="needs site ndc2"):
        up(inventory, services=["one"], mode=LabMode.LOOPBACK, engines=failing)
    assert find_marked(paths.lab_id) == []


def test_two_sites_have_no_majority_for_databases(paths: LabPaths, failing: FakeEngines) -> None:
    inventory = sample_inventory(2).model_copy(update={"services": (service("one"),)})
    with pytest.raises(InvalidInput, match="three sites"):
        up(inventory, services=["one"], mode=LabMode.LOOPBACK, engines=failing)
    assert find_marked(paths.lab_id) == []


def test_another_mode_than_the_running_one_is_refused(paths: LabPaths, failing: FakeEngines) -> None:
    with pytest.raises(NdcopsError):
        up(sample_inventory(1), mode=LabMode.LOOPBACK, engines=failing)
    with pytest.raises(InvalidInput, match="mode 'loopback'"):
        up(sample_inventory(1), mode=LabMode.NETNS, engines=failing)


def test_an_unknown_mode_in_the_environment_is_refused(
    paths: LabPaths, failing: FakeEngines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NDCOPS_LAB_MODE", "docker")
    with pytest.raises(InvalidInput, match="expected netns or loopback"):
        up(sample_inventory(1), engines=failing)


def test_an_inventory_with_planned_sites_only_is_refused(paths: LabPaths, failing: FakeEngines) -> None:
    with pytest.raises(InvalidInput, match="no site to start"):
        up(Inventory(sites=(sample_site(1, status="planned"),)), engines=failing)


def test_too_few_nodes_are_refused_before_anything_starts(paths: LabPaths, failing: FakeEngines) -> None:
    with pytest.raises(InvalidInput, match="too few"):
        up(sample_inventory(1, sample_pool("a"), sample_pool("b")), nodes_per_site=1, engines=failing)
    assert not paths.root.exists()


@pytest.mark.parametrize("action", [outage.kill, outage.revive])
def test_kill_and_revive_need_a_lab(paths: LabPaths, action) -> None:
    with pytest.raises(NdcopsError, match="not up") as caught:
        action("ndc1")
    assert caught.value.resolution == "ndcops lab up"


def test_kill_of_an_unknown_site_is_refused(paths: LabPaths, failing: FakeEngines) -> None:
    with pytest.raises(NdcopsError):
        up(sample_inventory(1), mode=LabMode.LOOPBACK, engines=failing)
    with pytest.raises(InvalidInput, match="no site 'ndc7'"):
        outage.kill("ndc7")
