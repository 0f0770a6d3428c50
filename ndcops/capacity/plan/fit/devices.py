"""Devices that drivers publish (ResourceSlices), their classes, and who holds them (ResourceClaims).

What of KEP 4381's structured parameters the engine decides: whole devices by class, a count of them or all, chosen
by driver, attributes and capacity, with equal attributes where a constraint asks. What goes beyond (access of
administrators, partitions, shared capacity) it leaves undecided, and so never calls a fit.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from ndcops.capacity.plan.fit.node_selectors import NodeSelector, node_selector
from ndcops.capacity.plan.fit.tolerations import Taint, Toleration, taints_of, tolerations_of
from ndcops.model.record import JsonObject

CLASS_PREFIX = "deviceclass.resource.kubernetes.io/"
DeviceId = tuple[str, str, str]
"""Driver, pool and device."""


@dataclass(frozen=True, eq=False)
class Device:
    """One device of a pool, and on which node it can be used: a name, a selector, or all nodes (both None)."""

    id: DeviceId
    attributes: Mapping[str, JsonObject]
    capacity: Mapping[str, JsonObject]
    taints: tuple[Taint, ...]
    node_name: str | None
    selector: NodeSelector | None
    is_plain: bool

    def reaches(self, name: str, labels: Mapping[str, str]) -> bool:
        """Whether a node can use it."""
        if self.node_name is not None:
            return self.node_name == name
        return self.selector is None or self.selector.matches(name, labels)


@dataclass(frozen=True)
class DeviceRequest:
    """Whole devices of a class that satisfy every expression: `count` of them, or all there are for None.

    same: attributes in which the devices of this request and of the others in the same group must agree, each with
    the name of its group. choices: requests of which one is enough, instead of this one's own fields.
    """

    name: str
    device_class: str
    count: int | None
    expressions: tuple[str, ...]
    tolerations: tuple[Toleration, ...]
    is_plain: bool
    claim: str = ""
    same: tuple[tuple[str, str], ...] = ()
    choices: "tuple[DeviceRequest, ...]" = ()


@dataclass
class Devices:
    """The devices of one cluster. changing_pools: those that their driver is publishing anew just now."""

    classes: Mapping[str, JsonObject] = field(default_factory=dict)
    claims: Mapping[tuple[str, str], JsonObject] = field(default_factory=dict)
    devices: tuple[Device, ...] = ()
    held: frozenset[DeviceId] = frozenset()
    class_of_resource: Mapping[str, str] = field(default_factory=dict)
    changing_pools: tuple[str, ...] = ()

    @classmethod
    def of(cls, objects: Mapping[str, Iterable[JsonObject]]) -> "Devices":
        """Index the objects of a cluster, given by plural."""
        classes = {each["metadata"]["name"]: each for each in objects.get("deviceclasses", ())}
        claims = {
            (each["metadata"].get("namespace") or "default", each["metadata"]["name"]): each
            for each in objects.get("resourceclaims", ())
        }
        by_resource = {CLASS_PREFIX + name: name for name in classes}
        for name, each in classes.items():
            if resource := (each.get("spec") or {}).get("extendedResourceName"):
                by_resource[resource] = name
        pools = _pools(objects.get("resourceslices", ()))
        return cls(
            classes=classes,
            claims=claims,
            devices=tuple(device for specs in pools.values() if _is_complete(specs) for device in _devices(specs)),
            changing_pools=tuple("/".join(name) for name, specs in pools.items() if not _is_complete(specs)),
            held=frozenset(_held(claims.values())),
            class_of_resource=by_resource,
        )

    def holding(self, held: Iterable[DeviceId], claims: Iterable[tuple[str, str]], node: str) -> "Devices":
        """The same once devices are given out and claims are allocated to a node."""
        here = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}
        allocation = {"allocation": {"nodeSelector": {"nodeSelectorTerms": [here]}}}
        given = {name: {**self.claims[name], "status": allocation} for name in claims}
        return replace(self, held=self.held | frozenset(held), claims={**self.claims, **given})

    def serves(self, resource: str) -> bool:
        """Whether a device class stands behind an extended resource (KEP 5004)."""
        return resource in self.class_of_resource

    def class_expressions(self, name: str) -> tuple[str, ...]:
        """The CEL expressions of a class."""
        return _expressions((self.classes[name].get("spec") or {}).get("selectors"))


def allocation_of(claim: JsonObject) -> JsonObject | None:
    """What a claim holds; None when it holds nothing yet."""
    allocation: JsonObject | None = (claim.get("status") or {}).get("allocation")
    return allocation


def requests_of(claim: JsonObject) -> tuple[DeviceRequest, ...]:
    """The requests of a claim."""
    devices = (claim.get("spec") or {}).get("devices") or {}
    constraints: list[JsonObject] = devices.get("constraints") or []
    found = []
    for each in devices.get("requests") or ():
        same = tuple(
            (f"{claim['metadata']['name']}/{number}", constraint.get("matchAttribute") or "")
            for number, constraint in enumerate(constraints)
            if not constraint.get("requests") or each["name"] in constraint["requests"]
        )
        are_plain = all(constraint.get("matchAttribute") for constraint in constraints)
        choices = each.get("firstAvailable") or ()
        if choices:
            are_plain = are_plain and not constraints  # constraints may name one of the choices
            first = tuple(_request(claim, choice, are_plain, ()) for choice in choices)
            found.append(DeviceRequest(each["name"], "", 0, (), (), are_plain, choices=first))
        else:
            exact = {"name": each["name"], **(each.get("exactly") or {})}
            found.append(_request(claim, exact, are_plain, same))
    return tuple(found)


def _request(
    claim: JsonObject, written: JsonObject, are_plain: bool, same: tuple[tuple[str, str], ...]
) -> DeviceRequest:
    count = None if written.get("allocationMode") == "All" else int(written.get("count") or 1)
    is_plain = are_plain and not written.get("adminAccess") and not written.get("capacity")
    return DeviceRequest(
        written["name"],
        written.get("deviceClassName") or "",
        count,
        _expressions(written.get("selectors")),
        tolerations_of(written.get("tolerations")),
        is_plain,
        claim["metadata"]["name"],
        same,
    )


def classes_of(claim: JsonObject) -> list[tuple[str, str]]:
    """Every class that a claim names, with the request's name, alternatives too."""
    found = []
    for each in ((claim.get("spec") or {}).get("devices") or {}).get("requests") or ():
        if each.get("exactly"):
            found.append((each["name"], each["exactly"].get("deviceClassName") or ""))
        for other in each.get("firstAvailable") or ():
            found.append((f"{each['name']}/{other['name']}", other.get("deviceClassName") or ""))
    return found


def _expressions(written: Iterable[JsonObject] | None) -> tuple[str, ...]:
    return tuple(((each.get("cel") or {}).get("expression")) or "" for each in written or ())


def _pools(slices: Iterable[JsonObject]) -> dict[tuple[str, str], list[JsonObject]]:
    """The specs of each driver's pools, at their newest generation."""
    pools: dict[tuple[str, str], list[JsonObject]] = defaultdict(list)
    for each in slices:
        pools[(each["spec"]["driver"], each["spec"]["pool"]["name"])].append(each["spec"])
    newest = {name: max(each["pool"].get("generation") or 0 for each in specs) for name, specs in pools.items()}
    return {
        name: [each for each in specs if (each["pool"].get("generation") or 0) == newest[name]]
        for name, specs in pools.items()
    }


def _is_complete(specs: list[JsonObject]) -> bool:
    """Whether all slices of a pool are there; those of others may be changing and are not given out."""
    return len(specs) == (specs[0]["pool"].get("resourceSliceCount") or 1)


def _devices(specs: list[JsonObject]) -> Iterable[Device]:
    for spec in specs:
        for device in spec.get("devices") or ():
            yield _device((spec["driver"], spec["pool"]["name"], device["name"]), spec, device)


def _device(device_id: DeviceId, spec: JsonObject, device: JsonObject) -> Device:
    placed = device if spec.get("perDeviceNodeSelection") else spec
    selector = node_selector(placed.get("nodeSelector"))
    beyond = ("consumesCounters", "allowMultipleAllocations", "bindingConditions", "bindsToNode")
    return Device(
        id=device_id,
        attributes=device.get("attributes") or {},
        capacity=device.get("capacity") or {},
        taints=taints_of(device.get("taints")),
        node_name=placed.get("nodeName") or None,
        selector=selector,
        is_plain=not any(device.get(name) for name in beyond),
    )


def _held(claims: Iterable[JsonObject]) -> Iterable[DeviceId]:
    for claim in claims:
        for each in ((allocation_of(claim) or {}).get("devices") or {}).get("results") or ():
            if not each.get("adminAccess"):
                yield each["driver"], each["pool"], each["device"]
