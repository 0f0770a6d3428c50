"""A whole centre leaves in one command: 300 services in 8 tiers, every change as long as was drawn for it.

Real: plan, runner, steps, the operator lock and the journal in three etcd members of this machine. Injected: what
outside systems take. The makespan is held against what no order could beat: the longest chain of injected
durations, or all of them over the allowed width.
"""

import random
import resource
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from ndcops.adapters.etcd_store import EtcdCoordination, EtcdStore, GlassRules, read_access
from ndcops.failover.plan.order import AcceptedRisk, Order
from ndcops.failover.plan.prediction import play
from ndcops.failover.run.room import Failover, Proposal
from ndcops.failover.run.surroundings import Surroundings
from ndcops.failover.steps import Drivers, ServiceStep
from ndcops.model.service import Service
from ndcops.model.target import TargetKind
from tests.bench.delayed_data import DelayedClusters, DelayedDatabases, DelayedVolumes
from tests.bench.delayed_services import (
    HERE,
    THERE,
    AllReachable,
    DelayedNames,
    DelayedRoutes,
    DelayedServices,
    DelayedWorkloads,
    NoFences,
    RealClock,
    RoomForAll,
)
from tests.bench.result import Measured, middle
from tests.bench.sandbox import Sandbox
from tests.bench.timing import Clock
from tests.coordination_members import coordination_members
from tests.simulation.ports import NoProbes, NoScratch
from tests.simulation.sample_services import Data, service
from tests.simulation.sites import simulated_sites

ROUNDS = 3
SERVICES, TIERS, WIDTH = 300, 8, 64
LONGEST_S = 3.0
"""The longest injected duration of one step; the shortest is a fifth of it."""
TARGETS = {"makespan_ratio": 1.10, "overhead_s": 30, "peak_rss_mib": 200, "not_moved": 0}
NOTES = (
    f"{SERVICES} services in {TIERS} tiers, a quarter each with Patroni, CloudNativePG, volumes, none; "
    f"1,200 and more objects; each step's duration drawn between {LONGEST_S / 5:g} and {LONGEST_S:g} s",
    f"makespan_ratio: from the first to the last record of the run, over the larger of the longest chain of "
    f"injected durations and their sum over {WIDTH} workers; the worst of the rounds",
    "overhead_s: makespan minus that bound; listed_ratio: the bound over what list scheduling of the bare "
    "durations would take, how much of the rest no order avoids",
    "injected: all outside systems; real: the room, and the coordination store (three etcd on this machine)",
)


def measure(sandbox: Sandbox, clock: Clock) -> Measured:
    """Evacuate anew each round, with other durations and dependencies."""
    rounds = []
    with coordination_members(sandbox.root / "members") as members:
        for number in clock.rounds("evacuate"):
            rounds.append(_round(clock.seed * 1000 + number, members.access_file, sandbox))
            clock.say(", ".join(f"{name} {value}" for name, value in rounds[-1].items()))
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    figures = {
        "makespan_ratio": max(each["ratio"] for each in rounds),
        "makespan_s": middle([each["makespan_s"] for each in rounds]),
        "bound_s": middle([each["bound_s"] for each in rounds]),
        "overhead_s": max(each["overhead_s"] for each in rounds),
        "plan_s": middle([each["plan_s"] for each in rounds]),
        "peak_rss_mib": peak_mib,
        "not_moved": sum(each["not_moved"] for each in rounds),
        "services": SERVICES,
        "steps": rounds[-1]["steps"],
    }
    return Measured(figures=figures, samples={"rounds": rounds}, notes=NOTES, complete=len(rounds) == clock.wanted)


def seeded_services(seed: int) -> tuple[Service, ...]:
    """Each service needs up to three of the tier below it."""
    chance = random.Random(seed)
    kinds: tuple[Data, ...] = ("patroni", "cloudnativepg", "volume", "none")
    a_tier = -(-SERVICES // TIERS)
    found: list[Service] = []
    for index in range(SERVICES):
        tier = index // a_tier
        below = [f"s{i:03}" for i in range((tier - 1) * a_tier, tier * a_tier)] if tier else []
        needs = tuple(sorted(chance.sample(below, chance.randint(1, 3)))) if below else ()
        found.append(service(f"s{index:03}", kinds[index % 4], HERE, THERE, needs))
    return tuple(found)


def _round(seed: int, access_file: Any, sandbox: Sandbox) -> dict[str, Any]:
    services = seeded_services(seed)
    held = DelayedServices(seed, services, LONGEST_S)
    room = Failover(_surroundings(services, held, access_file, sandbox))
    accepted = tuple(AcceptedRisk(name=f"rto:{one.id}", reason="bench") for one in services)
    began = time.monotonic()
    proposal = room.propose(Order(kind="evacuate", site=HERE, accepted=accepted))
    plan_s = time.monotonic() - began
    began = time.monotonic()
    room.execute(proposal)
    makespan_s = time.monotonic() - began
    bound_s, listed_s = _bounds(proposal, held)
    there = [s.id for s in services if all(held.names[site, s.id][0] == "10.0.2.1" for site in ("ndc1", "ndc2"))]
    return {
        "ratio": round(makespan_s / bound_s, 3),
        "makespan_s": round(makespan_s, 2),
        "bound_s": round(bound_s, 2),
        "listed_ratio": round(listed_s / bound_s, 3),
        "overhead_s": round(makespan_s - bound_s, 2),
        "plan_s": round(plan_s, 2),
        "steps": len(proposal.plan.steps),
        "not_moved": len(services) - len(there),
    }


def _bounds(proposal: Proposal, held: DelayedServices) -> tuple[float, float]:
    """What nothing can beat, and what list scheduling of the injected durations alone takes."""
    steps = [step for step in proposal.plan.steps if isinstance(step, ServiceStep)]
    lasts_s = {step.key: held.injected_s(step) for step in steps}
    longest_s = play(steps, lasts_s, len(steps)).makespan_s
    return max(longest_s, sum(lasts_s.values()) / WIDTH), play(steps, lasts_s, WIDTH).makespan_s


def _surroundings(
    services: Sequence[Service], held: DelayedServices, access_file: Any, sandbox: Sandbox
) -> Surroundings:
    glass = GlassRules(folder=sandbox.root / "glass", is_valid=lambda *_: False)
    store = EtcdStore(read_access(access_file))
    drivers: Any = Drivers(
        workloads=DelayedWorkloads(held),
        databases=DelayedDatabases(held),
        clusters=DelayedClusters(held),  # type: ignore[arg-type]
        volumes=DelayedVolumes(held),  # type: ignore[arg-type]
        fences=NoFences(),
        names=DelayedNames(held),
        routes=DelayedRoutes(held),  # type: ignore[arg-type]
        probes=NoProbes(),
        scratch=NoScratch(),
    )
    return Surroundings(
        target=TargetKind.LAB,
        services=tuple(services),
        sites=simulated_sites(),
        reach=AllReachable(),
        drivers=drivers,
        coordination=EtcdCoordination(store, actor="bench", glass=glass, now=lambda: datetime.now(UTC)),
        capacity=RoomForAll(),
        clock=RealClock(),
        stop=threading.Event(),
        on_step=lambda _: None,
        width=WIDTH,
    )
