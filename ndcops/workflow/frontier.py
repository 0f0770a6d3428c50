"""Which steps may begin now: needs done, most urgent first."""

import heapq
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

from ndcops.workflow.step import Step

World = TypeVar("World")

Urgency = Callable[[Step[World]], int]
"""How urgent a step is; larger goes first, and the plan's order decides between equals."""


class Frontier(Generic[World]):
    """Steps that are not begun, and how many of their needs are not done."""

    def __init__(self, steps: Sequence[Step[World]], done: Iterable[str], urgency: Urgency[World]) -> None:
        finished = set(done)
        self._steps = {step.key: step for step in steps if step.key not in finished}
        self._rank = {step.key: (-urgency(step), place) for place, step in enumerate(steps)}
        self._missing = {step.key: len(set(step.needs) - finished) for step in self._steps.values()}
        self._followers: dict[str, list[str]] = {}
        for step in self._steps.values():
            for need in set(step.needs) - finished:
                self._followers.setdefault(need, []).append(step.key)
        self._ready = [(self._rank[key], key) for key, missing in self._missing.items() if not missing]
        heapq.heapify(self._ready)

    def take(self, most: int) -> list[Step[World]]:
        """Up to `most` steps that may begin; they leave the frontier."""
        taken: list[Step[World]] = []
        while self._ready and len(taken) < most:
            _, key = heapq.heappop(self._ready)
            taken.append(self._steps.pop(key))
        return taken

    def finish(self, key: str) -> None:
        """A step was done: those that waited for it alone may begin."""
        for follower in self._followers.get(key, ()):
            self._missing[follower] -= 1
            if not self._missing[follower]:
                heapq.heappush(self._ready, (self._rank[follower], follower))

    @property
    def left(self) -> tuple[str, ...]:
        """Keys of the steps that were not begun."""
        return tuple(self._steps)
