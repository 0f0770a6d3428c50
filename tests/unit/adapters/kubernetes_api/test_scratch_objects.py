"""The isolated copy of a service: nothing in it leads back to production."""

import json

from ndcops.adapters.kubernetes_api.failover.scratch_objects import (
    cluster_clone,
    copied,
    isolation,
    namespace_object,
    scratch_namespace,
    secret_names,
)
from ndcops.model.object_names import EXPOSED_LABEL, ROLE_LABEL, SERVICE_LABEL, SITE_LABEL, ZONE_LABEL
from tests import failover_objects as given

SERVICE = given.service()


def test_the_namespace_keeps_the_zones_strictness_and_not_its_flows() -> None:
    zone = {"pod-security.kubernetes.io/enforce": "restricted", ZONE_LABEL: "contract", SITE_LABEL: "ndc3"}
    labels = namespace_object(SERVICE, "d7", zone)["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    assert ZONE_LABEL not in labels
    assert scratch_namespace(SERVICE, "d7") == "drill-d7-trial"
    assert len(scratch_namespace(SERVICE, "d" * 90)) <= 63


def test_a_workloads_copy_runs_once_without_volumes_and_is_not_found_as_the_service() -> None:
    live = given.stateful_set(replicas=7)
    template = live["spec"]["template"]
    template["metadata"]["labels"] |= {EXPOSED_LABEL: "true"}
    live["metadata"]["labels"] |= {ROLE_LABEL: "standby"}
    live["metadata"] |= {"uid": "u", "annotations": {"pulumi.com/x": "y"}, "ownerReferences": [{}]}
    live["spec"]["volumeClaimTemplates"] = [{"metadata": {"name": "data"}, "spec": {}}]
    template["spec"] |= {
        "priorityClassName": "ndc-grade-a",
        "priority": 900_000,
        "volumes": [
            {"name": "kept", "emptyDir": {}},
            {"name": "old", "persistentVolumeClaim": {"claimName": "c"}},
        ],
        "topologySpreadConstraints": [{"labelSelector": {"matchLabels": {SERVICE_LABEL: "trial"}}}],
    }
    copy = copied(live, "StatefulSet", "apps/v1", SERVICE, "d7")
    spec = copy["spec"]
    pod = spec["template"]["spec"]
    assert copy["metadata"].keys() == {"name", "namespace", "labels"}
    assert ROLE_LABEL not in copy["metadata"]["labels"]
    assert '"trial"' not in json.dumps(copy)
    assert spec["selector"]["matchLabels"].items() <= spec["template"]["metadata"]["labels"].items()
    assert EXPOSED_LABEL not in spec["template"]["metadata"]["labels"]
    assert (spec["replicas"], pod["priorityClassName"], "priority" in pod) == (1, "ndc-grade-d", False)
    assert pod["volumes"] == [{"name": name, "emptyDir": {}} for name in ("kept", "old", "data")]
    assert "volumeClaimTemplates" not in spec


def test_services_get_addresses_of_their_own() -> None:
    live = {
        "metadata": {"name": "trial-web"},
        "spec": {"clusterIP": "10.1.2.3", "clusterIPs": ["10.1.2.3"], "ports": []},
    }
    assert copied(live, "Service", "v1", SERVICE, "d7")["spec"] == {"ports": []}
    live["spec"]["clusterIP"] = "None"
    assert copied(live, "Service", "v1", SERVICE, "d7")["spec"]["clusterIP"] == "None"


def test_settings_say_that_it_is_a_drill() -> None:
    live = {"metadata": {"name": "trial"}, "data": {"NDC_ROLE": "standby", "NDC_SITE": "ndc3"}}
    assert copied(live, "ConfigMap", "v1", SERVICE, "d7")["data"] == {"NDC_ROLE": "drill", "NDC_SITE": "ndc3"}


def test_nobody_outside_is_reached_but_for_the_clone() -> None:
    alone = isolation(SERVICE, "d7", "")["spec"]
    assert alone["ingress"] == [{"from": [{"podSelector": {}}]}]
    assert alone["egress"] == [{"to": [{"podSelector": {}}]}]
    cloning = isolation(SERVICE, "d7", "ndc-contract")["spec"]
    assert [rule.get("ports", [{}])[0].get("port") for rule in cloning["egress"]] == [None, 5432, 53]


def test_secrets_that_pods_need() -> None:
    live = given.deployment()
    pod = live["spec"]["template"]["spec"]
    pod["containers"][0] |= {
        "envFrom": [{"secretRef": {"name": "a"}}, {"configMapRef": {"name": "no"}}],
        "env": [
            {"name": "x", "valueFrom": {"secretKeyRef": {"name": "b", "key": "k"}}},
            {"name": "y", "value": "1"},
        ],
    }
    pod["volumes"] = [{"name": "v", "secret": {"secretName": "c"}}]
    assert secret_names([live], None) == {"a", "b", "c"}
    assert secret_names([], given.cluster()) == {"trial-replication", "trial-ca"}


def test_a_clone_of_the_database_is_no_member_of_the_topology() -> None:
    clone = cluster_clone(given.cluster("ndc3"), SERVICE, "d7")
    assert "replica" not in clone["spec"]
    assert clone["spec"]["externalClusters"][0]["connectionParameters"]["host"] == "trial-r.ndc-contract.svc"
    assert SERVICE_LABEL not in clone["metadata"]["labels"]
