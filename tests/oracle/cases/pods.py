"""The incoming pod as it is before any theme, and the pods that are there already."""

from random import Random

from tests.oracle.cases.draft import APPS, HOSTNAME, NAMESPACES, RACK, TIERS, ZONE, Draft, Json, name_of

CPU_REQUESTS = ("50m", "100500u", "250m", "500m", "1", "1500m")
MEMORY_REQUESTS = ("64Mi", "128Mi", "512Mi", "1Gi", "1500M", "2Gi")
PRIORITIES = (0, 0, 0, 10, 1000, -5)
MOST_RESIDENTS = 40


def incoming_pod(chance: Random) -> Json:
    """A small pod that fits nearly everywhere."""
    labels = {
        "app": chance.choice(APPS),
        "tier": chance.choice(TIERS),
        "pod-template-hash": chance.choice(("a1", "b2")),
    }
    metadata = {"name": "incoming", "namespace": chance.choice(NAMESPACES), "uid": "incoming", "labels": labels}
    metadata["creationTimestamp"] = "2026-06-01T00:00:00Z"
    spec: Json = {
        "schedulerName": "default-scheduler",
        "restartPolicy": "Always",
        "containers": [container("main")],
    }
    spec["containers"][0]["resources"] = {"requests": {"cpu": "100m", "memory": "64Mi"}}
    spec |= {"priority": chance.choice((0, 0, 100)), "preemptionPolicy": "PreemptLowerPriority"}
    if chance.random() < 0.05:
        spec["preemptionPolicy"] = "Never"
    return {"metadata": metadata, "spec": spec, "status": {"phase": "Pending"}}


def container(name: str) -> Json:
    """A container that asks for nothing."""
    return {"name": name, "image": f"registry.example/{name}:1", "resources": {}}


def add_residents(draft: Draft) -> None:
    """None to forty pods on random nodes."""
    for _ in range(draft.chance.randint(0, draft.one((4, 12, MOST_RESIDENTS)))):
        add_resident(draft)


def add_resident(draft: Draft, node: str = "", namespace: str = "") -> Json:
    """Add one resident and return it."""
    name = draft.fresh("pod")
    labels = {"app": draft.one(APPS), "tier": draft.one(TIERS), "pod-template-hash": draft.one(("a1", "b2"))}
    spec: Json = {
        "nodeName": node or name_of(draft.one(draft.nodes)),
        "schedulerName": "default-scheduler",
        "containers": [_resident_container(draft)],
        "priority": draft.one(PRIORITIES),
    }
    pod = draft.add(
        "pods",
        name,
        {"spec": spec, "status": _status(draft)},
        namespace=namespace or draft.one(NAMESPACES),
        labels=labels,
    )
    if draft.odds(0.05):
        pod["metadata"] |= {"deletionTimestamp": "2026-06-01T00:00:30Z", "deletionGracePeriodSeconds": 30}
    if draft.odds(0.05):
        spec["affinity"] = {"podAntiAffinity": {REQUIRED: [_own_term(draft, labels)]}}
    return pod


REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def _own_term(draft: Draft, labels: Json) -> Json:
    return {
        "topologyKey": draft.one((HOSTNAME, HOSTNAME, ZONE, RACK)),
        "labelSelector": {"matchLabels": {"app": labels["app"], "tier": labels["tier"]}},
    }


def _resident_container(draft: Draft) -> Json:
    main = container("main")
    if draft.odds(0.9):
        main["resources"] = {"requests": {"cpu": draft.one(CPU_REQUESTS), "memory": draft.one(MEMORY_REQUESTS)}}
        if draft.odds(0.2):
            main["resources"]["requests"]["ephemeral-storage"] = draft.one(("1Gi", "5Gi", "10G"))
    return main


def _status(draft: Draft) -> Json:
    phase = draft.one(("Running",) * 8 + ("Pending", "Succeeded", "Failed"))
    day, hour = draft.chance.randint(1, 28), draft.chance.randint(0, 23)
    return {"phase": phase, "startTime": f"2026-05-{day:02d}T{hour:02d}:00:00Z"}
