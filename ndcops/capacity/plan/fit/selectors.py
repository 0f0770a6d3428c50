"""Label selectors, parsed once and matched against label dictionaries or against columns of nodes.

Rules: k8s.io/apimachinery/pkg/labels (selector.go) and metav1.LabelSelectorAsSelector.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ndcops.model.record import JsonObject

Labels = Mapping[str, str]
_SAME_WORD = {"=": "In", "==": "In", "!=": "NotIn"}


@dataclass(frozen=True)
class Requirement:
    """`key operator values`; `Gt` and `Lt` compare 64-bit integers."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def matches(self, labels: Labels) -> bool:
        """Whether a set of labels satisfies it; an absent key satisfies NotIn and DoesNotExist."""
        return self.accepts(labels.get(self.key))

    def accepts(self, value: str | None) -> bool:
        """Whether a label's value satisfies it; None stands for an absent label."""
        match self.operator:
            case "In":
                return value is not None and value in self.values
            case "NotIn":
                return value is None or value not in self.values
            case "Exists":
                return value is not None
            case "DoesNotExist":
                return value is None
        return self._compares(value)

    def _compares(self, value: str | None) -> bool:
        left, right = integer(value), integer(self.values[0] if len(self.values) == 1 else None)
        if left is None or right is None:
            return False
        return left > right if self.operator == "Gt" else self.operator == "Lt" and left < right


@dataclass(frozen=True)
class Selector:
    """All requirements hold. `nothing` is the selector of an absent labelSelector: it matches no object."""

    requirements: tuple[Requirement, ...] = ()
    nothing: bool = False

    @property
    def is_everything(self) -> bool:
        """Whether it has no requirement and so matches all."""
        return not self.nothing and not self.requirements

    def matches(self, labels: Labels) -> bool:
        """Whether the labels satisfy every requirement."""
        return not self.nothing and all(each.matches(labels) for each in self.requirements)

    def also(self, equal: Labels) -> "Selector":
        """This selector with labels that must be equal, too."""
        if self.nothing or not equal:
            return self
        added = tuple(Requirement(key, "In", (value,)) for key, value in sorted(equal.items()))
        return Selector((*added, *self.requirements))


NOTHING = Selector(nothing=True)


def integer(text: str | None) -> int | None:
    """A decimal 64-bit integer as Go's strconv.ParseInt takes it, or None."""
    if text is None or not text.isascii() or not text.lstrip("+-").isdigit() or len(text) > 20:
        return None
    if text[0] in "+-" and text[1:2] in "+-":
        return None
    value = int(text)
    return value if -(2**63) <= value < 2**63 else None


def equal_to(labels: Labels) -> Selector:
    """The selector of a plain dictionary: every label must be equal."""
    return Selector(tuple(Requirement(key, "In", (value,)) for key, value in sorted(labels.items())))


def label_selector(written: JsonObject | None) -> Selector:
    """The selector of a `labelSelector`; absent matches nothing, empty matches everything."""
    if written is None:
        return NOTHING
    expressions = requirements(written.get("matchExpressions") or ())
    return Selector(equal_to(written.get("matchLabels") or {}).requirements + expressions)


def requirements(written: Iterable[JsonObject]) -> tuple[Requirement, ...]:
    """The requirements of `matchExpressions`."""
    return tuple(
        Requirement(
            each["key"], str(_SAME_WORD.get(each["operator"], each["operator"])), tuple(each.get("values") or ())
        )
        for each in written
    )
