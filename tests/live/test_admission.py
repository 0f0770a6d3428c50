"""Our admission against the API server's: the same pods, the same stored fields, the same refusals."""

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

from ndcops.capacity.plan.admission import AdmissionRefused, admit, quota_room
from ndcops.capacity.plan.admission.amounts import amounts_of
from ndcops.lab.scratch import ControlPlane, scratch_control_plane
from tests.unit.capacity.admission_samples import NAMESPACE, OBJECTS, PODS, container, pod, quota

pytestmark = pytest.mark.live

Json = dict[str, Any]
_SPEC = (
    "nodeSelector",
    "tolerations",
    "overhead",
    "resources",
    "priority",
    "priorityClassName",
    "preemptionPolicy",
    "affinity",
    "topologySpreadConstraints",
    "restartPolicy",
    "schedulerName",
)
_DRY_RUN = f"/api/v1/namespaces/{NAMESPACE}/pods?dryRun=All"
_QUOTA = quota(
    {"requests.cpu": "3", "limits.memory": "4Gi", "pods": "9"},
    {"requests.cpu": "500m", "limits.memory": "1Gi", "pods": "2"},
)
_EFFORTLESS = quota({"pods": "1"}, name="effortless", scopes=["BestEffort"])


@pytest.fixture(scope="module")
def api() -> Iterator[ControlPlane]:
    """An API server with the samples' ranges and classes, and no room left over from others."""
    with scratch_control_plane() as plane:
        plane.start_store()
        plane.load({"namespaces": [{"metadata": {"name": NAMESPACE}}], **OBJECTS})
        plane.start_api()
        yield plane


def _answer(plane: ControlPlane, asked: Json, path: str = _DRY_RUN) -> Json:
    return plane.api.request("POST", path, json.dumps(asked).encode(), accepted=frozenset({403, 422}))


def _seen(stored: Json) -> Json:
    """What decides about room, without what says nothing; quantities as the API writes them."""
    spec = stored["spec"]
    containers = [
        {"resources": each.get("resources") or {}, "ports": each.get("ports") or []}
        for each in (*spec["containers"], *spec.get("initContainers", ()))
    ]
    seen = {name: spec[name] for name in _SPEC if spec.get(name)}
    return {"spec": seen, "containers": containers, "quality": stored["status"]["qosClass"]}


def _parts(message: str) -> list[str]:
    """A refusal's subject and its reasons, these in an order of their own: the API server's depends on chance."""
    subject, _, reasons = message.partition(": ")
    listed = reasons.removeprefix("[").removesuffix("]")
    return [subject, *sorted(re.split(r", (?=[a-z]+imum |[a-z]+ max |spec)", listed))]


@pytest.mark.parametrize("name", PODS)
def test_a_pod_is_stored_or_refused_as_the_api_server_does(api: ControlPlane, name: str) -> None:
    real, ours = _answer(api, PODS[name]), _ours(PODS[name])
    if isinstance(ours, str):
        assert _parts(ours) == _parts(real.get("message", "no refusal"))
    else:
        assert real.get("kind") == "Pod", real.get("message")
        assert _normal(_seen(ours)) == _normal(_seen(real))


def _ours(asked: Json) -> Json | str:
    """The pod as we think that it is stored, or why not."""
    try:
        return admit(asked, OBJECTS)
    except AdmissionRefused as refused:
        return refused.message


def _normal(value: Any) -> Any:
    """Quantities in one spelling: the API server stores `1`, where `1000m` was written."""
    if isinstance(value, dict):
        return {
            name: {key: str(each) for key, each in amounts_of(item).items()}
            if name in ("requests", "limits", "overhead")
            else _normal(item)
            for name, item in value.items()
        }
    return [_normal(each) for each in value] if isinstance(value, list) else value


def _wait_for_quota(plane: ControlPlane) -> None:
    """Until the API server's admission has heard of the quota: before that, any pod would be let in."""
    most = {"cpu": "2", "memory": "1Gi"}
    greedy = pod(*(container(f"c{number}", requests=most, limits=most) for number in range(4)))
    deadline = time.monotonic() + 30
    while "exceeded quota: share" not in (refusal := _answer(plane, greedy).get("message", "none")):
        assert time.monotonic() < deadline, refusal
        time.sleep(0.1)


def test_quotas_stop_at_the_same_pod_in_the_same_words(api: ControlPlane) -> None:
    asked = pod(container(requests={"cpu": "600m", "memory": "256Mi"}, limits={"cpu": "1", "memory": "512Mi"}))
    room = quota_room(admit(asked, OBJECTS), {**OBJECTS, "resourcequotas": [_QUOTA, _EFFORTLESS]})
    api.load({"resourcequotas": [_QUOTA, _EFFORTLESS]})
    _wait_for_quota(api)
    answers = [
        _answer(
            api, {**asked, "metadata": {**asked["metadata"], "name": f"one-{number}"}}, _DRY_RUN.partition("?")[0]
        )
        for number in range(8)
    ]
    taken = [each["kind"] == "Pod" for each in answers]
    assert room.pods == taken.index(False) == 4
    assert room.message == answers[4]["message"].replace("one-4", "one")
