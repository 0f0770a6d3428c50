"""Writes the Ansible inventory of the lab hosts, in the format of `inventory/hosts.yaml`."""

from typing import Any

import yaml

from ndcops.lab.hosts.keys import OPERATOR
from ndcops.lab.hosts.layout import HostsPaths, HostsState
from ndcops.lab.hosts.machine import SSH_PORT
from ndcops.lab.private_file import write_private


def inventory(state: HostsState) -> dict[str, Any]:
    """Groups of sites hold the hosts and how they are reached, groups of roles name them again."""
    groups: dict[str, dict[str, Any]] = {}
    for host in state.hosts:
        at = groups.setdefault(host.site, {"hosts": {}})
        at["hosts"][host.name] = {"ansible_host": host.address}
    for host in state.hosts:
        groups.setdefault(host.role.value, {"hosts": {}})["hosts"][host.name] = None
    variables = {"ansible_port": SSH_PORT, "ansible_user": OPERATOR}
    return {"all": {"vars": variables, "children": groups}}


def write_inventory(paths: HostsPaths, state: HostsState) -> None:
    """Replace `hosts.yaml`."""
    write_private(paths.inventory, yaml.safe_dump(inventory(state), sort_keys=False))
