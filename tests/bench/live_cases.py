"""Seeded cases replayed through a scratch control plane: what the whole scheduler does, not its filters alone."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count, islice
from typing import Any

from ndcops.capacity.plan.fit import Cluster, Verdict
from ndcops.lab.scratch import ControlPlane, scratch_control_plane
from ndcops.lab.scratch.decisions import HELD, wait_for_decision
from ndcops.model.replay import Replayed
from tests.oracle.cases import case

Case = dict[str, Any]


@dataclass(frozen=True)
class LiveComparison:
    """One case, what the scheduler did and what we say."""

    case: Case
    truth: Replayed
    ours: Verdict

    @property
    def is_false_fit(self) -> bool:
        """We say that the pod fits, and it found no node."""
        return self.ours.fits and self.truth.node is None

    @property
    def agrees(self) -> bool:
        """It went to a node that we call feasible, or nowhere as we say."""
        if self.truth.node is None:
            return not self.ours.fits
        return self.truth.node in self.ours.feasible_nodes

    @property
    def same_reason(self) -> bool:
        """It fits by both, or both tell why not in the same words; a held pod has none."""
        return self.truth.node is not None or self.truth.message in (HELD, self.ours.message)


@dataclass
class LiveTally:
    """Counts over many cases."""

    cases: int = 0
    placed: int = 0
    false_fits: int = 0
    agreeing: int = 0
    same_reasons: int = 0
    differing: list[int] = field(default_factory=list)

    def add(self, compared: LiveComparison) -> None:
        """Count one case."""
        self.cases += 1
        self.placed += compared.truth.node is not None
        self.false_fits += compared.is_false_fit
        self.agreeing += compared.agrees
        self.same_reasons += compared.same_reason
        if not compared.agrees or not compared.same_reason:
            self.differing.append(compared.case["id"])

    @property
    def agreement(self) -> float:
        """The share of cases in which the pod's fate is the one that we tell."""
        return self.agreeing / self.cases if self.cases else 0.0

    @property
    def reason_agreement(self) -> float:
        """The share of cases in which both place the pod, or refuse it in the same words."""
        return self.same_reasons / self.cases if self.cases else 0.0


def live_cases(first: int, wanted: int) -> Iterator[Case]:
    """The first `wanted` cases from a seed on whose pod a running scheduler looks at and may write about.

    It leaves alone a pod that names its node or is being deleted; the API server takes no status for a pod whose
    namespace is gone.
    """
    return islice((each for each in map(case, count(first)) if _is_askable(each)), wanted)


def _is_askable(asked: Case) -> bool:
    pod = asked["pod"]
    namespaces = {each["metadata"]["name"] for each in asked["objects"]["namespaces"]}
    is_ours = not pod["spec"].get("nodeName") and "deletionTimestamp" not in pod["metadata"]
    return is_ours and pod["metadata"]["namespace"] in namespaces


def replayed(plane: ControlPlane, cases: Iterable[Case]) -> Iterator[LiveComparison]:
    """Each case on a control plane whose store and API run: loaded, asked, and removed again.

    The scheduler is started anew for each: only a fresh one is sure to have read everything before it decides.
    """
    for each in cases:
        plane.load({**each["objects"], "pods": [*each["objects"]["pods"], each["pod"]]})
        plane.start_scheduler()
        try:
            metadata = each["pod"]["metadata"]
            truth = wait_for_decision(plane, metadata["namespace"], metadata["name"])
        finally:
            plane.stop_scheduler()
            plane.clear()
        yield LiveComparison(each, truth, Cluster.of(each["objects"]).verdict(each["pod"]))


def tally_live(first: int, wanted: int, say: Callable[[str], None]) -> LiveTally:
    """Replay that many cases from a seed on one control plane, telling how far it is."""
    tally = LiveTally()
    with scratch_control_plane() as plane:
        plane.start_store()
        plane.start_api()
        for compared in replayed(plane, live_cases(first, wanted)):
            tally.add(compared)
            if tally.cases % 50 == 0:
                say(f"{tally.cases} live cases, {tally.false_fits} false fits, {len(tally.differing)} differ")
    return tally
