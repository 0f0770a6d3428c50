"""Asks the filters of the real kube-scheduler: cases in, one answer for each out, in the same order.

The engine `scheduler-verdicts` runs them; NDCOPS_SCHEDULER_VERDICTS names another build of it.
"""

import json
import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from ndcops.toolchain.build import ensure_source
from ndcops.toolchain.engines import KUBE

PROGRAM = "scheduler-verdicts"
CASES_PER_PROCESS = 500
TIMEOUT_S = 600
Case = Mapping[str, Any]


class OracleFailed(Exception):
    """The program ended early or gave answers that do not belong to the cases."""


@dataclass(frozen=True)
class Refusal:
    """What a plugin said; `plugin` is empty for a node that a PreFilter's list of nodes left out."""

    plugin: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """The scheduler's verdict on one case.

    refused: by node name; prefilter: who refused the pod before any node was looked at; narrowed_by: whose
    PreFilter left nodes out; preemption: victims as namespace/name by node, where evicting them makes room.
    """

    feasible: tuple[str, ...]
    message: str
    refused: Mapping[str, Refusal]
    prefilter: Refusal | None
    narrowed_by: tuple[str, ...]
    preemption: Mapping[str, tuple[str, ...]]
    error: str

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Answer":
        """Read one line of the program."""
        refused = document.get("refused") or {}
        preemption = document.get("preemption") or {}
        prefilter = document.get("prefilter")
        return cls(
            feasible=tuple(document["feasible"] or ()),
            message=document["message"],
            refused={node: _refusal(each) for node, each in refused.items()},
            prefilter=_refusal(prefilter) if prefilter else None,
            narrowed_by=tuple(document.get("narrowed_by") or ()),
            preemption={node: tuple(victims) for node, victims in preemption.items()},
            error=document.get("error", ""),
        )

    def plugins(self) -> set[str]:
        """Every plugin that refused the pod or one of the nodes."""
        named = {each.plugin for each in self.refused.values()} | set(self.narrowed_by)
        return {*named, self.prefilter.plugin if self.prefilter else ""} - {""}


def _refusal(document: Mapping[str, Any]) -> Refusal:
    return Refusal(document["plugin"], tuple(document["reasons"] or ()))


def program() -> Path:
    """Return the executable, built if need be; programs on PATH have no such part."""
    if chosen := os.environ.get("NDCOPS_SCHEDULER_VERDICTS"):
        return Path(chosen)
    return ensure_source(KUBE, use_path=False) / PROGRAM


def answers(cases: Iterable[Case]) -> Iterator[tuple[Case, Answer]]:
    """Yield each case with its answer; a new process for every 500 keeps its memory small."""
    executable = program()
    remaining = iter(cases)
    while batch := list(islice(remaining, CASES_PER_PROCESS)):
        yield from zip(batch, _asked(executable, batch), strict=True)


def _asked(executable: Path, batch: list[Case]) -> Iterator[Answer]:
    asked = "\n".join(json.dumps(case) for case in batch)
    done = subprocess.run(
        [executable], input=asked, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )
    documents = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode != 0 or [each["id"] for each in documents] != [case["id"] for case in batch]:
        raise OracleFailed(f"{executable} ended with {done.returncode}: {done.stderr[-2000:]}")
    yield from map(Answer.of, documents)
