"""Names, roles and addresses of lab hosts; pure, so that a larger count only adds hosts."""

import uuid
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from ndcops.lab.hosts.layout import HostState
from ndcops.model.errors import InvalidInput
from ndcops.model.host import HostRole

MOST_HOSTS = 30
SITES = ("ndc1", "ndc2", "ndc3")
TARGET_ROLES = {
    "general": HostRole.KUBERNETES_NODE,
    "database": HostRole.DATABASE_HOST,
    "bastion": HostRole.BASTION,
}
"""The middle of a host's name, as in the sample inventory, and its role."""

FIRST_OFFSET = 212
"""In the lab's /24: .1 is the bridge's, sites of clusters have .11 to .210."""


def host_address(subnet: IPv4Network, index: int) -> IPv4Address:
    """The address of host `index` (from 0; the SIEM is 0)."""
    return subnet.network_address + FIRST_OFFSET + index


def mirror_address(subnet: IPv4Network) -> IPv4Address:
    """The bridge's own address, where the package mirror listens."""
    return subnet.network_address + 1


def check_count(count: int) -> None:
    """Raises InvalidInput for a count that a lab cannot have."""
    if not 1 <= count <= MOST_HOSTS:
        raise InvalidInput(
            f"{count} lab hosts are asked for; possible are 1 to {MOST_HOSTS}",
            resolution=f"ndcops lab hosts up --count {min(max(count, 1), MOST_HOSTS)}",
        )


def plan_hosts(count: int, subnet: IPv4Network, image: Path, siem_image: Path) -> tuple[HostState, ...]:
    """One SIEM and `count` hosts: round robin over roles, then sites. Raises InvalidInput."""
    check_count(count)
    kinds = list(TARGET_ROLES.items())
    hosts = [_host("siem", HostRole.SIEM, 0, 0, 1, subnet, siem_image)]
    for number in range(count):
        kind, role = kinds[number % len(kinds)]
        site = number // len(kinds) % len(SITES)
        ordinal = number // (len(kinds) * len(SITES)) + 1
        hosts.append(_host(kind, role, number + 1, site, ordinal, subnet, image))
    return tuple(hosts)


def _host(
    kind: str, role: HostRole, index: int, site: int, ordinal: int, subnet: IPv4Network, image: Path
) -> HostState:
    return HostState(
        name=f"{SITES[site]}-{kind}-{ordinal}",
        site=SITES[site],
        role=role,
        index=index,
        address=str(host_address(subnet, index)),
        machine_id=uuid.uuid4().hex,
        image=image,
    )
