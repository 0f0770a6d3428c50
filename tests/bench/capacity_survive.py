"""The loss of each site of the made country, answered in a process of its own: its seconds and its memory."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from ndcops.capacity.plan.fit import Cluster
from ndcops.capacity.plan.survive import Survival, survive
from ndcops.model.site import NodePool, Site, StorageTier, Taint
from tests.bench.country import TIER, country
from tests.bench.country_pods import POOLS, Pool
from tests.bench.result import middle
from tests.bench.sandbox import REPOSITORY, BenchFailed
from tests.bench.timing import Clock

TIMEOUT_S = 900.0

NOTES = (
    "survive_s: median wall time of all three losses, one after the other, on columns made anew each round, so "
    "that nothing is remembered from the round before but what a quantity's text says; columns_s, from the facts "
    "in memory, is apart; "
    "survive_cpu_s is the same in processor time, which a loaded machine stretches less",
    "memory_mib: highest resident size (VmHWM) of the process that makes the facts of all sites and the columns, "
    "and answers, all rounds",
)


def measure_survive(clock: Clock) -> tuple[dict[str, float | int], dict[str, Any]]:
    """Figures and samples. Raises BenchFailed when the process fails or its answers differ."""
    clock.say(f"survive: three losses, {clock.wanted} rounds")
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.capacity_survive", str(clock.seed), str(clock.wanted)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    if done.returncode != 0:
        raise BenchFailed(f"the process of survive ended with {done.returncode}: {done.stderr[-2000:]}")
    found = json.loads(done.stdout)
    if any(each != found["losses"][0] for each in found["losses"]):
        raise BenchFailed(f"the same question was answered differently: {found['losses']}")
    figures = {
        "survive_s": middle(found["survive_s"]),
        "survive_cpu_s": middle(found["survive_cpu_s"]),
        "columns_s": middle(found["columns_s"]),
        "memory_mib": found["memory_mib"],
        **found["size"],
    }
    clock.say(f"survive {figures['survive_s']} s, columns {figures['columns_s']} s, {figures['memory_mib']} MiB")
    samples = {"survive_s": found["survive_s"], "survive_cpu_s": found["survive_cpu_s"]}
    return figures, samples | {"columns_s": found["columns_s"], "losses": found["losses"][0]}


def made_site(name: str) -> Site:
    """The inventory's entry of a made site, as far as placing reads it."""
    tier = StorageTier.model_construct(name=TIER, usable="8Pi")
    return Site.model_construct(name=name, pools=tuple(map(_pool, POOLS)), tiers=(tier,))


def _pool(pool: Pool) -> NodePool:
    return NodePool.model_construct(
        name=pool.name,
        cpu_cores=pool.cores,
        memory=f"{pool.memory_gib}Gi",
        pods=pool.pods,
        taints=(Taint(**pool.taint),) if pool.taint else (),
        hall=pool.hall,
        labels={},
    )


def _answered(seed: int, rounds: int) -> dict[str, Any]:
    """What the process says: seconds of each round, its size, and what each loss came to."""
    made = country(seed)
    sites = {each.site: made_site(each.site) for each in made.snapshot.sites}
    seconds: dict[str, list[float]] = {"columns_s": [], "survive_s": [], "survive_cpu_s": []}
    losses = []
    for _ in range(rounds):
        began = time.perf_counter()
        clusters = {each.site: Cluster.of(each.objects, each.pods) for each in made.snapshot.sites}
        ready, ready_cpu = time.perf_counter(), time.process_time()
        found = [survive(sites, clusters, made.services, lost) for lost in sites]
        seconds["survive_s"].append(round(time.perf_counter() - ready, 3))
        seconds["survive_cpu_s"].append(round(time.process_time() - ready_cpu, 3))
        seconds["columns_s"].append(round(ready - began, 3))
        losses.append([_told(each) for each in found])
    first = made.snapshot.sites[0]
    size = {
        "databases": len(made.services),
        "sites": len(made.snapshot.sites),
        "nodes_per_site": len(first.objects["nodes"]),
        "resident_pods_per_site": sum(group.pods for group in first.pods),
    }
    return {**seconds, "losses": losses, "size": size, "memory_mib": _peak_mib()}


def _told(loss: Survival) -> dict[str, Any]:
    return {
        "lost": loss.lost,
        "databases": len(loss.fates),
        "survive": sum(fate.survives for fate in loss.fates),
        "pods_placed": sum(fate.placed for fate in loss.fates),
        "pods_wanted": sum(fate.wanted for fate in loss.fates),
        "tiers_hold": all(tier.survives for tier in loss.tiers),
    }


def _peak_mib() -> float:
    """VmHWM of this process: ru_maxrss would count the pages of who started it as well (exec(2) keeps it)."""
    status = Path("/proc/self/status").read_text().splitlines()
    peak = next(line.split()[1] for line in status if line.startswith("VmHWM:"))
    return round(int(peak) / 1024, 1)


if __name__ == "__main__":
    print(json.dumps(_answered(int(sys.argv[1]), int(sys.argv[2]))))
