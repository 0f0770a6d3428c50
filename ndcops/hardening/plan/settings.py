"""From the inventory to the variables that the playbooks read on one host; pure."""

from ipaddress import ip_address
from typing import Any

from pydantic import JsonValue

from ndcops.model.baseline import Baseline, is_network
from ndcops.model.errors import InvalidInput
from ndcops.model.host import Host, HostRole
from ndcops.model.inventory import Inventory

_ROLES = {role.value: role for role in HostRole}


def baseline_of(inventory: Inventory) -> Baseline:
    """The baseline. Raises InvalidInput when the inventory has none."""
    if inventory.baseline is None:
        raise InvalidInput(
            "the inventory has no hardening.yaml",
            details=["it says who must get in, what a role takes in, and where time, packages and events go"],
            resolution="ndcops inventory schema --kind Baseline",
        )
    return inventory.baseline


def variables_of(inventory: Inventory, host: Host) -> dict[str, JsonValue]:
    """Variables of one host: facts as `ndcops_…`, then the baseline's own settings over the roles' defaults."""
    baseline = baseline_of(inventory)
    site = inventory.site(host.site)
    siem_host = baseline.siem.host.replace("{site}", host.site)
    siem = inventory.host(siem_host)
    facts: dict[str, Any] = {
        "ndcops_role": host.role.value,
        "ndcops_site": host.site,
        "ndcops_operators": list(baseline.operators),
        "ndcops_ssh_port": baseline.ssh_port,
        "ndcops_admin_networks": networks_of(inventory, host, baseline.admin_sources),
        "ndcops_management_cidrs": networks_of(inventory, host, baseline.admin_sources),
        "ndcops_mirror_url": baseline.mirror,
        "ndcops_time_servers": [server.model_dump() for server in baseline.time_servers],
        "ndcops_siem": {
            "host": siem.address if siem is not None else siem_host,
            "name": baseline.siem.certificate_name or siem_host,
            "port": baseline.siem.port,
            "journal_port": baseline.siem.journal_port,
        },
        "ndcops_siem_peers": _senders_to(inventory, host),
        "ndcops_banner_vi": baseline.banner.vi,
        "ndcops_banner_en": baseline.banner.en,
        "ndcops_flows": [
            {
                "name": flow.name,
                "protocol": flow.protocol,
                "ports": list(flow.ports),
                "sources": networks_of(inventory, host, flow.sources),
            }
            for flow in baseline.role(host.role).flows
        ],
    }
    if site is not None and host.role is HostRole.KUBERNETES_NODE:
        network = site.network
        services = (network.service_cidr, *network.extra_service_cidrs)
        facts["ndcops_pod_cidrs"] = [str(network.pod_cidr)]
        facts["ndcops_service_cidrs"] = [str(cidr) for cidr in services]
    return {**facts, **baseline.settings_of(host.name, host.role)}


def _senders_to(inventory: Inventory, collector: Host) -> list[str]:
    """Names, as in their certificates, of the hosts that send their events to this one."""
    name = baseline_of(inventory).siem.host
    return sorted(
        one.name
        for one in inventory.hosts
        if one.role is not HostRole.SIEM and name.replace("{site}", one.site) == collector.name
    )


def networks_of(inventory: Inventory, host: Host, sources: tuple[str, ...]) -> list[str]:
    """The networks that sources mean for a host: networks, its site's zones, addresses of its site's roles.

    A zone that the host's site lacks means nothing there. Sorted, each once.
    """
    found: set[str] = set()
    site = inventory.site(host.site)
    for source in sources:
        if is_network(source):
            found.add(source)
        elif source in _ROLES:
            found.update(_address(one) for one in inventory.hosts if one.role == source and one.site == host.site)
        elif site is not None and (zone := site.network.zone(source)) is not None:
            found.add(str(zone.cidr))
    return sorted(found)


def _address(host: Host) -> str:
    """A host's own network; a name stays a name, which a firewall refuses: see the checks before a run."""
    try:
        return f"{host.address}/{ip_address(host.address).max_prefixlen}"
    except ValueError:
        return host.address
