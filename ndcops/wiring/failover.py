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
    from ndcops.adapters.kubernetes_api.failover import SiteObjects
    from ndcops.capacity.run import Capacity
    from ndcops.failover.run.room import Failover
    from ndcops.failover.steps import Drivers
    from ndcops.model.failover import BreakGlass, CapacityVerdict
    from ndcops.model.inventory import Inventory
    from ndcops.model.service import Service
    from ndcops.model.target import Target
    from ndcops.workflow.runner import StepEvent

WIDTH = 64
SIMULATED_IN_LAB = (
    "nodes and pods (KWOK)",
    "CloudNativePG (a player of ours on the real API server)",
    "volumes, their replication and fences (a player of ours on the real API server)",
    "gateways (a player of ours accepts routes; no traffic goes through them)",
)
"""What the lab plays: named in every plan, status and report of a failover."""


def failover(
    kind: str,
    chosen_inventory: Path | None,
    *,
    stop: threading.Event,
    on_step: "Callable[[StepEvent], None]",
    glass: "BreakGlass | None" = None,
) -> "Failover":
    """The room on a target. `glass`: a signed order to act without the store's majority.

    Raises NdcopsError when the lab is asked for and not up, InvalidInput.
    """
    from ndcops.adapters.kubernetes_api.failover import PinnedSites
    from ndcops.failover.run.room import Failover
    from ndcops.failover.run.surroundings import Surroundings
    from ndcops.wiring import cluster_drivers, inventory_folder, read_inventory, target

    inventory = read_inventory(chosen_inventory)
    chosen = target(kind, inventory)
    objects = cluster_drivers.site_objects(chosen)
    folder = inventory_folder(chosen_inventory)
    sites = tuple(site for site in inventory.built_sites() if chosen.cluster(site.name) is not None)
    return Failover(
        Surroundings(
            target=chosen.kind,
            services=inventory.services,
            sites=sites,
            reach=PinnedSites(objects),
            drivers=_drivers(chosen, inventory, folder, objects),
            coordination=cluster_drivers.coordination(inventory, chosen, folder),
            capacity=_RoomOfCapacity(kind, chosen_inventory),
            clock=MachineClock(stop),
            stop=stop,
            on_step=on_step,
            width=WIDTH,
            lease_s=inventory.coordination.lease_s if inventory.coordination else 15,
            simulated=SIMULATED_IN_LAB if chosen.kind is TargetKind.LAB else (),
            glass=glass,
        )
    )


def signature_over(order: "BreakGlass", key: Path) -> tuple[str, str]:
    """The public key (PEM) of a private key's file, and its signature over the order. Raises InvalidInput."""
    from ndcops.adapters.etcd_store.broken_glass import signed_bytes
    from ndcops.adapters.signatures import public_key_of, sign

    return public_key_of(key), sign(key, signed_bytes(order))


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
    """The capacity room behind failover's port. Only the site in question is read: others may be lost."""

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
        snapshot = self._room.read([site])
        questions = self._room.questions(snapshot)
        demands = service_demands(self._room.inventory, [service.id for service in services])
        (answer,) = questions.fits([site], demands)
        reasons = [answer.problem] if answer.problem else []
        reasons += [f"{each.name}: {limiting_reason(each)}" for each in answer.placements if not each.is_whole]
        return CapacityVerdict(site=site, fits=answer.fits, reasons=tuple(reasons), taken_at=snapshot.taken_at)


def _drivers(chosen: "Target", inventory: "Inventory", folder: Path, objects: "SiteObjects") -> "Drivers":
    from ndcops.adapters.kubernetes_api.failover import ReplicatedVolumes, ServiceRoutes, ServiceWorkloads
    from ndcops.failover.steps import Drivers
    from ndcops.wiring import cluster_drivers as wired
    from ndcops.wiring.data_services import databases, names
    from ndcops.wiring.lab_services import LabProbes

    return Drivers(
        workloads=ServiceWorkloads(objects),
        databases=_or_missing(lambda: databases(chosen, inventory, folder)),
        clusters=wired.replicated_clusters(objects, chosen),
        volumes=ReplicatedVolumes(objects),
        fences=wired.network_fences(objects, inventory),
        names=_or_missing(lambda: names(chosen, inventory)),
        routes=ServiceRoutes(objects),
        probes=LabProbes() if chosen.kind is TargetKind.LAB else _NoProbes(),
        scratch=wired.scratch_copies(objects),
    )


def _or_missing(build: "Callable[[], Any]") -> "Any":
    """The driver, or a stand-in that tells why there is none when it is asked: other services may not need it."""
    try:
        return build()
    except NdcopsError as error:
        return _Missing("; ".join((error.message, *error.details)), error.resolution)


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

    def waits_for(self, service: "Service", since: datetime) -> str:
        """Nothing is waited for."""
        del service, since
        return ""
