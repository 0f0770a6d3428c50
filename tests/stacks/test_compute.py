"""The compute layer: systems at home and at the standby, restricted pods, budgets, spread, admission."""

import pytest

from ndcops.model.errors import InvalidInput
from ndcops.model.record import JsonObject
from ndcops.model.service import Grade, Service
from tests.stacks.recorded import Recorded, run_layer
from tests.stacks.sample import service_document, services, stack_input, workload_document


def _workloads(recorded: Recorded) -> list[JsonObject]:
    return recorded.of_kind("Deployment") + recorded.of_kind("StatefulSet")


def _role(workload: JsonObject) -> str:
    return str(workload["metadata"]["labels"]["ndc.gov.vn/role"])


@pytest.mark.parametrize(("site", "number"), [("ndc1", 1), ("ndc2", 2)])
def test_the_home_runs_replicas_and_the_standby_none(site: str, number: int) -> None:
    homes = {service.id: service.home for service in services()}
    workloads = _workloads(run_layer("compute", stack_input(site, number)))
    assert {_role(each) for each in workloads} == {"home", "standby"}
    for each in workloads:
        is_home = homes[each["metadata"]["labels"]["app.kubernetes.io/part-of"]] == site
        assert (_role(each) == "home") == is_home
        assert (each["spec"]["replicas"] > 0) == is_home


def test_home_and_standby_hold_the_same_objects() -> None:
    first, second = run_layer("compute", stack_input("ndc1", 1)), run_layer("compute", stack_input("ndc2", 2))
    assert set(first.names) == set(second.names)


def test_every_pod_is_restricted() -> None:
    for each in _workloads(run_layer("compute", stack_input())):
        pod = each["spec"]["template"]["spec"]
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not [volume for volume in pod["volumes"] if "hostPath" in volume]
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


def test_every_pod_says_what_it_needs_and_how_it_is() -> None:
    for each in _workloads(run_layer("compute", stack_input())):
        for container in each["spec"]["template"]["spec"]["containers"]:
            needs = container["resources"]
            assert needs["requests"]["memory"] == needs["limits"]["memory"]
            assert needs["requests"]["cpu"]
            assert container["readinessProbe"]["httpGet"]["path"] == "/healthz"
            assert container["livenessProbe"]["failureThreshold"] > container["readinessProbe"]["failureThreshold"]


def test_every_workload_has_a_budget_and_a_service_that_select_its_pods() -> None:
    recorded = run_layer("compute", stack_input())
    for each in _workloads(recorded):
        name, labels = each["metadata"]["name"], each["spec"]["template"]["metadata"]["labels"]
        budget = recorded.named("PodDisruptionBudget", name)["spec"]
        assert budget["selector"] == each["spec"]["selector"]
        assert budget["maxUnavailable"] not in (0, "0%")
        service = recorded.named("Service", name)["spec"]
        assert service["type"] == "ClusterIP"
        assert service["selector"].items() <= labels.items()


def test_only_services_are_not_waited_for() -> None:
    for layer in ("network", "storage", "compute"):
        for each in run_layer(layer, stack_input()).objects:
            annotations = each["metadata"].get("annotations", {})
            assert ("pulumi.com/skipAwait" in annotations) == (each["kind"] == "Service")


def test_a_failover_never_changes_what_a_workload_selects() -> None:
    for each in _workloads(run_layer("compute", stack_input())):
        assert "ndc.gov.vn/role" not in each["spec"]["selector"]["matchLabels"]
        assert "ndc.gov.vn/role" not in each["spec"]["template"]["metadata"]["labels"]


def test_replicas_spread_over_racks_of_their_pool_and_site() -> None:
    for each in _workloads(run_layer("compute", stack_input())):
        pod = each["spec"]["template"]["spec"]
        assert pod["nodeSelector"]["ndc.gov.vn/site"] == "ndc1"
        (spread,) = pod["topologySpreadConstraints"]
        assert spread["topologyKey"] == "ndc.gov.vn/rack"
        waits = pod["priorityClassName"] == "ndc-grade-a"
        assert spread["whenUnsatisfiable"] == ("DoNotSchedule" if waits else "ScheduleAnyway")


def test_accelerators_come_with_their_runtime_class_and_tolerations() -> None:
    recorded = run_layer("compute", stack_input("ndc2", 2))
    assistant = recorded.named("Deployment", "assistant-api")["spec"]
    pod = assistant["template"]["spec"]
    assert pod["runtimeClassName"] == "ndc-gpu-gpu"
    assert pod["tolerations"] == recorded.named("RuntimeClass", "ndc-gpu-gpu")["scheduling"]["tolerations"]
    assert pod["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == "4"
    assert assistant["strategy"]["rollingUpdate"] == {"maxSurge": 0, "maxUnavailable": 1}
    (selector,) = recorded.named("DeviceClass", "ndc-gpu-gpu")["spec"]["selectors"]
    assert 'device.driver == "gpu.nvidia.com"' in selector["cel"]["expression"]


def test_volumes_make_a_workload_stateful_and_outlive_it() -> None:
    store = run_layer("compute", stack_input()).named("StatefulSet", "population-store")["spec"]
    (claim,) = store["volumeClaimTemplates"]
    assert claim["spec"]["storageClassName"] == "ndc-fast"
    assert store["persistentVolumeClaimRetentionPolicy"] == {"whenDeleted": "Retain", "whenScaled": "Retain"}
    mounts = store["template"]["spec"]["containers"][0]["volumeMounts"]
    assert {"name": "data", "mountPath": "/var/lib/data"} in mounts


def test_names_of_a_system_lead_to_its_first_workload() -> None:
    recorded = run_layer("compute", stack_input())
    (route,) = recorded.of_kind("HTTPRoute")
    assert route["spec"]["hostnames"] == ["portal.ndc.gov.vn"]
    (backend,) = route["spec"]["rules"][0]["backendRefs"]
    assert (backend["name"], backend["port"]) == ("portal-web", 8080)
    web = recorded.named("Deployment", "portal-web")["spec"]["template"]["metadata"]["labels"]
    assert web["ndc.gov.vn/exposed"] == "true"


def test_higher_grades_go_first() -> None:
    classes = {
        each["metadata"]["name"]: each for each in run_layer("compute", stack_input()).of_kind("PriorityClass")
    }
    values = [classes[f"ndc-grade-{grade.value.lower()}"]["value"] for grade in Grade]
    assert values == sorted(values, reverse=True)
    assert max(values) < 1_000_000_000
    assert classes["ndc-grade-d"]["preemptionPolicy"] == "Never"


def test_every_admission_policy_denies_in_every_zone() -> None:
    recorded = run_layer("compute", stack_input())
    policies = {each["metadata"]["name"] for each in recorded.of_kind("ValidatingAdmissionPolicy")}
    assert len(policies) == 7
    bindings = recorded.of_kind("ValidatingAdmissionPolicyBinding")
    assert {each["spec"]["policyName"] for each in bindings} == policies
    for each in bindings:
        assert each["spec"]["validationActions"] == ["Deny", "Audit"]
        (zone,) = each["spec"]["matchResources"]["namespaceSelector"]["matchExpressions"]
        assert zone == {"key": "ndc.gov.vn/zone", "operator": "Exists"}
    for each in recorded.of_kind("ValidatingAdmissionPolicy"):
        assert each["spec"]["failurePolicy"] == "Fail"


def test_outputs_count_systems_and_name_blocked_dependencies() -> None:
    outputs = run_layer("compute", stack_input()).outputs
    assert outputs["services"] == {"home": 4, "standby": 2}
    assert outputs["blocked_dependencies"] == ["siem -> population"]
    assert outputs["priorities"]["A"] == "ndc-grade-a"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pool": "quantum"}, "site 'ndc1' has no pool 'quantum'"),
        ({"gpus": 1}, "site 'ndc1' has no accelerator in pool 'general'"),
    ],
)
def test_refuses_a_workload_that_no_pool_can_carry(changes: JsonObject, message: str) -> None:
    service = Service.model_validate(service_document("one", workloads=[workload_document(**changes)]))
    with pytest.raises(InvalidInput, match=message):
        run_layer("compute", stack_input(services=(service,)))
