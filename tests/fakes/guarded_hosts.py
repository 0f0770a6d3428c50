"""The ports of hardening in memory: hosts with guards, the play, drains, signatures."""

import copy
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ndcops.model.errors import InvalidInput, NdcopsError, Refused
from ndcops.model.hardening import (
    DrainResult,
    GuardResult,
    GuardRun,
    GuardSnapshot,
    HostTarget,
    ItemChange,
    PlayResult,
    Proof,
    StateDifference,
    TaskChange,
    TaskFailure,
    TaskProgress,
    TaskState,
)
from ndcops.model.target import ClusterRef

NOW = datetime(2026, 1, 31, 8, 0, tzinfo=UTC)


@dataclass
class FakeHost:
    """One host: its settings by control, whether its door opens, and its guard's runs."""

    settings: dict[str, str] = field(default_factory=dict)
    door: str = "open"
    """open, shut (nobody gets in), wrong key, wrong password."""
    room: bool = True
    runs: dict[str, dict[str, str]] = field(default_factory=dict)
    confirmed: list[str] = field(default_factory=list)
    restored: set[str] = field(default_factory=set)
    armed: str | None = None
    started_anew: bool = False
    """Since it was armed."""
    guarded: bool = False


@dataclass
class FakeHosts:
    """The port GuardedHosts. `expire` lets a host's time run out; `log` tells what was asked of whom."""

    hosts: dict[str, FakeHost] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    _guard: threading.RLock = field(default_factory=threading.RLock)

    def prove(self, target: HostTarget) -> Proof:
        self._enter(target, "prove")
        return Proof(host=target.host.name, time=NOW, duration_ms=1)

    def install_guard(self, target: HostTarget) -> None:
        self._enter(target, "install").guarded = True

    def snapshot(self, target: HostTarget, run: str) -> GuardSnapshot:
        host = self._guarded(target, f"snapshot {run}")
        if host.armed:
            raise Refused(f"run {host.armed} is armed; restore it or let its time run out")
        if not host.room:
            raise Refused("/etc: 1 MiB are free, a snapshot needs 12 MiB")
        kept = run in host.confirmed
        if not kept:
            host.runs[run] = copy.deepcopy(host.settings)
            host.restored.discard(run)
        return GuardSnapshot(host=target.host.name, run=run, paths=len(host.settings), size_bytes=0, kept=kept)

    def arm(self, target: HostTarget, run: str, seconds: int) -> None:
        host = self._guarded(target, f"arm {run}")
        if run not in host.runs:
            raise Refused(f"there is no snapshot of run {run}")
        if host.armed not in (None, run):
            raise Refused(f"run {host.armed} is armed; restore it or let its time run out")
        host.armed = run
        host.started_anew = False
        host.restored.discard(run)

    def beat(self, target: HostTarget, run: str, seconds: int) -> Proof:
        self._require_armed(self._guarded(target, f"beat {run}"), run)
        return Proof(host=target.host.name, time=NOW, duration_ms=1)

    def disarm(self, target: HostTarget, run: str) -> None:
        host = self._guarded(target, f"disarm {run}")
        self._require_armed(host, run)
        host.armed = None
        host.confirmed.append(run)

    def restore(self, target: HostTarget, run: str) -> GuardResult:
        host = self._guarded(target, f"restore {run}")
        if run not in host.runs:
            raise Refused(f"there is no snapshot of run {run}")
        self._put_back(host, run)
        return GuardResult(host=target.host.name, run=run, ok=True)

    def compare(self, target: HostTarget, run: str) -> tuple[StateDifference, ...]:
        host = self._guarded(target, f"compare {run}")
        if run not in host.runs:
            raise Refused(f"there is no snapshot of run {run}")
        then = host.runs[run]
        return tuple(
            StateDifference(
                host=target.host.name,
                part="files",
                subject=key,
                before=then.get(key),
                after=host.settings.get(key),
            )
            for key in sorted({*then, *host.settings})
            if then.get(key) != host.settings.get(key)
        )

    def runs(self, target: HostTarget) -> tuple[GuardRun, ...]:
        host = self._enter(target, "runs")
        return tuple(
            GuardRun(
                run=run,
                time=NOW,
                confirmed=run in host.confirmed,
                restored=run in host.restored,
                armed=run == host.armed,
            )
            for run in host.runs
        )

    def expire(self, name: str) -> None:
        """The host's time ran out."""
        host = self.hosts[name]
        if host.armed:
            self._put_back(host, host.armed)
            host.door = "open"

    def power_cut(self, name: str) -> None:
        """The host was off for a moment."""
        self.hosts[name].started_anew = True

    def _put_back(self, host: FakeHost, run: str) -> None:
        host.settings = copy.deepcopy(host.runs[run])
        host.restored.add(run)
        host.confirmed = [one for one in host.confirmed if one != run]
        host.armed = None if host.armed == run else host.armed

    def _enter(self, target: HostTarget, what: str) -> FakeHost:
        name = target.host.name
        with self._guard:
            self.log.append(f"{name} {what}")
        host = self.hosts[name]
        if host.door == "wrong key":
            raise Refused(f"host {target.where} shows another host key than known_hosts has")
        if host.door == "wrong password":
            raise InvalidInput(f"host {target.where}: sudo does not take the password of '{target.user}'")
        if host.door != "open":
            raise NdcopsError(f"host {target.where} cannot be reached", details=["timed out"])
        return host

    def _guarded(self, target: HostTarget, what: str) -> FakeHost:
        host = self._enter(target, what)
        if not host.guarded:
            raise NdcopsError(f"host {target.where}: its guard does not answer")
        return host

    @staticmethod
    def _require_armed(host: FakeHost, run: str) -> None:
        if host.armed != run:
            raise Refused(f"run {run} is not armed: its time ran out and the host went back")
        if host.started_anew:
            raise Refused(f"the host was started anew in the middle of run {run}: it goes back")


@dataclass
class FakePlaybooks:
    """The port Playbooks: makes `settings` of each host what `wanted` says, a task a control.

    during: called on each host in the middle of apply. failing: (host, control) whose task fails.
    """

    hosts: FakeHosts
    wanted: dict[str, str]
    during: Callable[[str], None] = lambda host: None
    failing: set[tuple[str, str]] = field(default_factory=set)
    applied: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def check(
        self,
        hosts: Sequence[str],
        *,
        controls: Sequence[str] = (),
        variables: Mapping[str, Mapping[str, Any]],
        on_task: Callable[[TaskProgress], None],
    ) -> PlayResult:
        return self._result(hosts, controls, on_task)

    def apply(
        self,
        hosts: Sequence[str],
        *,
        controls: Sequence[str] = (),
        variables: Mapping[str, Mapping[str, Any]],
        on_task: Callable[[TaskProgress], None],
        cancelled: Callable[[], bool],
    ) -> PlayResult:
        found = self._result(hosts, controls, on_task)
        failures = []
        for name in hosts:
            self.applied.append((name, tuple(controls)))
            for number, change in enumerate(found.changed_on(name)):
                if number == 1:
                    self.during(name)
                if cancelled():
                    return PlayResult()
                if (name, change.control) in self.failing:
                    failures.append(
                        TaskFailure(host=name, control=change.control, task=change.task, reason="it broke")
                    )
                    break
                self.hosts.hosts[name].settings[change.control] = self.wanted[change.control]
        return found.model_copy(update={"failures": tuple(failures)})

    def _result(
        self, hosts: Sequence[str], controls: Sequence[str], on_task: Callable[[TaskProgress], None]
    ) -> PlayResult:
        changes = []
        for name in hosts:
            now = self.hosts.hosts[name].settings
            for control, value in self.wanted.items():
                if controls and control not in controls:
                    continue
                task = f"{control} | It is {value}"
                on_task(TaskProgress(host=name, control=control, task=task, state=TaskState.RUNNING))
                if now.get(control) != value:
                    item = ItemChange(subject=control, before=now.get(control), after=value)
                    changes.append(TaskChange(host=name, control=control, task=task, items=(item,)))
        return PlayResult(changes=tuple(changes), tasks=len(hosts) * len(self.wanted))


@dataclass
class FakeDrains:
    """The port NodeDrain: `nodes` are schedulable or not; `stuck` ones never empty."""

    nodes: dict[str, bool] = field(default_factory=dict)
    stuck: set[str] = field(default_factory=set)
    log: list[str] = field(default_factory=list)

    def is_node(self, cluster: ClusterRef, name: str) -> bool:
        return name in self.nodes

    def cordon(self, cluster: ClusterRef, name: str) -> bool:
        self.log.append(f"cordon {name}")
        was, self.nodes[name] = self.nodes[name], False
        return was

    def drain(
        self, cluster: ClusterRef, name: str, *, evict_unmanaged: bool, on_wait: Callable[[str], None]
    ) -> DrainResult:
        self.log.append(f"drain {name}")
        if name in self.stuck:
            raise NdcopsError(f"node {name}: 1 pods did not leave within 600 s")
        return DrainResult(node=name, evicted=("default/web",))

    def uncordon(self, cluster: ClusterRef, name: str) -> None:
        self.log.append(f"uncordon {name}")
        self.nodes[name] = True


@dataclass
class FakeSignatures:
    """The port Signatures: right is what says `signed by KEY`."""

    def is_valid(self, public_key: str, data: bytes, signature: str) -> bool:
        return signature == f"signed by {public_key}"
