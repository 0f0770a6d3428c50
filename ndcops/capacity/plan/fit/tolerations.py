"""Taints and tolerations (k8s.io/api/core/v1/toleration.go)."""

from collections.abc import Iterable
from dataclasses import dataclass

from ndcops.model.record import JsonObject

REFUSING = ("NoSchedule", "NoExecute")
"""Effects that keep a new pod away; PreferNoSchedule never refuses."""


@dataclass(frozen=True)
class Taint:
    """A node's taint."""

    key: str
    value: str
    effect: str


@dataclass(frozen=True)
class Toleration:
    """A pod's toleration; an empty key or effect stands for all."""

    key: str
    operator: str
    value: str
    effect: str

    def tolerates(self, taint: Taint) -> bool:
        """Whether it covers the taint. Numeric operators are off by default in 1.36 and cover nothing."""
        if self.effect and self.effect != taint.effect:
            return False
        if self.key and self.key != taint.key:
            return False
        if self.operator in ("", "Equal"):
            return self.value == taint.value
        return self.operator == "Exists"


CORDONED = Taint("node.kubernetes.io/unschedulable", "", "NoSchedule")
"""What a cordoned node (`spec.unschedulable`) counts as."""


def taints_of(written: Iterable[JsonObject] | None) -> tuple[Taint, ...]:
    """The taints of a node that refuse pods."""
    found = (Taint(each["key"], each.get("value") or "", each["effect"]) for each in written or ())
    return tuple(taint for taint in found if taint.effect in REFUSING)


def tolerations_of(written: Iterable[JsonObject] | None) -> tuple[Toleration, ...]:
    """The tolerations of a pod."""
    return tuple(
        Toleration(
            each.get("key") or "", each.get("operator") or "", each.get("value") or "", each.get("effect") or ""
        )
        for each in written or ()
    )


def tolerate_all(tolerations: tuple[Toleration, ...], taints: Iterable[Taint]) -> bool:
    """Whether every taint is covered by some toleration."""
    return all(any(each.tolerates(taint) for each in tolerations) for taint in taints)
