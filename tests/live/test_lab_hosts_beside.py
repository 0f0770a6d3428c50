"""Lab hosts beside the clusters' lab: one bridge, neither's `up` or `down` harms the other."""

import os

import pytest

from ndcops.lab.hosts.layout import hosts_mark
from ndcops.lab.processes import find_marked
from ndcops.lab.state import LabState
from ndcops.lab.status import status
from ndcops.lab.up import up
from ndcops.wiring.lab_hosts import hosts_down, hosts_up
from tests.conftest import small_inventory

pytestmark = [
    pytest.mark.live,
    pytest.mark.timeout(900),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may boot machines"),
]


def test_hosts_and_clusters_share_a_bridge_and_leave_each_other_alone(lab: LabState) -> None:
    found = hosts_up(1)
    try:
        assert found.whole
        assert found.subnet == lab.subnet
        leaders = [host.leader_pid for host in found.everyone]

        up(small_inventory())
        assert [host.leader_pid for host in hosts_up(1).everyone] == leaders
    finally:
        hosts_down()
    assert find_marked(hosts_mark(lab.lab_id)) == []
    assert all(site.healthy for site in status().sites)
