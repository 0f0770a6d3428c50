"""Objects take the form in which the API server writes them back."""

import base64
from typing import Any

import pytest

from ndcops.provider.normalise import normalise, with_dashes, with_underscores


def _object(kind: str, api_version: str = "v1", **fields: Any) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "x"}, **fields}


def _pod_spec(**container: Any) -> dict[str, Any]:
    return {"containers": [{"name": "c", "image": "i", **container}]}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            _object("Pod", spec=_pod_spec(resources={"requests": {"cpu": 1, "memory": "1024Mi"}})),
            _object("Pod", spec=_pod_spec(resources={"requests": {"cpu": "1", "memory": "1Gi"}})),
        ),
        (
            _object("ResourceQuota", spec={"hard": {"pods": "1000"}}),
            _object("ResourceQuota", spec={"hard": {"pods": "1k"}}),
        ),
        (
            _object("Deployment", "apps/v1", spec={"template": {"spec": {"hostNetwork": False, "hostPID": True}}}),
            _object("Deployment", "apps/v1", spec={"template": {"spec": {"hostPID": True}}}),
        ),
        (
            _object("Service", spec={"ports": [{"port": 80, "nodePort": 0}]}),
            _object("Service", spec={"ports": [{"port": 80}]}),
        ),
        (
            _object("Pod", spec={"automountServiceAccountToken": False, "replicas": 0}),
            _object("Pod", spec={"automountServiceAccountToken": False, "replicas": 0}),
        ),
        (
            _object("ConfigMap", data={"limits": "1000m", "x": ""}),
            _object("ConfigMap", data={"limits": "1000m", "x": ""}),
        ),
        (
            _object("Widget", "example.org/v1", spec={"limits": {"cpu": "1000m"}, "readOnly": False}),
            _object("Widget", "example.org/v1", spec={"limits": {"cpu": "1000m"}, "readOnly": False}),
        ),
        (_object("Pod", spec=_pod_spec(resources={"limits": {"cpu": "lots"}})),) * 2,
    ],
    ids=[
        "quantities",
        "quota",
        "zeros",
        "zero port",
        "pointers stay",
        "free maps stay",
        "custom stays",
        "nonsense stays",
    ],
)
def test_values_take_the_form_of_the_server(before: dict, after: dict) -> None:
    assert normalise(before) == after


def test_secret_text_becomes_data_and_line_breaks_go() -> None:
    encoded = base64.encodebytes(b"x" * 100).decode()
    secret = normalise(_object("Secret", stringData={"a": "ü"}, data={"b": encoded, "c": "not base64"}))
    assert "stringData" not in secret
    assert secret["data"] == {
        "a": base64.b64encode("ü".encode()).decode(),
        "b": base64.b64encode(b"x" * 100).decode(),
        "c": "not base64",
    }


def test_read_only_metadata_and_empty_maps_go() -> None:
    metadata = {
        "name": "x",
        "uid": "1",
        "resourceVersion": "2",
        "managedFields": [],
        "labels": {},
        "annotations": None,
    }
    assert normalise({**_object("ConfigMap"), "metadata": metadata})["metadata"] == {"name": "x"}


def test_definitions_lose_status_and_rename_their_extension_keys() -> None:
    schema = {
        "type": "object",
        "x_kubernetes_preserve_unknown_fields": True,
        "items": [{"x_kubernetes_list_type": "map"}],
    }
    definition = _object(
        "CustomResourceDefinition",
        "apiextensions.k8s.io/v1",
        spec={"preserveUnknownFields": False, "s": schema},
        status={},
    )
    normal = normalise(definition)
    assert normal["spec"] == {"s": schema}
    assert "status" not in normal
    sent = with_dashes(normal)
    assert sent["spec"]["s"]["items"] == [{"x-kubernetes-list-type": "map"}]
    assert with_underscores(sent) == normal
    other = _object("ConfigMap", data={"x_kubernetes_list_type": "a"})
    assert with_dashes(other) == other


@pytest.mark.parametrize(
    "document",
    [{"kind": "Secret", "apiVersion": "v1", "data": "text"}, {"metadata": None}, {"metadata": "x", "spec": []}],
)
def test_malformed_objects_pass_to_the_server_which_names_the_fault(document: dict) -> None:
    assert normalise(document) == document
