"""Settings that are known to break a role or shut the door are refused, and what is right is not."""

import pytest

from ndcops.hardening.plan import Wanted, networks_of, refusals, variables_of
from ndcops.hardening.plan.refusals import KUBELET_DEFAULTS
from ndcops.model.errors import InvalidInput
from ndcops.model.hardening import HostTarget
from ndcops.model.host import Host, HostRole
from ndcops.model.inventory import Inventory

GOOD = {"ndcops_operators": ["operator"], "ndcops_ssh_port": 22, "ndcops_admin_networks": ["10.0.0.0/24"]}
NODE, DATABASE = HostRole.KUBERNETES_NODE, HostRole.DATABASE_HOST


def found(role: HostRole, **variables: object) -> list[str]:
    host = Host(name="h1", site="ndc1", role=role, address="10.0.0.9")
    return refusals(Wanted(HostTarget(host=host, user="operator"), {**GOOD, **variables}, ("10.0.0.2",)))


@pytest.mark.parametrize("role", list(HostRole))
def test_nothing_speaks_against_the_defaults(role: HostRole) -> None:
    assert found(role) == []


def kernel(**values: object) -> dict[str, object]:
    return {"kernel_parameters_network": {key.replace("__", "."): value for key, value in values.items()}}


NODE_CASES = [
    (kernel(net__ipv4__ip_forward=0), "net.ipv4.ip_forward = 0"),
    (kernel(net__ipv4__ip_forward="0"), "net.ipv4.ip_forward = 0"),
    (kernel(net__ipv4__conf__all__forwarding=False), "net.ipv4.conf.all.forwarding = 0"),
    (
        {**kernel(net__ipv6__conf__all__forwarding=0), "ndcops_pod_cidrs": ["10.20.0.0/14", "fd00:20::/56"]},
        "net.ipv6.conf.all.forwarding = 0",
    ),
    (
        {"kernel_forwarding_ipv6": False, "ndcops_pod_cidrs": ["fd00:20::/56"]},
        "kernel_forwarding_ipv6 is off",
    ),
    ({"kernel_forwarding": "no"}, "kernel_forwarding is off"),
    (kernel(net__ipv4__conf__all__rp_filter=1), "rp_filter = 1 (strict)"),
    (kernel(net__ipv4__conf__eth0__rp_filter=1), "net.ipv4.conf.eth0.rp_filter = 1"),
    ({"kernel_rp_filter": 1}, "kernel_rp_filter = 1"),
    ({"kernel_parameters_node": {"net.bridge.bridge-nf-call-iptables": 0}}, "bypass services"),
    (kernel(user__max_user_namespaces=0), "user.max_user_namespaces = 0"),
    *[
        ({"kernel_parameters_host": {key: 7}}, f"{key} = 7: the kubelet (protectKernelDefaults) wants {value}")
        for key, value in KUBELET_DEFAULTS.items()
    ],
    ({"kernel_modules_denied_common": ["cramfs", "overlay"]}, "kernel module overlay is denied"),
    ({"kernel_modules_denied_common": ["br-netfilter"]}, "kernel module br_netfilter is denied"),
    ({"filesystem_mounts_common": [{"path": "/var", "options": ["nosuid"]}]}, "/var nosuid"),
    ({"filesystem_mounts_common": [{"path": "/var/lib/kubelet", "options": ["nodev"]}]}, "/var/lib/kubelet nodev"),
]
ANY_CASES = [
    ({"filesystem_mounts_common": [{"path": "/proc", "options": ["hidepid=2"]}]}, "/proc hidepid=2"),
    (
        {"filesystem_mounts_common": [{"path": "/proc", "options": ["hidepid=invisible"]}]},
        "/proc hidepid=invisible",
    ),
    (kernel(kernel__modules_disabled=1), "kernel.modules_disabled = 1"),
    ({"filesystem_mounts_common": [{"path": "/var", "options": ["noexec"]}]}, "dpkg runs its packages' scripts"),
    ({"access_operators": []}, "nobody gets in"),
    ({"access_operators": ["other"]}, "AllowUsers lacks 'operator'"),
    ({"access_ssh_password_authentication": True}, "SSH takes passwords"),
    ({"access_ssh_pubkey_authentication": False}, "SSH takes no keys"),
    ({"ndcops_ssh_port": 2222}, "sshd would listen on port 2222, but the inventory reaches the host on 22"),
    ({"access_ssh_port": 2222}, "sshd would listen on port 2222"),
    ({"firewall_ssh_port": 2222}, "the firewall opens port 2222 for SSH, but sshd listens on 22"),
    ({"ndcops_admin_networks": []}, "the firewall has no source for SSH"),
    ({"firewall_admin_networks": ["10.9.0.0/16"]}, "the firewall shuts out the bastion 10.0.0.2"),
    ({"firewall_admin_networks": ["10.0.0.0/24", "office"]}, "the firewall's source 'office' is no network"),
    ({"access_ssh_sessions_max": 1}, "access_ssh_sessions_max = 1"),
]


@pytest.mark.parametrize(("variables", "words"), NODE_CASES)
def test_what_breaks_a_node_is_refused_there_only(variables: dict[str, object], words: str) -> None:
    assert [reason for reason in found(NODE, **variables) if words in reason]
    assert not [reason for reason in found(DATABASE, **variables) if words in reason]


@pytest.mark.parametrize("role", list(HostRole))
@pytest.mark.parametrize(("variables", "words"), ANY_CASES)
def test_what_breaks_any_host_is_refused_everywhere(role, variables, words) -> None:
    assert [reason for reason in found(role, **variables) if words in reason]


@pytest.mark.parametrize("key", KUBELET_DEFAULTS)
def test_the_kubelets_own_values_are_right(key: str) -> None:
    assert found(NODE, kernel_parameters_node={key: int(KUBELET_DEFAULTS[key])}) == []


def test_loose_reverse_path_is_right_on_a_node_and_strict_elsewhere() -> None:
    assert found(NODE, kernel_rp_filter=2) == []
    assert found(DATABASE, kernel_rp_filter=1) == []


def test_the_sample_inventory_is_right_for_every_host(sample_inventory: Inventory) -> None:
    for host in sample_inventory.hosts:
        bastions = [
            one.address for one in sample_inventory.hosts if one.role == "bastion" and one.site == host.site
        ]
        wanted = Wanted(
            HostTarget(host=host, user="operator"), variables_of(sample_inventory, host), tuple(bastions)
        )
        assert refusals(wanted) == []


def test_sources_become_networks_of_the_hosts_own_site(sample_inventory: Inventory) -> None:
    host = sample_inventory.host("ndc2-database-1")
    assert host is not None
    networks = networks_of(sample_inventory, host, ("10.1.0.0/16", "management", "database_host", "no-such-zone"))
    assert networks == ["10.1.0.0/16", "10.34.1.11/32", "10.34.1.12/32", "10.35.0.0/20"]


def test_variables_tell_a_node_its_pods_and_its_collector(sample_inventory: Inventory) -> None:
    host = sample_inventory.host("ndc1-general-1")
    assert host is not None
    variables = variables_of(sample_inventory, host)
    assert variables["ndcops_pod_cidrs"] == ["10.20.0.0/14"]
    assert variables["ndcops_siem"] == {
        "host": "10.19.16.11", "name": "ndc1-siem-1", "port": 20514, "journal_port": 19532
    }  # fmt: skip
    flows = variables["ndcops_flows"]
    assert isinstance(flows, list)
    assert {flow["name"] for flow in flows} >= {"kubelet", "api-server"}  # type: ignore[index, call-overload]
    assert "ndcops_pod_cidrs" not in variables_of(sample_inventory, sample_inventory.host("ndc1-database-1"))  # type: ignore[arg-type]


def test_an_inventory_without_a_baseline_is_said(sample_inventory: Inventory) -> None:
    bare = sample_inventory.model_copy(update={"baseline": None})
    with pytest.raises(InvalidInput, match=r"no hardening\.yaml"):
        variables_of(bare, bare.hosts[0])


def test_a_collector_takes_events_of_just_the_hosts_that_send_to_it(sample_inventory: Inventory) -> None:
    """Whichever hosts a run is about: the collector's file may not depend on it."""
    senders = {
        host.name for host in sample_inventory.hosts if host.site == "ndc1" and host.role is not HostRole.SIEM
    }
    siem = next(host for host in sample_inventory.hosts if host.site == "ndc1" and host.role is HostRole.SIEM)
    assert variables_of(sample_inventory, siem)["ndcops_siem_peers"] == sorted(senders)
    database = sample_inventory.host("ndc1-database-1")
    assert database is not None
    assert variables_of(sample_inventory, database)["ndcops_siem_peers"] == []
