"""The agency's stack: what stands in each namespace, and that nothing of it reaches beyond."""

import json
from ipaddress import IPv4Network

import pytest

from ndcops.model.document import Text
from ndcops.model.errors import InvalidInput
from ndcops.model.landing_zone import DatabasePlace, LandingZone, ZoneFlow, ZonePeer, ZoneSize, ZoneSystem
from ndcops.model.object_names import (
    AGENCY_LABEL,
    AGENCY_ROLE,
    CLASSIFICATION_LABEL,
    COST_CENTRE_LABEL,
    LIMIT_LABEL,
    ZONE_LABEL,
    tenant_namespace,
)
from ndcops.model.service import Classification
from ndcops.model.stack_input import AGENCY_LAYER, StackInput
from tests.stacks.recorded import Recorded, run_layer, run_program
from tests.stacks.sample import stack_input

NAME = Text(vi="Tên", en="Name")
NAMESPACE = "tenant-x-records"


def system(name: str = "x-records", **changes: object) -> ZoneSystem:
    fields = {
        "system": name,
        "title": NAME,
        "classification": Classification.INTERNAL,
        "cost_centre": "cost-x",
        "role": "home",
        "groups": ("x-dba", "x-operators"),
        "size": ZoneSize(cpu_cores=12, memory="48Gi", pods=48, storage={"standard": "103Gi"}),
        "databases": (
            DatabasePlace(database="x-db", engine="patroni", tier="fast", size="1280Gi", members_per_site=3),
        ),
        "flows": (
            ZoneFlow(
                name="registry",
                direction="out",
                peers=(ZonePeer(zone="data", service="registry"), ZonePeer(addresses=IPv4Network("10.9.0.1/32"))),
                ports=(443, 8443),
                reason="depends_on",
            ),
            ZoneFlow(
                name="y-portal",
                direction="in",
                peers=(ZonePeer(system="y-portal"),),
                ports=(8443,),
                reason="consumer",
            ),
        ),
        **changes,
    }
    return ZoneSystem.model_validate(fields)


def given(*systems: ZoneSystem, **changes: object) -> StackInput:
    zone = LandingZone(agency="agency-x", title=NAME, site="ndc1", zone="agency", systems=systems or (system(),))
    return stack_input(services=(), landing_zone=zone, **changes)


def made(*systems: ZoneSystem, **changes: object) -> Recorded:
    return run_layer(AGENCY_LAYER, given(*systems, **changes))


def policy(recorded: Recorded, name: str) -> dict:
    return recorded.named("NetworkPolicy", name)["spec"]


def test_the_namespace_says_whose_it_is_and_obeys_the_zone_s_rules():
    (namespace,) = made().of_kind("Namespace")
    labels = namespace["metadata"]["labels"]
    assert namespace["metadata"]["name"] == NAMESPACE
    assert {labels[name] for name in (AGENCY_LABEL, COST_CENTRE_LABEL)} == {"agency-x", "cost-x"}
    assert (labels[CLASSIFICATION_LABEL], labels[LIMIT_LABEL], labels[ZONE_LABEL]) == (
        "internal", "internal", "agency",
    )  # fmt: skip
    assert {labels[f"pod-security.kubernetes.io/{mode}"] for mode in ("enforce", "audit", "warn")} == {
        "restricted"
    }


def test_everything_else_stands_in_the_systems_own_namespaces():
    recorded = made(system(), system("x-portal"))
    spaces = {each["metadata"]["namespace"] for each in recorded.objects if each["kind"] != "Namespace"}
    assert spaces == {NAMESPACE, tenant_namespace("x-portal")}
    assert len(recorded.by_name()) == len(recorded.objects)


def test_traffic_is_denied_but_for_names_its_own_pods_and_what_was_authorised():
    recorded = made()
    names = {each["metadata"]["name"] for each in recorded.of_kind("NetworkPolicy")}
    assert names == {"default-deny", "allow-dns", "own-pods", "to-registry", "from-y-portal"}
    assert policy(recorded, "default-deny") == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    out = policy(recorded, "to-registry")
    assert out["policyTypes"] == ["Egress"]
    (rule,) = out["egress"]
    assert [each["port"] for each in rule["ports"]] == [443, 8443]
    assert rule["to"] == [
        {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ndc-data"}},
            "podSelector": {"matchLabels": {"app.kubernetes.io/part-of": "registry"}},
        },
        {"ipBlock": {"cidr": "10.9.0.1/32"}},
    ]
    (rule,) = policy(recorded, "from-y-portal")["ingress"]
    assert rule["from"] == [
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "tenant-y-portal"}}}
    ]
    (rule,) = policy(recorded, "own-pods")["ingress"]
    assert rule == {"from": [{"podSelector": {}}]}, "without a namespace selector: this namespace alone"


def test_quota_and_limits_follow_the_size():
    recorded = made()
    hard = recorded.named("ResourceQuota", "landing-zone")["spec"]["hard"]
    assert (hard["requests.cpu"], hard["limits.memory"], hard["pods"]) == ("12", "48Gi", "48")
    assert hard["ndc-standard.storageclass.storage.k8s.io/requests.storage"] == "103Gi"
    assert (hard["requests.storage"], hard["services.loadbalancers"], hard["services.nodeports"]) == (
        "103Gi", "0", "0",
    )  # fmt: skip
    container, claim = recorded.named("LimitRange", "landing-zone")["spec"]["limits"]
    assert container["max"] == {"memory": "12Gi"}
    assert container["defaultRequest"]["memory"] == container["default"]["memory"], "as ndc-requests asks"
    assert claim["max"] == {"storage": "103Gi"}


def test_groups_get_the_one_role_and_nothing_wider():
    recorded = made()
    bindings = recorded.of_kind("RoleBinding")
    assert [each["subjects"][0]["name"] for each in bindings] == ["x-dba", "x-operators"]
    assert {(each["roleRef"]["kind"], each["roleRef"]["name"]) for each in bindings} == {
        ("ClusterRole", AGENCY_ROLE)
    }
    assert not {"Role", "ClusterRole", "ClusterRoleBinding"} & {each["kind"] for each in recorded.objects}
    assert '"*"' not in json.dumps(recorded.objects)


def test_places_of_databases_are_told_and_handed_on():
    recorded = made()
    data = recorded.named("ConfigMap", "database-x-db")["data"]
    assert (data["ENGINE"], data["TIER"], data["SIZE"], data["ROLE"]) == ("patroni", "fast", "1280Gi", "home")
    assert recorded.outputs["namespaces"] == {"x-records": NAMESPACE}
    assert recorded.outputs["databases"]["x-db"]["engine"] == "patroni"


def test_names_of_the_layers_before_are_taken():
    upstream = {"network": {"zones": {"data": "elsewhere"}}, "storage": {"classes": {"standard": "slow"}}}
    recorded = made(upstream=upstream)
    peer = policy(recorded, "to-registry")["egress"][0]["to"][0]
    assert peer["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "elsewhere"}
    hard = recorded.named("ResourceQuota", "landing-zone")["spec"]["hard"]
    assert "slow.storageclass.storage.k8s.io/requests.storage" in hard


def test_input_without_a_landing_zone_of_the_site_is_refused():
    for wrong in (stack_input(), given().model_copy(update={"site": stack_input("ndc2", 2).site})):
        with pytest.raises(InvalidInput, match="holds no landing zone of this site"):
            run_program(AGENCY_LAYER, wrong.model_dump_json(by_alias=True))
