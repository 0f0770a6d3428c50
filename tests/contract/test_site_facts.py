"""What every reader of a site's facts promises: the fake of the room's tests, and the adapter over HTTP."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ndcops.adapters.kubernetes_api import KubernetesApi
from ndcops.adapters.kubernetes_api.object_trimming import KINDS
from ndcops.capacity.ports import SiteFacts
from ndcops.model.errors import NdcopsError
from ndcops.model.snapshot import FactsProgress, PodGroup, SiteSnapshot, Unread
from ndcops.model.target import ClusterRef
from tests.fakes.clusters_http import Answers, answering_server
from tests.fakes.site_facts import FakeSiteFacts

NODE = {
    "metadata": {"name": "n1", "labels": {"ndc.gov.vn/pool": "general"}},
    "spec": {"unschedulable": True},
    "status": {"allocatable": {"cpu": "4"}, "conditions": [{"type": "Ready", "status": "True"}]},
}
TEMPLATE = {"metadata": {"namespace": "portal"}, "spec": {"containers": [{"name": "main"}]}, "status": {}}
FACTS = SiteSnapshot(
    site="ndc1",
    cluster_uid="1111-2222",
    resource_version="42",
    objects={name: (NODE,) if name == "nodes" else () for name in KINDS if name not in ("pods", "resourceslices")},
    pods=(PodGroup(template=TEMPLATE, nodes={"": 1, "n1": 2}),),
    unread={"resourceslices": Unread.NOT_SERVED},
)


def _fill(answers: Answers) -> None:
    def pod(name: str, node: str) -> dict[str, Any]:
        metadata = {"name": name, "namespace": "portal", "uid": name}
        return {"metadata": metadata, "spec": {"nodeName": node, "containers": [{"name": "main", "image": name}]}}

    lists: dict[str, list[dict[str, Any]]] = {
        "nodes": [NODE],
        "pods": [pod("a", "n1"), pod("b", ""), pod("c", "n1")],
    }
    answers.give("/api/v1/namespaces/kube-system", {"metadata": {"uid": FACTS.cluster_uid}})
    for name, kind in KINDS.items():
        if name not in FACTS.unread:
            page = {"items": lists.get(name, []), "metadata": {"resourceVersion": FACTS.resource_version}}
            answers.give(f"{kind.root}/{name}", page)


World = tuple[SiteFacts, ClusterRef]


@pytest.fixture(params=["fake", "http"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    if request.param == "fake":
        there = ClusterRef(site="ndc1", kubeconfig=tmp_path, context="fake", uid=None)
        yield FakeSiteFacts({"ndc1": FACTS}), there
        return
    with answering_server() as answers:
        _fill(answers)
        yield KubernetesApi(), answers.cluster(tmp_path)


def test_the_facts_of_a_site(world: World) -> None:
    reader, there = world
    assert reader.read_site_facts(there, lambda progress: None) == FACTS


def test_progress_counts_the_pods(world: World) -> None:
    reader, there = world
    seen: list[FactsProgress] = []
    reader.read_site_facts(there, seen.append)
    assert FactsProgress("ndc1", "pods", 3, 3) in seen


def test_a_silent_cluster_is_an_error_for_people(world: World) -> None:
    reader, there = world
    silent = there.model_copy(update={"site": "ndc2", "context": "nowhere"})
    with pytest.raises(NdcopsError, match="ndc2") as caught:
        reader.read_site_facts(silent, lambda progress: None)
    assert caught.value.details
    assert caught.value.resolution
