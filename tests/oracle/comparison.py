"""Holds the fit engine's verdict on a case against the scheduler's."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ndcops.capacity.plan.fit import Cluster, Verdict
from tests.oracle.scheduler import Answer, Case, answers


@dataclass(frozen=True)
class Comparison:
    """One case, the scheduler's answer and ours."""

    case: Case
    truth: Answer
    ours: Verdict

    @property
    def false_fits(self) -> frozenset[str]:
        """Nodes that we call feasible and the scheduler refuses."""
        return frozenset(self.ours.feasible_nodes) - frozenset(self.truth.feasible)

    @property
    def false_refusals(self) -> frozenset[str]:
        """Nodes that the scheduler calls feasible and we refuse."""
        return frozenset(self.truth.feasible) - frozenset(self.ours.feasible_nodes)

    @property
    def is_false_fit(self) -> bool:
        """Some node, or the pod as a whole, is said to fit and does not."""
        return bool(self.false_fits) or (self.ours.fits and not self.truth.feasible)

    @property
    def agrees(self) -> bool:
        """The same nodes are feasible, and `fits` says so."""
        same = not self.false_fits and not self.false_refusals
        return same and self.ours.fits == bool(self.truth.feasible)

    @property
    def same_reason(self) -> bool:
        """The pod fits by both, or both tell why not in the same words."""
        return self.ours.message == self.truth.message


@dataclass
class Tally:
    """Counts over many cases; each field is a number of cases.

    unjudged: the scheduler itself ended with an error, so that there is no truth; in no other count.
    """

    cases: int = 0
    unjudged: int = 0
    unschedulable: int = 0
    false_fits: int = 0
    false_refusals: int = 0
    agreeing: int = 0
    same_reasons: int = 0
    refused_by: Counter[str] = field(default_factory=Counter)

    def add(self, compared: Comparison) -> None:
        """Count one case."""
        if compared.truth.error:
            self.unjudged += 1
            return
        self.cases += 1
        self.false_fits += compared.is_false_fit
        self.false_refusals += bool(compared.false_refusals)
        self.agreeing += compared.agrees
        self.refused_by.update(compared.truth.plugins())
        if not compared.truth.feasible:
            self.unschedulable += 1
            self.same_reasons += compared.same_reason

    @property
    def agreement(self) -> float:
        """The share of cases whose sets of feasible nodes are equal."""
        return self.agreeing / self.cases if self.cases else 0.0

    @property
    def reason_agreement(self) -> float:
        """The share of the unschedulable cases whose messages are equal."""
        return self.same_reasons / self.unschedulable if self.unschedulable else 0.0


def compared(cases: Iterable[Case]) -> Iterator[Comparison]:
    """Yield a comparison for each case."""
    for case, truth in answers(cases):
        yield Comparison(case, truth, Cluster.of(case["objects"]).verdict(case["pod"]))
