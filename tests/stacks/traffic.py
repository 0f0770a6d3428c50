"""Decides, as the NetworkPolicy API says, whether policies let one pod call another; used by test_traffic.py."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ndcops.model.record import JsonObject


@dataclass(frozen=True)
class Pod:
    """A pod by its namespace, its labels and the labels of its namespace."""

    namespace: str
    labels: Mapping[str, str]
    namespace_labels: Mapping[str, str]


def is_allowed(policies: Sequence[JsonObject], caller: Pod, called: Pod, port: int, protocol: str = "TCP") -> bool:
    """Both ends must allow: the caller's egress and the called one's ingress."""
    return _one_way(policies, caller, called, "egress", (port, protocol)) and _one_way(
        policies, called, caller, "ingress", (port, protocol)
    )


def _one_way(policies: Sequence[JsonObject], pod: Pod, peer: Pod, direction: str, port: tuple[int, str]) -> bool:
    holding = [
        each["spec"]
        for each in policies
        if each["metadata"]["namespace"] == pod.namespace
        and direction.capitalize() in each["spec"]["policyTypes"]
        and _selects(each["spec"]["podSelector"], pod.labels)
    ]
    if not holding:
        return True
    return any(
        _rule_allows(rule, pod, peer, direction, port) for spec in holding for rule in spec.get(direction, [])
    )


def _rule_allows(rule: JsonObject, pod: Pod, peer: Pod, direction: str, port: tuple[int, str]) -> bool:
    ports = rule.get("ports")
    if ports is not None and port not in {(each["port"], each["protocol"]) for each in ports}:
        return False
    peers = rule.get("to" if direction == "egress" else "from")
    return peers is None or any(_is_peer(each, pod, peer) for each in peers)


def _is_peer(selector: JsonObject, pod: Pod, peer: Pod) -> bool:
    if "ipBlock" in selector:
        return False  # pods have addresses of the pod range, which no rule may name
    if "namespaceSelector" in selector:
        in_namespace = _selects(selector["namespaceSelector"], peer.namespace_labels)
    else:
        in_namespace = peer.namespace == pod.namespace
    return in_namespace and _selects(selector.get("podSelector", {}), peer.labels)


def _selects(selector: JsonObject, labels: Mapping[str, str]) -> bool:
    assert set(selector) <= {"matchLabels"}, "this evaluator knows matchLabels only"
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())
