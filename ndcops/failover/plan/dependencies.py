"""Which services need which: the order of a move, over all sites."""

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from ndcops.model.errors import InvalidInput
from ndcops.model.service import Service


def tiers(services: Sequence[Service], moving: frozenset[str]) -> tuple[tuple[str, ...], ...]:
    """The moving services in waves: each after all that it needs, by grade and name within a wave.

    A need that does not move itself still carries the order on: a → b → c with b staying puts c before a.
    Raises InvalidInput naming the services of a cycle.
    """
    graph = {service.id: service.depends_on for service in services}
    grades = {service.id: service.grade.value for service in services}
    order = _sorted(graph)
    level: dict[str, int] = {}
    for name in order:
        below = max((level[need] for need in graph.get(name, ()) if need in level), default=0)
        level[name] = below + (name in moving)
    waves: dict[int, list[str]] = {}
    for name in order:
        if name in moving:
            waves.setdefault(level[name], []).append(name)
    return tuple(tuple(sorted(waves[wave], key=lambda name: (grades[name], name))) for wave in sorted(waves))


def moving_needs(services: Sequence[Service], moving: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """For each moving service the nearest moving ones that it needs, directly or through others that stay."""
    graph = {service.id: service.depends_on for service in services}
    order = _sorted(graph)
    nearest: dict[str, frozenset[str]] = {}
    for name in order:
        found: set[str] = set()
        for need in graph.get(name, ()):
            found |= {need} if need in moving else nearest.get(need, frozenset())
        nearest[name] = frozenset(found)
    return {name: tuple(sorted(nearest[name])) for name in order if name in moving}


def _sorted(graph: Mapping[str, Sequence[str]]) -> list[str]:
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        # graphlib gives each node before the one that needs it, and the first again as the last.
        ring = list(reversed(error.args[1]))
        raise InvalidInput(
            f"the dependencies of services go round: {' → '.join(ring)}",
            details=["a cycle has no recovery order"],
            resolution="ndcops inventory validate",
        ) from error
