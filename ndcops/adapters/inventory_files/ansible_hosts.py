"""`hosts.yaml`, in Ansible's own YAML inventory format, as Host values; `reader` calls it.

Groups are sites and roles. Variables merge as in Ansible ("How variables are merged"): inner groups win over
outer ones, groups of one depth by name, a host's own over all.
"""

import json
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter
from typing import Any

from pydantic import Field, JsonValue, ValidationError

from ndcops.adapters.inventory_files.wording import wording
from ndcops.model.document import Value
from ndcops.model.host import Host, HostRole

Path = tuple[str | int, ...]

_FIELD_OF = {
    "ansible_host": "address",
    "ansible_port": "ssh_port",
    "ndcops_pool": "pool",
    "ndcops_rack": "rack",
    "ndcops_role": "role",
    "ndcops_site": "site",
}
_VARIABLE_OF = {field: variable for variable, field in _FIELD_OF.items()}
_OURS = [variable for variable in _FIELD_OF if variable.startswith("ndcops_")]
_ROLES = frozenset(role.value for role in HostRole)


class HostGroup(Value):
    """A group of Ansible's: its hosts with their variables, variables for all of them, and groups inside."""

    hosts: dict[str, dict[str, JsonValue] | None] | None = None
    vars: dict[str, JsonValue] | None = None
    children: dict[str, "HostGroup | None"] | None = None


class HostsFile(Value):
    """`inventory/hosts.yaml`: the group `all`, which holds every other."""

    all: HostGroup = Field(description="every host, by groups: one for each site and one for each role")


@dataclass(frozen=True)
class HostFault:
    """What is wrong with a host or a group: a path in hosts.yaml and the message."""

    path: Path
    message: str


@dataclass
class HostList:
    """Hosts by name, where each stands in the file, and what is wrong."""

    hosts: dict[str, Host] = field(default_factory=dict)
    places: dict[str, Path] = field(default_factory=dict)
    faults: list[HostFault] = field(default_factory=list)


@dataclass
class _Member:
    """A group or a host: what it says itself, and the groups right around it."""

    path: Path
    variables: dict[str, Any] = field(default_factory=dict)
    parents: set[str] = field(default_factory=set)


def hosts_of(document: HostsFile, site_names: Set[str]) -> HostList:
    """Every host of the file, or why there is none. `site_names`: the groups that mean a site."""
    result = HostList()
    groups: dict[str, _Member] = {}
    hosts: dict[str, _Member] = {}
    _collect("all", document.all, ("all",), None, groups, hosts)
    result.faults += [
        fault for member in (*groups.values(), *hosts.values()) for fault in _slips(member.variables, member.path)
    ]
    try:
        order = list(TopologicalSorter({name: group.parents for name, group in groups.items()}).static_order())
    except CycleError as error:
        ring = " → ".join(reversed(error.args[1]))
        result.faults.append(HostFault(("all",), f"the groups hold each other: {ring}; expected no cycle"))
        return result
    depth: dict[str, int] = {}
    for name in order:
        depth[name] = 1 + max((depth[parent] for parent in groups[name].parents), default=-1)
    for name, member in hosts.items():
        result.places[name] = member.path
        around = _around(member, groups)
        variables: dict[str, Any] = {}
        for group in sorted(around, key=lambda one: (depth[one], one)):
            variables.update(groups[group].variables)
        variables.update(member.variables)
        result.faults += _derive(member.path, around, variables, site_names)
        if not any(fault.path == member.path for fault in result.faults):
            _add(result, name, member.path, variables)
    return result


def _collect(
    name: str,
    group: HostGroup,
    path: Path,
    parent: str | None,
    groups: dict[str, _Member],
    hosts: dict[str, _Member],
) -> None:
    """A group or host may stand in several places; what they say is merged."""
    own = groups.setdefault(name, _Member(path))
    if group.vars:
        own.variables.update(group.vars)
        own.path = (*path, "vars")
    if parent is not None:
        own.parents.add(parent)
    for host, variables in (group.hosts or {}).items():
        place = (*path, "hosts", host)
        member = hosts.setdefault(host, _Member(place))
        member.parents.add(name)
        if variables:
            member.variables.update(variables)
            member.path = place
    for child, inner in (group.children or {}).items():
        _collect(child, inner or HostGroup(), (*path, "children", child), name, groups, hosts)


def _around(member: _Member, groups: dict[str, _Member]) -> set[str]:
    """Every group that holds the member, however far out."""
    found: set[str] = set()
    waiting = list(member.parents)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += groups[name].parents
    return found


def _slips(variables: Mapping[str, Any], path: Path) -> Iterator[HostFault]:
    """Ansible takes any variable, but one that begins with ndcops_ is meant for us."""
    for name, value in variables.items():
        if name.startswith("ndcops_") and name not in _OURS:
            close = get_close_matches(name, _OURS, n=1)
            hint = f"; did you mean '{close[0]}'?" if close else ""
            yield HostFault((*path, name), f"unknown variable; expected one of {', '.join(_OURS)}{hint}")
        if name in _FIELD_OF and isinstance(value, str) and "{{" in value:
            yield HostFault((*path, name), f"'{value}' is a template; expected the value itself")


def _derive(path: Path, around: set[str], variables: dict[str, Any], site_names: Set[str]) -> Iterator[HostFault]:
    """Site and role come from the host's groups unless a variable gives them."""
    for variable, meaningful, expected in (
        ("ndcops_site", site_names, "a group named after its site"),
        ("ndcops_role", _ROLES, f"a group of {', '.join(sorted(_ROLES))}"),
    ):
        if variable in variables:
            continue
        named = sorted(around & meaningful)
        if len(named) == 1:
            variables[variable] = named[0]
        elif named:
            yield HostFault(path, f"stands in {' and '.join(named)}; expected one of them, or {variable}")
        else:
            yield HostFault(path, f"{variable} is missing; expected it, or {expected}")


def _add(result: HostList, name: str, path: Path, variables: dict[str, Any]) -> None:
    fields = {ours: variables[theirs] for theirs, ours in _FIELD_OF.items() if theirs in variables}
    try:
        result.hosts[name] = Host.model_validate_json(json.dumps({"name": name, **fields}), strict=True)
    except ValidationError as error:
        schema = Host.model_json_schema()
        for detail in error.errors():
            worded = wording(detail, schema)
            variable = _VARIABLE_OF.get(str(detail["loc"][0]))
            if worded is not None:
                result.faults.append(HostFault((*path, variable) if variable else path, worded[1]))
