"""A fleet of lab hosts in a benchmark's sandbox: the room on it, plays, reboots and scans."""

import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ndcops.hardening.run import Hardening, Selection
from ndcops.model.errors import NdcopsError
from ndcops.model.hardening import PlayResult
from ndcops.model.host import HostRole
from ndcops.model.scan import Scan
from ndcops.wiring.hardening import hardening
from tests.bench.sandbox import BenchFailed, Sandbox

BOOT_TIMEOUT_S = 120.0


@dataclass(frozen=True)
class LabFleet:
    """The targets of a lab, without its SIEM unless named."""

    room: Hardening
    names: tuple[str, ...]

    @property
    def roles(self) -> Mapping[str, HostRole]:
        """Role by host."""
        return {name: target.host.role for name, target in self.room.targets.items()}

    def play_again(self) -> PlayResult:
        """Run the whole play for real on every host, whatever the plan would leave out."""
        return self.room.playbooks.apply(
            list(self.room.targets),
            variables=self.room.variables,
            on_task=lambda _: None,
            cancelled=lambda: False,
        )

    def scan(self, content: Path, profile: str) -> Sequence[Scan]:
        """Both scanners on every target."""
        return self.room.scan(Selection(hosts=self.names), content, profile, on_host=lambda *_: None)

    def reboot(self) -> None:
        """Reboot every host and wait until its door opens again. Raises BenchFailed."""
        with ThreadPoolExecutor(len(self.room.targets)) as pool:
            list(pool.map(self._reboot, self.room.targets))

    def _reboot(self, name: str) -> None:
        from ndcops.wiring.lab_hosts import run_inside

        target = self.room.targets[name]
        boot = run_inside(name, ("cat", "/proc/sys/kernel/random/boot_id", "/proc/1/stat")).stdout
        run_inside(name, ("systemctl", "reboot"))
        deadline = time.monotonic() + BOOT_TIMEOUT_S
        while time.monotonic() < deadline:
            try:
                now = run_inside(name, ("cat", "/proc/sys/kernel/random/boot_id", "/proc/1/stat")).stdout
                if now and now.split()[-20:] != boot.split()[-20:]:
                    self.room.hosts.prove(target)
                    return
            except NdcopsError:
                pass
            time.sleep(0.5)
        raise BenchFailed(f"{name} did not come back within {BOOT_TIMEOUT_S:.0f} s of its reboot")


@contextmanager
def fleet(sandbox: Sandbox, count: int) -> Iterator[LabFleet]:
    """Fresh hosts and the room on them, in this process; the environment points at the sandbox meanwhile."""
    sandbox.ndcops("lab", "hosts", "up", "--count", str(count), timeout_s=1200).required()
    before = dict(os.environ)
    os.environ.update(sandbox.environment())
    try:
        room = hardening("lab", None, stop=threading.Event(), on_task=lambda _: None, on_step=lambda _: None)
        names = tuple(name for name, each in room.targets.items() if each.host.role is not HostRole.SIEM)
        yield LabFleet(room, names)
    finally:
        os.environ.clear()
        os.environ.update(before)
        sandbox.ndcops("lab", "hosts", "down", timeout_s=120).required()
