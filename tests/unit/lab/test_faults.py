"""Faults between sites: rules as text, what is said of them, what is refused."""

import json
from datetime import UTC, datetime

import pytest

from ndcops.lab.faults.links import filter_rules, shaping
from ndcops.lab.faults.run import freeze, heal, partition, slow
from ndcops.lab.folder import LabPaths
from ndcops.lab.network import ANCHOR
from ndcops.lab.private_file import write_private
from ndcops.lab.processes import ProcessSpec, is_frozen, is_running, spawn
from ndcops.lab.state import Direction, Fault, FaultKind, LabMode, LabState, SitePorts, SiteState, read_state
from ndcops.model.errors import InvalidInput, NdcopsError

ADDRESSES = {"ndc2": "198.18.7.12", "outside": "198.18.7.1"}


def cut(peer: str = "", direction: Direction = "both") -> Fault:
    return Fault(kind=FaultKind.CUT, site="ndc1", peer=peer, direction=direction)


@pytest.mark.parametrize(
    ("faults", "rules"),
    [
        ([], []),
        ([cut()], ['iifname "eth0" drop', 'oifname "eth0" drop']),
        ([cut("ndc2", "in")], ['iifname "eth0" ip saddr 198.18.7.12 drop']),
        ([cut("outside", "out")], ['oifname "eth0" ip daddr 198.18.7.1 drop']),
        (
            [cut("ndc2", "in"), cut("outside", "in")],
            ['iifname "eth0" ip saddr 198.18.7.12 drop', 'iifname "eth0" ip saddr 198.18.7.1 drop'],
        ),
        ([Fault(kind=FaultKind.SLOW, site="ndc1", rate="1mbit")], []),
    ],
)
def test_a_script_replaces_every_earlier_cut(faults: list[Fault], rules: list[str]) -> None:
    lines = [line.strip() for line in filter_rules(faults, ADDRESSES).splitlines()]
    assert lines[:2] == ["table inet ndcops_faults", "delete table inet ndcops_faults"]
    assert [line for line in lines if line.endswith("drop")] == rules


def test_a_limit_comes_and_goes() -> None:
    assert shaping("eth0", "1mbit")[:2] == ("qdisc", "replace")
    assert shaping("eth0", None) == ("qdisc", "del", "dev", "eth0", "root")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (cut(), "ndc1 cut off from everybody"),
        (cut("ndc2", "in"), "ndc1 cut off from ndc2, inward only"),
        (Fault(kind=FaultKind.SLOW, site="ndc1", rate="1mbit"), "ndc1 slowed to 1mbit"),
        (Fault(kind=FaultKind.FROZEN, site="ndc1", process="kwok"), "ndc1 kwok frozen"),
    ],
)
def test_a_fault_says_what_it_is(fault: Fault, words: str) -> None:
    assert str(fault) == words


def write_loopback_lab(paths: LabPaths) -> LabState:
    """A lab of one site whose processes are sleepers."""
    records = []
    for name, argv in ((ANCHOR, ("sleep", "60")), ("etcd", ("sh", "-c", "sleep 60 & sleep 60 & wait"))):
        spec = ProcessSpec("ndc1", name, argv, paths.site("ndc1"), paths.log("ndc1", name))
        records.append(spawn(spec, paths.lab_id))
    site = SiteState(
        name="ndc1",
        index=0,
        address="127.0.0.1",
        ports=SitePorts(api=1, etcd=2, etcd_peer=3),
        pod_cidr="10.1.0.0/16",
        service_cidr="10.2.0.0/16",
    )
    state = LabState(
        kind="LabState",
        lab_id=paths.lab_id,
        mode=LabMode.LOOPBACK,
        created_at=datetime.now(UTC),
        sites=(site,),
        processes=tuple(records),
    )
    write_private(paths.state, state.model_dump_json(by_alias=True))
    return state


def test_a_frozen_process_stands_with_what_it_started_and_runs_on(paths: LabPaths) -> None:
    state = write_loopback_lab(paths)
    anchor, etcd = state.processes
    freeze("ndc1", "etcd")
    assert is_frozen(etcd)
    assert not is_frozen(anchor)
    freeze("ndc1")
    assert not is_frozen(anchor), "a site's network is no process of it"
    found = read_state(paths)
    assert found is not None
    assert [str(each) for each in found.faults] == ["ndc1 etcd frozen", "ndc1 processes frozen"]
    assert len(heal()) == 2
    assert is_running(etcd)
    assert not is_frozen(etcd)
    assert json.loads(paths.state.read_text())["faults"] == []
    assert heal() == ()


def test_links_on_loopback_cannot_be_bad(paths: LabPaths) -> None:
    write_loopback_lab(paths)
    for bad in (lambda: partition("ndc1"), lambda: slow("ndc1", "1mbit")):
        with pytest.raises(InvalidInput, match="links of its own"):
            bad()
    assert json.loads(paths.state.read_text())["faults"] == []


@pytest.mark.parametrize("rate", ["", "1", "0mbit", "1mbit; reboot", "-1kbit", "1gb"])
def test_a_rate_is_a_rate(paths: LabPaths, rate: str) -> None:
    write_loopback_lab(paths)
    with pytest.raises(InvalidInput, match="is no rate"):
        slow("ndc1", rate)


def test_unknown_names_are_said(paths: LabPaths) -> None:
    with pytest.raises(NdcopsError, match="not up"):
        freeze("ndc1")
    write_loopback_lab(paths)
    with pytest.raises(InvalidInput, match="no site 'ndc9'"):
        freeze("ndc9")
    with pytest.raises(InvalidInput, match="no process 'kwok'"):
        freeze("ndc1", "kwok")
    with pytest.raises(InvalidInput, match="no site 'ndc9'"):
        heal("ndc9")
