"""Kubernetes quantities as the integers that the scheduler counts with: millicores for CPU, whole units else."""

from decimal import ROUND_CEILING
from functools import lru_cache

from ndcops.model.quantity import parse_quantity

CPU = "cpu"
_NATIVE = frozenset({"cpu", "memory", "ephemeral-storage"})


@lru_cache(maxsize=65536)
def amount(resource: str, quantity: str | int | float) -> int:
    """Millicores of CPU, bytes or pieces of anything else; rounded up, as resource.Quantity's Value() does.

    Raises ValueError for a text that is no quantity.
    """
    value = parse_quantity(str(quantity))
    if resource == CPU:
        value = value * 1000
    return int(value.to_integral_value(ROUND_CEILING))


def is_scalar(resource: str) -> bool:
    """Whether the scheduler counts the resource beside CPU, memory and ephemeral storage.

    Source: pkg/scheduler/util/utils.go, IsScalarResourceName.
    """
    if resource in _NATIVE:
        return False
    if resource.startswith(("hugepages-", "attachable-volumes-")):
        return True
    if "/" not in resource:
        return False
    return not resource.startswith("requests.")


def is_counted(resource: str) -> bool:
    """Whether the resource is one that NodeResourcesFit compares."""
    return resource in _NATIVE or is_scalar(resource)
