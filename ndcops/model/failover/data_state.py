"""What keeps a service's data: Patroni clusters, CloudNativePG clusters, replicated volumes, network fences."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from ndcops.model.document import Name, Value
from ndcops.model.failover.workload_state import ObjectRef


class DatabaseMember(Value):
    """A Patroni member. lag_bytes: replay position behind the leader, None when unknown."""

    name: str
    site: Name
    role: Literal["leader", "sync_standby", "replica", "unknown"]
    state: str
    timeline: int | None = None
    lag_bytes: int | None = Field(default=None, ge=0)
    answers: bool = True
    clock_offset_ms: int | None = None


class DatabaseState(Value):
    """A Patroni cluster as its configuration store and its members tell.

    leader: from the leader key, which alone decides; empty while nobody holds it. synchronous: synchronous_mode is
    on. pending: the candidate of a change that was asked for and is not over. epoch: the mark of the last failover
    run, 0 for none. leader_left_s: until the leader key lapses unless its holder renews it; None when not known.
    """

    service: Name
    members: tuple[DatabaseMember, ...]
    leader: str = ""
    sync_standbys: tuple[str, ...] = ()
    synchronous: bool
    paused: bool = False
    failsafe: bool = False
    pending: str = ""
    ttl_s: int
    loop_wait_s: int
    epoch: int = 0
    leader_left_s: int | None = None

    def member(self, name: str) -> DatabaseMember | None:
        """The member of that name."""
        return next((member for member in self.members if member.name == name), None)

    def at(self, site: str) -> tuple[DatabaseMember, ...]:
        """The members of one site."""
        return tuple(member for member in self.members if member.site == site)

    @property
    def leader_site(self) -> str:
        """Where the leader stands; empty without one."""
        found = self.member(self.leader)
        return found.site if found else ""


class ReplicaClusterState(Value):
    """A CloudNativePG Cluster of one site, part of a set spread over sites.

    primary: spec.replica.primary, a site's name. switching: status.switchReplicaClusterStatus.inProgress.
    demoted: condition ReplicaClusterSwitch is true at the current generation. lag_bytes: behind the primary, None
    when unknown.
    """

    ref: ObjectRef
    primary: str
    source: str
    ready: bool
    phase: str
    switching: bool = False
    demoted: bool = False
    demotion_token: str = ""
    last_promotion_token: str = ""
    promotion_failed: str = ""
    timeline: int | None = None
    system_id: str = ""
    current_primary: str = ""
    fenced: bool = False
    lag_bytes: int | None = None
    resource_version: str
    epoch: int = 0

    @property
    def is_primary(self) -> bool:
        """Whether it may take writes: named primary, promoted, not fenced."""
        return self.primary == self.ref.site and not self.fenced and not self.switching


VolumeRole = Literal["primary", "secondary", "resync"]


class VolumeState(Value):
    """A VolumeReplication of one site.

    wanted: spec.replicationState. state: status.state, which lags behind. settled: Completed is true at the
    current generation. last_sync_at: as of the last time that it was known (it is cleared on secondaries).
    """

    ref: ObjectRef
    wanted: VolumeRole
    state: Literal["Primary", "Secondary", "Unknown"]
    settled: bool
    degraded: bool
    resyncing: bool
    last_sync_at: datetime | None = None
    last_sync_s: int | None = None
    message: str = ""
    resource_version: str
    epoch: int = 0


class FenceState(Value):
    """A NetworkFence that stands on `site` against `victim`; done means status.result Succeeded for `fenced`."""

    site: Name
    victim: Name
    fenced: bool
    done: bool
    message: str = ""
    epoch: int = 0


class ServerAnswer(Value):
    """What one authoritative server says of a name. epoch: from the TXT record beside it, 0 for none.

    problem: why it cannot be believed (no answer, not authoritative, refused); addresses are then empty.
    """

    server: str
    site: Name
    addresses: tuple[str, ...] = ()
    ttl_s: int = 0
    serial: int = 0
    epoch: int = 0
    problem: str = ""


class NameState(Value):
    """A DNS name at every authoritative server."""

    name: str
    answers: tuple[ServerAnswer, ...]
