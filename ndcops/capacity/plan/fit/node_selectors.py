"""Node selectors: terms that are ORed, each with label expressions and field expressions that are ANDed.

Rules: k8s.io/component-helpers/scheduling/corev1/nodeaffinity. A term that does not parse matches no node.
"""

from dataclasses import dataclass

from ndcops.capacity.plan.fit.selectors import Labels, Requirement, integer, requirements
from ndcops.model.record import JsonObject

NAME_FIELD = "metadata.name"


@dataclass(frozen=True)
class NodeTerm:
    """One term: `labels` over the node's labels and `fields` over its name."""

    labels: tuple[Requirement, ...]
    fields: tuple[Requirement, ...]

    def matches(self, name: str, labels: Labels) -> bool:
        """Whether a node of that name and those labels satisfies the whole term."""
        fields = {NAME_FIELD: name}
        return all(each.matches(labels) for each in self.labels) and all(
            each.matches(fields) for each in self.fields
        )


@dataclass(frozen=True)
class NodeSelector:
    """Terms of which one must match; none at all matches no node."""

    terms: tuple[NodeTerm, ...]

    def matches(self, name: str, labels: Labels) -> bool:
        """Whether some term matches."""
        return any(term.matches(name, labels) for term in self.terms)


def node_selector(written: JsonObject | None) -> NodeSelector | None:
    """The selector of a `nodeSelectorTerms` object, None for none. Broken and empty terms match nothing."""
    if written is None:
        return None
    terms = []
    for term in written.get("nodeSelectorTerms") or ():
        labels = requirements(term.get("matchExpressions") or ())
        fields = requirements(term.get("matchFields") or ())
        if (labels or fields) and all(map(_is_sound, labels)) and all(map(_is_sound_field, fields)):
            terms.append(NodeTerm(labels, fields))
    return NodeSelector(tuple(terms))


def _is_sound(each: Requirement) -> bool:
    match each.operator:
        case "In" | "NotIn":
            return bool(each.values)
        case "Exists" | "DoesNotExist":
            return not each.values
        case "Gt" | "Lt":
            return len(each.values) == 1 and integer(each.values[0]) is not None
    return False


def _is_sound_field(each: Requirement) -> bool:
    return each.operator in ("In", "NotIn") and len(each.values) == 1


def named_nodes(written: JsonObject | None) -> frozenset[str] | None:
    """The only nodes that every term names by `metadata.name`; None when some term names none (all are eligible).

    Source: NodeAffinity.PreFilter. An empty set means that the terms contradict themselves.
    """
    terms = (written or {}).get("nodeSelectorTerms") or ()
    if not terms:
        return None
    names: frozenset[str] = frozenset()
    for term in terms:
        sets = [
            frozenset(each.get("values") or ())
            for each in term.get("matchFields") or ()
            if each["key"] == NAME_FIELD and each["operator"] == "In"
        ]
        if not sets:
            return None
        names |= frozenset.intersection(*sets)
    return names
