"""A replicated volume of the simulated country, as csi-addons handles it."""

from dataclasses import dataclass

from tests.simulation.kernel import Kernel
from tests.simulation.network import Network
from tests.simulation.stores import StorageFences


@dataclass
class VolumeObject:
    """A VolumeReplication of one site."""

    wanted: str
    state: str
    version: int = 1
    epoch: int = 0
    changes: int = 0
    settled: bool = True
    degraded: bool = False
    resyncing: bool = False
    auto_resync: bool = False
    last_sync: float | None = 0.0


class VolumeStore:
    """A volume copied to the other site every five seconds; promotion is forced when asked for (csi-addons)."""

    def __init__(
        self, kernel: Kernel, network: Network, fences: StorageFences, service: str, home: str, standby: str
    ) -> None:
        self.kernel, self.network, self.fences = kernel, network, fences
        self.name = service
        self.sites = (home, standby)
        self.logs: dict[str, list[int]] = {home: [], standby: []}
        self.objects = {home: VolumeObject("primary", "Primary"), standby: VolumeObject("secondary", "Secondary")}
        self.writers_at: dict[str, bool] = {home: True, standby: False}
        kernel.every(5.0, self._sync)
        for site in self.sites:
            kernel.every(1.0, lambda site=site: self._reconcile(site))

    def other(self, site: str) -> str:
        return self.sites[1] if site == self.sites[0] else self.sites[0]

    def writable(self, site: str) -> bool:
        alive = site in self.network.alive and site in self.objects
        return alive and self.objects[site].state == "Primary" and not self.fences.blocks(site)

    def write(self, site: str, number: int) -> bool:
        if site not in self.logs or not self.writable(site) or not self.writers_at[site]:
            return False
        self.logs[site].append(number)
        return True

    def _sync(self) -> None:
        for site in self.sites:
            other = self.other(site)
            pair = (self.objects[site].state, self.objects[other].state)
            if pair == ("Primary", "Secondary") and self.network.linked(site, other):
                self.logs[other] = list(self.logs[site])
                self.objects[site].last_sync = self.kernel.now
                self.objects[other].last_sync = self.kernel.now

    def _reconcile(self, site: str) -> None:
        volume, other = self.objects[site], self.other(site)
        if site not in self.network.alive:
            return
        if volume.wanted == "primary":
            volume.state, volume.settled, volume.resyncing, volume.degraded = "Primary", True, False, False
            return
        if volume.state == "Primary":
            if self.writers_at[site] and not volume.auto_resync:
                return  # in use
            linked = self.network.linked(site, other)
            if not linked:
                volume.degraded = True
                return
            if self.objects[other].state == "Secondary":
                self.logs[other] = list(self.logs[site])
            elif volume.auto_resync:
                self.logs[site] = list(self.logs[other])
            else:
                volume.degraded = True
                return
        volume.state, volume.settled, volume.degraded, volume.resyncing = "Secondary", True, False, False
