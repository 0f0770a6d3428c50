"""Filters over what a node is: cordons, names, taints, labels, host ports, declared features."""

import numpy as np

from ndcops.capacity.plan.fit.nodes import Mask
from ndcops.capacity.plan.fit.pod_shape import ANY_ADDRESS, HostPort
from ndcops.capacity.plan.fit.residents import Group
from ndcops.capacity.plan.fit.state import Case
from ndcops.capacity.plan.fit.verdict import Refusal, Unschedulable


def node_unschedulable(case: Case) -> Refusal:
    """Cordoned nodes."""
    return Refusal.everywhere("node(s) were unschedulable", ~case.nodes.uncordoned(case.shape.tolerations))


def node_name(case: Case) -> Refusal | None:
    """A pod that names its node."""
    if not case.shape.node_name:
        return None
    other = np.array([name != case.shape.node_name for name in case.nodes.names], dtype=np.bool_)
    return Refusal.everywhere("node(s) didn't match the requested node name", other)


def taint_toleration(case: Case) -> Refusal:
    """Taints that keep new pods away."""
    return Refusal.everywhere("node(s) had untolerated taint(s)", ~case.nodes.tolerated(case.shape.tolerations))


def required_nodes(case: Case) -> frozenset[str] | None:
    """The only nodes that may be looked at, or None for all. Raises Unschedulable when the terms contradict."""
    names = case.shape.named_nodes
    if names is not None and not names:
        raise Unschedulable("NodeAffinity", "pod affinity terms conflict")
    return names


def node_affinity(case: Case) -> Refusal | None:
    """Node selector and required node affinity."""
    if not case.shape.selects_nodes:
        return None
    matching = case.nodes.matching(case.shape.node_labels, case.shape.node_affinity)
    return Refusal.everywhere("node(s) didn't match Pod's node affinity/selector", ~matching)


def node_ports(case: Case) -> Refusal | None:
    """Host ports that a pod on the node has taken."""
    if not case.shape.ports:
        return None
    taken: Mask = case.nodes.nothing()
    for wanted in case.shape.ports:
        taken |= _takers(case, wanted)
    return Refusal.mendable("node(s) didn't have free ports for the requested pod ports", taken)


def _takers(case: Case, wanted: HostPort) -> Mask:
    """Nodes where a pod holds the port; the address of all stands against every address."""
    groups: list[Group] = [
        group
        for held, group in case.state.residents.with_port(wanted)
        if ANY_ADDRESS in (held.address, wanted.address) or held.address == wanted.address
    ]
    return case.state.residents.vector(groups) > 0


def declared_features(case: Case) -> Refusal | None:
    """Kubelet features that the pod needs (KEP 5328)."""
    needed = case.shape.features
    if not needed:
        return None
    lacking = np.array([not needed <= has for has in case.nodes.features], dtype=np.bool_)
    return Refusal.everywhere("node(s) didn't match Pod's required features", lacking)
