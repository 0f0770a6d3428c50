"""A database service moved as planned and by the death of its site, under 200 writes a second, seen from outside.

By the command line, as an operator moves it. Rounds add up over calls, as long as program, stacks, inventory and
seed are the same; what a run is promised comes from the runs before it on the same lab.
"""

import json
import math
import random
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ndcops.lab.databases.patroni_member import TTL_S
from ndcops.lab.probe.control import ProbeFindings
from tests.bench.moving_country import (
    SERVICE,
    SETTLED_TIMEOUT_S,
    Country,
    lost_writes,
    moving_country,
    seen,
    took_turns,
    writes_since,
)
from tests.bench.result import AtLeast, Measured, middle, source_key
from tests.bench.sandbox import BenchFailed, Sandbox, results_folder
from tests.bench.timing import Clock, until

RATE_PER_S = 200
TARGETS = {
    "pause_p50_s": 5,
    "outage_p95_s": TTL_S + 10,
    "lost_writes": 0,
    "two_sides": 0,
    "rto_inside_share": AtLeast(0.85),
    "rto_width": 2.5,
}
ROUNDS = 10

NOTES = (
    "each round: a planned move, and SIGKILL to the site that leads, which is evacuated, comes back and rejoins; "
    "home and standby are lost in turns",
    "pause and outage: the longest time without a confirmed write, as the probe outside saw it; an outage counts "
    "from the kill, the command's start and its reading of facts included",
    "rto_inside_share: moves whose measured pause lay in the 90% interval that their plan had promised; "
    "rto_width: the widest such interval, its end over its beginning; until five "
    "runs are known, intervals are assumptions",
    "two_sides: rounds in which, within one move, an address confirmed writes again after another one had",
    "simulated: nodes and pods (KWOK); real: the room, etcd, Patroni, PostgreSQL, BIND, API servers",
)


@dataclass(frozen=True)
class Move:
    """One move as its run's report has it. low_ms, high_ms: ends of the promised interval."""

    run: str
    planned: bool
    pause_ms: int
    low_ms: int
    high_ms: int

    @property
    def is_inside(self) -> bool:
        """Whether it took what was promised."""
        return self.low_ms <= self.pause_ms <= self.high_ms


@dataclass(frozen=True)
class Round:
    """What one round measured."""

    number: int
    seed: int
    lost_site: str
    pause_s: float
    outage_s: float
    lost: int
    two_sides: bool
    confirmed: int
    moves: tuple[Move, ...]


def measure(sandbox: Sandbox, clock: Clock) -> Measured:
    """Rounds of both, on a lab of its own."""
    done = [each for each in _past(clock.seed) if each.number <= clock.wanted]
    with moving_country(sandbox, rate_per_s=RATE_PER_S) as country:
        for number in clock.rounds("switch", first=len(done) + 1):
            done.append(_round(number, clock, country))
            with _record(clock.seed).open("a") as file:
                file.write(json.dumps(asdict(done[-1])) + "\n")
    return Measured(_figures(done), {"rounds": [asdict(each) for each in done]}, NOTES, len(done) >= clock.wanted)


def _round(number: int, clock: Clock, country: Country) -> Round:
    """In odd rounds the service moves away first, and its standby's site is lost; in even ones its home's."""
    chance = random.Random(f"{clock.seed}/{number}")
    began = datetime.now(UTC)
    moves: list[Move] = []
    watched: list[ProbeFindings] = []
    if number % 2:
        moves += _planned(country, chance, ("failover", "switch", SERVICE), watched)
    victim = _at_any_moment(country, chance)
    killed = datetime.now(UTC)
    country.ndcops("lab", "kill", victim)
    moves += _moves(country.ndcops("failover", "evacuate", victim, "--lost"))
    until(lambda: writes_since(killed), "writes are confirmed again", SETTLED_TIMEOUT_S)
    outage = seen(killed)
    country.ndcops("lab", "revive", victim)
    if number % 2:
        country.ndcops("--site", victim, "failover", "failback")
    else:
        moves += _planned(country, chance, ("--site", victim, "failover", "failback"), watched)
    country.wait_until_whole()
    whole = seen(began)
    found = Round(
        number,
        clock.seed,
        victim,
        watched[0].seen.outage_ms / 1000,
        outage.seen.outage_ms / 1000,
        lost_writes(whole),
        any(took_turns(each) for each in (*watched, outage)),
        len(whole.seen.confirmed),
        tuple(moves),
    )
    clock.say(
        f"switch {number}: pause {found.pause_s:.2f} s, outage {found.outage_s:.1f} s, {found.confirmed} writes, "
        f"{found.lost} lost; " + ", ".join(f"{m.pause_ms} in {m.low_ms}..{m.high_ms} ms" for m in moves)
    )
    return found


def _planned(
    country: Country, chance: random.Random, words: tuple[str, ...], watched: list[ProbeFindings]
) -> tuple[Move, ...]:
    if words[0] != "--site":
        _at_any_moment(country, chance)
    began = datetime.now(UTC)
    moves = _moves(country.ndcops(*words))
    country.wait_until_whole()
    watched.append(seen(began))
    return moves


def _at_any_moment(country: Country, chance: random.Random) -> str:
    """Wait until the other site confirms, and then to anywhere in Patroni's loop; returns who leads."""
    country.wait_until_whole()
    site = country.leader_site()
    country.wait_until_whole(confirming=country.other(site))
    time.sleep(chance.uniform(1, 6))
    return site


def _moves(story: Any) -> tuple[Move, ...]:
    found = []
    for each in story["services"]:
        if each["outcome"] != "moved" or each["pause_ms"] is None or each["predicted_ms"] is None:
            raise BenchFailed(f"run {story['run']} did not move {each['service']}: {each['outcome']}")
        low_ms, _, high_ms = each["predicted_ms"]
        found.append(Move(story["run"], each["planned"], each["pause_ms"], low_ms, high_ms))
    return tuple(found)


def _figures(done: list[Round]) -> dict[str, float | int]:
    if not done:
        return {}
    outages = sorted(each.outage_s for each in done)
    moves = [move for each in done for move in each.moves]
    return {
        "pause_p50_s": middle([each.pause_s for each in done]),
        "pause_max_s": max(each.pause_s for each in done),
        "outage_p50_s": middle(outages),
        "outage_p95_s": outages[math.ceil(0.95 * len(outages)) - 1],
        "lost_writes": max(each.lost for each in done),
        "two_sides": sum(each.two_sides for each in done),
        "rto_inside_share": round(sum(move.is_inside for move in moves) / len(moves), 3),
        "rto_width": round(max(move.high_ms / max(1, move.low_ms) for move in moves), 2),
        "moves": len(moves),
        "writes": sum(each.confirmed for each in done),
        "rounds": len(done),
    }


def _record(seed: int) -> Path:
    return results_folder() / f"switch-{source_key()}-{seed}.jsonl"


def _past(seed: int) -> list[Round]:
    path = _record(seed)
    lines = path.read_text().splitlines() if path.exists() else []
    found = [json.loads(line) for line in lines]
    return [Round(**{**each, "moves": tuple(Move(**move) for move in each["moves"])}) for each in found]
