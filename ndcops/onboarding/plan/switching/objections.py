"""All reasons against a change of the writing end, at once; pure."""

from collections.abc import Iterator

from ndcops.model.cutover import End, EndFacts
from ndcops.model.lifecycle import GateReport, LifecycleState
from ndcops.onboarding.plan.moving.slots import slot_refusals
from ndcops.onboarding.plan.switching.facts import MoveFacts, SwitchFacts

OLDEST, NEWEST = 15, 18
"""Major versions of PostgreSQL that the change was tried with; others are refused."""

BROUGHT = frozenset({"fence", "sentinel", "sequences", "reverse-stream"})
"""Checks of the gate to `cut-over` whose evidence the cut-over itself brings."""

MOST_LAG_BYTES = 16 << 20
"""What is not applied yet lengthens the pause; 16 MiB are well below a second's work."""

_BACK_FROM = frozenset({LifecycleState.CUT_OVER, LifecycleState.VERIFIED})


def objections(facts: SwitchFacts) -> tuple[str, ...]:
    """Why it must not begin; none when it may."""
    found = list(gate_objections(facts.gate, facts.leaving))
    if not facts.moves:
        found.append(f"{facts.system} has no database that could move")
    for move in facts.moves:
        database = move.move.database
        found += [f"{database}: {why}" for why in _ends(move, facts.leaving)]
        found += [f"{database}: {why}" for why in _stream(move, facts.leaving)]
        found += [f"{database}: {why}" for why in _sequences(move, facts.leaving)]
        found += [f"{database}: {why}" for why in _kept(move, facts)]
    return tuple(found)


def gate_objections(gate: GateReport, leaving: End) -> Iterator[str]:
    """Those that no end needs to be asked for."""
    if leaving is End.TARGET:
        if gate.state not in _BACK_FROM:
            yield f"{gate.system} is '{gate.state}'; only a system that is cut over goes back"
        return
    if gate.state is not LifecycleState.REHEARSED:
        yield f"{gate.system} is '{gate.state}'; only a rehearsed system is cut over"
        return
    for check in gate.checks:
        if not check.passed and check.check not in BROUGHT:
            yield f"gate '{check.check}': {check.why}"


def _ends(move: MoveFacts, leaving: End) -> Iterator[str]:
    for end in (leaving, leaving.other):
        facts = move.ends[end]
        major = facts.version // 10000
        if not OLDEST <= major <= NEWEST:
            yield f"{end}: PostgreSQL {major}; tried with {OLDEST} to {NEWEST}"
        if facts.in_recovery:
            yield f"{end}: a standby, which takes no writes"
        if facts.foreign_subscriptions:
            yield f"{end}: streams of others write here: {', '.join(facts.foreign_subscriptions)}"
        if facts.prepared:
            yield f"{end}: prepared transactions could still be committed: {', '.join(facts.prepared)}"
    if move.ends[leaving].free_slots < 1:
        yield f"{leaving}: no free replication slot to watch with"
    if not move.ends[leaving].fenceable:
        yield (
            f"{leaving}: our account cannot lock out all others and end their sessions (superuser, or owner with "
            "pg_signal_backend while no superuser is inside)"
        )
    yield from _way_back(move, leaving)


def _way_back(move: MoveFacts, leaving: End) -> Iterator[str]:
    """A way back's own way back is a new seed, so it needs none."""
    if leaving is End.TARGET:
        return
    left, taking = move.ends[leaving], move.ends[leaving.other]
    if not left.may_stream:
        yield f"{leaving}: our account may not subscribe, so no row could come back (superuser)"
    if taking.wal_level != "logical":
        yield f"{leaving.other}: wal_level is {taking.wal_level}, so no row could come back (logical)"
    if taking.free_slots < 1 and taking.slot is None:
        yield f"{leaving.other}: no free replication slot for the stream back"
    if taking.keyless:
        yield f"{leaving.other}: no REPLICA IDENTITY, so UPDATE would fail: {', '.join(taking.keyless[:5])}"


def _kept(move: MoveFacts, facts: SwitchFacts) -> tuple[str, ...]:
    """Asked at the seed, and again here: a configuration changes. A way back is not kept up by it: what may be
    lost then is only the watch behind the fence, without which it stops by itself.
    """
    if facts.leaving is End.TARGET:
        return ()
    return slot_refusals(move.move, facts.keeping, database=move.ends[End.TARGET].database)


def _stream(move: MoveFacts, leaving: End) -> Iterator[str]:
    stream = move.stream(leaving)
    left = move.ends[leaving]
    if left.unpublished:
        yield f"{leaving}: rows of these tables do not stream: {', '.join(left.unpublished[:5])}"
    slot, subscription = move.ends[leaving].slot, move.ends[leaving.other].subscription
    if slot is None or slot.lost:
        yield f"{leaving}: slot {stream.slot} {'has lost WAL' if slot is not None else 'is missing'}"
    elif not slot.active:
        yield f"{leaving}: nobody reads slot {stream.slot}"
    elif slot.lag_bytes > MOST_LAG_BYTES:
        yield f"the stream is {slot.lag_bytes} bytes behind; at most {MOST_LAG_BYTES} are taken"
    if subscription is None:
        yield f"{leaving.other}: subscription {stream.subscription} is missing"
        return
    if not subscription.enabled or not subscription.running:
        yield f"{leaving.other}: subscription {stream.subscription} does not run"
    if subscription.not_ready:
        yield f"{leaving.other}: not copied yet: {', '.join(subscription.not_ready[:5])}"


def _sequences(move: MoveFacts, leaving: End) -> Iterator[str]:
    left, taking = _sequences_of(move, leaving)
    missing = sorted(set(left.sequences) - set(taking.sequences))
    if missing:
        yield f"{leaving.other}: sequences are missing: {', '.join(missing[:5])}"
    if left.behind:
        yield f"{leaving}: sequences would give numbers that are used already: {', '.join(left.behind[:5])}"


def _sequences_of(move: MoveFacts, leaving: End) -> tuple[EndFacts, EndFacts]:
    return move.ends[leaving], move.ends[leaving.other]
