"""Groups of names that need each other (strongly connected components), needed ones first."""

from collections.abc import Iterable, Mapping


def dependency_groups(needs: Mapping[str, Iterable[str]]) -> list[tuple[str, ...]]:
    """Every name of `needs` in one group; a group comes after all that it needs. Unknown needs are passed over.

    Tarjan's algorithm without recursion: a chain of 5,000 systems would be too deep for Python's stack.
    The result depends on names alone, not on the order of the mapping.
    """
    search = _Search({name: sorted(set(needs[name]) & needs.keys()) for name in sorted(needs)})
    for name in search.needs:
        if name not in search.index:
            search.visit(name)
    return search.groups


class _Search:
    def __init__(self, needs: dict[str, list[str]]) -> None:
        self.needs = needs
        self.index: dict[str, int] = {}
        self.groups: list[tuple[str, ...]] = []
        self._low: dict[str, int] = {}
        self._open: list[str] = []
        self._is_open: set[str] = set()

    def visit(self, root: str) -> None:
        """Everything that can be reached from `root`."""
        self._begin(root)
        path = [(root, iter(self.needs[root]))]
        while path:
            name, left = path[-1]
            need = next(left, None)
            if need is None:
                path.pop()
                self._end(name)
                if path:
                    above = path[-1][0]
                    self._low[above] = min(self._low[above], self._low[name])
            elif need not in self.index:
                self._begin(need)
                path.append((need, iter(self.needs[need])))
            elif need in self._is_open:
                self._low[name] = min(self._low[name], self.index[need])

    def _begin(self, name: str) -> None:
        self.index[name] = self._low[name] = len(self.index)
        self._open.append(name)
        self._is_open.add(name)

    def _end(self, name: str) -> None:
        if self._low[name] != self.index[name]:
            return
        at = self._open.index(name)
        group = self._open[at:]
        del self._open[at:]
        self._is_open.difference_update(group)
        self.groups.append(tuple(sorted(group)))
