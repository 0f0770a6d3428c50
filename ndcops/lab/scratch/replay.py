"""Asks the real scheduler where pods of a question would go; capacity uses it through its port RealScheduler."""

import copy
import json
from collections.abc import Callable, Sequence

from ndcops.lab.scratch.control_plane import ControlPlane, scratch_control_plane
from ndcops.lab.scratch.decisions import wait_for_decision
from ndcops.lab.scratch.stored_objects import stored_site
from ndcops.model.errors import NdcopsError
from ndcops.model.record import JsonObject
from ndcops.model.replay import Replayed, ReplayProgress
from ndcops.model.snapshot import SiteSnapshot

OnReplay = Callable[[ReplayProgress], None]

_ANY_IMAGE = "image.invalid/replay"
"""Snapshots keep no images, and no pod runs here; the API server wants a name."""

_REFUSALS = frozenset({400, 403, 404, 409, 422})
"""Answers with which the API server refuses a pod: admission, an unknown namespace, an invalid field."""


class ScratchScheduler:
    """A replay in a throw-away control plane of its own; the lab and the site itself are not touched."""

    def replay(
        self, site: SiteSnapshot, pods: Sequence[JsonObject], on_progress: OnReplay
    ) -> tuple[Replayed, ...]:
        """Create `pods` one after another beside what the site holds; gives each one's node or refusal.

        A pod goes through the API server's admission as an operator's would, and stays where the scheduler put it.
        Nothing is evicted. Raises NdcopsError when a program fails or says nothing in time.
        """
        with scratch_control_plane() as plane:
            _load(plane, site, on_progress)
            answers = []
            for number, pod in enumerate(pods, 1):
                answers.append(ask(plane, _named(pod, number)))
                on_progress(ReplayProgress("pods scheduled", number, len(pods)))
            return tuple(answers)


def _load(plane: ControlPlane, site: SiteSnapshot, on_progress: OnReplay) -> None:
    pairs = list(stored_site(site))
    plane.start_store()
    plane.store.fill(pairs, lambda written: on_progress(ReplayProgress("objects loaded", written, len(pairs))))
    # The API server starts on a full store: its own admission then knows every class, limit and quota at once.
    plane.start_api()
    plane.start_scheduler()


def ask(plane: ControlPlane, pod: JsonObject) -> Replayed:
    """Create one pod, and wait for what admission or the scheduler says. Raises NdcopsError."""
    namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
    body = json.dumps(pod).encode()
    answer = plane.api.request("POST", f"/api/v1/namespaces/{namespace}/pods", body, accepted=_REFUSALS)
    if answer.get("kind") == "Status":
        return Replayed(None, str(answer.get("message", "")))
    return wait_for_decision(plane, namespace, name)


def _named(pod: JsonObject, number: int) -> JsonObject:
    """A pod of a question as the API takes it: with a name, and an image for each container."""
    whole = copy.deepcopy(pod)
    metadata = whole.setdefault("metadata", {})
    metadata.setdefault("namespace", "default")
    metadata.setdefault("name", f"question-{number}")
    for unwanted in ("resourceVersion", "uid"):
        metadata.pop(unwanted, None)
    if not whole.get("spec"):
        raise NdcopsError(f"pod {number} of the question has no spec", resolution="ndcops capacity fit --help")
    for container in (*whole["spec"].get("containers", ()), *(whole["spec"].get("initContainers") or ())):
        container.setdefault("image", _ANY_IMAGE)
    return {**whole, "apiVersion": "v1", "kind": "Pod"}
