"""How much the incoming pod asks for: containers, init containers, sidecars, overhead, the pod as a whole."""

from tests.oracle.cases.draft import Draft, Json
from tests.oracle.cases.pods import container

BIG_CPUS = ("1", "1900m", "3", "4", "7", "7900m", "15", "20")
BIG_MEMORIES = ("1Gi", "3900Mi", "6Gi", "8G", "15Gi", "31Gi", "60Gi", "1e10")


def requests(draft: Draft) -> None:
    """One to three containers, some near a node's size, some that ask for nothing."""
    containers = draft.pod["spec"]["containers"]
    for _ in range(draft.chance.randint(0, 2)):
        containers.append(container(f"side-{len(containers)}"))
    for each in containers:
        if draft.odds(0.8):
            _ask(each, _amounts(draft))


def init_containers(draft: Draft) -> None:
    """Init containers one after the other, sidecars (restartPolicy Always) that stay beside the containers."""
    steps = draft.pod["spec"].setdefault("initContainers", [])
    for number in range(draft.chance.randint(1, 4)):
        step = container(f"init-{number}")
        if draft.odds(0.5):
            step["restartPolicy"] = "Always"
        if draft.odds(0.85):
            _ask(step, _amounts(draft))
        steps.append(step)


def overhead(draft: Draft) -> None:
    """What the runtime class adds; admission copied it into the pod."""
    draft.pod["spec"]["runtimeClassName"] = "kata"
    draft.pod["spec"]["overhead"] = _amounts(draft)


def pod_level(draft: Draft) -> None:
    """spec.resources, for one or both of cpu and memory; it counts instead of their sum and is not below it."""
    spec = draft.pod["spec"]
    for each in (*spec["containers"], *spec.get("initContainers", ())):
        _ask(each, {"cpu": "50m", "memory": "64Mi"})
    amounts = _amounts(draft)
    kept = draft.at_least_one(sorted(amounts), 0.6)
    spec["resources"] = {"requests": {key: amounts[key] for key in kept}}
    if draft.odds(0.3):
        spec["containers"][0]["resources"] = {}


def _amounts(draft: Draft) -> Json:
    found: Json = {"cpu": draft.one(BIG_CPUS), "memory": draft.one(BIG_MEMORIES)}
    if draft.odds(0.4):
        found.pop(draft.one(("cpu", "memory")))
    return found


def _ask(each: Json, amounts: Json) -> None:
    each["resources"] = {"requests": amounts}
