"""Names, roles and addresses: as in the sample inventory, and a larger lab only adds hosts."""

from collections import Counter
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from ndcops.lab import network
from ndcops.lab.hosts.addresses import MOST_HOSTS, mirror_address, plan_hosts
from ndcops.lab.hosts.layout import HostState
from ndcops.model.errors import InvalidInput

SUBNET = IPv4Network("198.18.7.0/24")


def planned(count: int) -> tuple[HostState, ...]:
    return plan_hosts(count, SUBNET, Path("/image"), Path("/siem-image"))


def test_hosts_go_round_roles_then_sites() -> None:
    assert [(host.name, host.role.value) for host in planned(4)] == [
        ("ndc1-siem-1", "siem"),
        ("ndc1-general-1", "kubernetes_node"),
        ("ndc1-database-1", "database_host"),
        ("ndc1-bastion-1", "bastion"),
        ("ndc2-general-1", "kubernetes_node"),
    ]
    assert planned(10)[10].name == "ndc1-general-2"


def test_a_larger_count_only_adds() -> None:
    def known(hosts: tuple[HostState, ...]) -> list[tuple[str, str]]:
        return [(host.name, host.address) for host in hosts]

    assert known(planned(30))[:4] == known(planned(3))


def test_the_largest_lab_has_names_and_addresses_of_its_own_beside_two_hundred_sites() -> None:
    hosts = planned(MOST_HOSTS)
    sites = {str(network.site_address(SUBNET, index)) for index in range(200)}
    addresses = {host.address for host in hosts}
    assert len(addresses) == len({host.name for host in hosts}) == MOST_HOSTS + 1
    assert not addresses & (sites | {str(mirror_address(SUBNET)), str(SUBNET.broadcast_address)})
    assert set(Counter(host.role for host in hosts[1:]).values()) == {10}


def test_only_the_siem_lies_on_the_siem_image() -> None:
    assert [host.name for host in planned(6) if host.image == Path("/siem-image")] == ["ndc1-siem-1"]


@pytest.mark.parametrize("count", [-1, 0, 31, 1000])
def test_an_impossible_count_is_refused(count: int) -> None:
    with pytest.raises(InvalidInput, match="possible are 1 to 30"):
        planned(count)
