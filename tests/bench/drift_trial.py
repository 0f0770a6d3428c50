"""One batch of drifts on hardened hosts: made, looked for, repaired, and judged from outside."""

import json
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ndcops.hardening.run import Hardening, Selection
from ndcops.model.errors import NdcopsError
from ndcops.wiring.lab_hosts import run_inside
from tests.bench.host_drifts import Drift

_MANIFEST = """
import hashlib, json, os, stat
found = {}
# Settings by name: a line that was deleted comes back, perhaps at another place.
ORDER_FREE = ("/etc/login.defs", "/etc/default/useradd")
for folder, _, names in os.walk("/etc"):
    for path in (folder, *(os.path.join(folder, name) for name in names)):
        now = os.lstat(path)
        if stat.S_ISLNK(now.st_mode):
            what = os.readlink(path)
        elif stat.S_ISREG(now.st_mode):
            with open(path, "rb") as file:
                lines = file.readlines()
            what = hashlib.sha256(b"".join(sorted(lines) if path in ORDER_FREE else lines)).hexdigest()
        else:
            what = ""
        found[path] = [now.st_mode, now.st_uid, now.st_gid, what]
print(json.dumps(found))
"""
_OF_TOOLS = frozenset(
    {"/etc/passwd-", "/etc/group-", "/etc/shadow-", "/etc/gshadow-", "/etc/.pwd.lock", "/etc/ld.so.cache"}
)
"""Copies, locks and caches that the system's own tools write when they do their work."""

_SETTLED_S = 90.0

Manifest = Mapping[str, Sequence[object]]


@dataclass(frozen=True)
class Trial:
    """A batch judged. beyond: tasks, controls and files that were not drifted, yet named or changed."""

    drifts: int
    found: int
    repaired: int
    found_beyond: tuple[str, ...]
    repaired_beyond: tuple[str, ...]
    missed: tuple[str, ...]
    left: tuple[str, ...]
    verify_s: float


def run_trial(room: Hardening, drifts: Sequence[Drift], *, run: str) -> Trial:
    """Make the drifts, verify, repair just what verify found. Raises NdcopsError when a drift changes nothing."""
    hosts = sorted({drift.host for drift in drifts})
    with ThreadPoolExecutor(len(hosts)) as pool:
        before = dict(zip(hosts, pool.map(manifest, hosts), strict=True))
        right = [_made(drift) for drift in drifts]
        selection = Selection(hosts=tuple(hosts))
        report = room.verify(selection)
        problems = [f"{host.host}: {host.problem}" for host in report.hosts if host.problem]
        if problems:
            raise NdcopsError("a host could not be verified", details=problems)
        done = room.execute(room.plan_repair(report, run=run, batch=len(hosts)).plan, batch=len(hosts)).evidence
        after = dict(zip(hosts, pool.map(manifest, hosts), strict=True))
    wanted = {(drift.host, drift.control) for drift in drifts}
    named = {(change.host, change.control) for host in report.hosts for change in host.changes}
    changed = {(host, task.partition(" | ")[0], task) for host, one in done.items() for task in one["changed"]}
    files = [f"{host}: {path}" for host in hosts for path in _differing(before[host], after[host])]
    tasks = [f"{host}: {task}" for host, control, task in sorted(changed) if (host, control) not in wanted]
    left = [drift for drift, said in zip(drifts, right, strict=True) if not _says_again(drift, said)]
    return Trial(
        drifts=len(drifts),
        found=sum((drift.host, drift.control) in named for drift in drifts),
        repaired=len(drifts) - len(left),
        found_beyond=tuple(f"{host}: {control}" for host, control in sorted(named - wanted)),
        repaired_beyond=tuple(tasks + files),
        missed=tuple(_worded(drift) for drift in drifts if (drift.host, drift.control) not in named),
        left=tuple(_worded(drift) for drift in left),
        verify_s=round(report.duration_s, 1),
    )


def manifest(host: str) -> Manifest:
    """Every path below /etc: mode, owner, group, digest or target of a link."""
    found: Manifest = json.loads(_inside(host, "python3", "-c", _MANIFEST))
    return found


def _made(drift: Drift) -> str:
    """Make the drift; returns what its probe said before, once services of the hardening have come up."""
    deadline = time.monotonic() + _SETTLED_S
    while "activating" in (right := _says(drift)) and time.monotonic() < deadline:
        time.sleep(1)
    _inside(drift.host, "sh", "-c", drift.do)
    if _says(drift) == right:
        raise NdcopsError(f"no drift: {_worded(drift)}", details=[drift.do, right])
    return right


def _says(drift: Drift) -> str:
    return run_inside(drift.host, ("sh", "-c", drift.probe)).stdout


def _says_again(drift: Drift, said: str) -> bool:
    """Whether it is as it was, once the services that the repair started have come up."""
    deadline = time.monotonic() + _SETTLED_S
    while _says(drift) != said:
        if time.monotonic() > deadline:
            return False
        time.sleep(1)
    return True


def _differing(before: Manifest, after: Manifest) -> list[str]:
    paths = sorted((before.keys() | after.keys()) - _OF_TOOLS)
    return [path for path in paths if before.get(path) != after.get(path)]


def _worded(drift: Drift) -> str:
    return f"{drift.host}: {drift.kind} of {drift.subject} ({drift.control}): {drift.do}"


def _inside(host: str, *argv: str) -> str:
    done = run_inside(host, argv, timeout_s=120)
    if done.exit_code != 0:
        raise NdcopsError(
            f"{host}: {argv[-1][:200]} ended with {done.exit_code}", details=done.stderr.split("\n")[-5:]
        )
    return done.stdout
