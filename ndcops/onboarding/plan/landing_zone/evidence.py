"""What the gate to the landing zone is told: from what stands in the clusters, not from what was applied; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ndcops.model.landing_zone import LandingZone, ZoneSystem
from ndcops.model.object_names import (
    AGENCY_LABEL,
    CLASSIFICATION_LABEL,
    COST_CENTRE_LABEL,
    DENY_POLICY,
    DNS_POLICY,
    OWN_PODS_POLICY,
    flow_policy,
)
from ndcops.model.quantity import parse_quantity
from ndcops.model.record import JsonObject
from ndcops.model.tenancy import FoundNamespace

_LEVEL = "pod-security.kubernetes.io/enforce"
LISTED = 20
"""Leaks that the ledger keeps by name; all are counted."""


@dataclass(frozen=True)
class FoundZone:
    """One system's part at one site. wrong_rights: answers about its own groups that are not as they must be."""

    zone: LandingZone
    system: ZoneSystem
    found: FoundNamespace
    wrong_rights: tuple[str, ...]


@dataclass(frozen=True)
class FoundLeaks:
    """Over all sites: how much was asked, and who gets in where nobody may. pairs: ordered ones of agencies."""

    asked: int
    pairs: int
    leaks: tuple[str, ...]


def zone_values(parts: Sequence[FoundZone]) -> JsonObject:
    """Evidence `landing-zone` of one system, true only where it holds at every site."""
    problems = {f"{part.zone.site}": _problems(part) for part in parts}
    levels = {part.found.labels.get(_LEVEL, "none") for part in parts}
    standby = [part for part in parts if part.system.role == "standby" and not any(_problems(part).values())]
    return {
        **{name: all(not found[name] for found in problems.values()) for name in _PARTS},
        "pod_security": levels.pop() if len(levels) == 1 else "different",
        "standby_site": standby[0].zone.site if standby else "",
        "problems": [
            f"{site}: {why}" for site, found in sorted(problems.items()) for name in _PARTS for why in found[name]
        ],
    }


_PARTS = ("namespace", "quota", "default_deny", "rbac")


def _problems(part: FoundZone) -> Mapping[str, list[str]]:
    found = part.found
    if not found.exists:
        return {name: [f"there is no namespace {found.namespace}"] for name in _PARTS}
    return {
        "namespace": _namespace(part),
        "quota": _quota(part),
        "default_deny": _policies(part),
        "rbac": list(part.wrong_rights) + _bindings(part),
    }


def _namespace(part: FoundZone) -> list[str]:
    wanted = {
        AGENCY_LABEL: part.zone.agency,
        CLASSIFICATION_LABEL: part.system.classification.value,
        COST_CENTRE_LABEL: part.system.cost_centre,
    }
    return [
        f"label {name} is '{part.found.labels.get(name, '')}', expected '{value}'"
        for name, value in wanted.items()
        if part.found.labels.get(name) != value
    ]


def _quota(part: FoundZone) -> list[str]:
    size = part.system.size
    wanted = {"requests.cpu": str(size.cpu_cores), "limits.memory": size.memory, "pods": str(size.pods)}
    wrong = [
        f"quota of {name} is {part.found.quota.get(name, 'none')}, expected {value}"
        for name, value in wanted.items()
        if name not in part.found.quota or parse_quantity(part.found.quota[name]) != parse_quantity(value)
    ]
    return wrong if part.found.has_limits else [*wrong, "no limit range"]


def _policies(part: FoundZone) -> list[str]:
    found = {policy.name: policy for policy in part.found.policies}
    deny = found.get(DENY_POLICY)
    wrong = [] if deny is not None and deny.denies_all else [f"policy {DENY_POLICY} does not deny everything"]
    flows = {flow_policy(flow.direction, flow.name) for flow in part.system.flows}
    expected = {DENY_POLICY, DNS_POLICY, OWN_PODS_POLICY, *flows}
    wrong += [f"policy {name} is missing" for name in sorted(expected - found.keys())]
    return wrong + [f"policy {name} lets pass what nobody authorised" for name in sorted(found.keys() - expected)]


def _bindings(part: FoundZone) -> list[str]:
    bound = {subject for binding in part.found.bindings for subject in binding.subjects}
    return [f"group {group} is not bound" for group in part.system.groups if f"Group {group}" not in bound]


def cross_values(found: FoundLeaks) -> JsonObject:
    """Evidence `cross-tenant`: the gate opens when nothing is allowed."""
    return {
        "asked": found.asked,
        "pairs": found.pairs,
        "allowed": len(found.leaks),
        "leaks": list(found.leaks[:LISTED]),
    }
