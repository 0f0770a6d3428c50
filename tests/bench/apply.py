"""`stack up` against `kubectl apply --server-side` of the same objects, a no-op up, and three sites at once."""

import random
import time
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tests.bench.objects import as_list, manifests
from tests.bench.processes import ProviderWatch, cpu_s, lab_pids
from tests.bench.result import Measured, cores, middle
from tests.bench.sandbox import BenchFailed, Finished, Sandbox
from tests.bench.timing import Clock

TARGETS = {
    "ratio_vs_kubectl": 6,
    "noop_vs_kubectl": 3,
    "three_sites_ratio": 1.2,
    "provider_rss_mib": 150,
}
ROUNDS = 3
SITE = "ndc1"
LEAST_OBJECTS = 300
SETTLE_S = 2.0

NOTES = (
    "stack up waits until every workload is ready, plain kubectl apply does not; ratio_vs_kubectl_waited compares "
    "with kubectl apply and then `kubectl rollout status` of every workload",
    "an untimed up comes first: it gives the manifests and warms file caches; kubectl's discovery cache is warm",
    "three_sites_ratio: wall time over the larger of one site's and all CPU seconds of the three sites' up "
    "divided by the cores: ndcops, engines, providers and the control planes, which run on the same cores; "
    "three_sites_ratio_tool_only leaves the control planes' seconds out",
    "provider_rss_mib is the highest VmHWM of any provider process of all runs",
)


@dataclass
class Samples:
    """Wall seconds of every round."""

    up_s: list[float] = field(default_factory=list)
    noop_s: list[float] = field(default_factory=list)
    kubectl_s: list[float] = field(default_factory=list)
    kubectl_waited_s: list[float] = field(default_factory=list)
    three_sites_s: list[float] = field(default_factory=list)
    three_sites_cpu_s: list[float] = field(default_factory=list)
    three_sites_lab_cpu_s: list[float] = field(default_factory=list)


def measure(sandbox: Sandbox, clock: Clock) -> Measured:
    """Rounds of both sides in seeded order on one site, then rounds of all sites; all begin on empty clusters."""
    clock.say("lab up, with all nodes of the inventory")
    sandbox.ndcops("lab", "up").required()
    clock.say(f"one untimed up of {SITE}, for the manifests")
    sandbox.ndcops("--site", SITE, "--yes", "stack", "up").required()
    objects = manifests(sandbox, SITE)
    if len(objects) < LEAST_OBJECTS:
        raise BenchFailed(f"{SITE} has {len(objects)} objects; at least {LEAST_OBJECTS} shall be compared")
    _empty(sandbox, SITE)
    samples, watch = Samples(), ProviderWatch()
    order = random.Random(clock.seed)
    with watch.running():
        for number in clock.rounds("one site", share=0.6):
            sides = [partial(_ours, sandbox, samples), partial(_kubectl, sandbox, objects, samples)]
            order.shuffle(sides)
            for side in sides:
                side()
            clock.say(f"round {number}: {_last(samples)}")
        for number in clock.rounds("three sites", share=1.0):
            _three_sites(sandbox, samples)
            clock.say(f"round {number}: three sites {samples.three_sites_s[-1]:.1f} s")
    return _measured(samples, watch, clock, len(objects))


def _last(samples: Samples) -> str:
    return (
        f"up {samples.up_s[-1]:.1f} s, no-op {samples.noop_s[-1]:.1f} s, kubectl {samples.kubectl_s[-1]:.1f} s "
        f"and {samples.kubectl_waited_s[-1]:.1f} s waited"
    )


def _ours(sandbox: Sandbox, samples: Samples) -> None:
    samples.up_s.append(_up(sandbox, "--site", SITE).wall_s)
    again = _up(sandbox, "--site", SITE)
    changed = {key: done["changes"] for key, done in again.document()["done"].items() if done["changes"]}
    if changed:
        raise BenchFailed(f"the second up changed something: {changed}")
    samples.noop_s.append(again.wall_s)
    _empty(sandbox, SITE)


def _up(sandbox: Sandbox, *options: str) -> Finished:
    return sandbox.ndcops(*options, "--yes", "--json", "stack", "up").required()


def _empty(sandbox: Sandbox, *sites: str) -> None:
    chosen = [word for site in sites for word in ("--site", site)]
    sandbox.ndcops(*chosen, "--yes", "--json", "stack", "destroy").required()
    for site in sites:
        _settle(sandbox, site)


def _settle(sandbox: Sandbox, site: str, timeout_s: float = 120) -> None:
    """Wait until nothing is left to be collected, so that the next run shares the machine with nobody."""
    deadline = time.monotonic() + timeout_s
    while sandbox.kubectl(site, "get", "pods,replicasets", "-A", "-o", "name", admin=True).required().stdout:
        if time.monotonic() > deadline:
            raise BenchFailed(f"{site} still has pods {timeout_s:.0f} s after everything was deleted")
        time.sleep(0.5)
    time.sleep(SETTLE_S)


def _kubectl(sandbox: Sandbox, objects: list[dict[str, Any]], samples: Samples) -> None:
    document = as_list(objects)
    sandbox.kubectl(SITE, "api-resources", "-o", "name").required()
    applied = sandbox.kubectl(SITE, "apply", "--server-side", "-f", "-", text=document).required()
    waited_s = _wait_for_workloads(sandbox, objects)
    samples.kubectl_s.append(applied.wall_s)
    samples.kubectl_waited_s.append(applied.wall_s + waited_s)
    sandbox.kubectl(SITE, "delete", "--ignore-not-found", "-f", "-", admin=True, text=document).required()
    _settle(sandbox, SITE)


def _wait_for_workloads(sandbox: Sandbox, objects: list[dict[str, Any]]) -> float:
    """Seconds until every workload that `stack up` waits for is ready; one command a namespace."""
    began = time.monotonic()
    waiting: dict[str, list[str]] = {}
    for each in objects:
        skips = "pulumi.com/skipAwait" in (each["metadata"].get("annotations") or {})
        if each["kind"] in ("Deployment", "StatefulSet") and not skips:
            waiting.setdefault(each["metadata"]["namespace"], []).append(
                f"{each['kind'].lower()}/{each['metadata']['name']}"
            )
    for namespace, names in waiting.items():
        sandbox.kubectl(SITE, "rollout", "status", "-n", namespace, "--timeout=300s", *names).required()
    return time.monotonic() - began


def _three_sites(sandbox: Sandbox, samples: Samples) -> None:
    pids = lab_pids(sandbox.lab.lab_id)
    before_s = cpu_s(pids)
    done = _up(sandbox)
    samples.three_sites_lab_cpu_s.append(cpu_s(pids) - before_s)
    samples.three_sites_s.append(done.wall_s)
    samples.three_sites_cpu_s.append(done.cpu_s)
    _empty(sandbox, *sorted({key.partition("/")[2] for key in done.document()["done"]}))


def _measured(samples: Samples, watch: ProviderWatch, clock: Clock, objects: int) -> Measured:
    up_s, noop_s, kubectl_s = middle(samples.up_s), middle(samples.noop_s), middle(samples.kubectl_s)
    three_s, own_cpu_s = middle(samples.three_sites_s), middle(samples.three_sites_cpu_s)
    lab_cpu_s = middle(samples.three_sites_lab_cpu_s)
    waited_s = middle(samples.kubectl_waited_s)
    figures = {
        "objects": objects,
        "up_s": up_s,
        "noop_s": noop_s,
        "kubectl_s": kubectl_s,
        "kubectl_waited_s": waited_s,
        "ratio_vs_kubectl": round(up_s / kubectl_s, 2),
        "ratio_vs_kubectl_waited": round(up_s / waited_s, 2),
        "noop_vs_kubectl": round(noop_s / kubectl_s, 2),
        "three_sites_s": three_s,
        "three_sites_cpu_s": own_cpu_s,
        "three_sites_lab_cpu_s": lab_cpu_s,
        "three_sites_ratio": round(three_s / max(up_s, (own_cpu_s + lab_cpu_s) / cores()), 2),
        "three_sites_ratio_tool_only": round(three_s / max(up_s, own_cpu_s / cores()), 2),
        "provider_rss_mib": round(watch.peak_mib, 1),
    }
    rounded = {name: [round(each, 2) for each in values] for name, values in vars(samples).items()}
    complete = min(len(samples.up_s), len(samples.three_sites_s)) >= clock.wanted
    return Measured(figures, rounded, NOTES, complete)
