"""Resources other than cpu and memory: extended ones, huge pages, scratch disk, and the slots for pods."""

from tests.oracle.cases.draft import Draft, Json, name_of
from tests.oracle.cases.pods import add_resident, container


def extended(draft: Draft) -> None:
    """Whole devices that a device plugin counts; a limit that equals the request."""
    _spread_over_nodes(draft, "example.com/gpu", ("0", "1", "2", "4", "8"), share=0.6)
    if draft.odds(0.3):
        _spread_over_nodes(draft, "example.com/nic", ("1", "2"), share=0.5)
        _add(draft.pod["spec"]["containers"][0], "example.com/nic", draft.one(("1", "2")))
    _add(draft.pod["spec"]["containers"][0], "example.com/gpu", draft.one(("1", "2", "4", "8")))
    if draft.odds(0.4):
        _add(_second(draft), "example.com/gpu", draft.one(("0", "1", "1")))
    for resident in draft.some(draft.residents, 0.2):
        _add(resident["spec"]["containers"][0], "example.com/gpu", draft.one(("1", "2")))


def hugepages(draft: Draft) -> None:
    """Huge pages are preallocated and never overcommitted."""
    for resident in draft.some(draft.residents, 0.1):
        _ask_hugepages(resident, "hugepages-2Mi", draft.one(("128Mi", "256Mi")))
    _ask_hugepages(draft.pod, "hugepages-2Mi", draft.one(("128Mi", "512Mi", "1Gi")))
    if draft.odds(0.1):
        _ask_hugepages(draft.pod, "hugepages-1Gi", "1Gi")


def ephemeral_storage(draft: Draft) -> None:
    """Scratch disk on the node."""
    amount = draft.one(("10Gi", "19Gi", "40Gi", "80G", "150Gi"))
    _add(draft.pod["spec"]["containers"][0], "ephemeral-storage", amount)


def pod_slots(draft: Draft) -> None:
    """Nodes whose allocatable pods are taken, or nearly."""
    for node in draft.at_least_one(draft.nodes, 0.6):
        here = [each for each in draft.residents if each["spec"]["nodeName"] == name_of(node)]
        while len(here) < 2:
            here.append(add_resident(draft, name_of(node)))
        node["status"]["allocatable"]["pods"] = str(max(1, len(here) + draft.one((-1, 0, 0, 1))))
    if draft.odds(0.3):
        draft.pod["spec"]["containers"][0]["resources"] = {}


def _spread_over_nodes(draft: Draft, key: str, amounts: tuple[str, ...], share: float) -> None:
    for node in draft.some(draft.nodes, share):
        node["status"]["allocatable"][key] = draft.one(amounts)


def _add(each: Json, key: str, amount: str) -> None:
    resources = each.setdefault("resources", {})
    resources.setdefault("requests", {})[key] = amount
    if "/" in key or key.startswith("hugepages"):
        resources.setdefault("limits", {})[key] = amount


def _second(draft: Draft) -> Json:
    containers = draft.pod["spec"]["containers"]
    if len(containers) == 1:
        containers.append(container("second"))
    second: Json = containers[1]
    return second


def _ask_hugepages(pod: Json, key: str, amount: str) -> None:
    """Huge pages are valid beside cpu or memory only."""
    main = pod["spec"]["containers"][0]
    main["resources"].setdefault("requests", {}).setdefault("memory", "64Mi")
    _add(main, key, amount)
