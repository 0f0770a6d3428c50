"""Registered types and properties are those of the pulumi-kubernetes SDK, so both can read one state."""

from importlib import import_module

import pulumi
import pytest

from stacks.components.manifest import manifest
from stacks.components.registration import register, type_token
from tests.stacks.recorded import record


@pytest.mark.parametrize(
    ("api_version", "kind", "module"),
    [
        ("v1", "ConfigMap", "core.v1"),
        ("v1", "ResourceQuota", "core.v1"),
        ("apps/v1", "StatefulSet", "apps.v1"),
        ("networking.k8s.io/v1", "ServiceCIDR", "networking.v1"),
        ("storage.k8s.io/v1", "VolumeAttributesClass", "storage.v1"),
        ("policy/v1", "PodDisruptionBudget", "policy.v1"),
        ("scheduling.k8s.io/v1", "PriorityClass", "scheduling.v1"),
        ("node.k8s.io/v1", "RuntimeClass", "node.v1"),
        ("resource.k8s.io/v1", "DeviceClass", "resource.v1"),
        ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicyBinding", "admissionregistration.v1"),
    ],
)
def test_type_tokens_are_those_of_the_sdk(api_version: str, kind: str, module: str) -> None:
    declared = getattr(import_module(f"pulumi_kubernetes.{module}"), kind)
    assert type_token(manifest(api_version, kind, "any", {})) == declared.pulumi_type


def test_a_registered_object_equals_the_same_through_the_sdk() -> None:
    from pulumi_kubernetes.core.v1 import Service

    spec = {"clusterIP": "None", "selector": {"app": "a"}, "ports": [{"port": 80, "targetPort": "http"}]}

    def program() -> dict[str, object]:
        parent = pulumi.ComponentResource("ndcops:site:Test", "any")
        register(manifest("v1", "Service", "one", {"spec": spec}, namespace="zone"), parent)
        metadata = {"name": "one", "namespace": "zone"}
        Service("zone/two", metadata=metadata, spec=spec, opts=pulumi.ResourceOptions(parent=parent))
        return {}

    recorded = record(program)
    ours, theirs = sorted(zip(recorded.names, recorded.objects, strict=True), key=lambda each: each[0])
    assert ours[0][0] == theirs[0][0]
    assert ours[1] == theirs[1]
