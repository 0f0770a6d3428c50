"""What a placed pod takes besides room: free volumes that its claims bind to, and devices."""

from ndcops.capacity.plan.fit.device_matching import allocate
from ndcops.capacity.plan.fit.devices import allocation_of
from ndcops.capacity.plan.fit.filters.dynamic_resources import wanted_devices
from ndcops.capacity.plan.fit.filters.volumes import volumes_taken
from ndcops.capacity.plan.fit.pod_shape import PodShape
from ndcops.capacity.plan.fit.state import Case, State


def hold(state: State, shape: PodShape, node: int) -> None:
    """Take them from the state, so that the next pod does not get them too."""
    case = Case(state, shape, state.present)
    if shape.volumes.claims:
        taken = volumes_taken(case, node)
        if taken:
            state.use_storage(state.storage.taking(taken))
    requests = wanted_devices(case, node) if shape.claims or state.devices.class_of_resource else ()
    if requests:
        held = allocate(state.devices, state.nodes.names[node], state.nodes.labels[node], requests)
        claims = [(shape.namespace, entry.claim) for entry in shape.claims if entry.claim is not None]
        new = [each for each in claims if each in state.devices.claims and _is_free(state, each)]
        state.devices = state.devices.holding(held or (), new, state.nodes.names[node])


def _is_free(state: State, claim: tuple[str, str]) -> bool:
    return allocation_of(state.devices.claims[claim]) is None
