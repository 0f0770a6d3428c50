"""Builds the capacity room and reads the files that its questions name."""

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ndcops.capacity.plan.demand import Demand
    from ndcops.capacity.ports import RealScheduler, UsageHistorySource
    from ndcops.capacity.run import Capacity
    from ndcops.model.inventory import Inventory
    from ndcops.model.price_list import PriceList
    from ndcops.model.site import Site
    from ndcops.model.snapshot import FactsProgress
    from ndcops.model.wave_plan import WavePlan
    from ndcops.wiring import OnBuild

Demands = Callable[["Site"], Sequence["Demand"]]


def capacity(
    kind: str, chosen_inventory: Path | None, *, is_saved: bool, on_facts: "Callable[[FactsProgress], None]"
) -> "Capacity":
    """The room on a target; with `is_saved` no cluster is needed and none is looked for."""
    from ndcops.adapters.kubernetes_api import KubernetesApi
    from ndcops.adapters.snapshot_files import SnapshotFiles
    from ndcops.capacity.run import Capacity
    from ndcops.wiring import read_inventory, target

    inventory = read_inventory(chosen_inventory)
    return Capacity(
        inventory=inventory,
        target=None if is_saved else target(kind, inventory),
        facts=KubernetesApi(),
        store=SnapshotFiles(),
        now=lambda: datetime.now(UTC),
        on_facts=on_facts,
    )


def manifest_demands(path: Path) -> Demands:
    """The workloads of a manifest file, asked of every site. Raises InvalidInput."""
    from ndcops.adapters.inventory_files import read_manifests
    from ndcops.capacity.plan.questions import manifest_demands as demands_of

    demands = demands_of(read_manifests(path))

    def at_any(_: "Site") -> Sequence["Demand"]:
        return demands

    return at_any


def service_demands(inventory: "Inventory", names: Sequence[str]) -> Demands:
    """Declared services. Raises InvalidInput for an unknown one."""
    from ndcops.capacity.plan.questions import services_demands
    from ndcops.model.errors import InvalidInput

    services = []
    for name in names:
        service = inventory.service(name)
        if service is None:
            raise InvalidInput(f"no service is called '{name}'", resolution="ndcops inventory show")
        services.append(service)
    return lambda site: services_demands(site, services)


def dossier_demands(inventory: "Inventory", name: str) -> Demands:
    """The services that an agency's dossier refers to. Raises InvalidInput when it refers to none."""
    from ndcops.model.errors import InvalidInput

    dossier = next((each for each in inventory.dossiers if each.id == name), None)
    if dossier is None:
        raise InvalidInput(f"no dossier is called '{name}'", resolution="ndcops inventory show")
    services = [each.service for each in dossier.systems if each.service]
    if not services:
        raise InvalidInput(
            f"dossier '{name}' refers to no declared service, so what it needs is not known",
            resolution=f"declare the systems in inventory/services and name them in agencies/{name}/dossier.yaml",
        )
    return service_demands(inventory, services)


def wave_demands(inventory: "Inventory", path: Path, name: str) -> Demands:
    """A planned wave: at each site what it brings there as home. Raises InvalidInput for an unknown wave."""
    from ndcops.capacity.plan.questions import wave_demands as demands_of
    from ndcops.model.errors import InvalidInput

    plan = wave_plan(path)
    wave = plan.wave(name)
    if wave is None:
        known = ", ".join(each.name for each in plan.waves)
        raise InvalidInput(f"{path}: no wave is called '{name}'; planned are: {known}")
    sites = {site.name: site for site in inventory.sites}
    return lambda site: demands_of(sites, wave, site.name)


def wave_plan(path: Path) -> "WavePlan":
    """The planned waves of a file. Raises InvalidInput."""
    from ndcops.adapters.inventory_files import read_document
    from ndcops.model.wave_plan import WavePlan

    return read_document(path, WavePlan)


def price_list(path: Path) -> "PriceList":
    """The price list of a file. Raises InvalidInput."""
    from ndcops.adapters.inventory_files import read_document
    from ndcops.model.price_list import PriceList

    return read_document(path, PriceList)


def usage_history(csv_file: Path | None, prometheus: str | None) -> "UsageHistorySource":
    """Where usage comes from. Raises InvalidInput when not exactly one source is named."""
    from ndcops.adapters.prometheus_history import Access, CsvHistory, PrometheusHistory
    from ndcops.model.errors import InvalidInput

    if csv_file is not None and prometheus is None:
        return CsvHistory(csv_file)
    if prometheus is not None and csv_file is None:
        return PrometheusHistory(Access.of(prometheus, os.environ))
    raise InvalidInput(
        "one source of usage is needed",
        resolution="ndcops capacity forecast --history FILE.csv, or --prometheus URL",
    )


def real_scheduler(on_build: "OnBuild") -> "RealScheduler":
    """The scheduler itself, in a control plane of its own, built if need be."""
    from ndcops.lab.scratch import ScratchScheduler
    from ndcops.toolchain.build import ensure_engine

    ensure_engine("kube", on_build)
    return ScratchScheduler()
