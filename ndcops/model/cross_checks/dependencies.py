"""Recovery order comes from declared dependencies, so all must exist and no service's may lead back to itself."""

from collections import deque
from collections.abc import Iterator, Set

from ndcops.model.cross_checks.problem import Problem, Unread, not_among
from ndcops.model.inventory import Inventory

_Place = tuple[str, tuple[str | int, ...]]


def check_dependencies(inventory: Inventory, unread: Unread) -> list[Problem]:
    """Over hosted services and the systems that agencies bring, in one graph."""
    services = {service.id for service in inventory.services}
    graph = {service.id: service.depends_on for service in inventory.services}
    places: dict[str, _Place] = {service.id: (f"Service/{service.id}", ()) for service in inventory.services}
    for dossier in inventory.dossiers:
        for index, system in enumerate(dossier.systems):
            graph.setdefault(system.id, tuple(need.to for need in system.depends_on))
            places.setdefault(system.id, (f"Dossier/{dossier.id}", ("systems", index)))
    return [*_unknown(graph, places, unread), *_cycles(graph, places, services)]


def _unknown(graph: dict[str, tuple[str, ...]], places: dict[str, _Place], unread: Unread) -> Iterator[Problem]:
    for name, needs in graph.items():
        document, base = places[name]
        for index, need in enumerate(needs):
            if need not in graph and need not in unread.services and not unread.dossiers:
                message = not_among(need, "service", graph)
                yield Problem(document, (*base, "depends_on", index), message)


def _cycles(graph: dict[str, tuple[str, ...]], places: dict[str, _Place], services: Set[str]) -> Iterator[Problem]:
    """One cycle at a time: each found loses one of its edges, so that the next shows.

    Only those that lead through a hosted service: agencies' systems that need each other move in as one group.
    """
    left = {name: [need for need in needs if need in graph] for name, needs in graph.items()}
    for service in sorted(services):
        while cycle := _find_cycle(left, service):
            first, second = cycle[0], cycle[1]
            document, base = places[first]
            index = graph[first].index(second)
            message = (
                f"the dependencies go round: {' → '.join(cycle)}; expected no cycle (it has no recovery order)"
            )
            yield Problem(document, (*base, "depends_on", index), message)
            left[first] = [need for need in left[first] if need != second]


def _find_cycle(graph: dict[str, list[str]], start: str) -> list[str]:
    """A shortest cycle through `start`, as needs go (a needs b: a, b, ..., a), from its first name; or nothing."""
    came_from: dict[str, str] = {}
    waiting = deque([start])
    while waiting:
        name = waiting.popleft()
        for need in graph[name]:
            if need == start:
                ring = [name]
                while ring[-1] != start:
                    ring.append(came_from[ring[-1]])
                ring.reverse()
                first = ring.index(min(ring))
                return [*ring[first:], *ring[:first], ring[first]]
            if need not in came_from:
                came_from[need] = name
                waiting.append(need)
    return []
