"""`agency verify`: everything of one database, at both ends of its move."""

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime

from ndcops.model.errors import Refused
from ndcops.model.move import Move
from ndcops.model.move_names import MoveNames
from ndcops.model.proving import (
    DatabaseFacts,
    Direction,
    NotLookedAt,
    TableVerification,
    Verdict,
    Verification,
)
from ndcops.onboarding.plan.proving.catalogs import catalog_differences, judged, noted
from ndcops.onboarding.plan.proving.sequences import sequence_differences
from ndcops.onboarding.plan.proving.verdicts import concluded
from ndcops.onboarding.ports import ProofLimits, ProvenDatabase, ProvenDatabases
from ndcops.onboarding.run.proving.objects import check_foreign_keys, compare_large_objects
from ndcops.onboarding.run.proving.sides import Pool, Sides, Stream
from ndcops.onboarding.run.proving.tables import TableComparer
from ndcops.onboarding.run.proving.walk import PageCount, compare_tables


@dataclass(frozen=True)
class Prover:
    """on_progress(what, done, of): pages of both sides. seed: a new secret number of 63 bits for each proof."""

    databases: ProvenDatabases
    limits: ProofLimits
    now: Callable[[], datetime]
    clock: Callable[[], float]
    wait: Callable[[float], object]
    seed: Callable[[], int]
    stop: threading.Event
    on_progress: Callable[[str, int, int], None]

    def prove(self, move: Move) -> Verification:
        """Raises NdcopsError when a side does not answer, Refused when it cannot be compared, Interrupted."""
        began_at = self.now()
        with self._sides(move, move.names) as sides:
            source, target = both_facts(sides, move.names.schema)
            seed, began_lsn = self.seed(), sides.caught_up()
            tables = self.tables(sides, _copying(sides, move.names), source, target, seed)
            undecided: list[str] = [*source.hidden, *target.hidden]
            pending = sides.direction is not Direction.NONE
            large_objects, objects_compared = compare_large_objects(sides, undecided, pending=pending)
            orphans = check_foreign_keys(sides, target, undecided)
            catalog = catalog_differences(source, target)
            found = Verification(
                agency=move.agency,
                system=move.system,
                database=move.database,
                began_at=began_at,
                ended_at=self.now(),
                source_version=source.server_version,
                target_version=target.server_version,
                direction=sides.direction,
                began_lsn=began_lsn,
                seed=seed,
                tables=tables,
                catalog=judged(catalog),
                sequences_compared=len(source.sequences),
                sequences=sequence_differences(source.sequences, target.sequences, sides.direction),
                large_objects_compared=objects_compared,
                large_objects=large_objects,
                foreign_keys_checked=len(target.foreign_keys),
                orphans=orphans,
                undecided=tuple(undecided),
                notes=noted(catalog),
                verdict=Verdict.UNDECIDED,
                differences=0,
            )
        return concluded(found.model_copy(update={"ended_at": self.now()}))

    def tables(
        self, sides: Sides, waiting: Mapping[str, str], source: DatabaseFacts, target: DatabaseFacts, seed: int
    ) -> tuple[TableVerification, ...]:
        """Every table of both sides. waiting: why a table cannot be compared yet, by name."""
        all_pages = sum(table.pages for facts in (source, target) for table in facts.tables)
        pages = PageCount(all_pages, self.on_progress)
        comparer = TableComparer(sides, self.limits.lanes, self.limits.recheck_s, self.clock, self.wait, pages.add)
        return compare_tables(comparer, source, target, waiting, seed)

    @contextmanager
    def _sides(self, move: Move, names: MoveNames) -> Iterator[Sides]:
        with self.opened(move.source, move.target) as (source, target, pool):
            direction = _direction(source, target, names)
            upstream, slot = (
                (target, names.reverse_slot) if direction is Direction.REVERSE else (source, names.slot)
            )
            stream = None
            if direction is not Direction.NONE:
                stream = Stream(upstream, slot, self.limits.lag_s, self.clock, self.wait, self.stop)
            yield Sides(source, target, direction, stream, pool)

    @contextmanager
    def opened(
        self, source_words: str, target_words: str, *, moment: str = ""
    ) -> Iterator[tuple[ProvenDatabase, ProvenDatabase, Pool]]:
        """Sessions on both sides, and two threads to ask them. moment: an exported snapshot of the source."""
        with ExitStack() as stack:
            source = stack.enter_context(self.databases.open(source_words, "source", self.limits, moment=moment))
            target = stack.enter_context(self.databases.open(target_words, "target", self.limits))

            def interrupt() -> None:
                source.interrupt()
                target.interrupt()

            threads = stack.enter_context(ThreadPoolExecutor(2, thread_name_prefix="side"))
            yield source, target, Pool(threads, self.stop, interrupt)


def _direction(source: ProvenDatabase, target: ProvenDatabase, names: MoveNames) -> Direction:
    """By the subscriptions that are there. A cut-over that was taken back may leave the way back, switched off."""
    forward, back = target.subscription(names.subscription), source.subscription(names.reverse_subscription)
    if back is not None and (back.is_enabled or forward is None):
        return Direction.REVERSE
    return Direction.NONE if forward is None else Direction.FORWARD


def _copying(sides: Sides, names: MoveNames) -> dict[str, str]:
    """Tables whose first copy the stream has not ended, by name."""
    if sides.direction is Direction.NONE:
        return {}
    forward = sides.direction is Direction.FORWARD
    name = names.subscription if forward else names.reverse_subscription
    found = sides.downstream.subscription(name)
    return {table: "its first copy is not done" for table in found.waiting} if found is not None else {}


def both_facts(sides: Sides, ours: str) -> tuple[DatabaseFacts, DatabaseFacts]:
    """What both are made of. Raises Refused when a catalog cannot be read, or the two cannot be compared."""
    try:
        source, target = sides.pool.both(
            lambda: sides.source.facts(ours=ours), lambda: sides.target.facts(ours=ours)
        )
    except NotLookedAt as error:
        raise Refused(
            f"nothing can be concluded: {error.message}",
            details=["what the two databases are made of could not be read"],
            resolution="see that nobody alters tables meanwhile, then run the same command again",
        ) from error
    _check_encodings(source, target)
    return source, target


def _check_encodings(source: DatabaseFacts, target: DatabaseFacts) -> None:
    """Raises Refused when the text of one side is of no known encoding and the other's is."""
    encodings = {source.encoding, target.encoding}
    if len(encodings) > 1 and "SQL_ASCII" in encodings:
        raise Refused(
            f"the source is in {source.encoding}, the target in {target.encoding}: their texts cannot be compared",
            resolution="make the target with the source's encoding, or convert the source first",
        )
