"""What lacks when pods find no place: the resource that most nodes run out of, and how much of it is missing."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ndcops.capacity.plan.placing import Placement

_INSUFFICIENT = "Insufficient "
_TOO_MANY_PODS = "Too many pods"
_STANDING_RULES = ("untolerated taint", "node affinity/selector", "were unschedulable", "requested node name")
"""Reasons that a node gives however empty it is."""


@dataclass(frozen=True)
class Shortfall:
    """`pods` lack a place at a site; `amount` of the resource they ask for in all (millicores, bytes, pieces)."""

    site: str
    reason: str
    pods: int
    amount: int | None = None


def shortfall_of(site: str, placements: Sequence[Placement]) -> Iterator[Shortfall]:
    """The reasons why demands of a site found no room, each demand under the one that most nodes gave."""
    pods: dict[str, int] = defaultdict(int)
    amounts: dict[str, int] = defaultdict(int)
    for each in placements:
        reason, missing = limiting_reason(each), each.wanted - each.placed
        pods[reason] += missing
        amounts[reason] += missing * each.requests.get(reason.removeprefix(_INSUFFICIENT), 0)
    for reason, count in sorted(pods.items(), key=lambda item: -item[1]):
        yield Shortfall(site, reason, count, amounts[reason] or None)


def limiting_reason(placement: Placement) -> str:
    """Why a demand found no room: the reason that most nodes gave."""
    return worst_reason(placement.reasons) or placement.message


def worst_reason(reasons: Mapping[str, int]) -> str:
    """The reason that most nodes gave; one about room goes before one about rules. Empty for no reason.

    Nodes that rules shut out (another pool's taints, say) would not help however empty they were.
    """
    about_room = {reason: n for reason, n in reasons.items() if _is_about_room(reason)}
    others = {reason: n for reason, n in reasons.items() if not any(rule in reason for rule in _STANDING_RULES)}
    chosen = about_room or others or reasons
    return max(sorted(chosen), key=lambda each: chosen[each], default="")


def _is_about_room(reason: str) -> bool:
    return reason.startswith(_INSUFFICIENT) or reason == _TOO_MANY_PODS
