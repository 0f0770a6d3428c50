"""What `ndcops doctor` checks: tools, disk, engines, inventory, clusters; each finding says what to type next."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from ndcops import wiring
from ndcops.adapters.kubernetes_api import KubernetesApi
from ndcops.model.errors import NdcopsError
from ndcops.model.finding import Finding
from ndcops.model.inventory import Inventory
from ndcops.model.target import ClusterRef
from ndcops.toolchain.build import status
from ndcops.toolchain.folders import cache_dir, state_dir

ENOUGH_FREE_BYTES = 10 * 2**30
"""Engines, their build cache and a lab take about 8 GiB."""


def examine(kind: str, chosen_inventory: Path | None) -> list[Finding]:
    """Every finding; nothing is changed, and nothing built."""
    return [
        *_tools(),
        *_disk(),
        *_engines(),
        *_inventory(chosen_inventory),
        *_clusters(kind, chosen_inventory),
    ]


def _tools() -> Iterator[Finding]:
    for tool, package, why in (
        ("ip", "iproute2", "the lab's links between sites need it"),
        ("nsenter", "util-linux", "the lab's sites run in network namespaces"),
    ):
        path = shutil.which(tool)
        yield (
            Finding(check=f"tool {tool}", verdict="ok", found=path)
            if path
            else Finding(
                check=f"tool {tool}",
                verdict="note",
                found=f"missing; {why}",
                resolution=f"apt-get install {package}",
            )
        )


def _disk() -> Iterator[Finding]:
    for name, folder in (("cache", cache_dir()), ("state", state_dir())):
        free = shutil.disk_usage(folder).free
        enough = free >= ENOUGH_FREE_BYTES
        yield Finding(
            check=f"disk of the {name} folder",
            verdict="ok" if enough else "bad",
            found=f"{free >> 30} GiB free in {folder}",
            resolution="" if enough else f"free space until {ENOUGH_FREE_BYTES >> 30} GiB are free",
        )


def _engines() -> Iterator[Finding]:
    for engine in status():
        missing = engine.state == "missing"
        yield Finding(
            check=f"engine {engine.name}",
            verdict="note" if missing else "ok",
            found=f"{engine.version} {engine.state}",
            resolution=f"ndcops toolchain build {engine.name}" if missing else "",
        )


def _inventory(chosen: Path | None) -> Iterator[Finding]:
    def check() -> str:
        found = wiring.read_inventory(chosen)
        return f"{len(found.sites)} sites, {len(found.services)} services"

    yield _finding("inventory", check)


def _clusters(kind: str, chosen: Path | None) -> Iterator[Finding]:
    try:
        # The lab knows its own sites; a broken inventory has its own finding.
        inventory = Inventory(sites=()) if kind == "lab" else wiring.read_inventory(chosen)
        target = wiring.target(kind, inventory)
    except NdcopsError as error:
        yield _bad(f"target {kind}", error)
        return
    api = KubernetesApi()
    for cluster in target.clusters:

        def check(cluster: ClusterRef = cluster) -> str:
            uid = api.read_uid(cluster)
            if cluster.uid is None:
                raise NdcopsError(
                    f"UID {uid} is not pinned", resolution=f"kubernetes.uid in sites/{cluster.site}.yaml"
                )
            if uid != cluster.uid:
                raise NdcopsError(f"another cluster answers: UID {uid}, pinned is {cluster.uid}")
            return f"context {cluster.context}, UID {uid} as pinned"

        yield _finding(f"cluster {cluster.site}", check)


def _finding(name: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(check=name, verdict="ok", found=check())
    except NdcopsError as error:
        return _bad(name, error)


def _bad(name: str, error: NdcopsError) -> Finding:
    found = "; ".join((error.message, *error.details[:3]))
    return Finding(check=name, verdict="bad", found=found, resolution=error.resolution)
