"""A database service moved as planned and by the death of its site, under 200 writes a second, seen from outside.

Rounds add up over calls, as long as program, stacks, inventory and seed are the same.
"""

import json
import math
import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from ndcops.adapters.inventory_files.reader import read_inventory
from ndcops.failover.ports import Databases, Names
from ndcops.lab.databases.patroni_member import TTL_S
from ndcops.lab.probe.control import ProbeFindings, findings, start_probe
from ndcops.model.errors import NdcopsError
from ndcops.model.failover import DatabaseState, Unreachable
from ndcops.model.service import Service
from ndcops.wiring.lab_services import lab_databases, lab_names
from tests.bench.result import Measured, middle, source_key
from tests.bench.sandbox import BenchFailed, Sandbox, results_folder
from tests.bench.timing import Clock

SERVICE = "identity"
RATE_PER_S = 200
SITES = ("ndc1", "ndc2", "ndc3")
TARGETS = {"pause_p50_s": 5, "outage_p95_s": TTL_S + 10, "lost_writes": 0, "two_sides": 0}
ROUNDS = 10
NODES_PER_SITE = 10
SETTLED_TIMEOUT_S = 90
DNS_TTL_S = 5

NOTES = (
    "each round: a planned switch to home or standby, then SIGKILL to the site that leads, then its return",
    "pause and outage: the longest time without a confirmed write, as the probe outside saw it",
    "the drivers are driven by this benchmark itself: claim, order, then the name at each server that answers, "
    "as soon as the new leader holds its key",
    "two_sides: rounds in which, within one move, an address confirmed writes again after another one had",
)


@dataclass(frozen=True)
class Round:
    """What one round measured."""

    number: int
    seed: int
    moved_from: str
    pause_s: float
    outage_s: float
    lost: int
    two_sides: bool
    confirmed: int


class Mover:
    """Moves the service: its database by order or by Patroni's own election, then its name."""

    def __init__(self, service: Service, databases: Databases, names: Names) -> None:
        self._service = service
        self._databases = databases
        self._names = names
        self._epoch = 0

    def read(self) -> DatabaseState:
        """The cluster now."""
        return self._databases.read(self._service)

    def settled(self, members: int) -> bool:
        """Whether a leader leads, another site confirms, and everybody follows."""
        try:
            state = self.read()
        except Unreachable:
            return False
        following = [each for each in state.members if each.state in ("running", "streaming") and each.answers]
        return bool(state.leader and state.sync_standbys) and len(following) == members

    def target(self) -> str:
        """The site to move to: home, or standby when home leads."""
        return self._service.standby if self.read().leader_site == self._service.home else self._service.home

    def ready(self, site: str) -> bool:
        """Whether that site's member confirms: Patroni drops an order for another one."""
        state = self.read()
        return any(each.site == site and each.name in state.sync_standbys for each in state.members)

    def switch(self, site: str) -> None:
        """Order the change, wait for it, point the name."""
        state = self.read()
        candidate = next(each.name for each in state.members if each.site == site)
        self._claim(state)
        self._databases.switchover(self._service, leader=state.leader, candidate=candidate, epoch=self._epoch)
        until(lambda: self.read().leader == candidate, f"{candidate} leads", SETTLED_TIMEOUT_S)
        self.point_names()

    def follow(self, lost: str) -> None:
        """Wait until another site than `lost` leads, point the name there."""

        def elsewhere() -> bool:
            try:
                return self.read().leader_site not in ("", lost)
            except Unreachable:
                return False

        until(elsewhere, f"another site than {lost} leads", SETTLED_TIMEOUT_S)
        self.point_names()

    def point_names(self) -> None:
        """The leader's address at every server that answers."""
        address = self._names.entry(self.read().leader_site)
        state = self._names.read(self._service.dns_names[0])
        for answer in state.answers:
            if answer.problem:
                continue
            self._epoch = max(self._epoch, answer.epoch)
        for answer in state.answers:
            if answer.problem:
                continue
            self._names.claim(state.name, answer.server, expect_epoch=answer.epoch, epoch=self._epoch)
            self._names.update(
                state.name,
                answer.server,
                expect=answer.addresses,
                addresses=(address,),
                ttl_s=DNS_TTL_S,
                epoch=self._epoch,
            )

    def _claim(self, state: DatabaseState) -> None:
        self._epoch = max(self._epoch, state.epoch) + 1
        self._databases.claim(self._service, expect_epoch=state.epoch, epoch=self._epoch)


def measure(sandbox: Sandbox, clock: Clock) -> Measured:
    """Rounds of both, on a lab of its own."""
    past = _past(clock.seed)
    done = [each for each in past if each.number <= clock.wanted]
    with _state_folder(sandbox.state):
        sandbox.ndcops("--json", "lab", "up", "--nodes", str(NODES_PER_SITE), "--service", SERVICE).required()
        service = next(each for each in read_inventory(sandbox.inventory).services if each.id == SERVICE)
        mover = Mover(service, lab_databases(), lab_names())
        start_probe(SERVICE, rate_per_s=RATE_PER_S)
        for number in clock.rounds("switch", first=len(done) + 1):
            done.append(_round(number, clock, sandbox, mover))
            with _record(clock.seed).open("a") as file:
                file.write(json.dumps(asdict(done[-1])) + "\n")
    return Measured(_figures(done), {"rounds": [asdict(each) for each in done]}, NOTES, len(done) >= clock.wanted)


def _round(number: int, clock: Clock, sandbox: Sandbox, mover: Mover) -> Round:
    chance = random.Random(f"{clock.seed}/{number}")
    until(lambda: mover.settled(len(SITES)), "the database is whole", SETTLED_TIMEOUT_S)
    time.sleep(chance.uniform(1, 6))  # anywhere in Patroni's loop
    state, target = mover.read(), mover.target()
    until(lambda: mover.ready(target), f"{target} confirms", SETTLED_TIMEOUT_S)
    began = datetime.now(UTC)
    mover.switch(target)
    until(lambda: mover.settled(len(SITES)), "a standby confirms again", SETTLED_TIMEOUT_S)
    pause = _seen(began)
    time.sleep(chance.uniform(1, 6))
    victim, killed = mover.read().leader_site, datetime.now(UTC)
    sandbox.ndcops("lab", "kill", victim).required()
    mover.follow(victim)
    until(lambda: _writes_since(killed), "writes are confirmed again", SETTLED_TIMEOUT_S)
    outage = _seen(killed)
    sandbox.ndcops("--json", "lab", "revive", victim).required()
    mover.point_names()
    until(lambda: mover.settled(len(SITES)), "the lost site follows again", SETTLED_TIMEOUT_S)
    whole = _seen(began)
    found = Round(
        number,
        clock.seed,
        state.leader_site,
        pause.seen.outage_ms / 1000,
        outage.seen.outage_ms / 1000,
        _lost(whole),
        _took_turns(pause) or _took_turns(outage),
        len(whole.seen.confirmed),
    )
    clock.say(
        f"switch {number}: pause {found.pause_s:.2f} s, outage {found.outage_s:.1f} s, {found.confirmed} writes, "
        f"{found.lost} lost"
    )
    return found


def _seen(since: datetime) -> ProbeFindings:
    found = findings(SERVICE, since=since)
    if found is None or not found.running:
        raise BenchFailed("the probe does not run")
    return found


def _writes_since(moment: datetime) -> bool:
    """Whether a write was confirmed a while after: those on their way at that moment do not count."""
    last_ms = _seen(moment).seen.last_ok_ms
    return last_ms is not None and last_ms / 1000 > moment.timestamp() + 2


def _took_turns(found: ProbeFindings) -> bool:
    """Whether an address confirmed writes again after another one had."""
    return len(set(found.seen.turns)) < len(found.seen.turns)


def _lost(found: ProbeFindings) -> int:
    if found.lost is None:
        raise BenchFailed(f"lost writes cannot be counted: {found.problem}")
    return found.lost


def _figures(done: list[Round]) -> dict[str, float | int]:
    if not done:
        return {}
    outages = sorted(each.outage_s for each in done)
    return {
        "pause_p50_s": middle([each.pause_s for each in done]),
        "pause_max_s": max(each.pause_s for each in done),
        "outage_p50_s": middle(outages),
        "outage_p95_s": outages[math.ceil(0.95 * len(outages)) - 1],
        "lost_writes": max(each.lost for each in done),
        "two_sides": sum(each.two_sides for each in done),
        "writes": sum(each.confirmed for each in done),
        "rounds": len(done),
    }


def _record(seed: int) -> Path:
    return results_folder() / f"switch-{source_key()}-{seed}.jsonl"


def _past(seed: int) -> list[Round]:
    path = _record(seed)
    return [Round(**json.loads(line)) for line in path.read_text().splitlines()] if path.exists() else []


@contextmanager
def _state_folder(folder: Path) -> Iterator[None]:
    """The lab of this process is the sandbox's."""
    before = os.environ.get("NDCOPS_STATE_DIR")
    os.environ["NDCOPS_STATE_DIR"] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ["NDCOPS_STATE_DIR"]
        else:
            os.environ["NDCOPS_STATE_DIR"] = before


def until(check: Callable[[], bool], what: str, timeout_s: float) -> None:
    """Ask until it is so. Raises BenchFailed."""
    deadline = time.monotonic() + timeout_s
    problem = ""
    while True:
        try:
            if check():
                return
        except NdcopsError as error:
            problem = error.message
        if time.monotonic() > deadline:
            raise BenchFailed(f"{what}: not so after {timeout_s:.0f} s {problem}")
        time.sleep(0.1)
