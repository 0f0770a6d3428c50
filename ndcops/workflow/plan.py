"""A plan is data: steps and what they need, shown, confirmed and executed as one value."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Any, Generic, TypeVar

from ndcops.model.errors import NdcopsError
from ndcops.model.record import JsonObject, canonical_json
from ndcops.workflow.step import Step

World = TypeVar("World")

Decoder = Callable[[JsonObject], Step[Any]]


@dataclass(frozen=True)
class Plan(Generic[World]):
    """What one run will do, on which target, decided from which facts.

    facts: digests of what the plan was made from, by name; a step compares them before it acts, so that
    a stale plan is refused. Raises NdcopsError when keys repeat, or needs are unknown or go in a circle.
    """

    room: str
    target: str
    title: str
    steps: tuple[Step[World], ...]
    facts: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a plan that no order can satisfy."""
        self.order()

    def order(self) -> tuple[Step[World], ...]:
        """The steps so that each comes after those it needs."""
        by_key = {step.key: step for step in self.steps}
        if len(by_key) < len(self.steps):
            raise NdcopsError(f"plan '{self.title}': two steps have one key")
        for step in self.steps:
            for need in step.needs:
                if need not in by_key:
                    raise NdcopsError(f"plan '{self.title}': step {step.key} needs unknown step {need}")
        try:
            keys = TopologicalSorter({step.key: step.needs for step in self.steps}).static_order()
            return tuple(by_key[key] for key in keys)
        except CycleError as error:
            raise NdcopsError(
                f"plan '{self.title}': steps need each other: {' → '.join(error.args[1])}"
            ) from error

    def document(self) -> JsonObject:
        """The plan as JSON: what `--dry-run --json` prints and the journal's first entry keeps."""
        return {
            "room": self.room,
            "target": self.target,
            "title": self.title,
            "facts": dict(self.facts),
            "steps": [
                {
                    "key": step.key,
                    "kind": step.kind,
                    "version": step.version,
                    "needs": list(step.needs),
                    "arguments": step.arguments(),
                }
                for step in self.steps
            ],
        }

    def digest(self) -> str:
        """SHA-256 of the plan's document, in hexadecimal."""
        return hashlib.sha256(canonical_json(self.document())).hexdigest()


def plan_from_document(document: JsonObject, decoders: Mapping[str, Decoder]) -> Plan[Any]:
    """The plan that a journal keeps.

    decoders: by `kind/version`, registered by rooms through wiring. Raises NdcopsError for an unknown kind.
    """
    steps = []
    for entry in document["steps"]:
        name = f"{entry['kind']}/{entry['version']}"
        if name not in decoders:
            raise NdcopsError(
                f"the journal holds a step of kind {name}, which this release does not know",
                resolution="resume with the release that began the run",
            )
        steps.append(decoders[name](entry["arguments"]))
    return Plan(document["room"], document["target"], document["title"], tuple(steps), document["facts"])
