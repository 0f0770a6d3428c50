"""Reads of a cluster: pages, writers in order, and every way in which a cluster can fail to answer."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ndcops.adapters.kubernetes_api.api import KubernetesApi
from ndcops.adapters.kubernetes_api.condition import POOL_LABEL, SERVICE_LABEL
from ndcops.model.errors import NdcopsError
from ndcops.model.site_status import PoolStatus, ServiceStatus
from ndcops.model.stack_changes import ObjectRef
from ndcops.model.target import ClusterRef
from tests.fakes.clusters_http import Answers, answering_server

SYSTEM = "/api/v1/namespaces/kube-system"
CONFIG_MAP = ObjectRef(api_version="v1", kind="ConfigMap", namespace="public", name="settings")
CORE = {
    "resources": [
        {"name": "configmaps", "kind": "ConfigMap", "namespaced": True},
        {"name": "namespaces", "kind": "Namespace", "namespaced": False},
        {"name": "namespaces/status", "kind": "Namespace", "namespaced": False},
    ]
}


@pytest.fixture
def answers() -> Iterator[Answers]:
    with answering_server() as server:
        yield server


@pytest.fixture
def cluster(answers: Answers, tmp_path: Path) -> ClusterRef:
    return answers.cluster(tmp_path)


def failure(cluster: ClusterRef) -> NdcopsError:
    with pytest.raises(NdcopsError) as caught:
        KubernetesApi().read_uid(cluster)
    assert "ndc1" in caught.value.message
    assert caught.value.resolution
    return caught.value


def test_the_uid_is_that_of_the_system_namespace(answers: Answers, cluster: ClusterRef) -> None:
    answers.give(SYSTEM, {"metadata": {"uid": "1111-2222"}})
    assert KubernetesApi().read_uid(cluster) == "1111-2222"


@pytest.mark.parametrize(
    ("status", "document", "details"),
    [
        (
            401,
            {"message": "Unauthorized"},
            (
                "Unauthorized",
                "the cluster does not accept the context's credentials (expired, or of another cluster)",
            ),
        ),
        (
            403,
            {"message": "namespaces is forbidden"},
            ("namespaces is forbidden", "the context's user lacks a right of the ClusterRole ndcops-operator"),
        ),
        (404, {"message": "not found"}, ("not found",)),
        (500, {}, ()),
        (503, b"<html>Service Unavailable</html>", ("<html>Service Unavailable</html>",)),
        (502, b"\xff\xfe bad", ("\ufffd\ufffd bad",)),
        (429, [1], ("[1]",)),
        (400, b"null", ("null",)),
        (500, b"", ()),
    ],
)
def test_a_refusal_says_what_it_means(
    answers: Answers, cluster: ClusterRef, status: int, document: Any, details: tuple[str, ...]
) -> None:
    answers.give(SYSTEM, document, status)
    error = failure(cluster)
    assert error.message == f"cluster ndc1 (context fake) answered {status}"
    assert error.details == details


@pytest.mark.parametrize(
    "document",
    [b"<html>Sign in first</html>", b"", b"null", b"[]", b"7", {}, {"metadata": None}, {"metadata": {}}],
)
def test_an_answer_that_is_not_the_api_s_is_an_error(answers: Answers, cluster: ClusterRef, document: Any) -> None:
    answers.give(SYSTEM, document)
    error = failure(cluster)
    assert error.message == "cluster ndc1 (context fake) does not answer as a Kubernetes API does"
    assert (SYSTEM if isinstance(document, bytes) else "field") in error.details[0]


@pytest.mark.parametrize(
    "document", [b"<html>", {"items": None, "metadata": {}}, {"items": [{}], "metadata": {}}, {"metadata": {}}]
)
def test_a_list_that_is_not_the_api_s_is_an_error(answers: Answers, cluster: ClusterRef, document: Any) -> None:
    answers.give("/version", {"gitVersion": "v1.36.0"})
    answers.give("/apis/apps/v1/deployments", {"items": [], "metadata": {}})
    answers.give("/apis/apps/v1/statefulsets", {"items": [], "metadata": {}})
    answers.give("/api/v1/nodes", document)
    with pytest.raises(NdcopsError, match="does not answer as a Kubernetes API does"):
        KubernetesApi().read_condition(cluster)


def test_a_wrong_token_is_a_refusal(answers: Answers, tmp_path: Path) -> None:
    answers.give(SYSTEM, {"metadata": {"uid": "x"}})
    assert "answered 401" in failure(answers.cluster(tmp_path, token="expired")).message


def test_a_refused_connection_is_an_error_with_its_reason(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = Answers(port=free.getsockname()[1])
    error = failure(closed.cluster(tmp_path))
    assert error.message == "cluster ndc1 (context fake) does not answer"
    assert "refused" in error.details[0]


def test_a_server_that_hangs_up_is_an_error(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        silent = Answers(port=server.getsockname()[1])
        server.close()
        assert "does not answer" in failure(silent.cluster(tmp_path)).message


def test_a_missing_context_is_named(answers: Answers, tmp_path: Path) -> None:
    error = failure(answers.cluster(tmp_path, context="elsewhere"))
    assert "context elsewhere cannot be used" in error.message
    assert "get-contexts" in error.resolution


@pytest.mark.parametrize("content", [None, "", "{", "contexts: 7", "\x00", "contexts:\n- name: fake\n"])
def test_a_kubeconfig_that_cannot_be_used_is_named(answers: Answers, tmp_path: Path, content: str | None) -> None:
    cluster = answers.cluster(tmp_path)
    cluster.kubeconfig.unlink()
    if content is not None:
        cluster.kubeconfig.write_text(content)
    error = failure(cluster)
    assert error.details == (f"kubeconfig: {cluster.kubeconfig}",)


def writer(manager: str, time: str | None, **more: str) -> dict[str, str | None]:
    return {"manager": manager, "operation": "Update", "time": time, **more}


def test_writers_come_latest_first_and_without_status(answers: Answers, cluster: ClusterRef) -> None:
    answers.give("/api/v1", CORE)
    fields = [
        writer("pulumi", "2026-01-01T00:00:00Z"),
        writer("kubectl-edit", "2026-01-03T00:00:00Z"),
        writer("kubelet", "2026-01-04T00:00:00Z", subresource="status"),
        writer("unknown", None),
    ]
    answers.give("/api/v1/namespaces/public/configmaps/settings", {"metadata": {"managedFields": fields}})
    found = KubernetesApi().read_writers(cluster, CONFIG_MAP)
    assert [each.manager for each in found] == ["kubectl-edit", "pulumi", "unknown"]
    assert found[0].time == datetime(2026, 1, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    "ref",
    [
        CONFIG_MAP,
        ObjectRef(api_version="v1", kind="Unknown", namespace="", name="x"),
        ObjectRef(api_version="gone.example.org/v1", kind="Thing", namespace="", name="x"),
    ],
)
def test_what_is_gone_has_no_writers(answers: Answers, cluster: ClusterRef, ref: ObjectRef) -> None:
    answers.give("/api/v1", CORE)
    assert KubernetesApi().read_writers(cluster, ref) == ()


@pytest.mark.parametrize(
    ("ref", "path"),
    [
        (ObjectRef(api_version="v1", kind="Namespace", namespace="", name="x"), "/api/v1/namespaces/x"),
        (CONFIG_MAP.model_copy(update={"name": "a b"}), "/api/v1/namespaces/public/configmaps/a%20b"),
    ],
)
def test_objects_are_found_by_discovery(answers: Answers, cluster: ClusterRef, ref: ObjectRef, path: str) -> None:
    answers.give("/api/v1", CORE)
    KubernetesApi().read_writers(cluster, ref)
    assert answers.asked == ["/api/v1", path]


def test_the_condition_sums_up_every_page(answers: Answers, cluster: ClusterRef) -> None:
    node = {
        "metadata": {"labels": {POOL_LABEL: "general"}},
        "status": {"conditions": [{"type": "Ready", "status": "True"}]},
    }
    workload = {
        "metadata": {"labels": {SERVICE_LABEL: "portal"}},
        "spec": {"replicas": 2},
        "status": {"readyReplicas": 1},
    }
    answers.give("/version", {"gitVersion": "v1.36.0"})
    answers.give("/api/v1/nodes", {"items": [node, node], "metadata": {"continue": "next page"}})
    answers.give("/api/v1/nodes", {"items": [node], "metadata": {}})
    answers.give("/apis/apps/v1/deployments", {"items": [workload], "metadata": {"continue": ""}})
    answers.give("/apis/apps/v1/statefulsets", {"items": [workload], "metadata": {}})
    found = KubernetesApi().read_condition(cluster)
    assert found.version == "v1.36.0"
    assert found.pools == (PoolStatus(pool="general", nodes=3, ready=3),)
    assert found.services == (ServiceStatus(service="portal", replicas=4, ready=2),)
    assert "/api/v1/nodes?limit=500&continue=next%20page" in answers.asked
