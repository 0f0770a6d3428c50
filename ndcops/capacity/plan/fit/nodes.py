"""Nodes as columns: allocatable amounts as a matrix, labels and taints as small integer codes."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ndcops.capacity.plan.fit.node_selectors import NodeSelector
from ndcops.capacity.plan.fit.pod_size import amounts
from ndcops.capacity.plan.fit.quantity import is_counted
from ndcops.capacity.plan.fit.selectors import Requirement, Selector
from ndcops.capacity.plan.fit.tolerations import CORDONED, Taint, Toleration, taints_of, tolerate_all
from ndcops.model.record import JsonObject

Mask = NDArray[np.bool_]
Counts = NDArray[np.int64]
ABSENT = -1


class LabelColumn:
    """One label over all nodes: `codes[n]` indexes `values`, ABSENT where the node has no such label."""

    def __init__(self, values: tuple[str, ...], codes: NDArray[np.int32]) -> None:
        self.values = values
        self.codes = codes
        self.present: Mask = codes != ABSENT

    def domain_totals(self, per_node: Counts) -> Counts:
        """Sums of a per-node count over each domain; shape (values,)."""
        counted = np.flatnonzero(per_node)  # most counts are of few nodes
        sums = np.bincount(self.codes[counted] + 1, weights=per_node[counted], minlength=len(self.values) + 1)
        return sums[1:].astype(np.int64)  # the first is of the nodes without the label

    def has_any(self, nodes: Mask) -> Mask:
        """Which domains have one of the nodes; shape (values,)."""
        domains = np.zeros(len(self.values) + 1, dtype=np.bool_)
        domains[self.codes[nodes]] = True  # ABSENT is -1: the last entry
        return domains[:-1]


class NodeTable:
    """The nodes of one cluster, fixed once made; amounts in millicores, bytes, pieces: (nodes, resources)."""

    def __init__(self, nodes: Sequence[JsonObject]) -> None:
        self.objects = tuple(nodes)
        self.names = tuple(each["metadata"]["name"] for each in nodes)
        self.index = {name: number for number, name in enumerate(self.names)}
        self.labels = tuple(each["metadata"].get("labels") or {} for each in nodes)
        allocatable = [amounts((each.get("status") or {}).get("allocatable")) for each in nodes]
        self.resources = tuple(sorted({name for each in allocatable for name in each if is_counted(name)}))
        self.column = {name: number for number, name in enumerate(self.resources)}
        rows = [[each.get(name, 0) for name in self.resources] for each in allocatable]
        matrix = np.array(rows, dtype=np.int64).reshape(len(nodes), len(self.resources))
        self.allocatable: Counts = np.asfortranarray(matrix)  # filters read whole columns
        self.pod_slots: Counts = np.array([each.get("pods", 0) for each in allocatable], dtype=np.int64)
        self.is_cordoned: Mask = np.array(
            [bool((each.get("spec") or {}).get("unschedulable")) for each in nodes], dtype=np.bool_
        )
        self.features = tuple(
            frozenset((each.get("status") or {}).get("declaredFeatures") or ()) for each in nodes
        )
        self._taint_sets, self._taint_codes = _coded(
            [taints_of((n.get("spec") or {}).get("taints")) for n in nodes]
        )
        self._columns: dict[str, LabelColumn] = {}
        self.matching = lru_cache(maxsize=4096)(self._matching)
        self.tolerated = lru_cache(maxsize=4096)(self._tolerated)
        self.uncordoned = lru_cache(maxsize=4096)(self._uncordoned)
        self.open_to = lru_cache(maxsize=4096)(self._open_to)

    def __len__(self) -> int:
        """How many nodes."""
        return len(self.names)

    def label(self, key: str) -> LabelColumn:
        """The column of a label."""
        if key not in self._columns:
            found = [labels.get(key) for labels in self.labels]
            values = tuple(dict.fromkeys(value for value in found if value is not None))
            code = {value: number for number, value in enumerate(values)}
            codes = np.array([ABSENT if value is None else code[value] for value in found], dtype=np.int32)
            self._columns[key] = LabelColumn(values, codes)
        return self._columns[key]

    def nothing(self) -> Mask:
        """A mask of no node."""
        return np.zeros(len(self), dtype=np.bool_)

    def where(self, selector: Selector) -> Mask:
        """Nodes whose labels a selector matches."""
        mask = np.full(len(self), not selector.nothing)
        for each in selector.requirements:
            column = self.label(each.key)
            accepted = np.array([*(each.accepts(value) for value in column.values), each.accepts(None)])
            mask &= accepted[column.codes]  # ABSENT is -1: the last entry
        return mask

    def _matching(self, labels: Selector | None, affinity: NodeSelector | None) -> Mask:
        mask = np.ones(len(self), dtype=np.bool_) if labels is None else self.where(labels)
        if affinity is not None:
            mask = mask & self.chosen(affinity)
        mask.setflags(write=False)
        return mask

    def chosen(self, selector: NodeSelector) -> Mask:
        """Nodes that some term of a node selector matches."""
        mask = self.nothing()
        for term in selector.terms:
            mask |= self.where(Selector(term.labels)) & self._named(term.fields)
        return mask

    def _named(self, fields: tuple[Requirement, ...]) -> Mask:
        mask = np.ones(len(self), dtype=np.bool_)
        for each in fields:
            mask &= np.array([each.accepts(name) for name in self.names], dtype=np.bool_)
        return mask

    def _tolerated(self, tolerations: tuple[Toleration, ...]) -> Mask:
        accepted = np.array([tolerate_all(tolerations, taints) for taints in self._taint_sets], dtype=np.bool_)
        mask = accepted[self._taint_codes]
        mask.setflags(write=False)
        return mask

    def _uncordoned(self, tolerations: tuple[Toleration, ...]) -> Mask:
        """Nodes that are not cordoned for a pod with those tolerations."""
        mask = ~self.nothing() if tolerate_all(tolerations, (CORDONED,)) else ~self.is_cordoned
        mask.setflags(write=False)
        return mask

    def _open_to(
        self, labels: Selector | None, affinity: NodeSelector | None, tolerations: tuple[Toleration, ...]
    ) -> Counts:
        """Numbers, in order, of the nodes that a pod chooses and whose taints it tolerates, cordoned or not."""
        numbers = np.flatnonzero(self.matching(labels, affinity) & self.tolerated(tolerations))
        numbers.setflags(write=False)
        return numbers


def _coded(taints: list[tuple[Taint, ...]]) -> tuple[list[tuple[Taint, ...]], NDArray[np.int32]]:
    distinct = list(dict.fromkeys(taints))
    code = {each: number for number, each in enumerate(distinct)}
    return distinct, np.array([code[each] for each in taints], dtype=np.int32)
