"""The fit engine's verdicts against the real scheduler's filters, on seeded clusters of two to twelve nodes."""

import time

from tests.bench.live_cases import tally_live
from tests.bench.result import AtLeast, Measured
from tests.bench.sandbox import Sandbox
from tests.bench.timing import Clock
from tests.oracle.cases import case
from tests.oracle.comparison import Tally, compared
from tests.oracle.scheduler import CASES_PER_PROCESS

ROUNDS = 20
"""Of 500 cases each: 10,000 in all."""
LIVE_CASES = 300
"""Through the whole scheduler on a scratch control plane, about a second each."""
SEEDS_APART = 1_000_000
"""Cases of one bench seed; two bench seeds share none."""
TARGETS = {
    "unjudged": 0,
    "false_fits": 0,
    "agreement": AtLeast(0.999),
    "reason_agreement": AtLeast(0.995),
    "least_refusals_of_a_plugin": AtLeast(50),
    "live_cases": AtLeast(LIVE_CASES),
    "live_false_fits": 0,
    "live_agreement": AtLeast(0.999),
    "live_reason_agreement": AtLeast(0.995),
}
FILTERS = (
    "NodeUnschedulable",
    "NodeName",
    "TaintToleration",
    "NodeAffinity",
    "NodePorts",
    "NodeResourcesFit",
    "VolumeRestrictions",
    "NodeVolumeLimits",
    "VolumeBinding",
    "VolumeZone",
    "PodTopologySpread",
    "InterPodAffinity",
    "DynamicResources",
    "NodeDeclaredFeatures",
)
"""The filters of the default profile of Kubernetes 1.36."""

NOTES = (
    "unjudged: cases in which the scheduler itself ended with an error; they are in no other figure",
    "false_fits: cases in which we call a node feasible that the scheduler refuses; false_refusals: the reverse",
    "agreement: share of all cases with the same set of feasible nodes; reason_agreement: share of the cases "
    "that fit nowhere with the same '0/N nodes are available' text, character by character",
    "refused_by_plugin: cases in which that plugin refused the pod or a node; the least of the default filters "
    "and of SchedulingGates is least_refusals_of_a_plugin",
    "cases_per_s is of scheduler and engine together, one after the other",
    "live_*: the last cases of the bench's seeds, on a real API server: the pod went to a node that we call "
    "feasible, or nowhere for the reasons that we give, in the same words",
)


def measure(sandbox: Sandbox, clock: Clock) -> Measured:
    """Compare as many rounds as the time allows."""
    tally = Tally()
    differing: list[int] = []
    began = time.monotonic()
    done = 0
    for number in clock.rounds("fit_truth", share=0.7):
        first = clock.seed * SEEDS_APART + (number - 1) * CASES_PER_PROCESS
        for each in compared(case(seed) for seed in range(first, first + CASES_PER_PROCESS)):
            tally.add(each)
            if each.truth.error or not each.agrees or not each.same_reason:
                differing.append(each.case["id"])
        done = number
        clock.say(f"{tally.cases} cases, {tally.false_fits} false fits, {len(differing)} differ in any way")
    refused = {plugin: tally.refused_by[plugin] for plugin in (*FILTERS, "SchedulingGates")}
    figures = {
        "cases": tally.cases,
        "unjudged": tally.unjudged,
        "unschedulable": tally.unschedulable,
        "false_fits": tally.false_fits,
        "false_refusals": tally.false_refusals,
        "agreement": round(tally.agreement, 6),
        "reason_agreement": round(tally.reason_agreement, 6),
        "least_refusals_of_a_plugin": min(refused.values()),
        "cases_per_s": round(tally.cases / (time.monotonic() - began), 1),
    }
    live = tally_live((clock.seed + 1) * SEEDS_APART - 2 * LIVE_CASES, LIVE_CASES, clock.say)
    figures |= {
        "live_cases": live.cases,
        "live_false_fits": live.false_fits,
        "live_agreement": round(live.agreement, 6),
        "live_reason_agreement": round(live.reason_agreement, 6),
    }
    samples = {"refused_by_plugin": refused, "differing_cases": differing[:100], "differing_live": live.differing}
    return Measured(figures, samples, NOTES, complete=done >= clock.wanted)
