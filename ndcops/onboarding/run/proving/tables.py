"""Compares one table: a first look at both sides, rows of differing buckets, then again what may be in flight."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from ndcops.model.proving import (
    ItemState,
    NotLookedAt,
    ProvenTable,
    RowDifference,
    RowDifferenceKind,
    RowForm,
    TableVerification,
)
from ndcops.onboarding.plan.proving.buckets import Buckets, added, differing, digest_of, rows_of
from ndcops.onboarding.plan.proving.recheck import Judgement, Round, judge
from ndcops.onboarding.plan.proving.rows import Item, Key, Surplus, difference_of, surplus
from ndcops.onboarding.plan.proving.slicing import slices_of
from ndcops.onboarding.ports import Snapshot
from ndcops.onboarding.run.proving.sides import Sides, raise_if_stopped, while_not_stopped

LISTED = 10_000
"""Differing rows that a report names, of one table; all are counted."""

_LOOKED_AT = 1_000
"""Keys in one statement."""


@dataclass(frozen=True)
class Pair:
    """A table on both sides, and how it is compared.

    sliced: whether source, target can scan a range of pages. waiting: why it cannot be compared yet.
    """

    source: ProvenTable
    target: ProvenTable
    form: RowForm
    sliced: tuple[bool, bool]
    waiting: str = ""


@dataclass(frozen=True)
class TableComparer:
    """on_pages(table, pages): called as pages of either side are done, from the threads that read them.

    recheck_s: bound for rows that keep changing.
    """

    sides: Sides
    lanes: int
    recheck_s: float
    clock: Callable[[], float]
    wait: Callable[[float], object]
    on_pages: Callable[[str, int], None]

    def compare(self, pair: Pair) -> TableVerification:
        """Whatever keeps it from being compared is its `problem`."""
        began_s = self.clock()
        found = TableVerification(
            table=pair.source.full_name,
            key=tuple(one.name for one in pair.form.key),
            columns=len(pair.form.columns),
            method=pair.form.method,
        )
        problem = _problem(pair)
        if problem:
            return found.model_copy(update={"problem": problem})
        try:
            changes = self._compared(pair)
        except NotLookedAt as error:
            changes = {"problem": error.message}
        return found.model_copy(update={**changes, "took_ms": round(1000 * (self.clock() - began_s))})

    def count(self, table: ProvenTable, form: RowForm, *, at_source: bool, sliced: bool) -> int:
        """All rows of a table that only one side has."""
        side = self.sides.source if at_source else self.sides.target
        with side.snapshot() as moment:
            return rows_of(self._scan(moment, table, form, sliced=sliced))

    def _compared(self, pair: Pair) -> dict[str, object]:
        with self._moments() as (source, target):
            left, right = self.sides.pool.both(
                lambda: self._scan(source, pair.source, pair.form, sliced=pair.sliced[0]),
                lambda: self._scan(target, pair.target, pair.form, sliced=pair.sliced[1]),
            )
            found: dict[str, object] = {
                "source_rows": rows_of(left),
                "target_rows": rows_of(right),
                "digest": digest_of(left),
            }
            numbers = differing(left, right)
            if not numbers:
                return found
            rows, others = self.sides.pool.both(
                lambda: source.rows(pair.source, pair.form, numbers),
                lambda: target.rows(pair.target, pair.form, numbers),
            )
            stop = self.sides.pool.stop
            unshared = surplus(while_not_stopped(rows, stop), while_not_stopped(others, stop))
        if self.sides.stream is None:
            return found | _final(unshared, keyed=bool(pair.form.key))
        if pair.source.unlogged:
            return found | {"pending": unshared.source_only + unshared.target_only}
        return found | self._rechecked(pair, unshared)

    @contextmanager
    def _moments(self) -> Iterator[tuple[Snapshot, Snapshot]]:
        """A moment of the upstream, and one of the downstream as little later as the stream allows."""
        with self.sides.upstream.snapshot() as leading:
            self.sides.caught_up()
            with self.sides.downstream.snapshot() as following:
                yield (leading, following) if self.sides.source_leads else (following, leading)

    def _scan(self, moment: Snapshot, table: ProvenTable, form: RowForm, *, sliced: bool) -> Buckets:
        slices = slices_of(table, self.lanes, sliced=sliced)

        def done(index: int) -> None:
            self.on_pages(table.full_name, slices[index].page_count)

        return added(moment.scan(table, form, [one.piece for one in slices], done))

    def _rechecked(self, pair: Pair, unshared: Surplus) -> dict[str, object]:
        """Until every key is decided, or time is up; at least one round."""
        waiting, proven = list(unshared.items), dict[Key, Round]()
        deadline, pause_s = self.clock() + self.recheck_s, 0.0
        while waiting:
            raise_if_stopped(self.sides.pool.stop)
            judged = [
                (key, looks, judge(looks))
                for start in range(0, len(waiting), _LOOKED_AT)
                for key, looks in self._round(pair, waiting[start : start + _LOOKED_AT])
            ]
            proven |= {key: looks for key, looks, found in judged if found is Judgement.DIFFERENT}
            still = [key for key, _, found in judged if found is Judgement.UNDECIDED]
            if self.clock() >= deadline:
                waiting = still
                break
            pause_s = 0.0 if len(still) < len(waiting) else min(0.5, pause_s * 2 + 0.005)
            waiting = still
            self.wait(pause_s)
        kept_out = (
            0 if unshared.is_whole else max(unshared.source_only, unshared.target_only) - len(unshared.items)
        )
        return {
            "rechecked": len(unshared.items),
            "differing_rows": len(proven),
            "listed": self._listed(proven, unshared.items, keyed=bool(pair.form.key)),
            "undecided": len(waiting) + max(0, kept_out),
        }

    def _round(self, pair: Pair, keys: Sequence[Key]) -> list[tuple[Key, Round]]:
        """Four looks; see `plan.proving.recheck`."""
        up, down = self.sides.upstream, self.sides.downstream
        tables = (pair.source, pair.target) if self.sides.source_leads else (pair.target, pair.source)
        before = down.look(tables[1], pair.form, keys)
        leading = up.look(tables[0], pair.form, keys)
        self.sides.caught_up()
        then = down.look(tables[1], pair.form, keys)
        last = up.look(tables[0], pair.form, keys)
        looks = [Round(*four) for four in zip(before, leading, then, last, strict=True)]
        return list(zip(keys, looks, strict=True))

    def _listed(
        self, proven: Mapping[Key, Round], items: Mapping[Key, Item], *, keyed: bool
    ) -> tuple[RowDifference, ...]:
        """As the last looks saw them."""
        listed = []
        for key, looks in list(proven.items())[:LISTED]:
            states = (looks.upstream_last, looks.downstream_then)
            source, target = states if self.sides.source_leads else (states[1], states[0])
            found = difference_of(key, items[key], keyed=keyed)
            listed.append(
                found.model_copy(
                    update={
                        "kind": _kind(source, target, keyed=keyed),
                        "source_copies": source.rows if keyed else max(0, source.rows - target.rows),
                        "target_copies": target.rows if keyed else max(0, target.rows - source.rows),
                    }
                )
            )
        return tuple(listed)


def _kind(source: ItemState, target: ItemState, *, keyed: bool) -> RowDifferenceKind:
    if keyed and source.rows and target.rows:
        return RowDifferenceKind.CHANGED
    return RowDifferenceKind.MISSING if source.rows > target.rows else RowDifferenceKind.EXTRA


def _final(unshared: Surplus, *, keyed: bool) -> dict[str, object]:
    """Without a stream nothing is in flight: what differs is different."""
    listed = [difference_of(key, item, keyed=keyed) for key, item in list(unshared.items.items())[:LISTED]]
    most = max(unshared.source_only, unshared.target_only)
    differing_rows = len(unshared.items) if unshared.is_whole else max(most, len(unshared.items))
    return {"differing_rows": differing_rows, "listed": tuple(listed)}


def _problem(pair: Pair) -> str:
    if pair.waiting:
        return pair.waiting
    for side, table in (("source", pair.source), ("target", pair.target)):
        if table.problem:
            return f"{side}: {table.problem}"
    if not pair.form.columns and (pair.source.columns or pair.target.columns):
        return "the sides share no column"
    return ""
