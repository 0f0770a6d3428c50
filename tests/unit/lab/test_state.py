"""The state file: written whole, private, refused when corrupt; the target that follows from it."""

import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ndcops.lab.folder import LabPaths
from ndcops.lab.state import (
    LabMode,
    LabState,
    ProcessRecord,
    SitePorts,
    SiteState,
    StateFile,
    lab_target,
    read_state,
)
from ndcops.model.errors import InvalidInput, NdcopsError
from ndcops.model.target import TargetKind

NOW = datetime.datetime(2026, 5, 1, tzinfo=datetime.UTC)


def sample_state(mode: LabMode = LabMode.LOOPBACK) -> LabState:
    site = SiteState(
        name="ndc1",
        index=0,
        address="127.0.0.1",
        ports=SitePorts(api=20001, etcd=20002, etcd_peer=20003),
        pod_cidr="10.1.0.0/16",
        service_cidr="10.2.0.0/16",
    )
    return LabState(lab_id="abcdef", mode=mode, created_at=NOW, sites=(site,))


def sample_record(pid: int) -> ProcessRecord:
    return ProcessRecord(site="ndc1", name="etcd", pid=pid, start_ticks=1, argv=("etcd",), log=Path("/log"))


def test_a_written_state_is_read_back_and_private(paths: LabPaths) -> None:
    file = StateFile(paths, sample_state())
    file.record_process(sample_record(7))
    file.update_site("ndc1", uid="u-1")
    assert read_state(paths) == file.state
    assert paths.state.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in paths.root.iterdir()] == ["lab.json"]


def test_a_restarted_process_takes_the_place_of_its_record(paths: LabPaths) -> None:
    file = StateFile(paths, sample_state())
    file.record_process(sample_record(7))
    file.record_process(sample_record(8))
    assert [record.pid for record in file.state.processes] == [8]


@settings(max_examples=40)
@given(content=st.binary(max_size=200))
def test_a_corrupt_state_file_names_the_way_out(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    paths = LabPaths(tmp_path_factory.mktemp("lab"))
    paths.state.write_bytes(content)
    with pytest.raises(NdcopsError, match="corrupt") as caught:
        read_state(paths)
    assert caught.value.resolution.startswith("ndcops lab down")


def test_a_state_file_of_a_newer_release_is_refused(paths: LabPaths) -> None:
    StateFile(paths, sample_state()).update()
    paths.state.write_text(paths.state.read_text().replace("ndcops/v1", "ndcops/v2"))
    with pytest.raises(NdcopsError, match="corrupt"):
        read_state(paths)


def test_an_unknown_site_is_named_with_those_that_there_are() -> None:
    with pytest.raises(InvalidInput, match="ndc9") as caught:
        sample_state().site("ndc9")
    assert caught.value.details == ("sites: ndc1",)


def test_what_needs_links_is_refused_on_loopback() -> None:
    with pytest.raises(InvalidInput, match="partition"):
        sample_state().require_links("partition")
    sample_state(LabMode.NETNS).require_links("partition")


@pytest.mark.parametrize("half_up", [False, True])
def test_there_is_no_target_before_the_lab_is_up(paths: LabPaths, half_up: bool) -> None:
    if half_up:
        StateFile(paths, sample_state()).update()
    with pytest.raises(NdcopsError) as caught:
        lab_target()
    assert caught.value.resolution == "ndcops lab up"


def test_the_target_is_the_lab_with_its_pins(paths: LabPaths) -> None:
    file = StateFile(paths, sample_state())
    file.update_site("ndc1", uid="u-1")
    file.update(ready_at=NOW)
    target = lab_target()
    assert target.kind is TargetKind.LAB
    assert target.state_dir == paths.root / "pulumi"
    assert [(each.site, each.context, each.uid) for each in target.clusters] == [("ndc1", "lab-ndc1", "u-1")]
