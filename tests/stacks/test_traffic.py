"""What was not declared has no policy that lets it pass, whatever the flows and dependencies are."""

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from ndcops.model.object_names import zone_namespace
from ndcops.model.record import JsonObject
from ndcops.model.service import Service
from ndcops.model.site import Site
from stacks.components.entry_objects import gateway_policy
from stacks.components.service_traffic import blocked_dependencies, service_policy
from stacks.components.zone_objects import base_policies, flow_objects, zone_namespace_object
from tests.stacks.sample import service_document, services, site_document
from tests.stacks.traffic import Pod, is_allowed

ZONES = ("public", "agency", "data", "management", "soc")
PORTS = (443, 5432, 8443)

_flows = st.lists(
    st.tuples(st.sampled_from(ZONES), st.sampled_from(ZONES), st.sampled_from(PORTS)).filter(
        lambda f: f[0] != f[1]
    ),
    max_size=12,
    unique=True,
)


def _site(flows: list[tuple[str, str, int]]) -> Site:
    document = site_document()
    document["network"]["flows"] = [
        {"from": source, "to": destination, "ports": [{"port": port}], "reason": "test"}
        for source, destination, port in flows
    ]
    return Site.model_validate(document)


def _zone_policies(site: Site) -> list[JsonObject]:
    policies = [policy for _, policy in flow_objects(site)]
    for zone in site.network.zones:
        policies += [*base_policies(zone_namespace(zone.name)), gateway_policy(site, zone)]
    return policies


def _pod(site: Site, zone: str, labels: dict[str, str] | None = None) -> Pod:
    declared = site.network.zone(zone)
    assert declared is not None
    namespace = zone_namespace_object(site, declared)["metadata"]
    return Pod(namespace["name"], labels or {}, namespace["labels"])


@settings(max_examples=60, deadline=None)
@for_all(flows=_flows)
def test_between_and_inside_zones_passes_what_a_flow_declares_and_nothing_else(
    flows: list[tuple[str, str, int]],
) -> None:
    site = _site(flows)
    policies = _zone_policies(site)
    pods = {zone: _pod(site, zone) for zone in ZONES}
    passing = {
        (source, destination, port)
        for source in ZONES
        for destination in ZONES
        for port in (*PORTS, 80)
        if is_allowed(policies, pods[source], pods[destination], port)
    }
    assert passing == set(flows)
    assert not is_allowed(policies, pods["public"], pods["data"], 443, "UDP")


_dependencies = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 4)).filter(lambda pair: pair[0] != pair[1]),
    max_size=10,
    unique=True,
)


@settings(max_examples=60, deadline=None)
@for_all(dependencies=_dependencies)
def test_inside_a_zone_a_system_reaches_itself_and_what_it_depends_on(dependencies: list[tuple[int, int]]) -> None:
    site = _site([])
    hosted = [
        Service.model_validate(
            service_document(
                f"s{index}", depends_on=[f"s{needed}" for who, needed in dependencies if who == index]
            )
        )
        for index in range(5)
    ]
    policies = _zone_policies(site) + [service_policy(site, each, hosted, "ndc-data") for each in hosted]
    pods = [_pod(site, "data", {"app.kubernetes.io/part-of": f"s{index}"}) for index in range(5)]
    stranger = _pod(site, "data")
    for caller in range(5):
        for called in range(5):
            allowed = is_allowed(policies, pods[caller], pods[called], 8443)
            assert allowed == (caller == called or (caller, called) in dependencies)
        assert not is_allowed(policies, stranger, pods[caller], 8443)
        assert not is_allowed(policies, pods[caller], stranger, 8443)


def test_a_gateway_reaches_exposed_workloads_and_nothing_else() -> None:
    site = _site([])
    portal = next(each for each in services() if each.id == "portal")
    policies = [*_zone_policies(site), service_policy(site, portal, [portal], "ndc-public")]
    gateway = _pod(site, "public", {"gateway.networking.k8s.io/gateway-name": "entry"})
    web = _pod(site, "public", {"app.kubernetes.io/part-of": "portal", "ndc.gov.vn/exposed": "true"})
    api = _pod(site, "public", {"app.kubernetes.io/part-of": "portal"})
    assert is_allowed(policies, gateway, web, 8080)
    assert not is_allowed(policies, gateway, web, 22)
    assert not is_allowed(policies, gateway, api, 8080)
    assert not is_allowed(policies, web, gateway, 443)


def test_a_dependency_that_no_flow_carries_is_named() -> None:
    hosted = services()
    assert blocked_dependencies(_site([]), hosted) == [
        "portal -> exchange",
        "exchange -> population",
        "siem -> population",
    ]
    carried = [("public", "agency", 8443), ("agency", "data", 8443), ("soc", "data", 8443)]
    assert blocked_dependencies(_site(carried), hosted) == []
