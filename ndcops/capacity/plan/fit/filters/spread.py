"""PodTopologySpread: hard constraints on how evenly matching pods stand over the domains of a label."""

import numpy as np

from ndcops.capacity.plan.fit.nodes import Mask
from ndcops.capacity.plan.fit.pod_shape import SpreadRule
from ndcops.capacity.plan.fit.state import Case
from ndcops.capacity.plan.fit.verdict import Refusal

UNEVEN = "node(s) didn't match pod topology spread constraints"
UNLABELLED = f"{UNEVEN} (missing required label)"


def pod_topology_spread(case: Case) -> Refusal | None:
    """The first constraint that fails names the reason; a missing label cannot be mended."""
    rules = case.shape.spread
    if not rules:
        return None
    has_all_keys = ~case.nodes.nothing()
    for rule in rules:
        has_all_keys &= case.nodes.label(rule.key).present
    unlabelled, uneven = case.nodes.nothing(), case.nodes.nothing()
    for rule in rules:
        open_still = ~(unlabelled | uneven)
        present = case.nodes.label(rule.key).present
        unlabelled |= open_still & ~present
        uneven |= open_still & present & _too_skewed(case, rule, has_all_keys)
    return Refusal({UNLABELLED: unlabelled, UNEVEN: uneven}, unlabelled)


def _too_skewed(case: Case, rule: SpreadRule, has_all_keys: Mask) -> Mask:
    """Nodes where one more pod would make the skew larger than allowed."""
    column = case.nodes.label(rule.key)
    if not column.values:
        return case.nodes.nothing()
    counted = has_all_keys & counted_nodes(case, rule)
    if rule.selector.is_everything:  # upstream counts no pod for an empty selector (countPodsMatchSelector)
        matching = np.zeros(len(case.nodes), dtype=np.int64)
    else:
        matching = case.state.residents.matching(case.shape.namespace, rule.selector)
    totals = column.domain_totals(np.where(counted, matching, 0))
    exists = column.has_any(counted)
    enough_domains = int(exists.sum()) >= rule.min_domains
    least = int(totals[exists].min()) if enough_domains else 0
    own = 1 if rule.selector.matches(case.shape.labels) else 0
    skewed = totals + own - least > rule.max_skew
    return np.append(skewed, False)[column.codes]


def counted_nodes(case: Case, rule: SpreadRule) -> Mask:
    """Nodes whose pods a constraint counts, by its inclusion policies."""
    mask = case.state.present.copy()
    if rule.honours_affinity and case.shape.selects_nodes:
        mask &= case.nodes.matching(case.shape.node_labels, case.shape.node_affinity)
    if rule.honours_taints:
        mask &= case.nodes.tolerated(case.shape.tolerations)
    return mask
