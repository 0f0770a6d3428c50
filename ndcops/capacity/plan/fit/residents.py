"""The pods that stand on the nodes, grouped by template: how many of each group on each node.

A `Residents` is a ledger of additions over a base that is shared and never changed, so that many what-ifs of one
cluster cost little. A negative count takes pods of the base away.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

import numpy as np

from ndcops.capacity.plan.fit.nodes import Counts
from ndcops.capacity.plan.fit.pod_shape import HostPort, PodShape
from ndcops.capacity.plan.fit.selectors import Selector

_ANY = "*"
"""Stands for every namespace; no namespace can be called so."""


class Group:
    """Pods of one shape: `counts` by node number."""

    __slots__ = ("_arrays", "counts", "shape")

    def __init__(self, shape: PodShape) -> None:
        self.shape = shape
        self.counts: Counter[int] = Counter()
        self._arrays: tuple[Counts, Counts] | None = None

    def add(self, node: int, count: int) -> None:
        """More (or, if negative, fewer) pods on a node."""
        self.counts[node] += count
        self._arrays = None

    def onto(self, per_node: Counts) -> None:
        """Add the counts to a vector over nodes."""
        if self._arrays is None:
            nodes = np.fromiter(self.counts.keys(), dtype=np.int64, count=len(self.counts))
            values = np.fromiter(self.counts.values(), dtype=np.int64, count=len(self.counts))
            self._arrays = nodes, values
        nodes, values = self._arrays
        per_node[nodes] += values


class Residents:
    """Groups with what the filters look them up by. `base` is shared; `nodes` is their number."""

    def __init__(self, nodes: int, base: "Residents | None" = None) -> None:
        self.nodes = nodes
        self._base = base
        self._groups: dict[PodShape, Group] = {}
        self._by_namespace: dict[str, list[Group]] = defaultdict(list)
        self._by_label: dict[tuple[str, str, str], list[Group]] = defaultdict(list)
        self._by_port: dict[tuple[str, int], list[tuple[HostPort, Group]]] = defaultdict(list)
        self._by_claim: dict[tuple[str, str], list[Group]] = defaultdict(list)
        self._repelling: dict[str, list[Group]] = defaultdict(list)
        self._with_disks: list[Group] = []
        self._with_volumes: list[Group] = []
        self._memory: dict[tuple[str, Selector], Counts] = {}

    def add(self, shape: PodShape, node: int, count: int = 1) -> None:
        """Put pods of a shape on a node."""
        group = self._groups.get(shape)
        if group is None:
            group = self._groups[shape] = self._indexed(Group(shape))
        group.add(node, count)
        self._memory.clear()

    def _indexed(self, group: Group) -> Group:
        shape = group.shape
        self._by_namespace[shape.namespace].append(group)
        for key, value in shape.labels.items():
            self._by_label[(shape.namespace, key, value)].append(group)
        for port in shape.ports:
            self._by_port[(port.protocol, port.port)].append((port, group))
        for volume in shape.volumes.claims:
            if not volume.pod:
                self._by_claim[(shape.namespace, volume.claim)].append(group)
        for namespace in _repelled_namespaces(shape):
            self._repelling[namespace].append(group)
        if shape.volumes.disks:
            self._with_disks.append(group)
        if shape.volumes:
            self._with_volumes.append(group)
        return group

    def _layers(self) -> "tuple[Residents, ...]":
        return (self,) if self._base is None else (*self._base._layers(), self)

    def groups(self) -> Iterator[Group]:
        """All groups, of the base too."""
        for layer in self._layers():
            yield from layer._groups.values()

    def vector(self, groups: Iterable[Group]) -> Counts:
        """How many pods of those groups stand on each node."""
        found: Counts = np.zeros(self.nodes, dtype=np.int64)
        for group in groups:
            group.onto(found)
        return found

    def matching(self, namespace: str, selector: Selector) -> Counts:
        """Pods of a namespace on each node that are not terminating and that the selector matches."""
        total: Counts = np.zeros(self.nodes, dtype=np.int64)
        for layer in self._layers():
            total += layer._own_matching(namespace, selector)
        return total

    def _own_matching(self, namespace: str, selector: Selector) -> Counts:
        key = (namespace, selector)
        if key not in self._memory:
            self._memory[key] = self.vector(
                group
                for group in self._candidates(namespace, selector)
                if not group.shape.is_terminating and selector.matches(group.shape.labels)
            )
        return self._memory[key]

    def _candidates(self, namespace: str, selector: Selector) -> list[Group]:
        """Groups that a selector may match: by the first label that it fixes, else all of the namespace."""
        for each in selector.requirements:
            if each.operator == "In" and len(each.values) == 1:
                return self._by_label.get((namespace, each.key, each.values[0]), [])
        return self._by_namespace.get(namespace, [])

    def in_namespaces(self, namespaces: Iterable[str] | None) -> Iterator[Group]:
        """Groups of those namespaces; of all for None."""
        for layer in self._layers():
            names = layer._by_namespace.keys() if namespaces is None else namespaces
            for name in list(names):
                yield from layer._by_namespace.get(name, ())

    def repelling(self, namespace: str) -> Iterator[Group]:
        """Groups whose required anti-affinity may mean pods of a namespace."""
        for layer in self._layers():
            yield from layer._repelling.get(namespace, ())
            yield from layer._repelling.get(_ANY, ())

    def with_port(self, port: HostPort) -> Iterator[tuple[HostPort, Group]]:
        """Groups that take the same port number and protocol on some address."""
        for layer in self._layers():
            yield from layer._by_port.get((port.protocol, port.port), ())

    def with_disks(self) -> Iterator[Group]:
        """Groups with in-tree disks."""
        for layer in self._layers():
            yield from layer._with_disks

    def with_volumes(self) -> Iterator[Group]:
        """Groups with any volume that matters."""
        for layer in self._layers():
            yield from layer._with_volumes

    def users_of(self, namespace: str, claim: str) -> int:
        """How many pods use a claim."""
        groups = (group for layer in self._layers() for group in layer._by_claim.get((namespace, claim), ()))
        return int(self.vector(groups).sum())


def _repelled_namespaces(shape: PodShape) -> frozenset[str]:
    """Namespaces that a shape's anti-affinity names; _ANY when a selector chooses them."""
    if any(not term.namespace_selector.nothing for term in shape.anti_affinity):
        return frozenset({_ANY})
    return frozenset().union(*(term.namespaces for term in shape.anti_affinity))
