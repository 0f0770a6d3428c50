"""Looks at a moved service as its callers do: names, data, pods, and a client outside that writes and reads."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from ndcops.failover.steps.converge import converge
from ndcops.failover.steps.service_step import ServiceStep
from ndcops.failover.steps.world import FailoverWorld
from ndcops.model.record import JsonObject
from ndcops.workflow.step import Report

_SEEN_AT: Final = "seen_at"


def look_ended_at(done_at: datetime, evidence: JsonObject) -> datetime:
    """When a step saw what it waited for: its end, or earlier for one that went on to count what was lost."""
    seen_at = evidence.get(_SEEN_AT)
    return datetime.fromisoformat(seen_at) if isinstance(seen_at, str) else done_at


@dataclass(frozen=True)
class VerifyService(ServiceStep):
    """The service is at `site`: its data is led there, its names lead there, a probe got through."""

    kind: ClassVar[str] = "failover/verify"

    site: str
    address: str
    servers: tuple[str, ...]

    def _place(self) -> str:
        return self.site

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"{self.service}: names, data and a client outside say that it is at {self.site}"

    def apply(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Raises NdcopsError with what is not there yet."""
        began = world.clock.now()
        converge(
            world,
            f"{self.service} at {self.site}",
            read=lambda: self._missing(world, began),
            write=lambda _: None,
            done=lambda missing: not missing,
            say="; ".join,
            timeout_s=world.limits.probe_s,
            report=report,
        )
        return {_SEEN_AT: world.clock.now().isoformat(), **self._evidence(world)}

    def _missing(self, world: FailoverWorld, began: datetime) -> list[str]:
        return [*self._names(world), *self._data(world), *self._probe(world, began)]

    def _names(self, world: FailoverWorld) -> list[str]:
        missing = []
        for name in world.service(self.service).dns_names:
            for answer in world.drivers.names.read(name, self.servers).answers:
                if answer.server in self.servers and answer.addresses != (self.address,):
                    missing.append(f"{name} at {answer.server}: {answer.problem or ', '.join(answer.addresses)}")
        return missing

    def _data(self, world: FailoverWorld) -> list[str]:
        service, drivers = world.service(self.service), world.drivers
        missing = []
        if service.database is not None and service.database.engine == "patroni":
            leader_site = drivers.databases.read(service).leader_site
            if leader_site != self.site:
                missing.append(f"database led at {leader_site or 'no site'}")
        if service.database is not None and service.database.engine == "cloudnativepg":
            cluster = drivers.clusters.read(self.site, service)
            if cluster is None or not cluster.is_primary:
                missing.append(f"CloudNativePG at {self.site} is not primary")
        for volume in drivers.volumes.read(self.site, service):
            if volume.state != "Primary":
                missing.append(f"volume {volume.ref.name}: {volume.state}")
        return missing

    def _probe(self, world: FailoverWorld, began: datetime) -> list[str]:
        problem = world.drivers.probes.waits_for(world.service(self.service), began)
        return [f"no answer to the probe outside since {began:%H:%M:%S}: {problem}"] if problem else []

    def _evidence(self, world: FailoverWorld) -> JsonObject:
        service = world.service(self.service)
        began = world.history.begun_at(f"{self.service}/claim")
        seen = world.drivers.probes.read(service, since=began)
        if seen is None:
            return {"site": self.site, "probe": "none declared"}
        return {
            "site": self.site,
            "probe": "through the name",
            "outage_ms": seen.outage_ms,
            "lost": seen.lost,
            "last_write": seen.last_write,
        }
