"""Runs the real commands, each printed before it runs, and fails when an exit code is not the expected one."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

NDCOPS = Path(sys.executable).parent / "ndcops"


class DemoFailed(Exception):
    """A command ended otherwise than the chapter says it must."""


def say(line: str) -> None:
    """One line of the story."""
    print(line, flush=True)


def ndcops(*arguments: str, why: str, expected: tuple[int, ...] = (0,)) -> int:
    """Run `ndcops ARGUMENTS` with its output shown; returns the exit code."""
    say(f"\n  # {why}\n  $ ndcops {' '.join(arguments)}")
    code = subprocess.run([NDCOPS, *arguments], check=False).returncode
    if code not in expected:
        wanted = " or ".join(map(str, expected))
        raise DemoFailed(f"ndcops {' '.join(arguments)}: exit {code}, expected {wanted}")
    return code


def ndcops_json(*arguments: str, expected: tuple[int, ...] = (0,)) -> dict[str, Any]:
    """Run `ndcops --json ARGUMENTS` quietly; returns its document."""
    done = subprocess.run([NDCOPS, "--json", *arguments], check=False, capture_output=True, text=True)
    if done.returncode not in expected:
        raise DemoFailed(f"ndcops {' '.join(arguments)}: exit {done.returncode}\n{done.stderr}")
    return dict(json.loads(done.stdout))


def kubectl(*arguments: str, why: str) -> None:
    """Run the toolchain's kubectl on the lab's kubeconfig, shown as a person would type it."""
    program = Path(ndcops_json("toolchain", "build", "kube")["kube"]) / "kubectl"
    environment = {**os.environ, "KUBECONFIG": str(lab_folder() / "kubeconfig")}
    say(f"\n  # {why}\n  $ kubectl {' '.join(arguments)}")
    code = subprocess.run([program, *arguments], check=False, env=environment).returncode
    if code != 0:
        raise DemoFailed(f"kubectl {' '.join(arguments)}: exit {code}")


def lab_folder() -> Path:
    """Where the lab keeps its kubeconfig."""
    return Path(ndcops_json("lab", "status", expected=(0, 1))["folder"])


class Clock:
    """Tells what a chapter took, and how long the chapters still to come took the last time."""

    def __init__(self, kept: Path, chapters: list[str]) -> None:
        self._kept = kept
        self._left = list(chapters)
        self._times: dict[str, float] = json.loads(kept.read_text()) if kept.exists() else {}
        self._began = time.monotonic()

    def begin(self, chapter: str) -> None:
        """A chapter starts."""
        known = [self._times[name] for name in self._left if name in self._times]
        left = f", about {sum(known):.0f} s left" if len(known) == len(self._left) else ""
        say(f"\n== {chapter} ({len(self._left)} chapters to go{left})")
        self._began = time.monotonic()

    def end(self, chapter: str) -> None:
        """A chapter is done."""
        self._left.remove(chapter)
        self._times[chapter] = time.monotonic() - self._began
        self._kept.parent.mkdir(parents=True, exist_ok=True)
        self._kept.write_text(json.dumps(self._times))
        say(f"-- {chapter}: {self._times[chapter]:.1f} s")
