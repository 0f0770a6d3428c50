"""What Kubernetes refuses to change in place is replaced; what it allows is not."""

from typing import Any

import pytest

from ndcops.provider.annotations import AUTONAMED
from ndcops.provider.diff import diff_object
from ndcops.provider.property_path import format_path
from ndcops.provider.settings import Settings
from ndcops.provider.state import outputs


def _replaces(old: dict[str, Any], new: dict[str, Any], settings: Settings | None = None) -> list[str]:
    found = diff_object(outputs(old, old, "m", "v1"), new, (), settings or Settings())
    assert found.changes
    return [format_path(path) for path in found.replaces]


def _object(api_version: str, kind: str, **fields: Any) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "x", "namespace": "d"}, **fields}


IN_PLACE: dict[str, Any] = {}
CASES = [
    (
        "apps/v1",
        "Deployment",
        {"spec": {"selector": {"a": "1"}}},
        {"spec": {"selector": {"a": "2"}}},
        ["spec.selector.a"],
    ),
    ("apps/v1", "Deployment", {"spec": {"replicas": 1}}, {"spec": {"replicas": 2}}, []),
    ("apps/v1", "DaemonSet", {"spec": {"selector": {"a": "1"}}}, {"spec": {"selector": {}}}, ["spec.selector.a"]),
    (
        "apps/v1",
        "StatefulSet",
        {"spec": {"serviceName": "a"}},
        {"spec": {"serviceName": "b"}},
        ["spec.serviceName"],
    ),
    ("apps/v1", "StatefulSet", {"spec": {"replicas": 1}}, {"spec": {"replicas": 2}}, []),
    (
        "apps/v1",
        "StatefulSet",
        {"spec": {"volumeClaimTemplates": [{"spec": {"storageClassName": "a"}}]}},
        {"spec": {"volumeClaimTemplates": [{"spec": {"storageClassName": "b"}}]}},
        ["spec.volumeClaimTemplates[0].spec.storageClassName"],
    ),
    ("batch/v1", "Job", {"spec": {"template": {"a": 1}}}, {"spec": {"template": {"a": 2}}}, ["spec.template.a"]),
    ("batch/v1", "Job", {"spec": {"suspend": True}}, {"spec": {"suspend": False}}, []),
    ("v1", "Pod", {"spec": {"nodeName": "a"}}, {"spec": {"nodeName": "b"}}, ["spec.nodeName"]),
    (
        "v1",
        "Pod",
        {"spec": {"containers": [{"name": "c", "command": ["a"]}]}},
        {"spec": {"containers": [{"name": "c", "command": ["b"]}]}},
        ["spec.containers[0].command[0]"],
    ),
    ("v1", "Pod", {"spec": {"containers": [{"image": "a"}]}}, {"spec": {"containers": [{"image": "b"}]}}, []),
    (
        "v1",
        "PersistentVolumeClaim",
        {"spec": {"storageClassName": "a"}},
        {"spec": {"storageClassName": "b"}},
        ["spec.storageClassName"],
    ),
    (
        "v1",
        "PersistentVolumeClaim",
        {"spec": {"resources": {"requests": {"storage": "1Gi"}}}},
        {"spec": {"resources": {"requests": {"storage": "2Gi"}}}},
        [],
    ),
    (
        "v1",
        "PersistentVolume",
        {"spec": {"nfs": {"path": "/a"}}},
        {"spec": {"nfs": {"path": "/b"}}},
        ["spec.nfs.path"],
    ),
    ("v1", "Service", {"spec": {"clusterIP": "None"}}, {"spec": {"clusterIP": "10.0.0.1"}}, ["spec.clusterIP"]),
    ("v1", "Service", {"spec": {"type": "ClusterIP"}}, {"spec": {"type": "NodePort"}}, []),
    ("v1", "ResourceQuota", {"spec": {"scopes": ["a"]}}, {"spec": {"scopes": ["b"]}}, ["spec.scopes[0]"]),
    ("v1", "ConfigMap", {"data": {"a": "1"}}, {"data": {"a": "2"}}, ["data.a"]),
    ("v1", "Secret", {"type": "a"}, {"type": "b"}, ["type"]),
    ("v1", "Secret", {"data": {"a": "MQ=="}}, {"data": {"a": "Mg=="}}, ["data.a"]),
    (
        "rbac.authorization.k8s.io/v1",
        "RoleBinding",
        {"roleRef": {"name": "a"}},
        {"roleRef": {"name": "b"}},
        ["roleRef.name"],
    ),
    ("rbac.authorization.k8s.io/v1", "Role", {"rules": [{"verbs": ["a"]}]}, {"rules": [{"verbs": ["b"]}]}, []),
    (
        "storage.k8s.io/v1",
        "StorageClass",
        {"parameters": {"a": "1"}},
        {"parameters": {"a": "2"}},
        ["parameters.a"],
    ),
    (
        "storage.k8s.io/v1",
        "StorageClass",
        {"reclaimPolicy": "Retain"},
        {"reclaimPolicy": "Delete"},
        ["reclaimPolicy"],
    ),
    ("scheduling.k8s.io/v1", "PriorityClass", {"value": 1}, {"value": 2}, ["value"]),
]


@pytest.mark.parametrize(("api_version", "kind", "old", "new", "replaces"), CASES)
def test_rules_per_kind(api_version: str, kind: str, old: dict, new: dict, replaces: list[str]) -> None:
    assert _replaces(_object(api_version, kind, **old), _object(api_version, kind, **new)) == replaces


@pytest.mark.parametrize("field", ["name", "namespace"])
def test_another_name_or_namespace_is_another_object(field: str) -> None:
    old = _object("v1", "ServiceAccount")
    new = {**old, "metadata": {**old["metadata"], field: "other"}}
    found = diff_object(outputs(old, old, "m", "v1"), new, (), Settings())
    assert [format_path(path) for path in found.replaces] == [f"metadata.{field}"]
    assert not found.delete_before_replace


def test_settings_make_content_mutable_unless_the_object_is_frozen() -> None:
    mutable = Settings(enable_config_map_mutable=True, enable_secret_mutable=True)
    for kind in ("ConfigMap", "Secret"):
        old, new = _object("v1", kind, data={"a": "MQ=="}), _object("v1", kind, data={"a": "Mg=="})
        assert _replaces(old, new, mutable) == []
        assert _replaces({**old, "immutable": True}, {**new, "immutable": True}, mutable) == ["data.a"]


def test_a_whole_section_appearing_touches_the_fields_in_it() -> None:
    old, new = _object("apps/v1", "Deployment"), _object("apps/v1", "Deployment", spec={"selector": {"a": "1"}})
    assert _replaces(old, new) == ["spec"]


@pytest.mark.parametrize(("annotations", "first"), [({}, True), ({AUTONAMED: "true"}, False)])
def test_the_old_object_goes_first_when_both_have_one_name(annotations: dict, first: bool) -> None:
    old = _object("v1", "ConfigMap", data={"a": "1"})
    old["metadata"]["annotations"] = annotations
    new = {**old, "data": {"a": "2"}}
    assert diff_object(outputs(old, old, "m", "v1"), new, (), Settings()).delete_before_replace is first
