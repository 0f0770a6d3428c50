"""Files of the lab hosts: the inventory reads back, the state survives or is refused, names resolve."""

import pytest
import yaml

from ndcops.adapters.inventory_files.ansible_hosts import HostsFile, hosts_of
from ndcops.lab.hosts.disk import hosts_table, network_unit
from ndcops.lab.hosts.inventory import write_inventory
from ndcops.lab.hosts.layout import HostsPaths, HostsState, read_hosts, require_hosts, write_hosts
from ndcops.model.errors import InvalidInput, NdcopsError


def test_the_inventory_is_read_by_the_reader_of_the_real_one(paths: HostsPaths, state: HostsState) -> None:
    write_inventory(paths, state)
    document = HostsFile.model_validate(yaml.safe_load(paths.inventory.read_text()))
    read = hosts_of(document, {"ndc1"})
    assert read.faults == []
    assert {(each.name, each.site, each.role, each.address, each.ssh_port) for each in read.hosts.values()} == {
        (host.name, host.site, host.role, host.address, 22) for host in state.hosts
    }
    assert document.all.vars == {"ansible_port": 22, "ansible_user": "operator"}


def test_the_state_reads_back(paths: HostsPaths, state: HostsState) -> None:
    assert read_hosts(paths) is None
    write_hosts(paths, state)
    assert read_hosts(paths) == state


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"kind": "LabHostsState", "release": "sid"}'])
def test_a_corrupt_state_is_said_with_the_way_out(paths: HostsPaths, text: str) -> None:
    paths.folder.mkdir(parents=True)
    paths.state.write_text(text)
    with pytest.raises(NdcopsError, match="corrupt") as caught:
        read_hosts(paths)
    assert "ndcops lab hosts down" in caught.value.resolution


def test_without_hosts_every_question_about_them_says_so(paths: HostsPaths) -> None:
    with pytest.raises(NdcopsError, match="there are no lab hosts"):
        require_hosts(paths)


def test_an_unknown_host_is_refused_and_the_known_ones_named(state: HostsState) -> None:
    with pytest.raises(InvalidInput) as caught:
        state.host("ndc9-bastion-1")
    assert "ndc1-bastion-1" in caught.value.details[0]


def test_every_host_knows_all_others_the_mirror_and_the_siem(state: HostsState) -> None:
    table = dict(reversed(line.split(maxsplit=1)) for line in hosts_table(state).splitlines())
    assert table["mirror"] == "198.18.7.1"
    assert table["ndc1-siem-1 siem"] == state.hosts[0].address
    assert {host.name for host in state.hosts[1:]} < set(table)


def test_a_host_has_an_address_and_no_way_out(state: HostsState) -> None:
    unit = network_unit(state, state.hosts[1])
    assert f"Address={state.hosts[1].address}/24" in unit
    assert "Gateway" not in unit
    assert "Route" not in unit
