"""Builds the failover room on a target; what a target lacks is told when it is asked for, never guessed."""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from ndcops.model.errors import Interrupted, NdcopsError, Refused
from ndcops.model.target import TargetKind

if TYPE_CHECKING:
    from ndcops.adapters.etcd_store import EtcdAccess
    from ndcops.adapters.kubernetes_api.failover.site_objects import SiteObjects
    from ndcops.capacity.run import Capacity
    from ndcops.failover.ports import Coordination, Databases, Names, Probes, ScratchCopies
    from ndcops.failover.run.room import Failover
    from ndcops.failover.steps import Drivers
    from ndcops.model.failover import CapacityVerdict
    from ndcops.model.inventory import Inventory
    from ndcops.model.service import Service
    from ndcops.model.target import Target
    from ndcops.workflow.runner import StepEvent

WIDTH = 64
SIMULATED_IN_LAB = (
    "nodes and pods (KWOK)",
    "CloudNativePG (a player of ours on the real API server)",
    "volumes, their replication and fences (a player of ours on the real API server)",
)
"""What the lab plays: named in every plan, status and report of a failover."""


def failover(
    kind: str,
    chosen_inventory: Path | None,
    *,
    stop: threading.Event,
    on_step: "Callable[[StepEvent], None]",
) -> "Failover":
    """The room on a target. Raises NdcopsError when the lab is asked for and not up, InvalidInput."""
    from ndcops.adapters.kubernetes_api.failover.site_objects import SiteObjects
    from ndcops.adapters.kubernetes_api.failover.sites import PinnedSites
    from ndcops.failover.run.room import Failover
    from ndcops.failover.run.surroundings import Surroundings
    from ndcops.wiring import read_inventory, target

    inventory = read_inventory(chosen_inventory)
    chosen = target(kind, inventory)
    objects = SiteObjects(chosen)
    sites = tuple(site for site in inventory.built_sites() if chosen.cluster(site.name) is not None)
    return Failover(
        Surroundings(
            target=chosen.kind,
            services=inventory.services,
            sites=sites,
            reach=PinnedSites(objects),
            drivers=_drivers(chosen, inventory, objects),
            coordination=_coordination(chosen, inventory),
            capacity=_RoomOfCapacity(kind, chosen_inventory),
            clock=MachineClock(stop),
            stop=stop,
            on_step=on_step,
            width=WIDTH,
            lease_s=inventory.coordination.lease_s if inventory.coordination else 15,
            simulated=SIMULATED_IN_LAB if chosen.kind is TargetKind.LAB else (),
        )
    )


class MachineClock:
    """This machine's clock; Ctrl-C ends a sleep."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop

    def now(self) -> datetime:
        """Wall time (UTC)."""
        return datetime.now(UTC)

    def monotonic_s(self) -> float:
        """Seconds that only grow."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait. Raises Interrupted after Ctrl-C."""
        if self._stop.wait(seconds):
            raise Interrupted("interrupted", resolution="ndcops failover status")


class _RoomOfCapacity:
    """The capacity room behind failover's port: facts are read once for all questions of a plan."""

    def __init__(self, kind: str, chosen_inventory: Path | None) -> None:
        self._kind, self._inventory = kind, chosen_inventory
        self._room: Capacity | None = None

    def room_for(self, services: "Sequence[Service]", site: str) -> "CapacityVerdict":
        """As `capacity fit` answers. Raises what the capacity room raises."""
        from ndcops.capacity.plan.shortfall import limiting_reason
        from ndcops.model.failover import CapacityVerdict
        from ndcops.wiring.capacity import capacity, service_demands

        if self._room is None:
            self._room = capacity(self._kind, self._inventory, is_saved=False, on_facts=lambda _: None)
        snapshot = self._room.read()
        questions = self._room.questions(snapshot)
        demands = service_demands(self._room.inventory, [service.id for service in services])
        (answer,) = questions.fits([site], demands)
        reasons = [answer.problem] if answer.problem else []
        reasons += [f"{each.name}: {limiting_reason(each)}" for each in answer.placements if not each.is_whole]
        return CapacityVerdict(site=site, fits=answer.fits, reasons=tuple(reasons), taken_at=snapshot.taken_at)


def _coordination(chosen: "Target", inventory: "Inventory") -> "Coordination":
    from ndcops.adapters.etcd_store import EtcdCoordination, EtcdStore, GlassRules
    from ndcops.adapters.signatures import DetachedSignatures
    from ndcops.wiring import operator

    glass = GlassRules(folder=chosen.state_dir / "broken-glass", is_valid=DetachedSignatures().is_valid)
    lease_s = inventory.coordination.lease_s if inventory.coordination else 15
    store = EtcdStore(_access(chosen, inventory))
    return EtcdCoordination(store, actor=operator(chosen), glass=glass, lease_s=lease_s)


def _access(chosen: "Target", inventory: "Inventory") -> "EtcdAccess":
    from ndcops.adapters.etcd_store import EtcdAccess, read_access

    if chosen.kind is TargetKind.LAB:
        from ndcops.lab.folder import LabPaths, lab_folder

        return read_access(LabPaths(lab_folder()).coordination_file)
    declared = inventory.coordination
    if declared is None:
        raise NdcopsError(
            "the inventory declares no coordination store; without it nobody may fail over",
            resolution="edit inventory/coordination.yaml",
        )
    keys = chosen.state_dir / "coordination"
    return EtcdAccess(
        members=declared.members,
        ca_file=Path(declared.ca_file),
        client_certificate_file=keys / "client.crt",
        client_key_file=keys / "client.key",
    )


def _drivers(chosen: "Target", inventory: "Inventory", objects: "SiteObjects") -> "Drivers":
    from ndcops.adapters.kubernetes_api.failover.clusters import CloudNativeClusters
    from ndcops.adapters.kubernetes_api.failover.fences import NetworkFences
    from ndcops.adapters.kubernetes_api.failover.routes import ServiceRoutes
    from ndcops.adapters.kubernetes_api.failover.volumes import ReplicatedVolumes
    from ndcops.adapters.kubernetes_api.failover.workloads import ServiceWorkloads
    from ndcops.failover.steps import Drivers

    addresses = {site.name: tuple(str(zone.cidr) for zone in site.network.zones) for site in inventory.sites}
    databases, names, probes = _outside_kubernetes(chosen)
    return Drivers(
        workloads=ServiceWorkloads(objects),
        databases=databases,
        clusters=CloudNativeClusters(objects),
        volumes=ReplicatedVolumes(objects),
        fences=NetworkFences(objects, addresses),
        names=names,
        routes=ServiceRoutes(objects),
        probes=probes,
        scratch=_scratch(),
    )


def _outside_kubernetes(chosen: "Target") -> "tuple[Databases, Names, Probes]":
    """Databases, names and probes; each that the target lacks tells so when it is asked."""
    from ndcops.wiring.lab_services import LabProbes, lab_databases, lab_names

    if chosen.kind is not TargetKind.LAB:
        reason = "this release knows Patroni and DNS of the lab only"
        return _Missing(reason, ""), _Missing(reason, ""), _NoProbes()
    databases: Databases | _Missing
    names: Names | _Missing
    try:
        databases = lab_databases()
        names = lab_names()
    except NdcopsError as error:
        return _Missing(error.message, error.resolution), _Missing(error.message, error.resolution), _NoProbes()
    return databases, names, LabProbes()


def _scratch() -> "ScratchCopies":
    return _Missing("this release cannot make isolated copies on this target", "")


class _Missing:
    """Stands for a driver that the target lacks: whatever is asked of it is unknown, so plans are refused."""

    def __init__(self, reason: str, resolution: str) -> None:
        self._reason, self._resolution = reason, resolution

    def __getattr__(self, name: str) -> "Callable[..., Any]":
        def refuse(*_: object, **__: object) -> NoReturn:
            raise Refused(self._reason, resolution=self._resolution)

        return refuse


class _NoProbes:
    """No client outside writes through the services' names."""

    def read(self, service: "Service", *, since: datetime | None = None) -> None:
        """Nothing was seen."""
        del service, since
