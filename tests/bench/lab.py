"""`lab up` of three sites with 100 nodes each, its memory, `ndcops --help`, and what `lab down` leaves."""

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ndcops.lab.down import mounts_below
from ndcops.lab.network import lab_links
from ndcops.toolchain.build import ensure_engine
from tests.bench.processes import all_processes, lab_pids, memory_bytes, with_setting
from tests.bench.result import Measured, middle
from tests.bench.sandbox import BenchFailed, Sandbox
from tests.bench.timing import Clock

TARGETS = {"lab_up_s": 30, "memory_mib": 2800, "help_s": 0.3, "leftovers": 0}
ROUNDS = 3
NODES_PER_SITE = 100
HELP_RUNS = 15
MEMORY_WATCH_S = 10

NOTES = (
    "memory_mib is the sum of PSS over all lab processes (pages that they share count once), the highest of ten "
    "seconds after lab up; rss_mib counts shared pages for each process",
    "leftovers: processes with the lab's mark or the sandbox's state folder in their environment, interfaces, "
    "mounts and network namespaces of the lab, and files in the home, temporary, runtime and state folders, "
    "after lab up, a network stack on every site, and lab down",
)


def measure(sandbox: Sandbox, clock: Clock) -> Measured:
    """Rounds of up, look, use, down; then `--help`."""
    up_s: list[float] = []
    memory: list[dict[str, float]] = []
    sharers = 0
    leftovers: list[dict[str, int]] = []
    sandbox.ndcops("toolchain", "build").required()
    for number in clock.rounds("lab"):
        before = _network_namespaces()
        done = sandbox.ndcops("--json", "lab", "up", "--nodes", str(NODES_PER_SITE)).required()
        _require_nodes(done.document())
        memory.append(_memory(sandbox))
        sharers = max(sharers, _strangers_on_our_engine(sandbox))
        up_s.append(done.wall_s)
        sandbox.ndcops("--yes", "--json", "stack", "up", "--layer", "network").required()
        own = {_namespace(pid) for pid in lab_pids(sandbox.lab.lab_id)} - before
        sandbox.ndcops("lab", "down").required()
        leftovers.append(_leftovers(sandbox, own))
        clock.say(f"round {number}: up {up_s[-1]:.1f} s, {memory[-1]['pss']:.0f} MiB, left {leftovers[-1]}")
    help_s = [sandbox.ndcops("--help").required().wall_s for _ in range(HELP_RUNS)]
    return Measured(
        {
            "lab_up_s": middle(up_s),
            "memory_mib": round(max(each["pss"] for each in memory), 1),
            "rss_mib": round(max(each["rss"] for each in memory), 1),
            "help_s": middle(help_s),
            "leftovers": sum(sum(each.values()) for each in leftovers),
        },
        {"lab_up_s": up_s, "memory": memory, "help_s": help_s, "leftovers": leftovers},
        (*NOTES, *_warnings(sharers)),
        complete=len(up_s) >= clock.wanted,
    )


def _require_nodes(status: dict[str, Any]) -> None:
    sites = {site["name"]: site["nodes_ready"] for site in status["sites"]}
    if len(sites) != 3 or any(ready < NODES_PER_SITE for ready in sites.values()) or not status["whole"]:
        raise BenchFailed(f"the lab is not three whole sites with {NODES_PER_SITE} nodes: {sites}")


def _memory(sandbox: Sandbox) -> dict[str, float]:
    """The highest sums of PSS and RSS, in MiB, over some seconds."""
    highest = {"pss": 0.0, "rss": 0.0}
    for _ in range(MEMORY_WATCH_S):
        pids = lab_pids(sandbox.lab.lab_id)
        for what in highest:
            total = sum(memory_bytes(pid, what.capitalize()) for pid in pids)
            highest[what] = max(highest[what], round(total / 2**20, 1))
        time.sleep(1)
    return highest


def _strangers_on_our_engine(sandbox: Sandbox) -> int:
    """How many processes of others run the same Kubernetes binary."""
    kube = (ensure_engine("kube") / "kube").resolve()
    ours = set(lab_pids(sandbox.lab.lab_id))
    return sum(each.pid not in ours and _program(each.pid) == kube for each in all_processes())


def _program(pid: int) -> Path | None:
    try:
        return Path(f"/proc/{pid}/exe").readlink()
    except OSError:  # it has just ended, or is another user's
        return None


def _warnings(sharers: int) -> tuple[str, ...]:
    if not sharers:
        return ()
    return (f"{sharers} processes of other labs ran the same binary: PSS gave them a part of our shared pages",)


def _namespace(pid: int | str) -> str:
    try:
        return str(Path(f"/proc/{pid}/ns/net").readlink())
    except OSError:  # it has just ended, or is another user's
        return ""


def _network_namespaces() -> set[str]:
    """Every network namespace that a process lives in or a mount keeps (ip-netns(8))."""
    found = {_namespace(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()}
    named = subprocess.run(["ip", "-j", "netns", "list"], capture_output=True, text=True, check=False).stdout
    return found | {f"named {each['name']}" for each in json.loads(named or "[]")}


def _leftovers(sandbox: Sandbox, namespaces: set[str]) -> dict[str, int]:
    """What is still there, by kind; `namespaces` were the lab's."""
    kinds: dict[str, Callable[[], int]] = {
        "processes": lambda: len(
            set(lab_pids(sandbox.lab.lab_id))
            | {each.pid for each in with_setting("NDCOPS_STATE_DIR", str(sandbox.state))}
        ),
        "interfaces": lambda: len(lab_links(sandbox.lab.lab_id)),
        "mounts": lambda: len(mounts_below(sandbox.root.resolve(), Path("/proc/self/mountinfo").read_text())),
        "namespaces": lambda: len(namespaces & _network_namespaces()),
        "files": lambda: sum(path.is_file() for path in _files(sandbox)),
    }
    return {kind: count() for kind, count in kinds.items()}


def _files(sandbox: Sandbox) -> list[Path]:
    """Files in the sandbox, but for the two that hold what the last command said."""
    return [path for path in sandbox.root.rglob("*") if path not in sandbox.said_paths()]
