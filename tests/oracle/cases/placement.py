"""Where the pod itself wants to be: selectors, node affinity, a node's name, host ports; and what it waits for."""

from typing import Any

from tests.oracle.cases.draft import HOSTNAME, RACK, ZONE, Draft, Json, name_of
from tests.oracle.cases.pods import REQUIRED, container

VALUES: dict[str, tuple[str, ...]] = {
    "disk": ("ssd", "hdd", "nvme"),
    ZONE: ("z1", "z2", "z3"),
    RACK: ("z1-r1", "z1-r2", "z2-r1", "z3-r2"),
    "accelerator": ("a100", "h100", ""),
}
PORTS = (80, 443, 8080, 9100)
ADDRESSES = ("", "", "10.0.0.1", "127.0.0.1", "0.0.0.0")


def node_selector(draft: Draft) -> None:
    """One or two labels that nodes must have."""
    for key in draft.chance.sample(sorted(VALUES), draft.one((1, 1, 2))):
        draft.pod["spec"].setdefault("nodeSelector", {})[key] = draft.one(VALUES[key])


def node_affinity(draft: Draft) -> None:
    """Required terms, one of which must hold; a preferred one refuses nothing."""
    affinity = draft.pod["spec"].setdefault("affinity", {}).setdefault("nodeAffinity", {})
    terms: list[Json] = [{"matchExpressions": _expressions(draft)} for _ in range(draft.one((1, 1, 2, 3)))]
    if draft.odds(0.05):
        terms[0] = {}  # valid, and no node matches it
    affinity[REQUIRED] = {"nodeSelectorTerms": terms}
    if draft.odds(0.2):
        preferred = {"weight": 5, "preference": {"matchExpressions": _expressions(draft)}}
        affinity["preferredDuringSchedulingIgnoredDuringExecution"] = [preferred]


def match_fields(draft: Draft) -> None:
    """metadata.name as DaemonSets have it; PreFilter then looks at these nodes only."""
    affinity = draft.pod["spec"].setdefault("affinity", {}).setdefault("nodeAffinity", {})
    terms = []
    for _ in range(draft.one((1, 1, 2))):
        operator = draft.one(("In", "In", "In", "NotIn"))
        names = [draft.one([*map(name_of, draft.nodes), "gone"])]
        term: Json = {"matchFields": [{"key": "metadata.name", "operator": operator, "values": names}]}
        if draft.odds(0.3):
            term["matchExpressions"] = _expressions(draft)
        terms.append(term)
    if draft.odds(0.1):
        terms.append({"matchExpressions": _expressions(draft)})
    affinity[REQUIRED] = {"nodeSelectorTerms": terms}


def node_name(draft: Draft) -> None:
    """A pod that somebody bound by hand, seen as the scheduler's filters would judge it."""
    draft.pod["spec"]["nodeName"] = draft.one([*map(name_of, draft.nodes), "gone"])


def host_ports(draft: Draft) -> None:
    """Ports of the node's own; 0.0.0.0 and no address at all mean every address."""
    for resident in draft.some(draft.residents, 0.4):
        kind = draft.one(("main", "main", "main", "step", "sidecar"))
        if kind == "main":
            resident["spec"]["containers"][0]["ports"] = [_port(draft)]
        else:
            resident["spec"].setdefault("initContainers", []).append(_step_with_port(draft, kind == "sidecar"))
    if not draft.residents or draft.odds(0.5):
        _occupy(draft)
    main = draft.pod["spec"]["containers"][0]
    first, second = _port(draft), _port(draft)
    main["ports"] = [first] if first == second or draft.odds(0.7) else [first, second]
    if draft.odds(0.2):
        main["ports"].append({"containerPort": 9999, "protocol": "TCP"})
    if draft.odds(0.2):
        steps = draft.pod["spec"].setdefault("initContainers", [])
        steps.append(_step_with_port(draft, draft.odds(0.6)))


def scheduling_gates(draft: Draft) -> None:
    """A pod that is not to be scheduled yet."""
    draft.pod["spec"].pop("nodeName", None)  # the API server takes one of the two only
    draft.pod["spec"]["schedulingGates"] = [
        {"name": name} for name in draft.at_least_one(("quota", "network"), 0.5)
    ]


def declared_features(draft: Draft) -> None:
    """A pod that needs something of the kubelet that not every node says it has."""
    features = draft.at_least_one(
        ("RestartAllContainersOnContainerExits", "UserNamespacesHostNetworkSupport"), 0.4
    )
    for node in draft.some(draft.nodes, 0.5):
        node["status"]["declaredFeatures"] = sorted({*draft.some(features, 0.7), "GuaranteedQoSPodCPUResize"})
    if "UserNamespacesHostNetworkSupport" in features:
        draft.pod["spec"] |= {"hostNetwork": True, "hostUsers": False}
    if "RestartAllContainersOnContainerExits" in features:
        rule: dict[str, Any] = {"action": "RestartAllContainers", "exitCodes": {"operator": "In", "values": [42]}}
        draft.pod["spec"]["containers"][0] |= {"restartPolicy": "Never", "restartPolicyRules": [rule]}


def _expressions(draft: Draft) -> list[Json]:
    return [_expression(draft) for _ in range(draft.one((1, 1, 2)))]


def _expression(draft: Draft) -> Json:
    operator = draft.one(("In", "In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"))
    if operator in ("Gt", "Lt"):
        return {
            "key": draft.one(("cores", "cores", "disk")),
            "operator": operator,
            "values": [draft.one(("4", "8", "32"))],
        }
    key = draft.one(sorted(VALUES))
    if operator in ("Exists", "DoesNotExist"):
        return {"key": draft.one((key, "accelerator", HOSTNAME)), "operator": operator}
    return {"key": key, "operator": operator, "values": draft.at_least_one(VALUES[key], 0.4)}


def _step_with_port(draft: Draft, stays: bool) -> Json:
    step = container("port-step") | {"ports": [_port(draft)]}
    return step | ({"restartPolicy": "Always"} if stays else {})


def _port(draft: Draft) -> Json:
    number = draft.one(PORTS)
    address = draft.one(ADDRESSES)
    protocol = draft.one(("TCP", "TCP", "TCP", "UDP"))
    port: Json = {"hostPort": number, "containerPort": number, "protocol": protocol}
    return port | ({"hostIP": address} if address else {})


def _occupy(draft: Draft) -> None:
    for resident in draft.residents[: len(draft.nodes)]:
        resident["spec"]["containers"][0]["ports"] = [{"hostPort": 80, "containerPort": 80, "protocol": "TCP"}]
