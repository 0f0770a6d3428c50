"""`survive` against the real scheduler: random portfolios moved to a site for real, on scratch control planes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ndcops.capacity.plan.demand import in_recovery_order, service_demands
from ndcops.capacity.plan.fit import Cluster
from ndcops.capacity.plan.survive import survive
from ndcops.lab.scratch import ControlPlane, scratch_control_plane
from ndcops.lab.scratch.decisions import wait_for_decisions, wait_for_scheduler
from ndcops.model.record import JsonObject
from tests.bench.result import Measured
from tests.bench.sandbox import Sandbox
from tests.bench.seeded_portfolios import LOST, STANDBY, Portfolio, portfolio
from tests.bench.timing import Clock

ROUNDS = 10
PORTFOLIOS_A_ROUND = 10
SEEDS_APART = 100_000
TARGETS = {"false_survives": 0, "false_fails": 0.02}

NOTES = (
    "a portfolio: 9 to 30 nodes in three pools with residents, and services whose pods would fill the pools to 70 "
    "to 110% of CPU or memory; they are created in recovery order, with their priorities, and the scheduler as "
    "Kubernetes ships it, but for evictions, places them",
    "false_survives: portfolios of which we say that all survives, and some pod found no node; false_fails: share "
    "of all portfolios of which we say that something does not, and every pod found a node",
)


@dataclass
class SurvivalTally:
    """Counts over portfolios; `services_*` over all services of all portfolios."""

    portfolios: int = 0
    surviving: int = 0
    false_survives: int = 0
    false_fails: int = 0
    services: int = 0
    services_agreeing: int = 0
    pods: int = 0
    differing: list[dict[str, Any]] = field(default_factory=list)

    def add(self, seed: int, ours: Mapping[str, bool], truth: Mapping[str, bool], pods: int) -> None:
        """Count one portfolio: whether each service survives, by our word and in truth."""
        said, is_so = all(ours.values()), all(truth.values())
        self.portfolios += 1
        self.surviving += is_so
        self.false_survives += said and not is_so
        self.false_fails += is_so and not said
        self.services += len(truth)
        self.services_agreeing += sum(ours[name] == truth[name] for name in truth)
        self.pods += pods
        if said != is_so:
            self.differing.append({"seed": seed, "ours": said, "truth": is_so})


def measure(sandbox: Sandbox, clock: Clock) -> Measured:
    """Move as many portfolios as the time allows."""
    tally = SurvivalTally()
    done = 0
    with scratch_control_plane() as plane:
        plane.start_store()
        plane.start_api()
        for number in clock.rounds("survive_truth"):
            first = clock.seed * SEEDS_APART + (number - 1) * PORTFOLIOS_A_ROUND
            for seed in range(first, first + PORTFOLIOS_A_ROUND):
                judge(plane, seed, tally)
            done = number
            clock.say(
                f"{tally.portfolios} portfolios, {tally.surviving} survive, {len(tally.differing)} misjudged"
            )
    return Measured(
        {
            "portfolios": tally.portfolios,
            "surviving": tally.surviving,
            "false_survives": tally.false_survives,
            "false_fails": round(tally.false_fails / tally.portfolios, 4),
            "service_agreement": round(tally.services_agreeing / tally.services, 4),
            "services": tally.services,
            "pods": tally.pods,
        },
        {"differing": tally.differing},
        NOTES,
        complete=done >= clock.wanted,
    )


def judge(plane: ControlPlane, seed: int, tally: SurvivalTally) -> None:
    """Ask both about one portfolio."""
    asked = portfolio(seed)
    survival = survive(asked.sites, {STANDBY: Cluster.of(asked.objects)}, asked.services, LOST)
    ours = {fate.service: fate.survives for fate in survival.fates}
    truth, pods = _moved(plane, asked)
    tally.add(seed, ours, truth, pods)


def _moved(plane: ControlPlane, asked: Portfolio) -> tuple[dict[str, bool], int]:
    """Which services the scheduler places whole, and how many pods it was asked for."""
    pods = dict(_pods(asked))
    plane.load(asked.objects)
    plane.start_scheduler()
    try:
        wait_for_scheduler(plane, "default")
        plane.load({"pods": [pod for each in pods.values() for pod in each]})
        names = [_name(pod) for each in pods.values() for pod in each]
        decisions = wait_for_decisions(plane, names)
    finally:
        plane.stop_scheduler()
        plane.clear()
    whole = {
        service: all(decisions[_name(pod)].node is not None for pod in each) for service, each in pods.items()
    }
    return whole, len(names)


def _pods(asked: Portfolio) -> Iterator[tuple[str, list[JsonObject]]]:
    """Each service's pods, in the order in which they are created."""
    for service in in_recovery_order(asked.services):
        yield (
            service.id,
            [
                {
                    **demand.pod,
                    "metadata": {**demand.pod["metadata"], "name": f"{demand.name}-{number}"},
                    "status": {"phase": "Pending"},
                }
                for demand in service_demands(asked.sites[STANDBY], service)
                for number in range(demand.count)
            ],
        )


def _name(pod: JsonObject) -> tuple[str, str]:
    return pod["metadata"]["namespace"], pod["metadata"]["name"]
