"""The provider under the real engine and a real API server: what an operator sees of it, end to end.

Runs on the lab (`lab_cluster`), or on any cluster named by NDCOPS_TEST_KUBECONFIG and NDCOPS_TEST_CONTEXT.
"""

import base64
import gc
import logging
import os
import secrets
import signal
import threading
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import pulumi
import pulumi_kubernetes as k8s
import pytest

from ndcops.provider.http_client import HttpClient
from ndcops.provider.kubeconfig import read_kubeconfig, resolve
from ndcops.toolchain.build import ensure_engine
from tests.live.provider_runs import Program, StackRun, Target, made

pytestmark = [
    pytest.mark.live,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

MANY = 80


@pytest.fixture(scope="module", autouse=True)
def _engine_on_path() -> Iterator[None]:
    """The Automation API's own commands find the engine on PATH."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PATH", str(ensure_engine("pulumi")), prepend=os.pathsep)
        yield


@pytest.fixture(scope="module")
def target(request: pytest.FixtureRequest) -> Target:
    own = os.environ.get("NDCOPS_TEST_KUBECONFIG")
    if own:
        kubeconfig, context = Path(own), os.environ.get("NDCOPS_TEST_CONTEXT", "")
    else:
        lab = request.getfixturevalue("lab_cluster")
        kubeconfig, context = lab.kubeconfig, lab.context
    access = resolve(*read_kubeconfig(str(kubeconfig)), context=context)
    http = HttpClient(access, threading.Event(), lambda _: None)
    uid = http.request("GET", "/api/v1/namespaces/kube-system")[1]["metadata"]["uid"]
    return Target(kubeconfig, access.context, uid, http)


@pytest.fixture
def run(target: Target, tmp_path: Path) -> Iterator[StackRun]:
    # After a failed up the SDK cannot reach the engine that ended; the log record would hold its sockets.
    noise = logging.getLogger("grpc._server")
    level = noise.level
    noise.setLevel(logging.CRITICAL)
    stack = StackRun(target, tmp_path)
    yield stack
    noise.setLevel(level)
    with warnings.catch_warnings():
        # After a failed up the SDK leaves its event loop and sockets to the garbage collector.
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
    stack.stack.destroy(parallel=64)
    assert target.get(f"/api/v1/namespaces/{stack.namespace}") is None


def _mixed(run: StackRun) -> Program:
    def program(options: pulumi.ResourceOptions) -> None:
        meta = {"namespace": run.namespace, "labels": {"app": "live"}}
        k8s.core.v1.ConfigMap("c", metadata={**meta, "name": "c"}, data={"a": "1", "empty": ""}, opts=options)
        k8s.core.v1.ServiceAccount("bare", metadata={"name": "bare", "namespace": run.namespace}, opts=options)
        k8s.core.v1.ResourceQuota(
            "q", metadata={**meta, "name": "q"}, spec={"hard": {"pods": "1000"}}, opts=options
        )
        k8s.core.v1.ConfigMap("auto", metadata=meta, data={"a": "1"}, opts=options)
        k8s.core.v1.Service("s", metadata={**meta, "name": "s"}, spec={"ports": [{"port": 80}]}, opts=options)
        container = {"name": "c", "image": "a/b:1", "resources": {"limits": {"cpu": "1000m", "memory": "0.5Gi"}}}
        pod = {"host_network": False, "containers": [container]}
        template = {"metadata": {"labels": {"app": "d"}}, "spec": pod}
        spec = {"replicas": 0, "selector": {"match_labels": {"app": "d"}}, "template": template}
        k8s.apps.v1.Deployment("d", metadata={**meta, "name": "d"}, spec=spec, opts=options)

    return program


def test_up_then_nothing_to_do_before_and_after_a_refresh(run: StackRun) -> None:
    preview = run.stack.preview(parallel=64)
    assert preview.change_summary == {"create": 3}
    assert run.up(_mixed(run)) == {"create": 9}
    assert run.up() == {"same": 9}
    assert dict(run.stack.refresh().summary.resource_changes) == {"same": 9}
    assert run.up() == {"same": 9}
    assert len(run.state_file()) < 40_000


def test_an_edit_by_hand_shows_after_refresh_and_is_repaired(run: StackRun, target: Target) -> None:
    metadata = {"name": "q", "namespace": run.namespace}
    wish = {"hard": {"pods": "10"}}
    run.up(lambda options: made(k8s.core.v1.ResourceQuota("q", metadata=metadata, spec=wish, opts=options)))
    path = run.path("resourcequotas", "q")
    target.edit(path, {"spec": {"hard": {"pods": "99"}}}, "kubectl-edit")
    assert run.up() == {"same": 4}
    assert dict(run.stack.refresh().summary.resource_changes) == {"same": 3, "update": 1}
    assert run.up() == {"same": 3, "update": 1}
    assert target.get(path)["spec"]["hard"] == {"pods": "10"}


def test_a_deleted_object_comes_back_after_refresh(run: StackRun, target: Target) -> None:
    run.up(run.config_map("gone", {"a": "1"}))
    target.http.request("DELETE", run.path("configmaps", "gone"))
    run.stack.refresh()
    assert run.up() == {"same": 3, "create": 1}


def test_a_conflict_names_its_owner_and_changes_nothing(run: StackRun, target: Target) -> None:
    metadata = {"name": "q", "namespace": run.namespace}

    def quota(pods: str) -> Program:
        spec = {"hard": {"pods": pods}}
        return lambda options: made(k8s.core.v1.ResourceQuota("q", metadata=metadata, spec=spec, opts=options))

    run.up(quota("10"))
    target.edit(run.path("resourcequotas", "q"), {"spec": {"hard": {"pods": "99"}}}, "other-operator")
    assert "other-operator" in run.fails(quota("11"))
    assert target.get(run.path("resourcequotas", "q"))["spec"]["hard"] == {"pods": "99"}
    run.program = quota("10")


def test_an_immutable_change_replaces_the_object(run: StackRun, target: Target) -> None:
    run.up(run.config_map("c", {"a": "1"}))
    first = target.get(run.path("configmaps", "c"))["metadata"]["uid"]
    assert run.up(run.config_map("c", {"a": "2"})) == {"same": 3, "replace": 1}
    second = target.get(run.path("configmaps", "c"))
    assert second["data"] == {"a": "2"}
    assert second["metadata"]["uid"] != first


def test_secrets_are_not_in_clear_in_the_state(run: StackRun) -> None:
    password = f"swordfish-{secrets.token_hex(8)}"
    metadata = {"name": "key", "namespace": run.namespace}
    declare = k8s.core.v1.Secret
    run.up(lambda options: made(declare("key", metadata=metadata, string_data={"p": password}, opts=options)))
    state = run.state_file()
    assert password not in state
    assert base64.b64encode(password.encode()).decode() not in state
    assert run.up() == {"same": 4}


def test_an_existing_object_is_refused_and_survives(run: StackRun, target: Target) -> None:
    run.up()
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "hand"}, "data": {"a": "hand"}}
    target.http.request("POST", f"/api/v1/namespaces/{run.namespace}/configmaps", body)
    assert "exists already" in run.fails(run.config_map("hand", {"a": "1"}))
    assert target.get(run.path("configmaps", "hand"))["data"] == {"a": "hand"}


def test_another_resource_name_for_the_same_object_is_refused(run: StackRun, target: Target) -> None:
    run.up(run.config_map("c", {"a": "1"}))
    metadata = {"name": "c", "namespace": run.namespace}
    declare = k8s.core.v1.ConfigMap
    assert "exists already" in run.fails(
        lambda options: made(declare("renamed", metadata=metadata, data={"a": "2"}, opts=options))
    )
    assert target.get(run.path("configmaps", "c"))["data"] == {"a": "1"}


def test_another_cluster_than_the_pinned_one_is_refused(run: StackRun, target: Target) -> None:
    run.uid = "00000000-0000-0000-0000-000000000000"
    assert "another cluster" in run.fails()
    assert target.get(f"/api/v1/namespaces/{run.namespace}") is None


def test_a_workload_that_cannot_start_is_recorded_and_taken_up_again(run: StackRun, target: Target) -> None:
    def deployment(replicas: int) -> Program:
        container = {"name": "c", "image": "a/b:1"}
        pod = {"containers": [container], "node_selector": {"example.org/nowhere": "true"}}
        template = {"metadata": {"labels": {"app": "d"}}, "spec": pod}
        spec = {"replicas": replicas, "selector": {"match_labels": {"app": "d"}}, "template": template}
        metadata = {"name": "d", "namespace": run.namespace, "annotations": {"pulumi.com/timeoutSeconds": "2"}}
        return lambda options: made(k8s.apps.v1.Deployment("d", metadata=metadata, spec=spec, opts=options))

    assert "not ready in time" in run.fails(deployment(1))
    uid = target.get(run.path("deployments", "d", "/apis/apps/v1"))["metadata"]["uid"]
    assert run.up(deployment(0)) == {"same": 3, "update": 1}
    assert target.get(run.path("deployments", "d", "/apis/apps/v1"))["metadata"]["uid"] == uid


def _providers_of(pid: int) -> list[int]:
    """Provider processes that descend from the engine of this process."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if b"ndcops.provider" in command and _descends(int(folder.name), pid):
            found.append(int(folder.name))
    return found


def _descends(pid: int, ancestor: int) -> bool:
    while pid > 1:
        if pid == ancestor:
            return True
        try:
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            return False
    return False


def test_killing_the_provider_half_way_leaves_nothing_double_and_nothing_lost(
    run: StackRun, target: Target
) -> None:
    def program(options: pulumi.ResourceOptions) -> None:
        for number in range(MANY):
            metadata = {"name": f"m{number:03d}", "namespace": run.namespace}
            k8s.core.v1.ConfigMap(f"m{number:03d}", metadata=metadata, data={"n": str(number)}, opts=options)

    def objects() -> dict[str, str]:
        answer = target.get(f"/api/v1/namespaces/{run.namespace}/configmaps") or {"items": []}
        mine = [item["metadata"] for item in answer["items"] if item["metadata"]["name"].startswith("m")]
        return {metadata["name"]: metadata["uid"] for metadata in mine}

    killed = threading.Event()

    def kill_half_way() -> None:
        while len(objects()) < MANY // 4:
            time.sleep(0.01)
        for pid in _providers_of(os.getpid()):
            os.kill(pid, signal.SIGKILL)
            killed.set()

    killer = threading.Thread(target=kill_half_way)
    killer.start()
    assert "error" in run.fails(program)
    killer.join()
    assert killed.is_set()
    before = objects()
    assert len(before) < MANY
    run.up()
    after = objects()
    assert len(after) == MANY
    assert before.items() <= after.items()
    assert run.up() == {"same": MANY + 3}
