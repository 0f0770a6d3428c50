"""Whether a node's free devices satisfy all requests at once, equal in attributes where constraints ask for it."""

from collections.abc import Mapping, Sequence
from itertools import product

from ndcops.capacity.plan.fit.device_expressions import NotDecided, holds
from ndcops.capacity.plan.fit.devices import Device, DeviceId, DeviceRequest, Devices
from ndcops.capacity.plan.fit.selectors import Labels
from ndcops.capacity.plan.fit.tolerations import tolerate_all
from ndcops.capacity.plan.fit.verdict import Undecidable

PLUGIN = "DynamicResources"
MOST_COMBINATIONS = 10_000
"""Of values that constraints may agree on; more is left undecided."""
Slot = tuple[DeviceRequest, tuple[Device, ...]]
"""One device that is needed, and which would do."""


def can_allocate(devices: Devices, node: str, labels: Labels, requests: Sequence[DeviceRequest]) -> bool:
    """Whether distinct free devices that the node reaches satisfy all requests. Raises Undecidable."""
    chosen = product(*(request.choices or (request,) for request in requests))
    return any(_can_allocate(devices, node, labels, each) for each in chosen)


def _can_allocate(devices: Devices, node: str, labels: Labels, requests: Sequence[DeviceRequest]) -> bool:
    slots: list[Slot] = []
    for request in requests:
        found = _suitable(devices, node, labels, request)
        free = tuple(each for each in found if each.id not in devices.held)
        if request.count is None:
            if not found or len(free) < len(found):
                return False
            _refuse_disagreement(request, free)
            slots += [(request, (each,)) for each in free]
        else:
            slots += [(request, free)] * request.count
    return any(_match(slots, agreed) for agreed in _agreements(slots))


def _suitable(devices: Devices, node: str, labels: Labels, request: DeviceRequest) -> list[Device]:
    """Devices within the node's reach that the request means, free or not."""
    if not request.is_plain:
        raise Undecidable(PLUGIN, f"request {request.name}: more than whole devices is asked")
    expressions = (*devices.class_expressions(request.device_class), *request.expressions)
    found = []
    for device in devices.devices:
        if not device.reaches(node, labels) or not tolerate_all(request.tolerations, device.taints):
            continue
        if _satisfies(device, expressions, request.name):
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


def _match(slots: Sequence[Slot], agreed: Mapping[str, object]) -> bool:
    """A bipartite matching of slots to devices by augmenting paths."""
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

    return all(place(slot, set()) for slot in range(len(candidates)))
