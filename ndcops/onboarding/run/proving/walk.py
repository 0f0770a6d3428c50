"""All tables of both sides, largest first."""

import threading
from collections.abc import Callable, Mapping

from ndcops.model.proving import DatabaseFacts, HashMethod, NotLookedAt, ProvenTable, TableVerification
from ndcops.onboarding.plan.proving.forms import SLICING_VERSION, form_of, method_for
from ndcops.onboarding.run.proving.tables import Pair, TableComparer


class PageCount:
    """Pages done of all pages of both sides, counted from several threads."""

    def __init__(self, total: int, on_progress: Callable[[str, int, int], None]) -> None:
        self._total = total
        self._on_progress = on_progress
        self._done = 0
        self._guard = threading.Lock()

    def add(self, table: str, pages: int) -> None:
        """Some more. Tables grow meanwhile: never more than all."""
        with self._guard:
            self._done = min(self._total, self._done + pages)
            done = self._done
        self._on_progress(table, done, self._total)


def compare_tables(
    comparer: TableComparer,
    source: DatabaseFacts,
    target: DatabaseFacts,
    waiting: Mapping[str, str],
    seed: int,
) -> tuple[TableVerification, ...]:
    """In order of name. waiting: why a table cannot be compared yet, by name."""
    method = method_for(source, target)
    left = {table.full_name: table for table in source.tables}
    right = {table.full_name: table for table in target.tables}
    sliced = (source.server_version >= SLICING_VERSION, target.server_version >= SLICING_VERSION)
    found = []
    for name in sorted(left.keys() | right.keys(), key=lambda name: -_pages(left.get(name), right.get(name))):
        mine, other = left.get(name), right.get(name)
        if mine is not None and other is not None:
            pair = Pair(mine, other, form_of(mine, other, method, seed), sliced, waiting.get(name, ""))
            found.append(comparer.compare(pair))
        elif mine is not None:
            found.append(_alone(comparer, mine, method, seed, at_source=True, sliced=sliced[0]))
        elif other is not None:
            found.append(_alone(comparer, other, method, seed, at_source=False, sliced=sliced[1]))
    return tuple(sorted(found, key=lambda one: one.table))


def _pages(*tables: ProvenTable | None) -> int:
    return sum(table.pages for table in tables if table is not None)


def _alone(
    comparer: TableComparer, table: ProvenTable, method: HashMethod, seed: int, *, at_source: bool, sliced: bool
) -> TableVerification:
    """A table that the other side does not have: each of its rows differs, and it does so even without rows."""
    form = form_of(table, table, method, seed)
    found = TableVerification(table=table.full_name, key=table.key, columns=len(table.columns), method=method)
    if table.problem:
        return found.model_copy(update={"problem": table.problem})
    try:
        rows = comparer.count(table, form, at_source=at_source, sliced=sliced)
    except NotLookedAt as error:
        return found.model_copy(update={"problem": error.message})
    counted = {"source_rows" if at_source else "target_rows": rows}
    return found.model_copy(update={**counted, "differing_rows": max(1, rows)})
