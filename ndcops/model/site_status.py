"""What a site looks like now: nodes by pool, workloads by service, objects by layer."""

from ndcops.model.document import Value


class PoolStatus(Value):
    """Nodes of a pool, and how many of them are Ready."""

    pool: str
    nodes: int
    ready: int


class ServiceStatus(Value):
    """Replicas that a service wants at this site, and how many are ready; a standby wants none."""

    service: str
    replicas: int
    ready: int


class SiteCondition(Value):
    """One cluster as it answered."""

    site: str
    version: str
    pools: tuple[PoolStatus, ...]
    services: tuple[ServiceStatus, ...]


class SiteReport(Value):
    """A site for the status page: its condition, or the reason why it is unknown; objects by layer."""

    site: str
    condition: SiteCondition | None
    problem: str = ""
    objects: dict[str, int | None]


class StatusReport(Value):
    """All sites of a target; `taken_at` in UTC, ISO 8601. `simulated` names what the lab only simulates."""

    target: str
    taken_at: str
    sites: tuple[SiteReport, ...]
    simulated: tuple[str, ...] = ()
