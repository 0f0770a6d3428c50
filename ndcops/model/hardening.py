"""Hosts under hardening: how one is reached, what a play changed or would change, what a guard says."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from ndcops.model.document import Value
from ndcops.model.host import Host
from ndcops.model.waiver import WaiverState


class HostTarget(Value):
    """A host and the account that changes it: key login, sudo by password."""

    host: Host
    user: str

    @property
    def where(self) -> str:
        """How messages name it: name, address, port."""
        return f"{self.host.name} ({self.host.address} port {self.host.ssh_port})"


class Proof(Value):
    """A fresh TCP connection, a login with the operator's key, and sudo: that the door opens."""

    host: str
    time: datetime
    duration_ms: int = Field(ge=0)


class CommandResult(Value):
    """What a command on a host said."""

    code: int
    output: str
    error: str


class ItemChange(Value):
    """One thing on a host before and after; None means that it is not there."""

    subject: str
    before: str | None
    after: str | None


class TaskChange(Value):
    """A task that changed a host, or would."""

    host: str
    control: str
    task: str
    items: tuple[ItemChange, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """What a prediction is compared by: host and task."""
        return self.host, self.task


class TaskFailure(Value):
    """A task that failed on a host, and the module's reason. `control` is empty when the host was not reached."""

    host: str
    control: str
    task: str
    reason: str


class Unsettable(Value):
    """A setting that was written but cannot take effect on this host, such as a container's kernel settings."""

    host: str
    control: str
    subject: str
    wanted: str
    reason: str


class TaskState(StrEnum):
    """How a task stands on a host."""

    RUNNING = "running"
    OK = "ok"
    CHANGED = "changed"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNREACHABLE = "unreachable"


class TaskProgress(Value):
    """A task began or ended on a host. done, total: tasks of the play on this host; total 0 is not known yet."""

    host: str
    control: str
    task: str
    state: TaskState
    done: int = 0
    total: int = 0


class PlayResult(Value):
    """What a play changed, or in check mode would change."""

    changes: tuple[TaskChange, ...] = ()
    failures: tuple[TaskFailure, ...] = ()
    unsettable: tuple[Unsettable, ...] = ()
    duration_s: float = 0.0
    tasks: int = 0
    """Tasks that ran, over all hosts."""

    def changed_on(self, host: str) -> tuple[TaskChange, ...]:
        """Changes of one host."""
        return tuple(change for change in self.changes if change.host == host)

    def failures_on(self, host: str) -> tuple[TaskFailure, ...]:
        """Failures of one host."""
        return tuple(failure for failure in self.failures if failure.host == host)


class GuardSnapshot(Value):
    """A snapshot that a host keeps of itself. kept: it was there already, from before the changes in place."""

    host: str
    run: str
    paths: int
    size_bytes: int
    kept: bool = False


class GuardResult(Value):
    """How a host went back. ok: its files are as they were and its door is open; failed: what is not, by part."""

    host: str
    run: str
    ok: bool
    way_in_ms: int = 0
    duration_ms: int = 0
    paths: int = 0
    failed: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class GuardRun(Value):
    """One run in a host's guard. left: what a restore could not put back, by part."""

    run: str
    time: datetime
    confirmed: bool
    restored: bool
    armed: bool
    left: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class StateDifference(Value):
    """Something on a host that is not as in its snapshot.

    part: files, firewall, kernel, mounts, packages or units.
    """

    host: str
    part: str
    subject: str
    before: str | None
    after: str | None


class DrainResult(Value):
    """A drained node. evicted, left: pods as NAMESPACE/NAME; left are those that belong to the node itself."""

    node: str
    evicted: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


class HostDrift(Value):
    """What is not as hardened on one host.

    changes: tasks that would repair something. differences: what changed since the last hardening, by the guard's
    own snapshot, of which controls know nothing too. last_run: the last confirmed hardening, if there was one.
    controls: only these were looked at, as the operator chose; empty means all.
    """

    host: str
    last_run: str | None
    controls: tuple[str, ...] = ()
    changes: tuple[TaskChange, ...] = ()
    differences: tuple[StateDifference, ...] = ()
    problem: str = ""


class VerifyReport(Value):
    """What `verify` found. `waivers` are those of the verified hosts, as they stand today."""

    hosts: tuple[HostDrift, ...]
    waivers: tuple[WaiverState, ...] = ()
    unsettable: tuple[Unsettable, ...] = ()
    duration_s: float = 0.0

    @property
    def is_clean(self) -> bool:
        """No host differs, is unhardened or unreachable, and every waiver counts."""
        hosts = all(host.last_run and not host.changes and not host.problem for host in self.hosts)
        return hosts and not any(waiver.problem for waiver in self.waivers)

    @property
    def drifted(self) -> dict[str, tuple[str, ...]]:
        """Controls to repair, by host."""
        return {
            host.host: tuple(sorted({change.control for change in host.changes}))
            for host in self.hosts
            if host.changes
        }
