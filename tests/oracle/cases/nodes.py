"""Nodes with zones, racks, room and taints, and the namespaces."""

from tests.oracle.cases.draft import HOSTNAME, NAMESPACES, RACK, REGION, ZONE, Draft, Json

CPUS = ("2", "4", "7900m", "8", "15890m", "16")
MEMORIES = ("4Gi", "8Gi", "16000Mi", "32Gi", "65432100Ki", "64G")
DISKS = ("20Gi", "50Gi", "95551679124", "200Gi")
POD_SLOTS = ("6", "12", "30", "110")
LEAST, MOST = 2, 12
OLD_ZONE = "failure-domain.beta.kubernetes.io/zone"


def add_namespaces(draft: Draft) -> None:
    """The four namespaces, with labels to select them by."""
    for name in NAMESPACES:
        labels = {"kubernetes.io/metadata.name": name, "team": draft.one(("red", "blue"))}
        draft.add("namespaces", name, {"status": {"phase": "Active"}}, labels=labels)


def add_nodes(draft: Draft) -> None:
    """Two to twelve; some lack a label, few are tainted or cordoned (more of both come with the themes)."""
    zones = draft.one((1, 2, 3, 3))
    everywhere = draft.odds(0.85)
    for number in range(1, draft.chance.randint(LEAST, MOST) + 1):
        name = f"node-{number:02d}"
        node = draft.add("nodes", name, {"spec": {}, "status": _status(draft)}, labels=_labels(draft, name, zones))
        if not everywhere and draft.odds(0.3):
            node["metadata"]["labels"].pop(draft.one((ZONE, RACK, REGION)))
        if draft.odds(0.04):
            cordon(node)
        if draft.odds(0.04):
            taint(
                node,
                "dedicated",
                draft.one(("db", "ml")),
                draft.one(("NoSchedule", "NoExecute", "PreferNoSchedule")),
            )


def cordon(node: Json) -> None:
    """As `kubectl cordon` and the node lifecycle controller leave it."""
    node["spec"]["unschedulable"] = True
    taint(node, "node.kubernetes.io/unschedulable", "", "NoSchedule")


def taint(node: Json, key: str, value: str, effect: str) -> None:
    """Add the taint, once."""
    wanted = {"key": key, "effect": effect} | ({"value": value} if value else {})
    taints = node["spec"].setdefault("taints", [])
    if all((each["key"], each["effect"]) != (key, effect) for each in taints):
        taints.append(wanted)


def _labels(draft: Draft, name: str, zones: int) -> Json:
    zone = f"z{draft.chance.randint(1, zones)}"
    labels = {
        HOSTNAME: name,
        ZONE: zone,
        REGION: "north" if zone < "z3" else "south",
        RACK: f"{zone}-r{draft.chance.randint(1, 2)}",
        "disk": draft.one(("ssd", "hdd")),
        "cores": draft.one(("2", "8", "16", "64")),
        "kubernetes.io/os": "linux",
    }
    if draft.odds(0.3):
        labels["accelerator"] = draft.one(("a100", "h100", ""))
    return labels


def _status(draft: Draft) -> Json:
    room = {
        "cpu": draft.one(CPUS),
        "memory": draft.one(MEMORIES),
        "pods": draft.one(POD_SLOTS),
        "ephemeral-storage": draft.one(DISKS),
        "hugepages-1Gi": "0",
        "hugepages-2Mi": draft.one(("0", "0", "512Mi", "1Gi")),
    }
    if draft.odds(0.3):
        room["example.com/nic"] = draft.one(("0", "1", "2", "8"))
    return {"allocatable": room, "capacity": dict(room), "conditions": [{"type": "Ready", "status": "True"}]}
