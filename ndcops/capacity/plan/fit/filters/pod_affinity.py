"""InterPodAffinity: required affinity, own anti-affinity, and the anti-affinity of those who are there."""

from collections.abc import Iterator

import numpy as np

from ndcops.capacity.plan.fit.nodes import Counts, Mask
from ndcops.capacity.plan.fit.pod_shape import PodShape, PodTerm
from ndcops.capacity.plan.fit.residents import Group
from ndcops.capacity.plan.fit.selectors import NOTHING, Labels
from ndcops.capacity.plan.fit.state import Case
from ndcops.capacity.plan.fit.verdict import Refusal

NO_FRIENDS = "node(s) didn't match pod affinity rules"
OWN_RULE = "node(s) didn't match pod anti-affinity rules"
THEIR_RULE = "node(s) didn't satisfy existing pods anti-affinity rules"


def inter_pod_affinity(case: Case) -> Refusal | None:
    """The three rules in upstream's order; only a lack of friends cannot be mended by evictions."""
    shape, nodes = case.shape, case.nodes
    theirs = _repelled(case)
    if not (shape.affinity or shape.anti_affinity or theirs is not None):
        return None
    if theirs is None:
        theirs = nodes.nothing()
    lonely = _without_friends(case) if shape.affinity else nodes.nothing()
    own = nodes.nothing()
    for term in shape.anti_affinity:
        own |= _near(case, term.key, case.state.residents.vector(_meant_by(case, (_resolved(case, term),))))
    return Refusal({NO_FRIENDS: lonely, OWN_RULE: own & ~lonely, THEIR_RULE: theirs & ~own & ~lonely}, lonely)


def _resolved(case: Case, term: PodTerm) -> PodTerm:
    """The term with its namespace selector turned into names, as far as namespaces are known."""
    chosen = term.namespace_selector
    if chosen.nothing or chosen.is_everything:
        return term
    names = {name for name, labels in case.state.namespaces.items() if chosen.matches(labels)}
    return PodTerm(term.key, term.selector, term.namespaces | names, NOTHING)


def _meant_by(case: Case, terms: tuple[PodTerm, ...]) -> Iterator[Group]:
    """Groups that every term means."""
    anywhere = any(term.namespace_selector.is_everything for term in terms)
    namespaces = None if anywhere else frozenset.intersection(*(term.namespaces for term in terms))
    for group in case.state.residents.in_namespaces(namespaces):
        if all(term.matches(group.shape.namespace, {}, group.shape.labels) for term in terms):
            yield group


def _near(case: Case, key: str, per_node: Counts) -> Mask:
    """Nodes in a domain of `key` where a counted pod stands."""
    column = case.nodes.label(key)
    if not column.values or not per_node.any():
        return case.nodes.nothing()
    occupied = column.domain_totals(per_node) > 0
    return np.append(occupied, False)[column.codes]


def _without_friends(case: Case) -> Mask:
    terms = tuple(_resolved(case, term) for term in case.shape.affinity)
    friends = case.state.residents.vector(_meant_by(case, terms))
    has_labels, near = ~case.nodes.nothing(), ~case.nodes.nothing()
    somewhere = False
    for term in terms:
        column = case.nodes.label(term.key)
        has_labels &= column.present
        close = _near(case, term.key, friends)
        somewhere |= bool(close.any())
        near &= close
    shape = case.shape
    is_own_friend = all(term.matches(shape.namespace, {}, shape.labels) for term in terms)
    if not somewhere and is_own_friend:  # the first of a series with affinity to itself
        return ~has_labels
    return ~(has_labels & near)


def _repelled(case: Case) -> Mask | None:
    """Nodes in the domain of a pod whose anti-affinity means the incoming one; None when no pod's does."""
    shape = case.shape
    labels = case.state.namespaces.get(shape.namespace, {})
    by_key: dict[str, Counts] = {}
    for group in case.state.residents.repelling(shape.namespace):
        for key in _keys_against(group.shape, shape, labels):
            group.onto(by_key.setdefault(key, np.zeros(len(case.nodes), dtype=np.int64)))
    if not by_key:
        return None
    repelled = case.nodes.nothing()
    for key, per_node in by_key.items():
        repelled |= _near(case, key, per_node)
    return repelled


def _keys_against(resident: PodShape, incoming: PodShape, namespace_labels: Labels) -> Iterator[str]:
    for term in resident.anti_affinity:
        if term.matches(incoming.namespace, namespace_labels, incoming.labels):
            yield term.key
