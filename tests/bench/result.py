"""What a benchmark reports: figures against their limits, on which machine, with which versions."""

import hashlib
import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from ndcops import __version__
from ndcops.toolchain.build import ensure_engine
from ndcops.toolchain.engines import KUBERNETES_VERSION, PULUMI_VERSION
from tests.bench.sandbox import REPOSITORY

Figure = float | int


@dataclass(frozen=True)
class AtLeast:
    """A target that is a lower limit; a plain figure is an upper one."""

    limit: Figure

    def __str__(self) -> str:
        return f">= {self.limit}"


Target = Figure | AtLeast


@dataclass(frozen=True)
class Measured:
    """What one benchmark found. `complete` is False when time ran out before all rounds were done."""

    figures: Mapping[str, Figure]
    samples: Mapping[str, Any]
    notes: Sequence[str] = ()
    complete: bool = True


def middle(samples: Sequence[float]) -> float:
    """The median, to a millisecond."""
    return round(median(samples), 3)


def source_key() -> str:
    """Twelve digits of the hash of program, stacks and inventory: results of one key may be added up."""
    digest = hashlib.sha256()
    for folder in ("ndcops", "stacks", "inventory", "playbooks"):
        for path in sorted((REPOSITORY / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(str(path.relative_to(REPOSITORY)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def versions() -> dict[str, str]:
    """What was measured."""
    kubectl = [str(ensure_engine("kube") / "kubectl"), "version", "--client", "-o", "json"]
    said = subprocess.run(kubectl, capture_output=True, text=True, timeout=60, check=True).stdout
    return {
        "ndcops": __version__,
        "sources": source_key(),
        "pulumi": PULUMI_VERSION,
        "kubernetes": KUBERNETES_VERSION,
        "python": platform.python_version(),
        "go": json.loads(said)["clientVersion"]["goVersion"].removeprefix("go"),
    }


def machine() -> dict[str, Any]:
    """Where it is measured, as it is now."""
    meminfo = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
    return {
        "cores": cores(),
        "memory_mib": int(meminfo["MemTotal"].split()[0]) // 1024,
        "load_average": [round(load, 2) for load in os.getloadavg()],
        "system": platform.platform(),
    }


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0))


def judged(measured: Measured, targets: Mapping[str, Target]) -> dict[str, Any]:
    """Figures, their targets, and which were met. A figure that is missing is a miss."""
    found = measured.figures
    return {
        "figures": dict(found),
        "targets": {
            name: str(limit) if isinstance(limit, AtLeast) else f"<= {limit}" for name, limit in targets.items()
        },
        "met": {name: name in found and _meets(found[name], limit) for name, limit in targets.items()},
        "complete": measured.complete,
        "notes": list(measured.notes),
        "samples": dict(measured.samples),
    }


def _meets(figure: Figure, target: Target) -> bool:
    return figure >= target.limit if isinstance(target, AtLeast) else figure <= target
