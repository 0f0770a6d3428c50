"""The provider over gRPC against a fake API server: waits, Cancel, and answers that are late, wrong or lost."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty

from ndcops.provider.field_manager import default_field_manager
from ndcops.provider.http_client import HttpClient
from tests.fakes.kubernetes_http import FakeCluster
from tests.unit.provider.grpc_samples import DEPLOYMENT, DEPLOYMENT_URN, PATH, URN, config_map, unready_properties
from tests.unit.provider.rpc import Engine, init_failure, urn


def test_create_waits_for_its_namespace(cluster: FakeCluster, pulumi: Engine) -> None:
    inputs = config_map(a="1")
    inputs["metadata"]["namespace"] = "later"
    later = threading.Timer(0.1, cluster.put, ("/api/v1/namespaces/later", {"metadata": {"name": "later"}}, "x"))
    later.start()
    assert pulumi.create(URN, inputs).id == "later/portal"
    later.join()


def test_delete_waits_and_says_what_holds_the_object(cluster: FakeCluster, pulumi: Engine) -> None:
    created = pulumi.create(URN, config_map(a="1"))
    cluster.held_on_delete.add(PATH)
    with pytest.raises(grpc.RpcError) as held:
        pulumi.delete(URN, created.id, created.properties, timeout=0.2)
    assert "example.org/hold" in init_failure(held.value)[2][1]
    cluster.held_on_delete.clear()
    pulumi.delete(URN, created.id, created.properties)
    assert PATH not in cluster.objects
    pulumi.delete(URN, created.id, created.properties)


def test_an_object_that_never_gets_ready_is_recorded_as_such(cluster: FakeCluster, pulumi: Engine) -> None:
    with pytest.raises(grpc.RpcError) as unready:
        pulumi.create(DEPLOYMENT_URN, DEPLOYMENT, timeout=0.3)
    id, outputs, reasons = init_failure(unready.value)
    assert id == "default/web"
    assert outputs.value["__inputs"] == DEPLOYMENT
    assert reasons[0] == "Deployment default/web was not ready in time"
    assert "has not seen the newest revision" in reasons[1]
    cluster.objects["/apis/apps/v1/namespaces/default/deployments/web"]["status"] = {
        "observedGeneration": 1,
        "replicas": 1,
        "updatedReplicas": 1,
        "availableReplicas": 1,
    }
    pulumi.update(DEPLOYMENT_URN, unready_properties(unready.value), DEPLOYMENT)


def test_cancel_ends_a_wait_at_once_and_the_object_is_recorded(cluster: FakeCluster, pulumi: Engine) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(pulumi.create, DEPLOYMENT_URN, DEPLOYMENT)
        while not cluster.writes():
            time.sleep(0.01)
        started = time.monotonic()
        pulumi.stub.Cancel(Empty())
        with pytest.raises(grpc.RpcError) as stopped:
            waiting.result(timeout=5)
    assert time.monotonic() - started < 2
    assert init_failure(stopped.value)[0] == "default/web"
    assert "stopped" in stopped.value.details()


def test_waits_do_not_hold_up_decisions(cluster: FakeCluster, pulumi: Engine) -> None:
    with ThreadPoolExecutor(16) as pool:
        waits = [pool.submit(pulumi.create, DEPLOYMENT_URN, DEPLOYMENT, timeout=30) for _ in range(16)]
        pulumi.check(URN, config_map(a="1"))
        assert not any(wait.done() for wait in waits)
        pulumi.stub.Cancel(Empty())
        for wait in waits:
            with pytest.raises(grpc.RpcError):
                wait.result()


def test_refused_credentials_name_context_and_user(cluster: FakeCluster, pulumi: Engine) -> None:
    pulumi.configure(kubeconfig=cluster.kubeconfig.replace("fake-token", "wrong"))
    with pytest.raises(grpc.RpcError) as refused:
        pulumi.create(URN, config_map())
    assert "401" in refused.value.details()
    assert "context 'fake', user 'fake'" in refused.value.details()


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_passes_by_itself_is_tried_again(cluster: FakeCluster, pulumi: Engine, status: int) -> None:
    cluster.answers = [(status, {"kind": "Status", "message": "busy"})] * 2
    assert pulumi.create(URN, config_map(a="1")).id == "default/portal"


def test_a_lost_answer_to_a_create_is_no_second_object(cluster: FakeCluster, pulumi: Engine) -> None:
    pulumi.create(urn("ConfigMap", "first"), config_map("first"))
    first = len(cluster.objects)
    cluster.put(PATH, config_map(a="1"), default_field_manager(URN), "Apply")
    cluster.answers = [(500, {"kind": "Status", "message": "answer lost"})]
    pulumi.create(URN, config_map(a="1"))
    assert len(cluster.objects) == first + 1


def test_no_answer_at_all_says_which_server_and_what_next(cluster: FakeCluster) -> None:
    from ndcops.provider.errors import Unreachable
    from ndcops.provider.kubeconfig import read_kubeconfig, resolve

    access = resolve(*read_kubeconfig(cluster.kubeconfig.replace(str(cluster.port), "1")))
    client = HttpClient(access, threading.Event(), lambda _: None, retry_budget_s=0.2)
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1:1 does not answer") as unreachable:
        client.request("GET", "/api")
    assert "Connection refused" in unreachable.value.details[0]
    assert "fake" in unreachable.value.resolution


def test_a_wrong_annotation_after_the_write_still_records_the_object(cluster: FakeCluster, pulumi: Engine) -> None:
    inputs = config_map(a="1")
    inputs["metadata"]["annotations"] = {"pulumi.com/waitFor": "whatever"}
    with pytest.raises(grpc.RpcError) as failed:
        pulumi.create(URN, inputs)
    assert init_failure(failed.value)[0] == "default/portal"
