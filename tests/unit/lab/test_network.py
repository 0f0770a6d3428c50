"""Networks, ports and progress: choices that need no rights."""

from ipaddress import IPv4Network
from pathlib import Path

import pytest

from ndcops.lab import network
from ndcops.lab.ports import choose_ports, free_port
from ndcops.lab.progress import LabProgress, Phase, ProgressClock
from ndcops.lab.state import LabMode
from ndcops.model.errors import InvalidInput, NdcopsError


def test_labs_start_looking_at_different_places_and_avoid_what_is_used() -> None:
    first = network.choose_subnet("000001", [])
    assert first == IPv4Network("198.18.1.0/24")
    assert network.choose_subnet("000001", [first]) == IPv4Network("198.18.2.0/24")
    assert network.choose_subnet("0001ff", [IPv4Network("198.19.0.0/16")]) == IPv4Network("198.18.0.0/24")


@pytest.mark.parametrize("used", ["198.18.0.0/15", "198.0.0.0/8", "0.0.0.0/0"])
def test_a_full_range_is_said(used: str) -> None:
    with pytest.raises(NdcopsError, match="no free /24"):
        network.choose_subnet("abcdef", [IPv4Network(used)])


def test_interface_names_fit_the_kernel() -> None:
    assert len(network.link_name("abcdef", 199)) <= 15  # IFNAMSIZ - 1


def test_addresses_of_sites_differ_and_end() -> None:
    subnet = IPv4Network("198.18.7.0/24")
    assert str(network.site_address(subnet, 0)) == "198.18.7.11"
    assert network.site_address(subnet, 199) in subnet
    with pytest.raises(InvalidInput):
        network.site_address(subnet, 200)


@pytest.mark.parametrize(
    ("capabilities", "allowed"),
    [
        ("000001ffffffffff", True),
        ("0000000000201000", True),
        ("0000000000001000", False),
        ("0000000000000000", False),
    ],
)
def test_rights_are_read_from_the_kernel(tmp_path: Path, capabilities: str, allowed: bool) -> None:
    status = tmp_path / "status"
    status.write_text(f"Name:\tx\nCapEff:\t{capabilities}\n")
    assert network.may_make_networks(status) is allowed


def test_missing_tools_are_named_by_their_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert network.missing_tools() == ["iproute2", "util-linux"]


def test_ports_on_loopback_are_free_and_all_different() -> None:
    first = choose_ports(LabMode.LOOPBACK, coordination=True, taken=())
    taken = list(first.model_dump().values())
    second = choose_ports(LabMode.LOOPBACK, coordination=False, taken=taken)
    assert len({*taken, second.api, second.etcd, second.etcd_peer, second.names}) == 10
    assert second.coordination is None


def test_taken_ports_are_passed_over_and_none_left_is_said() -> None:
    wanted = free_port([])
    assert free_port([], free=lambda port: port == wanted) == wanted
    with pytest.raises(NdcopsError, match="no free TCP port"):
        free_port([], free=lambda port: False)


def test_time_left_shrinks_to_zero_and_is_unknown_at_first() -> None:
    now_s = [0.0]
    seen: list[LabProgress] = []
    clock = ProgressClock(["ndc1", "ndc2"], seen.append, lambda: now_s[0])
    clock.report("ndc1", Phase.CREDENTIALS, 1, 1)
    now_s[0] = 10.0
    for site in ("ndc1", "ndc2"):
        clock.report(site, Phase.READY, 50, 100)
    now_s[0] = 20.0
    for site in ("ndc1", "ndc2"):
        clock.report(site, list(Phase)[-1], 1, 1)
    assert seen[0].remaining_s is None
    assert [each.remaining_s for each in seen][-1] == 0
    assert seen[2].remaining_s is not None
    assert 0 < seen[2].remaining_s < 10
