"""The state of one cluster that filters read: nodes, what stands on them, storage, devices, namespaces."""

from dataclasses import dataclass, field

import numpy as np

from ndcops.capacity.plan.fit.attachments import Attachments
from ndcops.capacity.plan.fit.devices import Devices
from ndcops.capacity.plan.fit.node_selectors import NodeSelector
from ndcops.capacity.plan.fit.nodes import Counts, Mask, NodeTable
from ndcops.capacity.plan.fit.pod_shape import PodShape
from ndcops.capacity.plan.fit.residents import Residents
from ndcops.capacity.plan.fit.selectors import Labels, Selector
from ndcops.capacity.plan.fit.storage import Storage
from ndcops.capacity.plan.fit.tolerations import Toleration
from ndcops.capacity.plan.fit.verdict import Outcome

NodeRules = tuple[tuple[Toleration, ...], Selector | None, NodeSelector | None]
"""What of a pod decides about a node as such."""


@dataclass
class State:
    """`requested` has the shape of the nodes' allocatable matrix; `pods` counts the pods on each node.

    present: nodes that are still there in a what-if; the others are in no domain and take no pod.
    standing: what the present nodes alone say to the rules of pods (taints, labels), remembered.
    """

    nodes: NodeTable
    residents: Residents
    requested: Counts
    pods: Counts
    storage: Storage
    devices: Devices
    attachments: Attachments
    present: Mask
    namespaces: dict[str, Labels] = field(default_factory=dict)
    standing: dict[NodeRules, Outcome] = field(default_factory=dict)

    def copy(self) -> "State":
        """A what-if: pods can be added to it and taken from it without touching this one."""
        return State(
            nodes=self.nodes,
            residents=Residents(len(self.nodes), base=self.residents),
            requested=self.requested.copy(order="K"),  # filters read whole columns
            pods=self.pods.copy(),
            storage=self.storage,
            devices=self.devices,
            attachments=self.attachments.copy(),
            present=self.present,
            namespaces=self.namespaces,
            standing=self.standing,
        )

    def use_storage(self, storage: Storage) -> None:
        """Go on with storage objects that were added to; those there were must be among them."""
        self.storage = storage
        self.attachments.use_storage(storage)

    def lose(self, nodes: Mask) -> None:
        """Nodes fail, and all pods on them go."""
        for group in list(self.residents.groups()):
            for node, count in list(group.counts.items()):
                if nodes[node] and count:
                    self.add(group.shape, node, -count)
        self.present, self.standing = self.present & ~nodes, {}

    def add(self, shape: PodShape, node: int, count: int = 1) -> None:
        """Put pods on a node, or take them away with a negative count."""
        self.residents.add(shape, node, count)
        for resource, value in shape.requests.items():
            column = self.nodes.column.get(resource)
            if column is not None:
                self.requested[node, column] += value * count
        self.pods[node] += count
        if shape.volumes:
            self.attachments.add(shape, node, count)


@dataclass
class Case:
    """One pod against one state. `alive` are the nodes that no earlier filter refused."""

    state: State
    shape: PodShape
    alive: Mask

    @property
    def nodes(self) -> NodeTable:
        """The nodes of the state."""
        return self.state.nodes

    def alive_numbers(self) -> list[int]:
        """The numbers of the nodes that are still in question."""
        return [int(number) for number in np.flatnonzero(self.alive)]
