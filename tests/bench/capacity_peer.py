"""cluster-capacity, the Kubernetes project's own simulator, against our count: one template, one live cluster."""

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple, TypeVar

from ndcops.adapters.kubernetes_api import KubernetesApi
from ndcops.capacity.plan.demand import Demand
from ndcops.capacity.plan.fit import Cluster
from ndcops.capacity.plan.how_many import how_many
from ndcops.capacity.plan.placing import Placer
from ndcops.model.record import JsonObject
from ndcops.model.snapshot import SiteSnapshot
from ndcops.model.target import ClusterRef
from ndcops.toolchain.build import ensure_source
from ndcops.toolchain.engines import MIB, EngineSource, Footprint, GoProgram
from ndcops.toolchain.progress import BuildProgress
from tests.bench.capacity_load import SITE, lone_site, write_site
from tests.bench.result import middle
from tests.bench.sandbox import BenchFailed, Sandbox
from tests.bench.timing import Clock

Found = TypeVar("Found")

NODES = 300
PODS = 500
OWN_RUNS = 20
RUN_TIMEOUT_S = 300.0

CLUSTER_CAPACITY = EngineSource(
    name="cluster-capacity",
    version="0.30.0",
    folder=Path(__file__).parent / "peers" / "cluster_capacity",
    product=GoProgram(package="sigs.k8s.io/cluster-capacity/cmd/hypercc", executable="cluster-capacity"),
    footprint=Footprint(80 * MIB, 300 * MIB, 800 * MIB, packages=1300, package_s=0.12, link_s=10),
)
"""hypercc is its one program for all its commands; it looks at the name that it is called by."""

TEMPLATE: JsonObject = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "asked", "namespace": "default", "labels": {"app": "asked"}},
    "spec": {
        "containers": [
            {
                "name": "main",
                "image": "registry.ndc.gov.vn/asked:1",
                "imagePullPolicy": "IfNotPresent",
                "terminationMessagePath": "/dev/termination-log",
                "terminationMessagePolicy": "File",
                "resources": {"requests": {"cpu": "1500m", "memory": "9Gi"}},
            }
        ],
        "dnsPolicy": "ClusterFirst",
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
    },
}
"""As the API server would store it: cluster-capacity validates the file without having set its defaults."""

NOTES = (
    "cluster_capacity_s: cluster-capacity prints no engine time, so it is the median of its whole runs less the "
    "median of its runs on the same cluster with --max-limit=1, which load everything and place one pod",
    "own_count_s: median of how_many, each time on columns made anew; own_columns_s, making them from the "
    "snapshot, is loading; one_by_one_s: the same question by Placer, which chooses a node for each pod",
)


class PeerRun(NamedTuple):
    """How many pods a run placed, and the wall seconds of all of it."""

    count: int
    wall_s: float


def build_peer(clock: Clock) -> Path:
    """Build cluster-capacity into the cache, once; minutes when cold. Returns the program."""
    told = ""

    def tell(progress: BuildProgress) -> None:
        nonlocal told
        if progress.phase != told:
            told = progress.phase
            clock.say(f"cluster-capacity: {told}")

    return ensure_source(CLUSTER_CAPACITY, tell, use_path=False) / "cluster-capacity"


def measure_peer(
    sandbox: Sandbox, clock: Clock, *, nodes: int = NODES, pods: int = PODS
) -> tuple[dict[str, float | int], dict[str, Any]]:
    """Figures and samples. Raises BenchFailed when cluster-capacity does not answer as it should."""
    program = build_peer(clock)
    lone = lone_site(sandbox)
    clock.say(f"lab up: one site, {nodes} nodes")
    lone.ndcops("lab", "up", "--nodes", str(nodes)).required()
    try:
        write_site(lone, SITE, pods=pods, seed=clock.seed, clock=clock)
        facts = KubernetesApi().read_site_facts(_reference(lone), lambda progress: None)
        peer = _Peer(program, lone)
        # In turns: what else the machine does then weighs on both alike.
        runs = [(peer.run(), peer.run("--max-limit=1")) for _ in range(clock.wanted)]
    finally:
        lone.ndcops("lab", "down").required()
    return _compared(facts, [whole for whole, _ in runs], [limited for _, limited in runs])


def _compared(
    facts: SiteSnapshot, whole: list[PeerRun], limited: list[PeerRun]
) -> tuple[dict[str, float | int], dict[str, Any]]:
    if {run.count for run in limited} != {1}:
        raise BenchFailed(f"cluster-capacity was to place one pod, and placed {limited}")
    if len({run.count for run in whole}) != 1:
        raise BenchFailed(f"cluster-capacity counted differently on the same cluster: {whole}")
    whole_s, limited_s = [run.wall_s for run in whole], [run.wall_s for run in limited]
    peer_count, peer_s = whole[0].count, median(whole_s) - median(limited_s)
    columns_s, own_s, own_count = _own(facts)
    slots = sum(int(node["status"]["allocatable"]["pods"]) for node in facts.objects["nodes"])
    placer = Placer(Cluster.of(facts.objects, facts.pods))
    one_by_one_s, placement = _timed(lambda: placer.place(Demand("asked", TEMPLATE, slots)))
    figures = {
        "cluster_capacity_count": peer_count,
        "own_count": own_count,
        "one_by_one_count": placement.placed,
        "count_difference": abs(peer_count - own_count),
        "cluster_capacity_s": round(peer_s, 3),
        "own_columns_s": middle(columns_s),
        "own_count_s": round(median(own_s), 6),
        "one_by_one_s": round(one_by_one_s, 3),
        "speedup_vs_cluster_capacity": round(peer_s / median(own_s), 1),
    }
    return figures, {"cluster_capacity_s": whole_s, "cluster_capacity_one_pod_s": limited_s, "own_count_s": own_s}


def _own(facts: SiteSnapshot) -> tuple[list[float], list[float], int]:
    """Seconds for columns and for counting, of each run, and the count."""
    columns_s, own_s, counts = [], [], set()
    for _ in range(OWN_RUNS):
        seconds, cluster = _timed(lambda: Cluster.of(facts.objects, facts.pods))
        columns_s.append(seconds)
        seconds, count = _timed(lambda cluster=cluster: how_many(cluster, TEMPLATE))
        own_s.append(seconds)
        counts.add(count)
    if len(counts) != 1:
        raise BenchFailed(f"we counted differently on the same facts: {counts}")
    return columns_s, own_s, counts.pop()


def _timed(work: Callable[[], Found]) -> tuple[float, Found]:
    began = time.perf_counter()
    found = work()
    return time.perf_counter() - began, found


def _reference(sandbox: Sandbox) -> ClusterRef:
    return ClusterRef(site=SITE, kubeconfig=sandbox.lab.kubeconfig, context=f"lab-{SITE}", uid=None)


class _Peer:
    """cluster-capacity on the lab's site: a kubeconfig of that site alone, and the pod's file."""

    def __init__(self, program: Path, sandbox: Sandbox) -> None:
        self._program = program
        self._sandbox = sandbox
        self._folder = sandbox.root / "peer"
        self._folder.mkdir(mode=0o700, exist_ok=True)
        viewed = sandbox.kubectl(SITE, "config", "view", "--minify", "--flatten", "--raw", admin=True).required()
        for name, text in (("kubeconfig", viewed.stdout), ("pod.json", json.dumps(TEMPLATE))):
            (self._folder / name).write_text(text)

    def run(self, *options: str) -> PeerRun:
        """Ask it once. Raises BenchFailed when it says anything but a count: it ends with 0 after errors too."""
        kubeconfig, pod = (self._folder / name for name in ("kubeconfig", "pod.json"))
        argv = [str(self._program), f"--kubeconfig={kubeconfig}", f"--podspec={pod}", "--output=json", *options]
        began = time.monotonic()
        done = subprocess.run(
            argv,
            env=self._sandbox.environment(),
            capture_output=True,
            text=True,
            timeout=RUN_TIMEOUT_S,
            check=False,
        )
        wall_s = time.monotonic() - began
        try:
            return PeerRun(int(json.loads(done.stdout)["status"]["replicas"]), wall_s)
        except (ValueError, KeyError, TypeError) as error:
            said = (done.stdout + done.stderr)[-2000:]
            raise BenchFailed(f"cluster-capacity ended with {done.returncode}: {said}") from error
