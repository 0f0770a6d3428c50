"""Which steps a change of the writing end takes; a cut-over and the way back are the same steps, ends exchanged.

All databases of a system change together: none is opened before the others are drained, so that the system never
works with one half here and one half there.
"""

from collections.abc import Iterator, Sequence

from ndcops.model.cutover import End
from ndcops.model.errors import Refused
from ndcops.model.lifecycle import GateReport
from ndcops.onboarding.plan.switching.facts import MoveFacts, NameFacts, SwitchFacts
from ndcops.onboarding.plan.switching.objections import objections
from ndcops.onboarding.steps.switching import (
    ClearStream,
    CopyLargeObjects,
    CopySequences,
    Drain,
    HaltStream,
    OpenEnd,
    PointNames,
    Prepare,
    RaiseFence,
    SmokeTest,
    StartBack,
    SwitchWorld,
)
from ndcops.workflow.plan import Plan
from ndcops.workflow.step import Step

ROOM = "onboarding"
LOW_TTL_S = 5
"""In the pause resolvers must ask again soon; failover lowers to the same."""


def plan_switch(facts: SwitchFacts, *, target: str, title: str) -> Plan[SwitchWorld]:
    """The plan. Raises Refused with every objection."""
    refuse(facts.gate, facts.leaving, objections(facts))
    steps = list(_steps(facts))
    known = {"gate": facts.gate.state.value, "journal": facts.journal}
    return Plan(ROOM, target, title, tuple(steps), known)


def refuse(gate: GateReport, leaving: End, found: Sequence[str]) -> None:
    """Raises Refused when there is anything against it."""
    if found:
        verb = "cut over" if leaving is End.SOURCE else "taken back"
        raise Refused(
            f"{gate.system} is not {verb}: {len(found)} reasons",
            details=found,
            resolution=f"ndcops agency status {gate.agency}",
        )


def _steps(facts: SwitchFacts) -> Iterator[Step[SwitchWorld]]:
    low = _names_low(facts)
    if low is not None:
        yield low
    chains = [_chain(move, facts.leaving, (low.key,) if low is not None else ()) for move in facts.moves]
    yield from _interlocked(facts, chains)


def _chain(move: MoveFacts, leaving: End, needs: tuple[str, ...]) -> list[Step[SwitchWorld]]:
    """From preparation to the step before the opening, each after the one before."""
    stream, database = move.stream(leaving), move.move.database
    back = move.reverse if leaving is End.SOURCE else None
    prepare = Prepare(
        database=database,
        leaving=leaving,
        stream=stream,
        back=back,
        outlives_leader=back is not None and move.ends[leaving.other].outlives_leader,
        needs=needs,
    )
    chain: list[Step[SwitchWorld]] = [prepare]
    objects = [
        CopyLargeObjects(database=database, leaving=leaving, stream=stream, stage=stage)
        for stage in ("early", "last")
    ]
    has_objects = any(facts.large_objects for facts in move.ends.values())
    if has_objects:
        chain.append(objects[0].model_copy(update={"needs": (prepare.key,)}))
    fence = RaiseFence(database=database, leaving=leaving, stream=stream, needs=(chain[-1].key,))
    drain = Drain(database=database, leaving=leaving, stream=stream, needs=(fence.key,))
    halt = HaltStream(database=database, leaving=leaving, stream=stream, needs=(drain.key,))
    sequences = CopySequences(database=database, leaving=leaving, stream=stream, needs=(halt.key,))
    chain += [fence, drain, halt, sequences]
    if has_objects:
        chain.append(objects[1].model_copy(update={"needs": (sequences.key,)}))
    if back is not None:
        last = chain[-1].key
        chain.append(StartBack(database=database, leaving=leaving, stream=stream, back=back, needs=(last,)))
    return chain


def _interlocked(facts: SwitchFacts, chains: Sequence[list[Step[SwitchWorld]]]) -> Iterator[Step[SwitchWorld]]:
    """No fence before all are prepared, no opening before all are drained."""
    prepared = tuple(
        need for chain in chains for step in chain if isinstance(step, RaiseFence) for need in step.needs
    )
    for chain in chains:
        for step in chain:
            yield step.model_copy(update={"needs": prepared}) if isinstance(step, RaiseFence) else step
    drained = tuple(chain[-1].key for chain in chains)
    opened: list[str] = []
    for move in facts.moves:
        opening = OpenEnd(
            database=move.move.database,
            leaving=facts.leaving,
            stream=move.stream(facts.leaving),
            admits=move.ends[End.SOURCE].admitted if facts.leaving is End.SOURCE else (),
            needs=drained,
        )
        opened.append(opening.key)
        yield opening
    moved = _names_moved(facts, tuple(opened))
    if moved is not None:
        yield moved
    yield from _afterwards(facts, (moved.key,) if moved is not None else tuple(opened))


def _afterwards(facts: SwitchFacts, needs: tuple[str, ...]) -> Iterator[Step[SwitchWorld]]:
    for move in facts.moves:
        database, stream = move.move.database, move.stream(facts.leaving)
        back = move.reverse if facts.leaving is End.SOURCE else None
        smoke = SmokeTest(database=database, leaving=facts.leaving, stream=stream, back=back, needs=needs)
        yield smoke
        also = move.forward if facts.leaving is End.TARGET else None
        yield ClearStream(database=database, leaving=facts.leaving, stream=stream, also=also, needs=(smoke.key,))


def _names_low(facts: SwitchFacts) -> PointNames | None:
    """The time to live goes down before, where names will move at all."""
    moved = _names_moved(facts, ())
    if moved is None:
        return None
    return moved.model_copy(update={"stage": "low", "addresses": moved.known, "waits": True})


def _names_moved(facts: SwitchFacts, needs: tuple[str, ...]) -> PointNames | None:
    """None when there are no names, or they lead there already, or where they led is not known."""
    names = facts.names
    known = tuple(sorted({one for state in names.states for each in state.answers for one in each.addresses}))
    if not names.states or not known:
        return None
    addresses = (names.entry,) if facts.leaving is End.SOURCE else names.back
    if not addresses and facts.leaving is End.TARGET:
        return None
    if known == tuple(sorted(addresses)):
        return None
    return PointNames(
        system=facts.system,
        stage="moved",
        names=tuple(state.name for state in names.states),
        known=known,
        addresses=addresses,
        ttl_s=LOW_TTL_S,
        old_ttl_s=_oldest_ttl_s(names),
        needs=needs,
    )


def _oldest_ttl_s(names: NameFacts) -> int:
    return max((each.ttl_s for state in names.states for each in state.answers), default=names.ttl_s)
