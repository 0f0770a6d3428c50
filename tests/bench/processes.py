"""Watches processes through /proc: the tree below a command, its provider's memory, the lab's memory and CPU."""

import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from ndcops.lab.processes import find_marked

SAMPLE_S = 0.2
"""Often enough for a peak that the kernel keeps (VmHWM), seldom enough not to cost what is measured."""
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_GONE = (FileNotFoundError, ProcessLookupError)


@dataclass(frozen=True)
class Seen:
    """A process at one moment."""

    pid: int
    parent: int
    argv: tuple[str, ...]

    @property
    def is_engine(self) -> bool:
        """Whether it is `pulumi` changing a stack."""
        return bool(self.argv) and Path(self.argv[0]).name == "pulumi" and "up" in self.argv

    @property
    def is_provider(self) -> bool:
        """Whether it is the Kubernetes provider."""
        return "ndcops.provider" in self.argv or any("pulumi-resource-kubernetes" in word for word in self.argv)


def all_processes() -> list[Seen]:
    """Every process that can be read."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(*_GONE):
                parent = int(_stat_fields(int(entry.name))[1])
                argv = tuple((entry / "cmdline").read_bytes().decode(errors="replace").split("\0")[:-1])
                found.append(Seen(int(entry.name), parent, argv))
    return found


def descendants(root: int) -> list[Seen]:
    """The processes below one."""
    processes = all_processes()
    known = {root}
    found: list[Seen] = []
    while fresh := [each for each in processes if each.parent in known and each.pid not in known]:
        known |= {each.pid for each in fresh}
        found += fresh
    return found


def with_setting(name: str, value: str) -> list[Seen]:
    """Processes that were started with this environment variable."""
    wanted = f"{name}={value}".encode()
    found = []
    for each in all_processes():
        with suppress(PermissionError, *_GONE):
            if wanted in Path(f"/proc/{each.pid}/environ").read_bytes().split(b"\0"):
                found.append(each)
    return found


def _stat_fields(pid: int) -> list[str]:
    """Fields of proc_pid_stat(5) from the third (state) on: the name before may hold spaces."""
    text = Path(f"/proc/{pid}/stat").read_text()
    return text[text.rindex(")") + 2 :].split()


def cpu_s(pids: Iterable[int]) -> float:
    """User and system seconds that these processes have used; those that ended meanwhile count nothing."""
    total = 0
    for pid in pids:
        with suppress(*_GONE):
            fields = _stat_fields(pid)
            total += int(fields[11]) + int(fields[12])
    return total / _TICKS_PER_S


def memory_bytes(pid: int, what: str) -> int:
    """`Rss` or `Pss` of a process (proc_pid_smaps(5)); 0 when it has ended."""
    with suppress(*_GONE):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith(f"{what}:"):
                return int(line.split()[1]) * 1024
    return 0


def peak_rss_bytes(pid: int) -> int:
    """The most memory that a process ever held (VmHWM of proc_pid_status(5)); 0 when it has ended."""
    with suppress(*_GONE):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def lab_pids(lab_id: str) -> list[int]:
    """The processes that carry the lab's mark."""
    return [each.pid for each in find_marked(lab_id)]


@dataclass
class ProviderWatch:
    """The highest memory that any provider process of this benchmark reached."""

    peak_bytes: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)

    def look(self) -> None:
        """Sample until told to stop."""
        while not self._stop.wait(SAMPLE_S):
            for each in descendants(os.getpid()):
                if each.is_provider:
                    self.peak_bytes = max(self.peak_bytes, peak_rss_bytes(each.pid))

    @property
    def peak_mib(self) -> float:
        """The peak in MiB."""
        return self.peak_bytes / 2**20

    @contextmanager
    def running(self) -> Iterator[None]:
        """Sample meanwhile, in a thread."""
        self._stop.clear()
        thread = threading.Thread(target=self.look)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()
