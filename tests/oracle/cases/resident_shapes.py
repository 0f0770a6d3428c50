"""Residents that are more than one container: steps, sidecars, overhead, amounts for the whole pod, resizes."""

from tests.oracle.cases.draft import Draft, Json
from tests.oracle.cases.pods import CPU_REQUESTS, MEMORY_REQUESTS, add_resident, container
from tests.oracle.cases.resources import requests

SMALL_MEMORIES = ("64Mi", "128Mi", "1Gi")


def shaped_residents(draft: Draft) -> None:
    """Two to eight of them, and an incoming pod that is large enough to feel them."""
    for _ in range(draft.chance.randint(2, 8)):
        spec = add_resident(draft)["spec"]
        spec["initContainers"] = [_step(draft, number) for number in range(draft.chance.randint(0, 3))]
        if draft.odds(0.3):
            spec["overhead"] = {"cpu": "250m", "memory": "120Mi"}
        if draft.odds(0.3):
            kept = draft.at_least_one(("cpu", "memory"), 0.7)
            whole = {"cpu": draft.one(("6", "8")), "memory": draft.one(("8Gi", "16Gi"))}
            spec["resources"] = {"requests": {key: whole[key] for key in kept}}
    requests(draft)


def resized_residents(draft: Draft) -> None:
    """Residents in the middle of a resize: what they want, what they were given and what they use differ."""
    for _ in range(draft.chance.randint(2, 6)):
        pod = add_resident(draft)
        wanted, given, used = (_amounts(draft) for _ in range(3))
        pod["spec"]["containers"][0]["resources"] = {"requests": wanted}
        status: Json = {"name": "main", "allocatedResources": given, "resources": {"requests": used}}
        status |= {"image": "registry.example/main:1", "imageID": "", "ready": True, "restartCount": 0}
        pod["status"]["containerStatuses"] = [status]
        if draft.odds(0.3):
            reason = draft.one(("Deferred", "Infeasible"))
            pod["status"]["conditions"] = [{"type": "PodResizePending", "status": "True", "reason": reason}]
        if draft.odds(0.2):
            _resize_whole(draft, pod)
    requests(draft)


def _resize_whole(draft: Draft, pod: Json) -> None:
    pod["spec"]["resources"] = {"requests": {"cpu": draft.one(("7", "8")), "memory": draft.one(("15Gi", "24Gi"))}}
    pod["status"]["allocatedResources"] = {"cpu": draft.one(("4", "6")), "memory": draft.one(("8Gi", "16Gi"))}
    used = {"cpu": draft.one(("4", "10")), "memory": draft.one(("8Gi", "30Gi"))}
    pod["status"]["resources"] = {"requests": used}


def _step(draft: Draft, number: int) -> Json:
    step = container(f"init-{number}")
    step["resources"] = {"requests": {"cpu": draft.one(CPU_REQUESTS), "memory": draft.one(MEMORY_REQUESTS)}}
    return step | ({"restartPolicy": "Always"} if draft.odds(0.5) else {})


def _amounts(draft: Draft) -> Json:
    if draft.odds(0.5):
        return {"cpu": draft.one(CPU_REQUESTS), "memory": draft.one(SMALL_MEMORIES)}
    return {"cpu": draft.one(("1", "3", "7")), "memory": draft.one(("2Gi", "8G", "15Gi"))}
