"""Builds adapters and hands them to rooms; the command line calls it, and it alone knows both sides.

Imports stand inside the functions: each command loads only what it needs, and `--help` nothing.
"""

import os
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ndcops.model.target import ClusterRef, Target, TargetKind

if TYPE_CHECKING:
    from ndcops.lab.down import LabRemoval
    from ndcops.lab.progress import LabProgress
    from ndcops.lab.state import Direction
    from ndcops.lab.status import LabStatus as LabStatus
    from ndcops.lab.status import SiteStatusReport as SiteStatusReport
    from ndcops.model.finding import Finding
    from ndcops.model.inventory import Inventory
    from ndcops.model.landing_zone import LandingZone
    from ndcops.model.record import JsonObject
    from ndcops.model.stack_changes import StackId, StackProgress
    from ndcops.provisioning.run import Provisioning
    from ndcops.toolchain.build import EngineStatus
    from ndcops.toolchain.bundle import PackedBundle, UnpackedBundle
    from ndcops.toolchain.progress import BuildProgress
    from ndcops.workflow.journal_file import FileJournal
    from ndcops.workflow.runner import StepEvent

OnBuild = Callable[["BuildProgress"], None]


def inventory_folder(chosen: Path | None) -> Path:
    """The folder that was chosen, else the nearest `inventory/`, else the sample."""
    from ndcops.adapters.inventory_files import default_folder

    return chosen if chosen is not None else default_folder()


def read_inventory(chosen: Path | None) -> "Inventory":
    """The inventory, checked. Raises InvalidInput with every problem of every file."""
    from ndcops.adapters.inventory_files import read_inventory as read

    return read(inventory_folder(chosen))


def inventory_schemas() -> "dict[str, JsonObject]":
    """JSON Schemas for editors, by kind."""
    from ndcops.adapters.inventory_files import json_schemas

    return json_schemas()


def target(kind: str, inventory: "Inventory") -> Target:
    """The clusters that a run may change. Raises NdcopsError when the lab is asked for and not up."""
    if kind == TargetKind.LAB:
        from ndcops.lab.state import lab_target

        return lab_target()
    from ndcops.toolchain.folders import state_dir

    kubeconfig = _kubeconfig(os.environ.get("KUBECONFIG", ""))
    clusters = tuple(
        ClusterRef(site=site.name, kubeconfig=kubeconfig, context=site.kubernetes.context, uid=site.kubernetes.uid)
        for site in inventory.built_sites()
    )
    return Target(kind=TargetKind.PRODUCTION, clusters=clusters, state_dir=state_dir() / "production")


def _kubeconfig(named: str) -> Path:
    """The one kubeconfig of the environment. Raises InvalidInput when it names several."""
    from ndcops.model.errors import InvalidInput

    files = [name for name in named.split(os.pathsep) if name]
    if len(files) > 1:
        raise InvalidInput(
            f"KUBECONFIG names {len(files)} files; expected one",
            details=files,
            resolution="kubectl config view --flatten > FILE, then KUBECONFIG=FILE",
        )
    return Path(files[0]) if files else Path.home() / ".kube" / "config"


def provisioning(
    kind: str,
    chosen_inventory: Path | None,
    *,
    stop: threading.Event,
    on_progress: "Callable[[StackProgress], None]",
    on_step: "Callable[[StepEvent], None]",
    on_build: OnBuild,
    landing_zone: "Callable[[StackId], LandingZone] | None" = None,
) -> "Provisioning":
    """The provisioning room on a target, its engine built if need be.

    landing_zone: what agencies' stacks shall make; by dossiers and ledger when it is not given.
    """
    from ndcops.adapters.kubernetes_api import KubernetesApi
    from ndcops.adapters.pulumi_engine import EngineSettings, PulumiEngine
    from ndcops.provisioning.run import Provisioning
    from ndcops.toolchain.build import ensure_engine
    from ndcops.toolchain.engines import PULUMI_VERSION
    from ndcops.wiring.landing_zones import declared_zone

    inventory = read_inventory(chosen_inventory)
    chosen = target(kind, inventory)
    package = Path(__file__).resolve().parent.parent
    settings = EngineSettings(
        pulumi=ensure_engine("pulumi", on_build) / "pulumi",
        stacks_dir=package.parent / "stacks",
        state_dir=chosen.state_dir,
        plugin_dir=package / "provider" / "plugin",
    )
    return Provisioning(
        inventory=inventory,
        target=chosen,
        engine=PulumiEngine(settings, PULUMI_VERSION),
        clusters=KubernetesApi(),
        open_journal=partial(_stack_journal, chosen),
        width=max(len(chosen.clusters), 2 * (os.cpu_count() or 1)),
        stop=stop,
        on_progress=on_progress,
        on_step=on_step,
        landing_zone=landing_zone or partial(declared_zone, kind, inventory, chosen_inventory),
    )


def _stack_journal(chosen: Target, title: str) -> "FileJournal":
    """A journal of its own for each run on a target's stacks."""
    from ndcops.workflow.journal_file import FileJournal

    began = datetime.now(UTC)
    name = f"{began:%Y%m%dT%H%M%S.%f}-{title.replace(' ', '-')}.jsonl"
    path = chosen.state_dir / "journal" / name
    return FileJournal(path, actor=operator(chosen), now=lambda: datetime.now(UTC))


def operator(chosen: Target) -> str:
    """Who acts: the name in the client certificate, never `$USER`; a token's bearer is named by its context."""
    from ndcops.adapters.kubernetes_api import client_identity

    first = chosen.clusters[0]
    return client_identity(first) or f"bearer of context {first.context}"


def lab_up(
    chosen_inventory: Path | None,
    *,
    scale: float,
    nodes_per_site: int | None,
    services: Sequence[str] = (),
    loopback: bool,
    on_progress: "Callable[[LabProgress], None]",
    on_build: OnBuild,
) -> "LabStatus":
    """Start the lab, or heal what is missing of it."""
    from ndcops.lab.state import LabMode
    from ndcops.lab.status import status
    from ndcops.lab.up import up
    from ndcops.toolchain.build import ensure_engine

    up(
        read_inventory(chosen_inventory),
        scale=scale,
        nodes_per_site=nodes_per_site,
        services=services,
        mode=LabMode.LOOPBACK if loopback else None,
        on_progress=on_progress,
        engines=lambda name: ensure_engine(name, on_build),
    )
    return status()


def lab_status() -> "LabStatus":
    """What of the lab lives."""
    from ndcops.lab.status import status

    return status()


def lab_kill(site: str) -> None:
    """Take a whole site away with SIGKILL."""
    from ndcops.lab.outage import kill

    kill(site)


def lab_revive(site: str, on_progress: "Callable[[LabProgress], None]") -> None:
    """Start a killed site again, with its data."""
    from ndcops.lab.outage import revive

    revive(site, on_progress=on_progress)


def lab_partition(site: str, peer: str, direction: "Direction") -> None:
    """Cut a site's link."""
    from ndcops.lab.faults.run import partition

    partition(site, peer=peer, direction=direction)


def lab_slow(site: str, rate: str) -> None:
    """Slow a site's link."""
    from ndcops.lab.faults.run import slow

    slow(site, rate)


def lab_freeze(site: str, process: str) -> None:
    """Stop a site's processes without ending them."""
    from ndcops.lab.faults.run import freeze

    freeze(site, process)


def lab_heal(site: str | None) -> list[str]:
    """End faults; gives them in words."""
    from ndcops.lab.faults.run import heal

    return [str(fault) for fault in heal(site)]


def lab_down() -> "LabRemoval":
    """Remove everything of the lab."""
    from ndcops.lab.down import down

    return down()


def toolchain_build(names: list[str], on_build: OnBuild) -> dict[str, Path]:
    """Make engines ready; all of them when none is named."""
    from ndcops.toolchain.build import ensure_engine
    from ndcops.toolchain.engines import ENGINES

    return {name: ensure_engine(name, on_build) for name in names or ENGINES}


def toolchain_status() -> "list[EngineStatus]":
    """Every engine: ready, on PATH, being built or missing."""
    from ndcops.toolchain.build import status

    return status()


def toolchain_export(path: Path, wheels: Path | None, on_build: OnBuild) -> "PackedBundle":
    """Write the offline bundle."""
    from ndcops.toolchain.bundle import export_bundle

    return export_bundle(path, wheels, on_build)


def toolchain_import(path: Path, sha256: str, on_build: OnBuild) -> "UnpackedBundle":
    """Unpack a checked bundle."""
    from ndcops.toolchain.bundle import import_bundle

    return import_bundle(path, on_build, expected_sha256=sha256)


def examine(kind: str, chosen_inventory: Path | None) -> "list[Finding]":
    """What `doctor` finds; changes nothing."""
    from ndcops.wiring.examination import examine as look

    return look(kind, chosen_inventory)
