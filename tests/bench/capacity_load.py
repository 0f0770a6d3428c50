"""Reading one site's facts from a live API: a lab of one site full of bound pods, read by a process of its own."""

import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import cycle, islice

import yaml

from ndcops.lab.cluster_api import HttpsClient
from ndcops.lab.site_start import open_api
from ndcops.lab.state import read_state
from ndcops.model.record import JsonObject
from ndcops.model.service import Grade
from tests.bench.country import priority_class
from tests.bench.country_pods import Template, templates
from tests.bench.sandbox import REPOSITORY, BenchFailed, Sandbox
from tests.bench.timing import Clock

SITE = "ndc1"
NODES = 3000
PODS = 30_000
TEMPLATES = 1000
WRITERS = 8
SAID_EVERY = 2000
READ_TIMEOUT_S = 300.0

NOTES = (
    "load_s is the wall time of a process that reads one site, from its start: imports, TLS and all lists; "
    "load_memory_mib is its highest resident size, load_cpu_s its own share of the cores; the API server runs on "
    "the same ones",
    "pods are written bound through the API; their status is KWOK's, who plays their kubelets",
)


def measure_load(
    sandbox: Sandbox, clock: Clock, *, nodes: int = NODES, pods: int = PODS
) -> dict[str, float | int]:
    """`load_s`, `load_memory_mib` and what was read. Raises BenchFailed when not every pod came to be."""
    lone = lone_site(sandbox)
    clock.say(f"lab up: one site, {nodes} nodes")
    lone.ndcops("lab", "up", "--nodes", str(nodes)).required()
    try:
        clock.say(f"writing {pods} bound pods")
        write_site(lone, SITE, pods=pods, seed=clock.seed, clock=clock)
        found = _read(lone, SITE)
    finally:
        lone.ndcops("lab", "down").required()
    if found["nodes"] != nodes or found["pods"] != pods:
        raise BenchFailed(f"{nodes} nodes and {pods} pods were written, but this was read: {found}")
    clock.say(f"read in {found['load_s']:.1f} s, {found['load_memory_mib']:.0f} MiB, {found['groups']} groups")
    return found


def lone_site(sandbox: Sandbox) -> Sandbox:
    """The same sandbox with an inventory of a single site: nothing else shall compete for the cores."""
    folder = sandbox.root / "one-site"
    (folder / "sites").mkdir(parents=True, exist_ok=True)
    document = yaml.safe_load((REPOSITORY / "inventory" / "sites" / f"{SITE}.yaml").read_text())
    (folder / "sites" / f"{SITE}.yaml").write_text(yaml.safe_dump(document, allow_unicode=True))
    return replace(sandbox, inventory=folder)


def write_site(sandbox: Sandbox, site: str, *, pods: int, seed: int, clock: Clock) -> None:
    """Write bound pods to a site of the sandbox's lab, and wait until each has its status."""
    state = read_state(sandbox.lab)
    if state is None:
        raise BenchFailed("the lab is not up")
    with open_api(sandbox.lab, state.site(site), WRITERS) as api, ThreadPoolExecutor(WRITERS) as writers:
        nodes = [each["metadata"]["name"] for each in api.get("/api/v1/nodes?resourceVersion=0")["items"]]
        kinds = list(templates(random.Random(f"{seed} load"), pods, min(TEMPLATES, pods), 0.5, len(nodes)))
        _write_surroundings(api, kinds)
        began = time.monotonic()
        written = writers.map(lambda pod: _create(api, pod), islice(_pods(kinds, nodes), pods))
        for done, _ in enumerate(written, 1):
            if done % SAID_EVERY == 0:
                each_s = (time.monotonic() - began) / done
                clock.say(f"{done} pods written, {1 / each_s:.0f} a second")
                if (pods - done) * each_s > clock.left_s:
                    writers.shutdown(cancel_futures=True)
                    raise BenchFailed(f"no time to write {pods} pods: {1 / each_s:.0f} a second are too few")
        _wait_statuses(api, clock)


def _create(api: HttpsClient, pod: JsonObject) -> None:
    api.create(f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods", pod)


def _write_surroundings(api: HttpsClient, kinds: list[Template]) -> None:
    """Priority classes and namespaces; a pod needs its namespace's service account."""
    for grade in Grade:
        api.create("/apis/scheduling.k8s.io/v1/priorityclasses", priority_class(grade))
    spaces = sorted({kind.namespace for kind in kinds})
    for space in spaces:
        api.create("/api/v1/namespaces", {"metadata": {"name": space}})
        account = {"metadata": {"name": "default"}}
        api.create(f"/api/v1/namespaces/{space}/serviceaccounts", account)


def _pods(kinds: list[Template], nodes: list[str]) -> Iterator[JsonObject]:
    """Each template's pods, on nodes in turn: bound as the scheduler would have bound them, room aside."""
    places = cycle(nodes)
    for kind in kinds:
        for number in range(kind.count):
            yield _written(kind, f"{kind.name}-{number:05d}", next(places))


def _written(kind: Template, name: str, node: str) -> JsonObject:
    """The template as a workload would have made it: with what runs in it, not only what scheduling reads."""
    pod = kind.pod()
    del pod["status"]
    main: JsonObject = {
        **pod["spec"]["containers"][0],
        "image": f"registry.ndc.gov.vn/{kind.namespace}/{kind.name}:1.4.2",
        "command": ["/usr/bin/server", "--config=/etc/server/server.yaml"],
        "env": [{"name": f"SETTING_{number}", "value": f"value {number} of {kind.name}"} for number in range(8)],
        "readinessProbe": {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 10},
        "livenessProbe": {"httpGet": {"path": "/livez", "port": 8080}, "periodSeconds": 20},
        "volumeMounts": [{"name": "settings", "mountPath": "/etc/server"}, {"name": "work", "mountPath": "/work"}],
    }
    main["ports"] = [{"containerPort": 8080} | port for port in main.get("ports", [{}])]
    volumes = [
        {"name": "settings", "configMap": {"name": f"{kind.name}-settings"}},
        {"name": "work", "emptyDir": {}},
    ]
    pod["metadata"] |= {"name": name, "annotations": {"ndc.gov.vn/owner": f"owner of {kind.name}"}}
    pod["spec"] |= {"nodeName": node, "containers": [main], "volumes": volumes}
    return pod


def _wait_statuses(api: HttpsClient, clock: Clock) -> None:
    began = time.monotonic()
    while api.get("/api/v1/pods?fieldSelector=status.phase%21%3DRunning&limit=1")["items"]:
        if clock.left_s <= 0:
            waited_s = time.monotonic() - began
            raise BenchFailed(f"not every pod was Running {waited_s:.0f} s after it was written")
        time.sleep(2)
    clock.say(f"all pods Running {time.monotonic() - began:.0f} s later")


_READER = """
import json, resource, sys
from pathlib import Path
from ndcops.adapters.kubernetes_api import KubernetesApi
from ndcops.model.target import ClusterRef

site, kubeconfig, context = sys.argv[1:]
cluster = ClusterRef(site=site, kubeconfig=Path(kubeconfig), context=context, uid=None)
facts = KubernetesApi().read_site_facts(cluster, lambda progress: None)
print(json.dumps({
    "nodes": len(facts.objects["nodes"]),
    "pods": sum(group.pods for group in facts.pods),
    "groups": len(facts.pods),
    "load_memory_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
}))
"""


def _read(sandbox: Sandbox, site: str) -> dict[str, float | int]:
    """Read the site as ndcops-operator."""
    argv = [sys.executable, "-c", _READER, site, str(sandbox.lab.kubeconfig), f"lab-{site}"]
    cpu_s = _children_cpu_s()
    began = time.monotonic()
    done = subprocess.run(
        argv,
        env=sandbox.environment(),
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=READ_TIMEOUT_S,
        check=False,
    )
    wall_s = time.monotonic() - began
    if done.returncode != 0:
        raise BenchFailed(f"the reader ended with {done.returncode}: {done.stderr[-2000:]}")
    found: dict[str, float | int] = json.loads(done.stdout)
    return {"load_s": round(wall_s, 3), "load_cpu_s": round(_children_cpu_s() - cpu_s, 3), **found}


def _children_cpu_s() -> float:
    """User and system seconds of all processes that were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
