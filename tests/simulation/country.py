"""The simulated country: sites, stores of services, pods, routes, names; clients that write; a judge."""

from dataclasses import dataclass, field

from ndcops.model.object_names import workload_object
from ndcops.model.service import Service
from tests.simulation.kernel import Kernel
from tests.simulation.network import Network
from tests.simulation.stores import PatroniStore, ReplicaClusterStore, StorageFences, Store
from tests.simulation.volume_store import VolumeStore


@dataclass
class PodSet:
    """A workload of one site: what is wanted and what runs."""

    replicas: int
    ready: int
    pods: int
    version: int = 1
    epoch: int = 0
    changes: int = 0


@dataclass
class Route:
    """The way to a service at one site."""

    is_open: bool = True
    version: int = 1
    epoch: int = 0
    changes: int = 0


@dataclass
class NameRecord:
    """A name at one server."""

    addresses: tuple[str, ...]
    ttl_s: int = 60
    epoch: int = 0
    changes: int = 0


@dataclass
class Judge:
    """What may never happen, counted: two writable sides; and what was acknowledged."""

    violations: list[str] = field(default_factory=list)
    acknowledged: dict[str, list[tuple[int, float]]] = field(default_factory=dict)


class Country:
    """Everything outside ndcops."""

    def __init__(self, kernel: Kernel, services: tuple[Service, ...], sites: tuple[str, ...]) -> None:
        self.kernel = kernel
        self.sites = sites
        self.services = {service.id: service for service in services}
        self.network = Network(kernel, sites)
        self.fences = StorageFences()
        self.patroni: dict[str, PatroniStore] = {}
        self.clusters: dict[str, ReplicaClusterStore] = {}
        self.volumes: dict[str, VolumeStore] = {}
        self.pods: dict[tuple[str, str, str], PodSet] = {}
        self.routes: dict[tuple[str, str], Route] = {}
        self.records: dict[tuple[str, str], NameRecord] = {}
        self.judge = Judge()
        self._number = 0
        for service in services:
            self._furnish(service)
        self._stores: list[tuple[Service, Store]] = [
            (self.services[name], store)
            for table in (self.patroni, self.clusters, self.volumes)
            for name, store in table.items()  # type: ignore[attr-defined]
        ]
        kernel.every(0.5, self._write_everywhere)

    def _furnish(self, service: Service) -> None:
        kernel, network, home, standby = self.kernel, self.network, service.home, service.standby
        engine = service.database.engine if service.database else ""
        if engine == "patroni":
            self.patroni[service.id] = PatroniStore(kernel, network, service.id, home, standby)
        if engine == "cloudnativepg":
            third = tuple(site for site in self.sites if site not in (home, standby))
            self.clusters[service.id] = ReplicaClusterStore(
                kernel, network, self.fences, service.id, (home, standby, *third), home
            )
        if any(workload.volume for workload in service.workloads):
            self.volumes[service.id] = VolumeStore(kernel, network, self.fences, service.id, home, standby)
        for workload in service.workloads:
            name = workload_object(service, workload)
            self.pods[home, service.id, name] = PodSet(workload.replicas, workload.replicas, workload.replicas)
            self.pods[standby, service.id, name] = PodSet(0, 0, 0)
        for name in service.dns_names:
            for site in (home, standby):
                self.routes[site, service.id] = Route()
            for server in self.sites:
                self.records[server, name] = NameRecord((entry_of(home),))

    def scaled(self, site: str, service: Service, name: str) -> None:
        """Pods follow what is wanted, a while later; a volume's writers with them."""
        pods = self.pods[site, service.id, name]
        volume = self.volumes.get(service.id)
        with_volume = {workload_object(service, w) for w in service.workloads if w.volume}

        def follow() -> None:
            if site not in self.network.alive:
                return
            pods.ready = pods.pods = pods.replicas
            if volume is not None and name in with_volume:
                volume.writers_at[site] = pods.pods > 0

        self.kernel.after(0.5 + 2 * self.kernel.random.random(), follow)

    def kill(self, site: str) -> None:
        """The site loses power."""
        self.network.alive.discard(site)
        for store in self.patroni.values():
            store.primary_at.discard(site)

    def revive(self, site: str) -> None:
        """Power is back: everything comes up as its own configuration says, which is old."""
        self.network.alive.add(site)

    def _write_everywhere(self) -> None:
        """Clients write where the name leads, and now and then where a stale answer leads."""
        self.watch()
        for service, store in self._stores:
            if not self._is_served(service):
                continue
            targets = {self._resolved(service)}
            if self.kernel.random.random() < 0.5:
                targets.add(self.kernel.random.choice(self.sites))
            for site in sorted(filter(None, targets)):
                self._number += 1
                if site in self.network.alive and store.write(site, self._number):
                    key = f"{store.name}/{type(store).__name__}"
                    self.judge.acknowledged.setdefault(key, []).append((self._number, self.kernel.now))

    def watch(self) -> None:
        """Two sides of one store that take writes are a violation, whether or not anybody writes."""
        for _, store in self._stores:
            open_at = [site for site in store.logs if store.writable(site)]
            if len(open_at) > 1:
                self.judge.violations.append(f"{self.kernel.now:.1f} s: {store.name} writable at {open_at}")

    def _is_served(self, service: Service) -> bool:
        return bool(service.dns_names)

    def _resolved(self, service: Service) -> str:
        server = self.kernel.random.choice(self.sites)
        if server not in self.network.alive:
            return ""
        addresses = self.records[server, service.dns_names[0]].addresses
        return site_of(addresses[0]) if addresses else ""

    def lost(self) -> dict[str, list[float]]:
        """By store: when each acknowledged write that the store no longer holds was acknowledged."""
        lost = {}
        for _, store in self._stores:
            held = set(store.logs[self.primary_of(store)]) if self.primary_of(store) else set()
            key = f"{store.name}/{type(store).__name__}"
            lost[key] = [at for number, at in self.judge.acknowledged.get(key, []) if number not in held]
        return lost

    def primary_of(self, store: Store) -> str:
        """The one site where the store takes writes; empty when there is none."""
        found = [site for site in store.logs if store.writable(site)]
        return found[0] if len(found) == 1 else ""

    @property
    def stores(self) -> list[tuple[Service, Store]]:
        """Every store and its service."""
        return self._stores


def entry_of(site: str) -> str:
    """The address where a site takes traffic; none for no site."""
    return "" if not site else f"10.0.{site[-1]}.1"


def site_of(address: str) -> str:
    """The site of an entry address."""
    return f"ndc{address.split('.')[2]}"
