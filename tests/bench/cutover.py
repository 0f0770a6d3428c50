"""Cut-overs under load, three of five with a kill -9 at a seeded moment, each followed by a quiet way back.

Cut-overs add up over calls, as long as program, stacks, inventory and seed are the same.
"""

import random
from collections import Counter
from dataclasses import asdict
from typing import Any

from ndcops.model.cutover import End
from tests.bench.changes import accumulated
from tests.bench.result import AtLeast, Measured, middle
from tests.bench.sandbox import Sandbox
from tests.bench.timing import Clock
from tests.switch_rounds import CLIENTS, RATE_PER_S, Arena, Kill, settle

ROUNDS = 200
LEAST_PER_S = 500
TARGETS = {
    "cutovers": AtLeast(ROUNDS),
    "lost": 0,
    "doubled": 0,
    "unbalanced": 0,
    "pause_p50_s": 1,
    "pause_p99_s": 3,
    "per_s": AtLeast(LEAST_PER_S),
}
NOTES = (
    f"two PostgreSQL 18 on loopback, {CLIENTS} clients that try both addresses in turn, {RATE_PER_S} transactions "
    "a second asked for; each updates an account and inserts into two tables, one of them without a key",
    "killed: source, target (the whole server, down up to 0.8 s), a walsender, ndcops; each run again until done",
    "lost: acknowledged commits that are missing where writes are taken after the change, or at the source after "
    "the way back; doubled: rows that are there twice; unbalanced: accounts that do not add up to their history",
    "pause: the longest time without an acknowledged commit, as the clients saw it, of the undisturbed cut-overs",
    "not simulated: servers, streams, steps, journal; dossier, ledger and DNS are left out",
)


def measure(sandbox: Sandbox, clock: Clock) -> Measured:
    """As many cut-overs as are missing and as the time allows."""
    del sandbox
    done = accumulated("cutover", clock, _round)
    return Measured(_figures(done), _samples(done), NOTES, len(done) >= clock.wanted)


def _round(field: Arena, clock: Clock, number: int) -> dict[str, Any]:
    chance = random.Random(f"{clock.seed}/{number}")
    kill = Kill.of(chance) if number % 5 > 1 else None
    field.begin()
    with field.clients() as log:
        settle(chance.uniform(0.3, 1.0))
        change = field.change(End.SOURCE, kill)
        settle()
    seen = field.judged(log, field.pair.target, change)
    back = field.judged(log, field.pair.source, field.change(End.TARGET))
    clock.say(
        f"  {seen.killed or 'undisturbed'}: pause {seen.gap_s} s, {seen.acknowledged} commits at {seen.per_s}/s, "
        f"lost {seen.lost}, doubled {seen.doubled}; after the way back lost {back.lost}"
    )
    return {"number": number, "disturbed": kill is not None, "there": asdict(seen), "back": asdict(back)}


def _figures(done: list[dict[str, Any]]) -> dict[str, float | int]:
    if not done:
        return {}
    both = [each[way] for each in done for way in ("there", "back")]
    quiet = sorted(each["there"]["gap_s"] for each in done if not each["disturbed"])
    figures: dict[str, float | int] = {
        "cutovers": len(done),
        "disturbed": sum(bool(each["there"]["killed"]) for each in done),
        "acknowledged": sum(each["there"]["acknowledged"] for each in done),
        "taken_back": sum(each["there"]["taken_back"] for each in done),
        **{name: sum(each[name] for each in both) for name in ("lost", "doubled", "unbalanced")},
    }
    if quiet:
        figures |= {
            "pause_p50_s": middle(quiet),
            "pause_p99_s": quiet[max(0, round(0.99 * len(quiet)) - 1)],
            "per_s": middle([each["there"]["per_s"] for each in done if not each["disturbed"]]),
        }
    return figures


def _samples(done: list[dict[str, Any]]) -> dict[str, Any]:
    bad = [
        each for each in done if any(each[way][name] for way in ("there", "back") for name in ("lost", "doubled"))
    ]
    return {"by_victim": dict(Counter(each["there"]["killed"] for each in done)), "bad": bad[:20], "rounds": done}
