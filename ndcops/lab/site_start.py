"""Brings one site from its files to a ready API with roles, definitions, nodes; `up` and `revive` call it."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from pathlib import Path

from ndcops.lab import coordination_store, network
from ndcops.lab.cluster_api import HttpsClient, NotFound
from ndcops.lab.control_plane import SitePrograms
from ndcops.lab.folder import LabPaths
from ndcops.lab.manifests import Manifest
from ndcops.lab.nodes import is_ready, node_changes
from ndcops.lab.pki import key_pair
from ndcops.lab.processes import ProcessSpec, is_running, spawn
from ndcops.lab.progress import Phase, ProgressClock
from ndcops.lab.state import LabMode, SiteState, StateFile
from ndcops.model.errors import Interrupted, NdcopsError, Refused
from ndcops.model.record import JsonObject

API_TIMEOUT_S = 180.0
"""A cold start on two busy cores takes 20 s; a machine ten times slower is still waited for."""

WRITERS = 4
"""Connections that write nodes to one site: more gain nothing on two cores."""


@dataclass(frozen=True)
class LabRun:
    """What the parts of one `up` or `revive` share. `stop` is set when the run is interrupted."""

    paths: LabPaths
    file: StateFile
    programs: Path
    clock: ProgressClock
    stop: threading.Event = field(default_factory=threading.Event)

    def wait_for(self, what: str, check: Callable[[], bool], *, timeout_s: float, pause_s: float = 0.1) -> None:
        """Ask until it is so. Raises NdcopsError after `timeout_s`, Interrupted when the run is stopped."""
        deadline = time.monotonic() + timeout_s
        while not check():
            if self.stop.wait(pause_s):
                raise Interrupted("lab up was interrupted", resolution="ndcops lab up")
            if time.monotonic() > deadline:
                raise NdcopsError(f"{what}: not so after {timeout_s:.0f} s", resolution="ndcops lab status")


def open_api(paths: LabPaths, site: SiteState, connections: int = 1) -> HttpsClient:
    """A client of the site's API as administrator."""
    pki = paths.pki(site.name)
    return HttpsClient(
        site.address, site.ports.api, key_pair(pki, "ca").certificate, key_pair(pki, "admin"), connections
    )


def ensure_process(run: LabRun, spec: ProcessSpec) -> bool:
    """Start a process unless it runs; gives whether it was started."""
    record = run.file.state.process(spec.site, spec.name)
    if record is not None and is_running(record):
        return False
    if run.stop.is_set():
        raise Interrupted("lab up was interrupted", resolution="ndcops lab up")
    run.file.record_process(spawn(spec, run.paths.lab_id))
    return True


def ensure_network(run: LabRun, site: SiteState) -> int | None:
    """The site's network namespace, linked to the bridge: the PID of its anchor; None on loopback."""
    state = run.file.state
    if state.mode is LabMode.LOOPBACK or state.subnet is None:
        return None
    ensure_process(run, network.anchor(run.paths, site.name))
    record = run.file.state.process(site.name, network.ANCHOR)
    if record is None:
        raise NdcopsError(f"{site.name}: no network", resolution="ndcops lab up")
    network.connect_site(run.paths.lab_id, site.index, record.pid, IPv4Network(state.subnet))
    return record.pid


def start_control_plane(run: LabRun, site: SiteState, roles: Sequence[Manifest]) -> SiteState:
    """Start what does not run of a site, wait for its API, and pin its cluster."""
    programs = SitePrograms(run.paths, run.file.state.mode, site, run.programs, ensure_network(run, site))
    ensure_process(run, programs.etcd())
    ensure_process(run, programs.apiserver())
    if site.ports.coordination is not None:
        all_members = coordination_store.members(run.file.state)
        ensure_process(run, coordination_store.member(programs, run.paths, site, all_members))
    run.clock.report(site.name, Phase.PROCESSES, 1, 1)
    with open_api(run.paths, site) as api:
        _wait_api(run, site, api)
        site = _pin_cluster(run, site, api)
        for role in roles:
            api.apply(role.path, role.text)
        _release_nodes(run, site, api)
    for spec in (programs.controller_manager(), programs.scheduler(), programs.kwok()):
        ensure_process(run, spec)
    run.clock.report(site.name, Phase.API, 1, 1)
    return site


def _release_nodes(run: LabRun, site: SiteState, api: HttpsClient) -> None:
    """KWOK takes a new name at each start: it would leave nodes and their pods alone until the lease of the one
    that was killed is over (two minutes).
    """
    record = run.file.state.process(site.name, "kwok")
    if record is not None and not is_running(record):
        api.delete("/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases")


def _wait_api(run: LabRun, site: SiteState, api: HttpsClient) -> None:
    def ready() -> bool:
        for name in ("etcd", "kube-apiserver"):
            require_alive(run, site, name)
        return api.answers("/readyz")

    run.wait_for(f"{site.name}: its API is ready", ready, timeout_s=API_TIMEOUT_S, pause_s=0.15)


def require_alive(run: LabRun, site: SiteState, name: str) -> None:
    """Raises NdcopsError with the end of its log when a process of the site has died."""
    record = run.file.state.process(site.name, name)
    if record is None or is_running(record):
        return
    lines = record.log.read_text(errors="replace").splitlines()[-5:] if record.log.exists() else []
    raise NdcopsError(
        f"{site.name}: {name} ended right after its start",
        details=[*lines, f"log: {record.log}"],
        resolution="ndcops lab down, then: ndcops lab up",
    )


def _pin_cluster(run: LabRun, site: SiteState, api: HttpsClient) -> SiteState:
    """Remember the cluster's UID; raises Refused when the one that answers is another."""

    def system_namespace_exists() -> bool:
        try:
            api.get("/api/v1/namespaces/kube-system")
        except NotFound:
            return False
        return True

    run.wait_for(f"{site.name}: namespace kube-system", system_namespace_exists, timeout_s=30)
    uid = str(api.get("/api/v1/namespaces/kube-system")["metadata"]["uid"])
    if site.uid is not None and site.uid != uid:
        raise Refused(
            f"{site.name}: {site.endpoint} is another cluster than the one that this lab started",
            details=[f"pinned: {site.uid}", f"found: {uid}"],
            resolution="ndcops lab down, then: ndcops lab up",
        )
    return run.file.update_site(site.name, uid=uid)


def fill_cluster(
    run: LabRun, site: SiteState, definitions: Sequence[Manifest], nodes: Sequence[JsonObject]
) -> None:
    """Write definitions and nodes to a ready API, and wait until pods could run there."""
    with open_api(run.paths, site, WRITERS) as api, ThreadPoolExecutor(WRITERS) as writers:
        _write_nodes(run, site, api, writers, nodes)
        # Created, not applied: server-side apply refuses published definitions that repeat a validation rule.
        list(writers.map(lambda each: api.create_manifest(each.collection, each.text), definitions))
        run.clock.report(site.name, Phase.DEFINITIONS, len(definitions), len(definitions))
        _wait_definitions(run, site, api, definitions)
        _wait_nodes(run, site, api, len(nodes))
        run.wait_for(
            f"{site.name}: default service account",
            lambda: api.answers("/api/v1/namespaces/default/serviceaccounts/default"),
            timeout_s=60,
        )
    run.file.update_site(site.name, nodes=len(nodes))


def _write_nodes(
    run: LabRun, site: SiteState, api: HttpsClient, writers: ThreadPoolExecutor, nodes: Sequence[JsonObject]
) -> None:
    remove, create = node_changes(nodes, api.get("/api/v1/nodes")["items"])
    list(writers.map(lambda name: api.delete(f"/api/v1/nodes/{name}"), remove))
    for done, _ in enumerate(writers.map(lambda node: api.create("/api/v1/nodes", node), create), 1):
        if run.stop.is_set():
            writers.shutdown(cancel_futures=True)
            raise Interrupted("lab up was interrupted", resolution="ndcops lab up")
        if done % 25 == 0:
            run.clock.report(site.name, Phase.NODES, done, len(create))
    run.clock.report(site.name, Phase.NODES, len(nodes), len(nodes))


def _wait_definitions(run: LabRun, site: SiteState, api: HttpsClient, definitions: Sequence[Manifest]) -> None:
    wanted = {each.name for each in definitions if each.kind == "CustomResourceDefinition"}

    def established() -> bool:
        items = api.get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions")["items"]
        served = {
            item["metadata"]["name"]
            for item in items
            for condition in item.get("status", {}).get("conditions") or []
            if condition["type"] == "Established" and condition["status"] == "True"
        }
        return wanted <= served

    run.wait_for(f"{site.name}: custom resource definitions are served", established, timeout_s=60, pause_s=0.3)


def _wait_nodes(run: LabRun, site: SiteState, api: HttpsClient, total: int) -> None:
    def all_ready() -> bool:
        for name in ("kwok", "kube-controller-manager"):
            require_alive(run, site, name)
        # resourceVersion=0: from the API server's cache, without asking etcd
        ready = sum(is_ready(node) for node in api.get("/api/v1/nodes?resourceVersion=0")["items"])
        run.clock.report(site.name, Phase.READY, min(ready, total), total)
        return ready >= total

    run.wait_for(f"{site.name}: {total} nodes are ready", all_ready, timeout_s=API_TIMEOUT_S, pause_s=0.8)
