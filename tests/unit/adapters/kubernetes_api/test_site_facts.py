"""Reading a site's facts over HTTP: pages, kinds that are missing, lists that expire, answers that are wrong."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ndcops.adapters import kubernetes_api
from ndcops.adapters.kubernetes_api import KubernetesApi
from ndcops.adapters.kubernetes_api.object_trimming import KINDS
from ndcops.model.errors import NdcopsError
from ndcops.model.snapshot import FactsProgress, SiteSnapshot, Unread
from ndcops.model.target import ClusterRef
from tests.fakes.clusters_http import Answers, answering_server

SYSTEM = "/api/v1/namespaces/kube-system"
PATHS = {name: f"{kind.root}/{name}" for name, kind in KINDS.items()}
PODS, NODES = PATHS["pods"], PATHS["nodes"]
EXPIRED = {"kind": "Status", "code": 410, "reason": "Expired", "message": "the continue token is too old"}


@pytest.fixture
def answers() -> Iterator[Answers]:
    with answering_server() as server:
        server.give(SYSTEM, {"metadata": {"uid": "1111-2222"}})
        yield server


@pytest.fixture
def cluster(answers: Answers, tmp_path: Path) -> ClusterRef:
    return answers.cluster(tmp_path)


def pod(name: str, node: str = "n1", phase: str = "Running") -> dict[str, Any]:
    return {
        "metadata": {"name": name, "namespace": "portal", "annotations": {"a": "b"}},
        "spec": {"nodeName": node, "containers": [{"name": "main", "image": "x"}]},
        "status": {"phase": phase},
    }


def listed(*items: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    return {"items": list(items), "metadata": {"resourceVersion": "42", **metadata}}


def fill(answers: Answers, **lists: list[dict[str, Any]]) -> None:
    """Pages of each kind in turn; one empty page of every other kind."""
    for name, path in PATHS.items():
        for page in lists.get(name, [listed()]):
            answers.give(path, page, page.get("code", 200))


def read(cluster: ClusterRef) -> SiteSnapshot:
    return KubernetesApi().read_site_facts(cluster, lambda progress: None)


def failure(cluster: ClusterRef) -> NdcopsError:
    with pytest.raises(NdcopsError, match="ndc1") as caught:
        read(cluster)
    assert caught.value.resolution
    return caught.value


def test_all_pages_of_all_kinds_are_read(answers: Answers, cluster: ClusterRef) -> None:
    node = {
        "metadata": {"name": "n1", "annotations": {"a": "b"}},
        "status": {"images": [{}], "capacity": {"cpu": "4"}},
    }
    first = listed(pod("a"), pod("b"), **{"continue": "next page", "remainingItemCount": 1})
    fill(answers, nodes=[listed(node)], pods=[first, listed(pod("c", "n2"), pod("d", phase="Failed"))])
    progress: list[FactsProgress] = []
    facts = KubernetesApi().read_site_facts(cluster, progress.append)
    assert (facts.site, facts.cluster_uid, facts.resource_version) == ("ndc1", "1111-2222", "42")
    assert [group.nodes for group in facts.pods] == [{"n1": 2, "n2": 1}]
    assert facts.objects["nodes"] == (
        {"metadata": {"name": "n1"}, "spec": {}, "status": {"capacity": {"cpu": "4"}, "conditions": []}},
    )
    assert set(facts.objects) == set(KINDS) - {"pods"}
    assert facts.unread == {}
    assert progress[:2] == [FactsProgress("ndc1", "pods", 2, 3), FactsProgress("ndc1", "pods", 4, 4)]
    assert f"{PODS}?limit=500&continue=next%20page" in answers.asked
    assert not any("resourceVersion" in path for path in answers.asked)


def test_a_kind_that_is_not_served_or_not_allowed_is_recorded(answers: Answers, cluster: ClusterRef) -> None:
    missing = {"code": 404, "message": "the server could not find the requested resource"}
    forbidden = {"code": 403, "message": "csinodes is forbidden"}
    fill(answers, resourceslices=[missing], csinodes=[forbidden])
    facts = read(cluster)
    assert facts.unread == {"resourceslices": Unread.NOT_SERVED, "csinodes": Unread.FORBIDDEN}
    assert not {"resourceslices", "csinodes"} & set(facts.objects)


@pytest.mark.parametrize("kind", ["nodes", "pods"])
def test_nodes_and_pods_must_be_readable_and_the_rule_is_named(
    answers: Answers, cluster: ClusterRef, kind: str
) -> None:
    fill(answers, **{kind: [{"code": 403, "message": f"{kind} is forbidden"}]})
    error = failure(cluster)
    assert f"does not let us list {kind}" in error.message
    assert f'apiGroups: [""], resources: [{kind}], verbs: [get, list]' in error.details[1]
    assert f"auth can-i list {kind}" in error.resolution


@pytest.mark.parametrize("kind", ["nodes", "storageclasses"])
def test_wrong_credentials_are_an_error_for_every_kind(answers: Answers, cluster: ClusterRef, kind: str) -> None:
    fill(answers, **{kind: [{"code": 401, "message": "Unauthorized"}]})
    assert "answered 401" in failure(cluster).message


def test_a_list_that_expires_is_begun_anew_and_counts_nothing_twice(answers: Answers, cluster: ClusterRef) -> None:
    first = listed(pod("a"), pod("b"), **{"continue": "old"})
    fill(answers, pods=[first, EXPIRED, first, listed(pod("c"), resourceVersion="43")])
    facts = read(cluster)
    assert [group.nodes for group in facts.pods] == [{"n1": 3}]
    assert facts.resource_version == "43"


def test_a_list_that_expires_again_and_again_is_an_error(answers: Answers, cluster: ClusterRef) -> None:
    first = listed(pod("a"), **{"continue": "old"})
    fill(answers, pods=[first, EXPIRED] * 3)
    assert "the list of pods expired 3 times" in failure(cluster).message


@pytest.mark.parametrize(
    "page",
    [
        {"metadata": {}},
        {"items": None, "metadata": {}},
        {"items": [{}], "metadata": {}},
        {"items": [pod("a") | {"spec": None}], "metadata": {}},
        {"items": []},
        listed(pod("a"), **{"continue": "the same for ever"}),
    ],
)
def test_a_list_that_is_not_the_api_s_is_an_error(
    answers: Answers, cluster: ClusterRef, page: dict[str, Any]
) -> None:
    fill(answers, pods=[page])
    assert "does not answer as a Kubernetes API does" in failure(cluster).message


def test_a_server_error_is_an_error(answers: Answers, cluster: ClusterRef) -> None:
    fill(answers, persistentvolumes=[{"code": 500, "message": "etcdserver: no leader"}])
    error = failure(cluster)
    assert "answered 500" in error.message
    assert error.details[0] == "etcdserver: no leader"


def read_one(answers: Answers, cluster: ClusterRef, kind: str, item: dict[str, Any]) -> Any:
    fill(answers, **{kind: [listed(item)]})
    (found,) = read(cluster).objects[kind]
    return found


@pytest.mark.parametrize(
    ("kind", "item", "kept"),
    [
        (
            "persistentvolumes",
            {"spec": {"csi": {"driver": "d", "volumeHandle": "h", "controllerExpandSecretRef": {"name": "s"}}}},
            {"spec": {"csi": {"driver": "d", "volumeHandle": "h"}}},
        ),
        (
            "storageclasses",
            {"provisioner": "p", "parameters": {"secret-name": "s"}, "volumeBindingMode": "Immediate"},
            {"provisioner": "p", "volumeBindingMode": "Immediate"},
        ),
        (
            "replicasets",
            {"spec": {"selector": {"matchLabels": {"a": "b"}}, "replicas": 2, "template": {}}, "status": {}},
            {"spec": {"selector": {"matchLabels": {"a": "b"}}, "replicas": 2}},
        ),
        (
            "daemonsets",
            {
                "spec": {
                    "selector": {},
                    "template": {
                        "metadata": {"labels": {"a": "b"}, "annotations": {}},
                        "spec": {"containers": [{"name": "m", "image": "i"}], "hostPID": True},
                    },
                }
            },
            {
                "spec": {
                    "selector": {},
                    "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "m"}]}},
                }
            },
        ),
    ],
)
def test_objects_are_cut_down(
    answers: Answers, cluster: ClusterRef, kind: str, item: dict[str, Any], kept: dict[str, Any]
) -> None:
    metadata = {"name": "one", "uid": "u", "managedFields": [{}], "resourceVersion": "7"}
    found = read_one(answers, cluster, kind, {"metadata": metadata, **item})
    assert found == {"metadata": {"name": "one", "uid": "u"}, **kept}


def test_annotations_that_volume_binding_reads_are_kept(answers: Answers, cluster: ClusterRef) -> None:
    bound = {"pv.kubernetes.io/bind-completed": "yes", "volume.kubernetes.io/selected-node": "n1"}
    owner = {"kind": "Pod", "name": "web-0", "uid": "u", "controller": True}
    metadata = {
        "name": "data",
        "namespace": "portal",
        "annotations": bound | {"kubectl.kubernetes.io/last-applied-configuration": "{}"},
        "ownerReferences": [owner, {"kind": "Other", "name": "o", "uid": "v"}],
    }
    found = read_one(answers, cluster, "persistentvolumeclaims", {"metadata": metadata, "spec": {}})
    assert found["metadata"]["annotations"] == bound
    assert found["metadata"]["ownerReferences"] == [owner]


def test_the_operator_s_role_lets_every_kind_be_read() -> None:
    role = next(yaml.safe_load_all((Path(kubernetes_api.__file__).parent / "operator_role.yaml").read_text()))
    allowed = {
        (group, resource)
        for rule in role["rules"]
        if {"get", "list"} <= set(rule["verbs"])
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }
    assert {(kind.group, name) for name, kind in KINDS.items()} <= allowed
