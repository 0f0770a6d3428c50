"""DynamicResources: claims on devices, those that hold them and those that must still get them."""

from collections.abc import Iterator, Sequence

from ndcops.capacity.plan.fit.device_matching import can_allocate
from ndcops.capacity.plan.fit.devices import DeviceRequest, allocation_of, classes_of, requests_of
from ndcops.capacity.plan.fit.filters.resources import delegated
from ndcops.capacity.plan.fit.node_selectors import node_selector
from ndcops.capacity.plan.fit.nodes import Mask
from ndcops.capacity.plan.fit.pod_shape import DeviceClaim
from ndcops.capacity.plan.fit.selectors import Labels
from ndcops.capacity.plan.fit.state import Case
from ndcops.capacity.plan.fit.verdict import Refusal, Unschedulable
from ndcops.model.record import JsonObject

PLUGIN = "DynamicResources"
ELSEWHERE = "resourceclaim not available on the node"
NO_DEVICES = "cannot allocate all claims"
MOST_USERS = 256
"""How many pods may share a claim (resource.k8s.io, ResourceClaimReservedForMaxSize).

Upstream's filter lets one more through, and its binding is then refused.
"""


def claims_are_made(case: Case) -> None:
    """Claims exist and belong to the pod (DynamicResources.PreEnqueue). Raises Unschedulable."""
    for entry in case.shape.claims:
        _claim(case, entry)


def claims_are_ready(case: Case) -> None:
    """Claims are not used up, and their classes exist. Raises Unschedulable."""
    for entry in case.shape.claims:
        claim = _claim(case, entry)
        allocation = allocation_of(claim)
        if allocation is not None:
            users = (claim.get("status") or {}).get("reservedFor") or ()
            if len(users) >= MOST_USERS and all(each.get("uid") != case.shape.uid for each in users):
                raise Unschedulable(PLUGIN, "resourceclaim in use")
            continue
        for request, name in classes_of(claim):
            if name not in case.state.devices.classes:
                raise Unschedulable(PLUGIN, f"request {request}: device class {name} does not exist")


def _claim(case: Case, entry: DeviceClaim) -> JsonObject:
    pod = f"{case.shape.namespace}/{case.shape.name}"
    if entry.claim is None:
        raise Unschedulable(PLUGIN, f'pod "{pod}": ResourceClaim not created yet')
    claim = case.state.devices.claims.get((case.shape.namespace, entry.claim))
    if claim is None:
        full = f"{case.shape.namespace}/{entry.claim}"
        raise Unschedulable(PLUGIN, f'could not find ResourceClaim "{full}"')
    if claim["metadata"].get("deletionTimestamp"):
        raise Unschedulable(PLUGIN, f'resourceclaim "{entry.claim}" is being deleted')
    owners = claim["metadata"].get("ownerReferences") or ()
    if entry.is_from_template and not any(o.get("controller") and o.get("uid") == case.shape.uid for o in owners):
        full = f"{case.shape.namespace}/{entry.claim}"
        raise Unschedulable(PLUGIN, f"ResourceClaim {full} was not created for Pod {pod} (Pod is not owner)")
    return claim


def dynamic_resources(case: Case) -> Refusal | None:
    """Held devices must reach the node; for the other requests enough free devices must. Raises Undecidable."""
    claims = [_claim(case, entry) for entry in case.shape.claims]
    wanted = _unallocated(claims)
    extended = delegated(case)
    if not claims and not extended:
        return None
    elsewhere = _out_of_reach(case, claims)
    lacking = case.nodes.nothing()
    if wanted or extended:
        for number in case.alive_numbers():
            needed = [*wanted, *_extended_requests(case, extended, number)]
            lacking[number] = bool(needed) and not can_allocate(case.state.devices, *_node(case, number), needed)
    # Upstream allocates first and looks at the held claims' reach afterwards.
    elsewhere &= ~lacking
    return Refusal({NO_DEVICES: lacking, ELSEWHERE: elsewhere}, lacking | elsewhere)


def _unallocated(claims: Sequence[JsonObject]) -> list[DeviceRequest]:
    return [request for claim in claims if allocation_of(claim) is None for request in requests_of(claim)]


def wanted_devices(case: Case, node: int) -> list[DeviceRequest]:
    """What a pod would be given on a node."""
    claims = [_claim(case, entry) for entry in case.shape.claims]
    return [*_unallocated(claims), *_extended_requests(case, delegated(case), node)]


def _out_of_reach(case: Case, claims: Sequence[JsonObject]) -> Mask:
    mask = case.nodes.nothing()
    for claim in claims:
        selector = node_selector((allocation_of(claim) or {}).get("nodeSelector"))
        if selector is not None:
            mask |= ~case.nodes.chosen(selector)
    return mask


def _node(case: Case, number: int) -> tuple[str, Labels]:
    return case.nodes.names[number], case.nodes.labels[number]


def _extended_requests(case: Case, extended: dict[str, Mask], number: int) -> Iterator[DeviceRequest]:
    for resource, mask in extended.items():
        if mask[number]:
            name = case.state.devices.class_of_resource[resource]
            yield DeviceRequest(resource, name, case.shape.requests[resource], (), (), is_plain=True)
