"""How many volumes of each CSI driver are attached to each node, kept up to date as pods come and go."""

from collections import Counter, defaultdict

import numpy as np

from ndcops.capacity.plan.fit.nodes import Counts, Mask, NodeTable
from ndcops.capacity.plan.fit.pod_shape import PodShape
from ndcops.capacity.plan.fit.storage import Attachment, Storage

NO_LIMIT = np.iinfo(np.int64).max


class Attachments:
    """Volumes that pods hold, and those that VolumeAttachment objects name besides (source: NodeVolumeLimits)."""

    def __init__(self, nodes: NodeTable, storage: Storage) -> None:
        self._nodes = nodes
        self._storage = storage
        self._base: Attachments | None = None
        self._held: dict[Attachment, dict[int, int]] = defaultdict(dict)
        self._counts: dict[str, Counts] = {}
        self._limits: dict[str, Counts] = {}
        self._named = {number: storage.already_attached(name) for name, number in nodes.index.items()}
        for number, named in self._named.items():
            for driver, _ in named:
                self._count(driver)[number] += 1

    def copy(self) -> "Attachments":
        """A what-if over this one, which must not change any more."""
        other = object.__new__(Attachments)
        other._nodes, other._storage, other._base = self._nodes, self._storage, self
        other._held = defaultdict(dict)
        other._counts = {driver: counts.copy() for driver, counts in self._counts.items()}
        other._limits, other._named = self._limits, self._named
        return other

    def use_storage(self, storage: Storage) -> None:
        """Look new claims up in these storage objects."""
        self._storage = storage

    def add(self, shape: PodShape, node: int, count: int) -> None:
        """Pods of a shape come to a node, or go with a negative count."""
        for attachment in self._storage.attached_by(shape.namespace, shape.volumes):
            before = self._holders(attachment, node)
            after = before + count
            self._held[attachment][node] = after
            if (before > 0) != (after > 0) and attachment not in self._named[node]:
                self._count(attachment[0])[node] += 1 if after > 0 else -1

    def _holders(self, attachment: Attachment, node: int) -> int:
        own = self._held.get(attachment, {}).get(node)
        if own is not None:
            return own
        return self._base._holders(attachment, node) if self._base is not None else 0

    def _nodes_with(self, attachment: Attachment) -> dict[int, int]:
        below = self._base._nodes_with(attachment) if self._base is not None else {}
        return {**below, **self._held.get(attachment, {})}

    def _count(self, driver: str) -> Counts:
        if driver not in self._counts:
            self._counts[driver] = np.zeros(len(self._nodes), dtype=np.int64)
        return self._counts[driver]

    def limit(self, driver: str) -> Counts:
        """The driver's limit on each node; NO_LIMIT where CSINode names none."""
        if driver not in self._limits:
            found = (self._storage.attach_limit(name, driver) for name in self._nodes.names)
            limits = [NO_LIMIT if limit is None else limit for limit in found]
            self._limits[driver] = np.array(limits, dtype=np.int64)
        return self._limits[driver]

    def free(self, driver: str) -> Counts:
        """How many more volumes of a driver each node can attach."""
        free: Counts = self.limit(driver) - self._count(driver)
        return free

    def can_repeat(self, shape: PodShape, node: int) -> bool:
        """Whether a node can attach as many volumes again as a pod of the shape has."""
        wanted = Counter(driver for driver, _ in self._storage.attached_by(shape.namespace, shape.volumes))
        return all(self._count(each)[node] + more <= self.limit(each)[node] for each, more in wanted.items())

    def full_for(self, wanted: frozenset[Attachment]) -> Mask:
        """Nodes whose limits do not allow these volumes; one that a pod there holds already costs nothing."""
        full = self._nodes.nothing()
        for driver, new in Counter(driver for driver, _ in wanted).items():
            added: Counts = np.full(len(self._nodes), new, dtype=np.int64)
            for attachment in wanted:
                if attachment[0] == driver:
                    there = [node for node, count in self._nodes_with(attachment).items() if count > 0]
                    if there:
                        added[there] -= 1
            full |= (added > 0) & (self._count(driver) + added > self.limit(driver))
        return full
