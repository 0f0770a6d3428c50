"""The provider over gRPC against a fake API server: create, adopt, refuse, conflict, read, diff, delete."""

import base64

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import provider_pb2

from ndcops.provider.field_manager import default_field_manager
from ndcops.provider.wire import UNKNOWN, decode
from tests.fakes.kubernetes_http import SYSTEM_UID, FakeCluster
from tests.unit.provider.grpc_samples import PATH, URN, config_map
from tests.unit.provider.rpc import Engine, urn


def test_create_is_one_request_and_records_what_later_calls_need(cluster: FakeCluster, pulumi: Engine) -> None:
    created = pulumi.create(URN, config_map(a="1"))
    assert created.id == "default/portal"
    assert [method for method, _ in cluster.requests] == ["GET", "PATCH"]
    assert cluster.requests[0][1] == "/api/v1/namespaces/kube-system"
    outputs = decode(created.properties).value
    assert outputs["__inputs"] == config_map(a="1")
    assert outputs["__fieldManager"] == default_field_manager(URN)
    assert outputs["__initialApiVersion"] == "v1"
    assert outputs["metadata"]["uid"]
    assert "managedFields" not in outputs["metadata"]
    assert not pulumi.diff(URN, created.properties, config_map(a="1")).detailedDiff


def test_an_object_that_was_created_but_never_recorded_is_adopted(cluster: FakeCluster, pulumi: Engine) -> None:
    first = pulumi.create(URN, config_map(a="1"))
    again = pulumi.create(URN, config_map(a="2"))
    uids = {decode(each.properties).value["metadata"]["uid"] for each in (first, again)}
    assert len(uids) == 1
    assert cluster.objects[PATH]["data"] == {"a": "2"}


def test_a_bare_object_is_marked_as_well(cluster: FakeCluster, pulumi: Engine) -> None:
    bare = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "a", "namespace": "default"}}
    pulumi.create(urn("ServiceAccount", "a"), bare)
    assert cluster.objects["/api/v1/namespaces/default/serviceaccounts/a"]["metadata"]["annotations"] == {}


@pytest.mark.parametrize(
    "other",
    [urn("ConfigMap", "renamed"), urn("ConfigMap", "portal", stack="ndc2")],
    ids=["other resource", "other stack"],
)
def test_an_object_of_another_resource_is_refused_and_untouched(
    cluster: FakeCluster, pulumi: Engine, other: str
) -> None:
    pulumi.create(URN, config_map(a="1"))
    with pytest.raises(grpc.RpcError) as refused:
        pulumi.create(other, config_map(a="2"))
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert "exists already" in refused.value.details()
    assert cluster.objects[PATH]["data"] == {"a": "1"}


def test_an_object_made_by_hand_is_refused_naming_its_owner(cluster: FakeCluster, pulumi: Engine) -> None:
    cluster.put(PATH, config_map(a="hand"), "kubectl-create")
    with pytest.raises(grpc.RpcError, match="kubectl-create"):
        pulumi.create(URN, config_map(a="1"))
    assert cluster.objects[PATH]["data"] == {"a": "hand"}


def test_upsert_takes_an_existing_object(cluster: FakeCluster, pulumi: Engine) -> None:
    cluster.put(PATH, config_map(a="1"), "kubectl-create")
    pulumi.configure(kubeconfig=cluster.kubeconfig, upsertExistingObjects="true")
    assert pulumi.create(URN, config_map(a="1")).id == "default/portal"


def test_another_cluster_than_the_pinned_one_is_refused_before_any_write(
    cluster: FakeCluster, pulumi: Engine
) -> None:
    wrong = SYSTEM_UID.replace("1", "9")
    pulumi.configure(kubeconfig=cluster.kubeconfig, clusterIdentifier=wrong)
    for call in (pulumi.create, lambda u, i: pulumi.create(u, i, preview=True)):
        with pytest.raises(grpc.RpcError) as refused:
            call(URN, config_map())
        assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
        assert "another cluster" in refused.value.details()
    assert cluster.writes() == []


def test_update_takes_over_from_kubectl_and_changes_what_it_set(cluster: FakeCluster, pulumi: Engine) -> None:
    created = pulumi.create(URN, config_map(a="1"))
    cluster.put(PATH, {**cluster.objects[PATH], "data": {"a": "hand"}}, "kubectl-edit")
    pulumi.update(URN, created.properties, config_map(a="2"))
    assert cluster.objects[PATH]["data"] == {"a": "2"}
    managers = [entry["manager"] for entry in cluster.objects[PATH]["metadata"]["managedFields"]]
    assert managers == [default_field_manager(URN)]


def test_a_conflict_names_field_and_owner_and_force_settles_it(cluster: FakeCluster, pulumi: Engine) -> None:
    created = pulumi.create(URN, config_map(a="1"))
    cluster.put(PATH, {**cluster.objects[PATH], "data": {"a": "theirs"}}, "some-operator")
    with pytest.raises(grpc.RpcError) as conflict:
        pulumi.update(URN, created.properties, config_map(a="2"))
    assert '.data.a: conflict with "some-operator"' in conflict.value.details()
    assert "pulumi.com/patchForce" in conflict.value.details()
    forced = config_map(a="2")
    forced["metadata"]["annotations"] = {"pulumi.com/patchForce": "true"}
    pulumi.update(URN, created.properties, forced)
    assert cluster.objects[PATH]["data"] == {"a": "2"}


def test_a_named_field_manager_is_used_and_replaces_the_old_name(cluster: FakeCluster, pulumi: Engine) -> None:
    created = pulumi.create(URN, config_map(a="1"))
    named = config_map(a="2")
    named["metadata"]["annotations"] = {"pulumi.com/patchFieldManager": "network-team"}
    updated = pulumi.update(URN, created.properties, named)
    assert decode(updated.properties).value["__fieldManager"] == "network-team"
    assert [entry["manager"] for entry in cluster.objects[PATH]["metadata"]["managedFields"]] == ["network-team"]


def test_an_ignored_field_of_another_owner_is_left_alone(cluster: FakeCluster, pulumi: Engine) -> None:
    created = pulumi.create(URN, config_map(a="1", b="1"))
    cluster.put(PATH, {**cluster.objects[PATH], "data": {"a": "1", "b": "theirs"}}, "some-operator")
    cluster.objects[PATH]["metadata"]["managedFields"][0]["fieldsV1"]["f:data"].pop("f:b")
    pulumi.update(URN, created.properties, config_map(a="1", b="2"), ignore=["data.b"])
    assert cluster.objects[PATH]["data"]["b"] == "theirs"


def test_an_object_that_was_deleted_outside_is_made_again(cluster: FakeCluster, pulumi: Engine) -> None:
    created = pulumi.create(URN, config_map(a="1"))
    del cluster.objects[PATH]
    pulumi.update(URN, created.properties, config_map(a="2"))
    assert cluster.objects[PATH]["data"] == {"a": "2"}


@pytest.mark.parametrize(
    "inputs",
    [
        {**config_map(), "metadata": {"name": "portal", "namespace": "missing"}},
        {**config_map(), "apiVersion": "e.org/v1", "kind": "Widget"},
        {**config_map(), "data": {"a": UNKNOWN}},
    ],
    ids=["missing namespace", "unknown kind", "unknown value"],
)
def test_a_preview_of_what_cannot_be_known_echoes_the_inputs(
    cluster: FakeCluster, pulumi: Engine, inputs: dict
) -> None:
    preview = pulumi.create(URN, inputs, preview=True)
    assert preview.id == ""
    assert decode(preview.properties).value == inputs


def test_previews_change_nothing_and_invent_nothing(cluster: FakeCluster, pulumi: Engine) -> None:
    preview = decode(pulumi.create(URN, config_map(a="1"), preview=True).properties).value
    assert "uid" not in preview["metadata"]
    assert PATH not in cluster.objects
    created = pulumi.create(URN, config_map(a="1"))
    updated = pulumi.update(URN, created.properties, config_map(a="2"), preview=True)
    assert decode(updated.properties).value["data"] == {"a": "2"}
    assert cluster.objects[PATH]["data"] == {"a": "1"}


def test_read_shows_drift_and_a_missing_object(cluster: FakeCluster, pulumi: Engine) -> None:
    created = pulumi.create(URN, config_map(a="1"))
    cluster.objects[PATH]["data"] = {"a": "hand", "other": "x"}
    read = pulumi.read(URN, created.id, created.properties, config_map(a="1"))
    assert decode(read.inputs).value["data"] == {"a": "hand"}
    changed = pulumi.diff(URN, read.properties, config_map(a="1"))
    assert list(changed.detailedDiff) == ["data.a"]
    del cluster.objects[PATH]
    assert pulumi.read(URN, created.id, created.properties).id == ""


def test_import_takes_everything_a_person_could_have_written(cluster: FakeCluster, pulumi: Engine) -> None:
    cluster.put(PATH, config_map(a="1"), "kubectl-create")
    read = pulumi.read(URN, "default/portal")
    assert decode(read.inputs).value == config_map(a="1")
    assert not pulumi.diff(URN, read.properties, config_map(a="1")).detailedDiff


def test_secrets_never_travel_in_clear(cluster: FakeCluster, pulumi: Engine) -> None:
    secret_urn = urn("Secret", "key")
    inputs = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key", "namespace": "default"}}
    checked = decode(pulumi.check(secret_urn, {**inputs, "stringData": {"password": "swordfish"}}).inputs)
    encoded = base64.b64encode(b"swordfish").decode()
    assert checked.value["data"] == {"password": encoded}
    assert checked.secret == {"data": True}
    created = decode(pulumi.create(secret_urn, checked.value).properties)
    assert created.secret == {"data": True, "__inputs": {"data": True}}
    cluster.answers = [(422, {"kind": "Status", "message": f"Invalid value: {encoded}"})]
    with pytest.raises(grpc.RpcError) as refused:
        pulumi.create(secret_urn, checked.value)
    assert encoded not in refused.value.details()
    assert "[secret]" in refused.value.details()


def test_diff_asks_for_replacement_with_the_old_object_first(pulumi: Engine) -> None:
    created = pulumi.create(URN, config_map(a="1"))
    changed = pulumi.diff(URN, created.properties, config_map(a="2"))
    assert changed.changes == provider_pb2.DiffResponse.DIFF_SOME
    assert list(changed.replaces) == ["data.a"]
    assert changed.deleteBeforeReplace
    assert changed.detailedDiff["data.a"].kind == provider_pb2.PropertyDiff.UPDATE_REPLACE


def test_functions_and_components_are_left_to_the_official_plugin(pulumi: Engine) -> None:
    with pytest.raises(grpc.RpcError, match="official"):
        pulumi.stub.Invoke(provider_pb2.InvokeRequest(tok="kubernetes:helm:template"))
    with pytest.raises(grpc.RpcError, match="official"):
        pulumi.stub.Construct(provider_pb2.ConstructRequest(type="kubernetes:yaml/v2:ConfigGroup"))


def test_what_the_engine_must_know_of_the_plugin(pulumi: Engine) -> None:
    assert pulumi.stub.GetPluginInfo(Empty()).version == "4.34.2"
    answer = pulumi.stub.Configure(provider_pb2.ConfigureRequest())
    assert (answer.acceptSecrets, answer.supportsPreview, answer.supports_autonaming_configuration) == (True,) * 3
    assert (answer.acceptResources, answer.acceptOutputs) == (False, False)
    assert '"version": "4.34.2"' in pulumi.stub.GetSchema(provider_pb2.GetSchemaRequest()).schema
