"""Whether a node's free devices satisfy all requests at once, equal in attributes where constraints ask for it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import product

from ndcops.capacity.plan.fit.device_expressions import NotDecided, holds
from ndcops.capacity.plan.fit.devices import Device, DeviceId, DeviceRequest, Devices
from ndcops.capacity.plan.fit.selectors import Labels
from ndcops.capacity.plan.fit.tolerations import tolerate_all
from ndcops.capacity.plan.fit.verdict import Undecidable

PLUGIN = "DynamicResources"
MOST_DEVICES = 32
"""Devices that one claim can hold (resource.k8s.io, AllocationResultsMaxSize)."""
MOST_COMBINATIONS = 10_000
"""Of values that constraints may agree on; more is left undecided."""
Slot = tuple[DeviceRequest, tuple[Device, ...]]
"""One device that is needed, and which would do."""


def can_allocate(devices: Devices, node: str, labels: Labels, requests: Sequence[DeviceRequest]) -> bool:
    """Whether distinct free devices that the node reaches satisfy all requests. Raises Undecidable."""
    return allocate(devices, node, labels, requests) is not None


def allocate(
    devices: Devices, node: str, labels: Labels, requests: Sequence[DeviceRequest]
) -> frozenset[DeviceId] | None:
    """Devices that satisfy all requests on a node, or None. Raises Undecidable."""
    for chosen in product(*(request.choices or (request,) for request in requests)):
        slots = _slots(devices, node, labels, chosen)
        if slots is None:
            continue
        for agreed in _agreements(slots):
            found = _match(slots, agreed)
            if found is not None:
                return found
    return None


def _slots(devices: Devices, node: str, labels: Labels, requests: Sequence[DeviceRequest]) -> list[Slot] | None:
    """Every single device that is needed; None when there cannot be enough."""
    slots: list[Slot] = []
    per_claim: Counter[str] = Counter()
    for request in requests:
        found = _suitable(devices, node, labels, request)
        free = tuple(
            each
            for each in found
            if each.id not in devices.held and tolerate_all(request.tolerations, each.taints)
        )
        if request.count is None:
            if devices.changing_pools:
                raise Undecidable(PLUGIN, f"resource pool {devices.changing_pools[0]} is currently being updated")
            if not found or len(free) < len(found):
                return None
            _refuse_disagreement(request, free)
            slots += [(request, (each,)) for each in free]
        else:
            slots += [(request, free)] * request.count
        per_claim[request.claim] += len(free) if request.count is None else request.count
    return None if any(count > MOST_DEVICES for count in per_claim.values()) else slots


def _suitable(devices: Devices, node: str, labels: Labels, request: DeviceRequest) -> list[Device]:
    """Devices within the node's reach that the request means, free or not, tainted or not."""
    if not request.is_plain:
        raise Undecidable(PLUGIN, f"request {request.name}: more than whole devices is asked")
    expressions = (*devices.class_expressions(request.device_class), *request.expressions)
    found = []
    for device in devices.devices:
        if device.reaches(node, labels) and _satisfies(device, expressions, request.name):
            if not device.is_plain:
                raise Undecidable(PLUGIN, f"device {'/'.join(device.id)} is shared or partitioned")
            found.append(device)
    return found


def _satisfies(device: Device, expressions: Sequence[str], request: str) -> bool:
    try:
        return all(holds(each, device) for each in expressions)
    except NotDecided as error:
        raise Undecidable(PLUGIN, f"request {request}: a selector that cannot be decided: {error}") from error


def _refuse_disagreement(request: DeviceRequest, devices: Sequence[Device]) -> None:
    """Upstream gives up on the whole pod where all devices are asked for and some constraint cannot hold."""
    for _, attribute in request.same:
        if len({_attribute(device, attribute) for device in devices}) > 1:
            raise Undecidable(PLUGIN, f"request {request.name}: not all devices agree in {attribute}")


def _agreements(slots: Sequence[Slot]) -> list[dict[str, object]]:
    """Every way in which the constraints could agree: a value for each group."""
    values: dict[str, set[object]] = {}
    for request, candidates in slots:
        for group, attribute in request.same:
            found = {_attribute(device, attribute) for device in candidates} - {None}
            values[group] = values[group] | found if group in values else found
    combinations = 1
    for each in values.values():
        combinations *= len(each)
    if combinations > MOST_COMBINATIONS:
        raise Undecidable(PLUGIN, f"constraints allow {combinations} combinations")
    return [dict(zip(values, chosen, strict=True)) for chosen in product(*values.values())]


def _attribute(device: Device, qualified: str) -> object:
    """The attribute's value; a name without its domain is the driver's own."""
    domain, _, name = qualified.partition("/")
    held = device.attributes.get(qualified)
    if held is None and domain == device.id[0]:
        held = device.attributes.get(name)
    return None if held is None else next(iter(held.items()), None)


def _match(slots: Sequence[Slot], agreed: Mapping[str, object]) -> frozenset[DeviceId] | None:
    """A bipartite matching of slots to devices by augmenting paths; None when some slot stays empty."""
    candidates = [
        [d.id for d in found if all(_attribute(d, name) == agreed[group] for group, name in request.same)]
        for request, found in slots
    ]
    held_by: dict[DeviceId, int] = {}

    def place(slot: int, seen: set[DeviceId]) -> bool:
        for device in candidates[slot]:
            if device not in seen:
                seen.add(device)
                if device not in held_by or place(held_by[device], seen):
                    held_by[device] = slot
                    return True
        return False

    return frozenset(held_by) if all(place(slot, set()) for slot in range(len(candidates))) else None
