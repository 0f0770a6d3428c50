"""ResourceQuota: how many more equal pods a namespace may have, and which quota says no to the next one.

Rules: k8s.io/apiserver/pkg/admission/plugin/resourcequota/controller.go, CheckRequest. What counts is the quota's
status: a limit that its controller has not taken up yet refuses nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ndcops.capacity.plan.admission.amounts import Amount, Amounts, amount_of, amounts_of
from ndcops.capacity.plan.admission.chain import Objects, in_namespace
from ndcops.capacity.plan.admission.quota_usage import (
    claim_is_in,
    claim_usage,
    is_about_claims,
    is_about_pods,
    pod_is_in,
    pod_usage,
    scopes_of,
    unnamed_resources,
)
from ndcops.capacity.plan.admission.refusal import forbidden
from ndcops.model.record import JsonObject

Demand = Iterable[tuple[JsonObject, int]]
"""Admitted objects and how many of each."""


@dataclass(frozen=True)
class QuotaRoom:
    """How many more pods a namespace may have; `pods` is None when no quota is about them.

    quota, resource, message: what stops the pod after them, `resource` a name as in the quota's `hard`, `message`
    the API server's words.
    """

    pods: int | None
    quota: str = ""
    resource: str = ""
    message: str = ""


@dataclass(frozen=True)
class _Rules:
    """What differs between pods and claims."""

    plural: str
    is_charged: Callable[[str], bool]
    is_in: Callable[[JsonObject, JsonObject], bool]
    usage: Callable[[JsonObject], Amounts]
    unnamed: Callable[[JsonObject, Iterable[str]], str]


def _nothing_unnamed(_: JsonObject, __: Iterable[str]) -> str:
    """Quotas demand nothing of a claim (persistent_volume_claims.go, Constraints)."""
    return ""


_PODS = _Rules("pods", is_about_pods, pod_is_in, pod_usage, unnamed_resources)
_CLAIMS = _Rules("persistentvolumeclaims", is_about_claims, claim_is_in, claim_usage, _nothing_unnamed)


def quota_room(
    pod: JsonObject,
    objects: Objects,
    *,
    claims: Sequence[JsonObject] = (),
    promised: Demand = (),
    promised_claims: Demand = (),
) -> QuotaRoom:
    """How many more pods like an admitted one the quotas of its namespace allow.

    claims: admitted volume claims that come with each pod. promised: admitted objects that will be there first and
    that no quota's status counts yet. Raises ValueError for a quantity that is none.
    """
    quotas = in_namespace(objects, "resourcequotas", pod)
    rooms = list(_rooms(_PODS, quotas, [pod], list(promised)))
    rooms += _rooms(_CLAIMS, quotas, list(claims), list(promised_claims))
    return min(rooms, key=lambda room: room.pods or 0, default=QuotaRoom(None))


def _rooms(
    rules: _Rules,
    quotas: Sequence[JsonObject],
    items: Sequence[JsonObject],
    promised: Sequence[tuple[JsonObject, int]],
) -> Iterator[QuotaRoom]:
    """The room that each quota leaves."""
    for quota in quotas:
        charged = [item for item in items if _matches(rules, quota, item)]
        if not charged:
            continue
        status = quota.get("status") or {}
        hard = amounts_of(status.get("hard"))
        tracked = sorted(name for name in hard if rules.is_charged(name))
        used = amounts_of(status.get("used"))
        if stop := _stopped_at_once(rules, quota, charged, tracked, used):
            yield stop
            continue
        for item, count in promised:
            if item["metadata"]["namespace"] == quota["metadata"]["namespace"] and _matches(rules, quota, item):
                _charge(used, rules.usage(item), count)
        yield from _room(rules, quota, charged, {name: hard[name] for name in tracked}, used)


def _matches(rules: _Rules, quota: JsonObject, item: JsonObject) -> bool:
    hard = (quota.get("status") or {}).get("hard") or {}
    return any(map(rules.is_charged, hard)) and all(rules.is_in(scope, item) for scope in scopes_of(quota))


def _stopped_at_once(
    rules: _Rules, quota: JsonObject, charged: Sequence[JsonObject], tracked: Sequence[str], used: Amounts
) -> QuotaRoom | None:
    name = quota["metadata"]["name"]
    for item in charged:
        if unnamed := rules.unnamed(item, tracked):
            refused = forbidden(item, f"failed quota: {name}: {unnamed}", rules.plural)
            return QuotaRoom(0, name, unnamed.removeprefix("must specify ").split(" ")[0], refused.message)
    if unknown := [each for each in tracked if each not in used]:
        reason = f"status unknown for quota: {name}, resources: {','.join(tracked)}"
        return QuotaRoom(0, name, unknown[0], forbidden(charged[0], reason, rules.plural).message)
    return None


def _room(
    rules: _Rules, quota: JsonObject, charged: Sequence[JsonObject], hard: Amounts, used: Amounts
) -> Iterator[QuotaRoom]:
    each: Amounts = {}
    for item in charged:
        _charge(each, rules.usage(item), 1)
    steps = {name: each[name] for name in hard if name in each and each[name].value > 0}
    if not steps:
        return
    counts = {
        name: max(0, int((hard[name].value - used[name].value) // step.value)) for name, step in steps.items()
    }
    pods = min(counts.values())
    _charge(used, steps, pods)
    last, exceeded = _refused(rules, charged, hard, used)
    name = quota["metadata"]["name"]
    asked = rules.usage(last)
    reason = (
        f"exceeded quota: {name}, requested: {_listed(asked, exceeded)}, "
        f"used: {_listed(used, exceeded)}, limited: {_listed(hard, exceeded)}"
    )
    yield QuotaRoom(pods, name, exceeded[0], forbidden(last, reason, rules.plural).message)


def _refused(
    rules: _Rules, charged: Sequence[JsonObject], hard: Amounts, used: Amounts
) -> tuple[JsonObject, list[str]]:
    """The first of the objects of one pod that finds no room, and in what; those before it are charged."""
    for item in charged:
        usage = rules.usage(item)
        over = [name for name in hard if name in usage and usage[name].value > 0]
        exceeded = sorted(name for name in over if used[name].value + usage[name].value > hard[name].value)
        if exceeded:
            return item, exceeded
        _charge(used, usage, 1)
    raise AssertionError("the objects of one pod fit, though their sum does not")


def _charge(used: Amounts, usage: Mapping[str, Amount], count: int) -> None:
    for name, step in usage.items():
        used[name] = used.get(name, amount_of("0")) + step.times(count)


def _listed(amounts: Amounts, names: Sequence[str]) -> str:
    return ",".join(f"{name}={amounts[name]}" for name in names)
