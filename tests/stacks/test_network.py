"""The network layer: every zone closed, every flow two policies, entry by gateways, wrong flows refused."""

from collections import Counter

import pytest

from ndcops.model.errors import InvalidInput
from ndcops.model.record import JsonObject
from ndcops.model.site import Site
from stacks.components.zone_objects import flow_objects
from tests.stacks.recorded import run_layer
from tests.stacks.sample import site_document, stack_input

ZONES = ["ndc-agency", "ndc-data", "ndc-management", "ndc-public", "ndc-soc"]


def _network_with(**changes: object) -> Site:
    document = site_document()
    document["network"].update(changes)
    return Site.model_validate(document)


def _flow(source: str, destination: str) -> JsonObject:
    return {"from": source, "to": destination, "ports": [{"port": 443}], "reason": "test"}


def test_every_zone_refuses_all_traffic_both_ways() -> None:
    policies = run_layer("network", stack_input()).of_kind("NetworkPolicy")
    closed = [each for each in policies if each["metadata"]["name"] == "default-deny"]
    assert sorted(each["metadata"]["namespace"] for each in closed) == ZONES
    for each in closed:
        assert each["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_every_zone_may_ask_for_names_and_for_nothing_else_in_the_system_namespace() -> None:
    policies = run_layer("network", stack_input()).of_kind("NetworkPolicy")
    allowed = [each for each in policies if each["metadata"]["name"] == "allow-dns"]
    assert sorted(each["metadata"]["namespace"] for each in allowed) == ZONES
    for each in allowed:
        (rule,) = each["spec"]["egress"]
        assert {port["port"] for port in rule["ports"]} == {53}
        assert "podSelector" in rule["to"][0]


def test_namespaces_pin_their_pod_security_level() -> None:
    site = _network_with(zones=[{"name": "data", "kind": "data", "cidr": "10.1.0.0/24"}], flows=[])
    (namespace,) = run_layer("network", stack_input(site=site, services=())).of_kind("Namespace")
    labels = namespace["metadata"]["labels"]
    for mode in ("enforce", "audit", "warn"):
        assert labels[f"pod-security.kubernetes.io/{mode}"] == "restricted"
        assert labels[f"pod-security.kubernetes.io/{mode}-version"] == "v1.36"
    assert labels["ndc.gov.vn/classification-limit"] == "secret"


def test_every_flow_gives_exactly_two_policies() -> None:
    site = Site.model_validate(site_document())
    for flow in site.network.flows:
        alone = _network_with(flows=[flow.model_dump(by_alias=True, mode="json")])
        (source, egress), (destination, ingress) = flow_objects(alone)
        assert (source, destination) == (flow.source, flow.destination)
        assert egress["metadata"]["namespace"] == f"ndc-{flow.source}"
        assert ingress["metadata"]["namespace"] == f"ndc-{flow.destination}"
        assert egress["spec"]["policyTypes"] == ["Egress"]
        assert ingress["spec"]["policyTypes"] == ["Ingress"]
        ports = [{"port": port.port, "protocol": port.protocol} for port in flow.ports]
        assert egress["spec"]["egress"][0]["ports"] == ingress["spec"]["ingress"][0]["ports"] == ports
    assert len(flow_objects(site)) == 2 * len(site.network.flows)


def test_a_flow_reaches_the_other_zones_pods_and_machines() -> None:
    (_, egress), _ = flow_objects(_network_with(flows=[_flow("agency", "data")]))
    assert egress["spec"]["egress"][0]["to"] == [
        {"namespaceSelector": {"matchLabels": {"ndc.gov.vn/zone": "data"}}},
        {"ipBlock": {"cidr": "10.10.2.0/24"}},
    ]


@pytest.mark.parametrize(
    ("flows", "message"),
    [
        ([_flow("agency", "nowhere")], "'nowhere', which is not declared"),
        ([_flow("nowhere", "data")], "'nowhere', which is not declared"),
        ([_flow("agency", "data"), _flow("agency", "data")], "declared twice"),
    ],
)
def test_refuses_wrong_flows(flows: list[JsonObject], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        flow_objects(_network_with(flows=flows))


def test_every_zone_has_a_gateway_for_its_own_routes_only() -> None:
    recorded = run_layer("network", stack_input())
    gateways = recorded.of_kind("Gateway")
    assert sorted(each["metadata"]["namespace"] for each in gateways) == ZONES
    for each in gateways:
        (listener,) = each["spec"]["listeners"]
        assert listener["allowedRoutes"] == {"namespaces": {"from": "Same"}}
        assert listener["protocol"] == "HTTPS"
    classes = Counter(each["spec"]["gatewayClassName"] for each in gateways)
    assert classes == {"ndc-public": 1, "ndc-internal": 4}
    assert {each["metadata"]["name"] for each in recorded.of_kind("GatewayClass")} == set(classes)


def test_only_the_public_zone_is_open_to_the_world_and_not_to_the_sites_own_ranges() -> None:
    site = Site.model_validate(site_document())
    open_to_all = []
    for each in run_layer("network", stack_input()).of_kind("NetworkPolicy"):
        for rule in each["spec"].get("ingress", []):
            for block in (peer["ipBlock"] for peer in rule["from"] if "ipBlock" in peer):
                if block["cidr"] == "0.0.0.0/0":
                    open_to_all.append(each["metadata"]["namespace"])
                    assert {str(zone.cidr) for zone in site.network.zones} < set(block["except"])
                    assert str(site.network.pod_cidr) in block["except"]
    assert open_to_all == ["ndc-public"]


def test_further_service_addresses_and_name_servers() -> None:
    recorded = run_layer("network", stack_input())
    (extra,) = recorded.of_kind("ServiceCIDR")
    assert extra["metadata"]["name"] == "ndc-172-16-16-0-20"
    assert extra["spec"] == {"cidrs": ["172.16.16.0/20"]}
    forwarding = recorded.named("ConfigMap", "coredns-custom")
    assert "forward . 10.10.3.53" in forwarding["data"]["ndc1.ndc.gov.vn.server"]


def test_a_centre_without_name_servers_forwards_nothing() -> None:
    document = site_document()
    document["dns"]["servers"] = []
    site = Site.model_validate(document)
    assert run_layer("network", stack_input(site=site)).of_kind("ConfigMap") == []
