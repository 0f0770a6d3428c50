"""A restored copy against the moment of its origin that it holds, for `agency accept` and `decommission`."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ndcops.model.cutover import CopyFindings, RestoredCopy
from ndcops.model.proving import Direction
from ndcops.onboarding.plan.proving.catalogs import catalog_differences
from ndcops.onboarding.plan.proving.copies import CopyLooks, copy_differences
from ndcops.onboarding.plan.proving.sequences import below_columns
from ndcops.onboarding.run.proving.objects import check_foreign_keys, compare_large_objects
from ndcops.onboarding.run.proving.prover import Prover, both_facts
from ndcops.onboarding.run.proving.sides import Sides


@dataclass(frozen=True)
class CopyProver:
    """prover: with the bounds, the seed and the sessions of `agency verify`."""

    prover: Prover

    def compare(self, words: str, copy: RestoredCopy, *, ours: str) -> CopyFindings:
        """Raises NdcopsError when a server is gone, Refused when they cannot be compared, Interrupted."""
        undecided: list[str] = []
        with self._sides(words, copy) as sides:
            origin, restored = both_facts(sides, ours)
            undecided += [*origin.hidden, *restored.hidden]
            seed = self.prover.seed()
            tables = self.prover.tables(sides, {}, origin, restored, seed)
            large_objects, _ = compare_large_objects(sides, undecided, pending=False)
            orphans = check_foreign_keys(sides, restored, undecided)
        looks = CopyLooks(
            tables=tables,
            catalog=catalog_differences(origin, restored),
            sequences=below_columns(origin.sequences, restored.sequences),
            large_objects=large_objects,
            orphans=orphans,
            undecided=undecided,
        )
        return CopyFindings(
            tables=len(tables),
            rows=sum(table.source_rows for table in tables),
            seed=seed,
            digest=hashlib.sha256("".join(table.digest for table in tables).encode()).hexdigest(),
            differing=copy_differences(looks),
        )

    @contextmanager
    def _sides(self, words: str, copy: RestoredCopy) -> Iterator[Sides]:
        """No stream runs between them: nothing is in flight."""
        with self.prover.opened(words, copy.words, moment=copy.moment) as (origin, restored, pool):
            yield Sides(origin, restored, Direction.NONE, None, pool)
