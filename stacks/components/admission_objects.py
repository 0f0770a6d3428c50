"""What a zone admits: workloads of this site, of a classification it may hold, from the internal registry.

Pure; the compute layer registers what it returns. Policies hold in every namespace that carries a zone's
label, so the cluster's own namespaces stay out. They judge pods and what makes pods: who applies a bad
workload is told at once, who goes round its controller is stopped all the same.
"""

import json
from collections.abc import Sequence

from ndcops.model.object_names import CLASSIFICATION_LABEL, LIMIT_LABEL, SITE_LABEL, ZONE_LABEL, storage_class
from ndcops.model.record import JsonObject
from ndcops.model.service import Classification
from ndcops.model.site import Site
from stacks.components.manifest import Manifest, manifest

_API = "admissionregistration.k8s.io/v1"
_POD_MAKERS = (
    ("", ["pods"]),
    ("apps", ["deployments", "statefulsets", "daemonsets", "replicasets"]),
    ("batch", ["jobs"]),
)
# dyn() because one policy judges several kinds: a template exists in all of them but the pod.
_TEMPLATE = {"name": "pod", "expression": "dyn(object).kind == 'Pod' ? dyn(object) : dyn(object).spec.template"}
_SPEC = {"name": "spec", "expression": "variables.pod.spec"}
_CONTAINERS = {
    "name": "containers",
    "expression": "variables.spec.containers + (has(variables.spec.initContainers) ?"
    " variables.spec.initContainers : []) + (has(variables.spec.ephemeralContainers) ?"
    " variables.spec.ephemeralContainers : [])",
}


def admission_objects(site: Site) -> list[Manifest]:
    """The policies, each with its binding."""
    pods = _rules(_POD_MAKERS)
    containers = _rules((*_POD_MAKERS, ("", ["pods/ephemeralcontainers"])))
    return [
        *_policy("ndc-residency", pods, [_TEMPLATE, _SPEC], [_residency(site)]),
        *_policy("ndc-classification", pods, [_TEMPLATE, _LEVELS, _LABEL, _LEVEL], _classification()),
        *_policy("ndc-images", containers, [_TEMPLATE, _SPEC, _CONTAINERS], [_images(site)]),
        *_policy("ndc-host-isolation", pods, [_TEMPLATE, _SPEC], [_host_isolation()]),
        *_policy("ndc-requests", pods, [_TEMPLATE, _SPEC], [_requests()]),
        *_policy("ndc-exposure", _rules((("", ["services"]),)), [], [_exposure()]),
        *_policy("ndc-volumes", _rules((("", ["persistentvolumeclaims"]),)), [], [_volumes(site)]),
    ]


def _residency(site: Site) -> JsonObject:
    selector = f"variables.spec.?nodeSelector[?{_text(SITE_LABEL)}].orValue('') == {_text(site.name)}"
    return _check(selector, f"nodeSelector must hold {SITE_LABEL}={site.name}: data stays in its centre")


_LEVELS = {"name": "levels", "expression": json.dumps([level.value for level in Classification])}
_LABEL = {"name": "label", "expression": f"variables.pod.metadata.?labels[?'{CLASSIFICATION_LABEL}'].orValue('')"}
_LEVEL = {"name": "level", "expression": "variables.levels.indexOf(variables.label)"}


def _classification() -> list[JsonObject]:
    limit = f"variables.levels.indexOf(namespaceObject.metadata.labels[{_text(LIMIT_LABEL)}])"
    levels = ", ".join(level.value for level in Classification)
    return [
        _check("variables.level >= 0", f"label {CLASSIFICATION_LABEL} must be one of {levels}"),
        _check(f"variables.level <= {limit}", f"{CLASSIFICATION_LABEL} is above what this zone may hold"),
    ]


def _images(site: Site) -> JsonObject:
    prefix = f"{site.kubernetes.registry}/"
    return _check(
        f"variables.containers.all(c, c.image.startsWith({_text(prefix)}))", f"images must come from {prefix}"
    )


def _host_isolation() -> JsonObject:
    return _check(
        "!variables.spec.?volumes.orValue([]).exists(v, has(v.hostPath))"
        " && !variables.spec.?hostNetwork.orValue(false) && !variables.spec.?hostPID.orValue(false)"
        " && !variables.spec.?hostIPC.orValue(false)",
        "a workload must not use its host's paths, network, processes or memory",
    )


def _requests() -> JsonObject:
    return _check(
        "variables.spec.containers.all(c, has(c.resources) && has(c.resources.requests)"
        " && 'cpu' in c.resources.requests && 'memory' in c.resources.requests"
        " && has(c.resources.limits) && 'memory' in c.resources.limits"
        " && quantity(string(c.resources.limits.memory))"
        ".compareTo(quantity(string(c.resources.requests.memory))) == 0)",
        "each container must request cpu and memory, with a memory limit equal to its request",
    )


def _exposure() -> JsonObject:
    return _check(
        "object.spec.type == 'ClusterIP' && !has(object.spec.externalIPs)",
        "a Service must be of type ClusterIP: traffic from outside comes through the zone's gateway",
    )


def _volumes(site: Site) -> JsonObject:
    classes = [storage_class(tier.name) for tier in site.tiers]
    return _check(
        f"object.spec.?storageClassName.orValue('') in {json.dumps(classes)}",
        f"a volume must be of a declared tier: {', '.join(classes)}",
    )


def _text(value: str) -> str:
    return json.dumps(value)


def _check(expression: str, message: str) -> JsonObject:
    return {"expression": expression, "message": message, "reason": "Forbidden"}


def _rules(resources: Sequence[tuple[str, list[str]]]) -> list[JsonObject]:
    return [
        {
            "apiGroups": [group],
            "apiVersions": ["v1"],
            "operations": ["CREATE", "UPDATE"],
            "resources": names,
        }
        for group, names in resources
    ]


def _policy(
    name: str, rules: list[JsonObject], variables: list[dict[str, str]], validations: list[JsonObject]
) -> list[Manifest]:
    spec: JsonObject = {
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": rules},
        "validations": validations,
    }
    if variables:
        spec["variables"] = variables
    binding = {
        "policyName": name,
        "validationActions": ["Deny", "Audit"],
        "matchResources": {"namespaceSelector": {"matchExpressions": [{"key": ZONE_LABEL, "operator": "Exists"}]}},
    }
    return [
        manifest(_API, "ValidatingAdmissionPolicy", name, {"spec": spec}),
        manifest(_API, "ValidatingAdmissionPolicyBinding", name, {"spec": binding}),
    ]
