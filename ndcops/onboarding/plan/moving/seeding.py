"""The plan of a seed, from what both ends tell: begun anew, gone on with after a kill, or only finished; pure.

A snapshot ends with the process that holds it. What was copied under it whole stays as long as the slot stands
where it stood; everything else is emptied, and copied by the stream itself, each table under its own snapshot.
"""

from collections.abc import Sequence
from enum import StrEnum

from ndcops.model.errors import Refused
from ndcops.model.move import Move
from ndcops.model.seed import SeedSource, SeedTable, SeedTarget
from ndcops.model.slot_keeping import SlotKeeping
from ndcops.onboarding.plan.moves import ROOM
from ndcops.onboarding.plan.moving.parts import BATCH_BYTES, BATCH_TABLES, copies
from ndcops.onboarding.plan.moving.refusals import keyless, seed_refusals
from ndcops.onboarding.plan.moving.slots import slot_refusals
from ndcops.onboarding.steps.seeding import (
    AwaitStream,
    BuildKeys,
    CopyLargeObjects,
    CopyMore,
    CopyRows,
    EndSnapshot,
    Finish,
    GatherStatistics,
    GuardSource,
    HoldSnapshot,
    IdentifyRows,
    KeepCopied,
    PrepareTarget,
    Publish,
    RestoreRest,
    RestoreTables,
    SeedWorld,
    Subscribe,
    WatchStream,
)
from ndcops.workflow.plan import Plan
from ndcops.workflow.step import Step

Steps = list[Step[SeedWorld]]


class SeedStage(StrEnum):
    """How far earlier runs came."""

    ANEW = "anew"
    KEPT = "kept"
    STREAMING = "streaming"


def stage_of(source: SeedSource, target: SeedTarget) -> SeedStage:
    """Where to go on. Copies count only while the slot stands at the very position that they belong to."""
    if target.states is not None:
        return SeedStage.STREAMING
    slot = source.slot
    if slot is None or slot.lost or not target.restored or slot.position != target.position:
        return SeedStage.ANEW
    return SeedStage.KEPT if any(table.oid in target.copied for table in source.tables) else SeedStage.ANEW


def plan_seed(
    move: Move,
    source: SeedSource,
    target: SeedTarget,
    keeping: SlotKeeping | None = None,
    *,
    kind: str,
    width: int,
    may_be_open: bool,
) -> Plan[SeedWorld]:
    """Every step that is left. kind: the run's target, lab or production. keeping: None where no cluster manages
    the target's slots.

    Raises Refused with every reason against beginning, or when the schema changed since it was copied.
    """
    reasons = [*seed_refusals(source, target, may_be_open=may_be_open), *_changed(source)]
    reasons += slot_refusals(move, keeping, database=source.name)
    if reasons:
        raise Refused(
            f"{move.id} cannot be seeded: {len(reasons)} reasons; nothing was changed",
            details=reasons,
            resolution=f"ndcops agency assess {move.agency}",
        )
    stage = stage_of(source, target)
    if stage is SeedStage.STREAMING:
        _require_slot(move, source)
        steps = _streaming(source, target)
    else:
        anew = stage is SeedStage.ANEW
        published = source.tables if anew else _copied(source, target)
        steps = _prepared(source, published, again=anew and target.ours and target.completed)
        steps += _anew(source, width) if stage is SeedStage.ANEW else _kept(source, target)
    return Plan(ROOM, kind, f"agency seed {move.agency} {move.database}", tuple(steps), {"stage": stage.value})


def plan_watch(move: Move, *, kind: str, hold_s: int, bound_bytes: int, limit_bytes: int) -> Plan[SeedWorld]:
    """Watch a stream that runs."""
    step = WatchStream(hold_s=hold_s, bound_bytes=bound_bytes, limit_bytes=limit_bytes)
    return Plan(ROOM, kind, f"agency seed {move.agency} {move.database} watch", (step,))


def _changed(source: SeedSource) -> list[str]:
    return [
        f"the schema changed since it was copied: {entry} (take the seed back with --undo, begin again)"
        for entry in source.ddl_entries[:10]
    ]


def _require_slot(move: Move, source: SeedSource) -> None:
    if source.slot is None or source.slot.lost:
        raise Refused(
            f"{move.id}: the source no longer has the WAL that the stream needs: its slot is gone",
            details=["rows would be missing if the stream went on"],
            resolution=f"ndcops agency seed {move.agency} --database {move.database} --undo",
        )


def _prepared(source: SeedSource, published: Sequence[SeedTable], *, again: bool) -> Steps:
    """Identities before publications, so that no statement of the agency's ever fails."""
    bare = source.model_copy(update={"tables": (), "slot": None, "ddl_entries": ()})
    guard = GuardSource()
    keyless_tables = tuple(table for table in source.tables if keyless(table))
    prepare = PrepareTarget(bare, again)
    identify = [IdentifyRows(keyless_tables, needs=(guard.key,))] if keyless_tables else []
    publish = Publish(tuple(published), needs=(guard.key, *(step.key for step in identify)))
    restore = RestoreTables(needs=(prepare.key, guard.key))
    return [prepare, guard, *identify, publish, restore]


def _anew(source: SeedSource, width: int) -> Steps:
    hold = HoldSnapshot(needs=("publication", "tables"))
    copied = [
        CopyRows(parts, needs=(hold.key,))
        for parts in copies(source.tables, width=width, server_version=source.version_number)
    ]
    large = [CopyLargeObjects(needs=(hold.key,))] if source.large_objects else []
    end = EndSnapshot(needs=(hold.key, *(step.key for step in copied), *(step.key for step in large)))
    keys = _keys(source.tables, copied)
    known = _statistics(keys)
    rest = RestoreRest(needs=(end.key, *(step.key for step in keys)))
    stream = Subscribe(needs=(rest.key,))
    finished = _finished(stream.key, *(step.key for step in known))
    return [hold, *copied, *large, end, *keys, *known, rest, stream, *finished]


def _kept(source: SeedSource, target: SeedTarget) -> Steps:
    """The stream begins with the tables that are whole; it copies the others, then foreign keys can hold."""
    whole = _copied(source, target)
    left = tuple(table for table in source.tables if table.oid not in target.copied)
    keep = KeepCopied(whole, target.position, needs=("publication", "tables"))
    steps: Steps = [keep]
    if source.large_objects:
        steps.append(CopyLargeObjects(under_snapshot=False, needs=(keep.key,)))
    keys = _keys(source.tables, [], after=keep.key)
    stream = Subscribe(needs=(keep.key, *(step.key for step in keys)))
    steps += [*keys, stream]
    last = stream.key
    if left:
        everything = Publish(source.tables, "of all", needs=(stream.key,))
        more = CopyMore(left, needs=(everything.key,))
        steps += [everything, more]
        last = more.key
    wait = AwaitStream(needs=(last,))
    rest = RestoreRest(needs=(wait.key,))
    return [*steps, wait, rest, Finish(needs=(rest.key,))]


def _streaming(source: SeedSource, target: SeedTarget) -> Steps:
    """What a run that was killed behind the subscription left to do."""
    steps: Steps = []
    last: tuple[str, ...] = ()
    states = target.states or {}
    left = tuple(table for table in source.tables if table.full_name not in states)
    if left:
        everything = Publish(source.tables, "of all")
        steps += [everything, CopyMore(left, needs=(everything.key,))]
        last = (steps[-1].key,)
    wait = AwaitStream(needs=last)
    steps.append(wait)
    if not target.completed:
        rest = RestoreRest(needs=(wait.key,))
        return [*steps, rest, Finish(needs=(rest.key,))]
    return [*steps, Finish(needs=(wait.key,))] if left or not target.finished else steps


def _finished(*after: str) -> Steps:
    finish = Finish(needs=after)
    return [finish, AwaitStream(needs=(finish.key,))]


def _copied(source: SeedSource, target: SeedTarget) -> tuple[SeedTable, ...]:
    return tuple(table for table in source.tables if table.oid in target.copied)


def _keys(tables: Sequence[SeedTable], copied: Sequence[CopyRows], after: str = "") -> list[BuildKeys]:
    """A large table by itself as soon as its rows are there, small ones together."""
    needs: dict[int, list[str]] = {}
    for step in copied:
        for part in step.parts:
            needs.setdefault(part.table.oid, []).append(step.key)

    def needed(batch: Sequence[SeedTable]) -> tuple[str, ...]:
        keys = tuple(dict.fromkeys(key for table in batch for key in needs.get(table.oid, [])))
        return keys or ((after,) if after else ())

    ordered = sorted(tables, key=lambda table: -table.size_bytes)
    small = [table for table in ordered if table.size_bytes <= BATCH_BYTES]
    batches = [tuple(small[at : at + BATCH_TABLES]) for at in range(0, len(small), BATCH_TABLES)]
    large = [
        step for table in ordered if table.size_bytes > BATCH_BYTES for step in _large(table, needed([table]))
    ]
    return [*large, *(BuildKeys(batch, needs=needed(batch)) for batch in batches)]


def _statistics(keys: Sequence[BuildKeys]) -> list[GatherStatistics]:
    """Of each batch when all its indexes stand: building one and gathering lock each other out."""
    needs: dict[tuple[SeedTable, ...], list[str]] = {}
    for step in keys:
        needs.setdefault(step.tables, []).append(step.key)
    return [GatherStatistics(tables, needs=tuple(built)) for tables, built in needs.items()]


def _large(table: SeedTable, needs: tuple[str, ...]) -> list[BuildKeys]:
    """Constraints first, one after the other, since each locks out all else; then indexes side by side."""
    keys = BuildKeys((table,), table.keys, needs=needs)
    return [
        keys,
        *(
            BuildKeys((table,), (oid,), f"index {number} of", needs=(keys.key,))
            for number, oid in enumerate(table.indexes, start=1)
        ),
    ]
